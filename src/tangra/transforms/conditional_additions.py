"""An array that a loop adds to on a condition is added to in every trip, by zeros where the condition doesn't hold.

What `conditional_sums` does for numbers: `if c: a[i] += d` keeps LLVM from running a loop in vectors or takes masks for
every element; adding `d if c else -0.0` doesn't. So it is done in innermost loops whose trips meet in totals only, for
elements that are known to exist whether the condition holds or not.
"""

from __future__ import annotations

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.ir.types import ArrayType
from tangra.shapes import Size
from tangra.transforms.activity import is_float
from tangra.transforms.conditional_sums import runs_in_vectors
from tangra.transforms.early_reads import exists
from tangra.transforms.ranges import Ranges


def add_unconditionally(func: Func) -> bool:
    """Change, in place, all such choices of `func`. Returns whether there were any."""
    found: set[int] = set()
    for loop in func.body.walk():
        if loop.name == "loop":
            choices = [op for op in loop.regions[0].ops if op.name == "if" and _candidates(op)]
            found |= {id(op) for op in choices} if choices and runs_in_vectors(loop, choices) else set()
    if not found:
        return False
    walk = _Outside(func, found)
    walk.run(func)
    return walk.moved


def _candidates(op: Op) -> list[_Additions]:
    return [found for k in range(len(op.results)) if (found := _additions(op, k)) is not None]


class _Additions:
    """Result `k` of a choice: `base` with `chain`, one after the other, added on one side, `base` on the other."""

    def __init__(self, k: int, base: Value, chain: list[Op], side: Block, other: Block) -> None:
        self.k, self.base, self.chain, self.side, self.other = k, base, chain, side, other


def _additions(op: Op, k: int) -> _Additions | None:
    if not op.results[k].shape or not is_float(op.results[k]):
        return None
    for side, other in (op.regions, op.regions[::-1]):
        base, last = other.terminator.operands[k], side.terminator.operands[k]
        chain: list[Op] = []
        v = last
        while v is not base:
            made = v.defining_op
            plain = made is not None and made.name == "accumulate" and all(n is None for n in made.attrs["sizes"])
            if not plain or not any(made is each for each in side.ops) or _uses(side, v) != 1:
                break
            assert made is not None
            chain.insert(0, made)
            v = made.operands[0]
        inside = any(base is r for each in (*side.ops, *other.ops) for r in each.results)
        if chain and v is base and not inside:
            return _Additions(k, base, chain, side, other)
    return None


def _uses(block: Block, v: Value) -> int:
    return sum(each is v for op in block.ops for each in op.operands)


class _Outside(Ranges):
    """Takes additions out of the choices that `chosen` names, where it knows that their elements exist."""

    def __init__(self, func: Func, chosen: set[int]) -> None:
        super().__init__(func)
        self.chosen = chosen
        self.moved = False
        self.kept: list[Value] = []  # so that no new value gets the id of a gone one

    def leave(self, op: Op) -> None:
        super().leave(op)
        if id(op) in self.chosen:
            for found in reversed(_candidates(op)):
                if all(self._stays(v, n, op) for a in found.chain for v, n in _places(a)):
                    self._move(op, found)

    def _stays(self, start: Value, length: Size, op: Op) -> bool:
        """Whether an index is known outside of `op`, and in range there."""
        made = start.defining_op
        within = any(made is each for region in op.regions for each in region.ops)
        return not (within and made is not None and made.name != "constant") and exists(self, start, length)

    def _move(self, op: Op, found: _Additions) -> None:
        self.moved = self.changed = True
        result = op.results.pop(found.k)
        self.kept.append(result)
        for region in op.regions:
            region.terminator.operands.pop(found.k)
        total = found.base
        for each in found.chain:
            self._gone.append(each)
            found.side.ops[:] = [other for other in found.side.ops if other is not each]
            part = Value(ArrayType(result.dtype, ()), op)
            op.results.append(part)
            found.side.terminator.operands.append(each.operands[1])
            nothing = Builder(span=op.span)
            zero = nothing.const(-0.0, result.dtype)
            found.other.ops[-1:-1] = nothing.block.ops
            found.other.terminator.operands.append(zero)
            places = [self._outside(v) for v, _ in _places(each)]
            total = self.b.emit("accumulate", [total, part, *places], dict(each.attrs)).result
        self.replaced[id(result)] = total

    def _outside(self, start: Value) -> Value:
        made = start.defining_op
        return self.b.int(int(made.attrs["value"])) if made is not None and made.name == "constant" else start


def _places(accumulate: Op) -> list[tuple[Value, Size]]:
    """The indices of an addition with the sizes of their axes."""
    return list(zip(accumulate.operands[2:], accumulate.result.shape, strict=True))
