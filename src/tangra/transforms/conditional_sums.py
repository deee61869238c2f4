"""A number that a loop adds to on a condition is added to in every trip, by zero where the condition doesn't hold.

`if c: v += d` is a sum and a choice, both of which the next trip waits for where few operations are on either side, so
that they are done whatever the condition. With the choice between d and a zero, made while v is not known yet, it waits
for the sum alone. Where trips meet in totals only, what is left is a loop that LLVM runs in vectors, which it does not
know of a total that is a choice. The zero is negative: adding that changes nothing, not even the sign of a zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.ir.graph import free_values, substitute_uses
from tangra.transforms.activity import is_float
from tangra.transforms.independence import only_totals

FEW = 4
"""Operations on both sides of a condition that are done whatever it is: LLVM makes a choice of such a branch."""
LONGEST = 600
"""Operations of a loop's body that is still looked at."""
CHEAP = 4
"""What the dearest of them costs at most."""
CHEAP_IN_VECTORS = 10
"""The same where trips run in vectors, however many there are."""


def sum_conditionally(func: Func) -> bool:
    """Change, in place, the loops of `func` that are not marked `parallel`. Returns whether anything was."""
    return _block(func.body, None)


def _block(block: Block, loop: Op | None) -> bool:
    """`loop`: the innermost loop around `block`."""
    changed = False
    for op in list(block.ops):
        for region in op.regions:
            inside = None if op.attrs.get("parallel", False) else op
            changed |= _block(region, inside if op.name == "loop" else loop)
        if op.name == "if" and loop is not None and _plain(op, CHEAP_IN_VECTORS):
            changed |= _rewrite(block, op, loop)
    return changed


def runs_in_vectors(loop: Op, choices: Sequence[Op]) -> bool:
    """Whether LLVM may run the trips of a loop in vectors once its totals are no choices."""
    inner = list(loop.regions[0].walk())
    if len(inner) > LONGEST or any(each.name == "loop" for each in inner):
        return False
    return all(_plain(op, CHEAP_IN_VECTORS) for op in choices) and only_totals(loop)


def _plain(op: Op, dearest: int, most: int = LONGEST) -> bool:
    inner = [each for region in op.regions for each in region.ops if not each.defn.terminator]
    plain = all(not (each.regions or each.defn.effect) and each.defn.cost <= dearest for each in inner)
    return plain and sum(each.name != "constant" for each in inner) <= most


def _rewrite(block: Block, op: Op, loop: Op) -> bool:
    """Take the sums out of one choice."""
    body = loop.regions[0]
    sums = [_sum(op, k) for k in range(len(op.results))]
    if not any(sums) or sum(1 for _ in body.walk()) > LONGEST:
        return False
    if block is not body or not runs_in_vectors(loop, [op]):
        if not _plain(op, CHEAP, FEW):
            return False
        carried = _Carried(body)
        sums = [found if found and carried.waits_longer(found.base, found.term) else None for found in sums]
    if not any(sums):
        return False
    at = next(k for k, each in enumerate(block.ops) if each is op) + 1
    tail = Builder(span=op.span)
    replaced: dict[int, Value] = {}
    for found, result in zip(sums, op.results, strict=True):
        if found is None:
            continue
        found.take_out()
        total = tail(found.add.name, found.base, result)
        replaced[id(result)] = total
    rest = Block()
    rest.ops = block.ops[at:]
    substitute_uses(rest, replaced)
    block.ops = [*block.ops[:at], *tail.block.ops, *rest.ops]
    return True


@dataclass
class _Sum:
    """The result number `k` of a choice is `add` of `base` and `term` on one side, `base` on the `other`."""

    k: int
    add: Op
    base: Value
    term: Value
    side: Block
    other: Block

    def take_out(self) -> None:
        """Let the choice give the term, or a zero."""
        zero = -0.0 if self.add.name == "add" else 0.0
        constant = Builder(span=self.add.span)
        nothing = constant.const(zero, self.term.dtype)
        self.other.ops[-1:-1] = constant.block.ops
        self.other.terminator.operands[self.k] = nothing
        self.side.terminator.operands[self.k] = self.term
        if not any(self.add.result is v for op in self.side.ops for v in op.operands):
            self.side.ops[:] = [op for op in self.side.ops if op is not self.add]


def _sum(op: Op, k: int) -> _Sum | None:
    if op.results[k].shape or not is_float(op.results[k]):
        return None
    for side, other in (op.regions, op.regions[::-1]):
        add, base = side.terminator.operands[k].defining_op, other.terminator.operands[k]
        if add is None or add.name not in ("add", "sub") or not any(add is each for each in side.ops):
            continue
        if any(base is v for each in other.ops for v in each.results):
            continue
        for own, term in (add.operands, add.operands[::-1]):
            first = add.name == "add" or own is add.operands[0]
            if own is base and first:
                return _Sum(k, add, base, term, side, other)
    return None


class _Carried:
    """What the numbers of a loop's body depend on from one trip to the next."""

    def __init__(self, body: Block) -> None:
        self.body = body
        self.args = {id(v): v for v in body.args}
        self.made = {id(v): op for op in body.walk() for v in op.results}

    def waits_longer(self, base: Value, term: Value) -> bool:
        """Whether what `base` becomes in a trip decides what it is in the next, and the term is not made from that."""
        circle: set[int] = set()
        for arg in self.reach(base, once=True).values():
            onward = self.reach(self.following(arg))
            circle |= (
                {key for key, other in onward.items() if id(arg) in self.reach(other)} if id(arg) in onward else set()
            )
        return bool(circle) and not circle & set(self.reach(term))

    def following(self, arg: Value) -> Value:
        """What the next trip has for an argument."""
        at = next(k for k, v in enumerate(self.body.args) if v is arg) - len(self.body.args)
        yields = self.body.terminator.operands
        return yields[at] if -at <= len(yields) else arg

    def reach(self, v: Value, once: bool = False) -> dict[int, Value]:
        """The arguments that v depends on, in this trip (`once`) and those before."""
        found: dict[int, Value] = {}
        seen: set[int] = set()
        waiting = [v]
        while waiting:
            value = waiting.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if id(value) in self.args:
                found[id(value)] = value
                waiting += [] if once else [self.following(value)]
            elif id(value) in self.made:
                op = self.made[id(value)]
                waiting += op.operands
                for region in op.regions:
                    waiting += [*free_values(region), *region.terminator.operands]
        return found
