"""Reverse mode: a function that runs a program forward and then its derivative backward.

Straight-line code is emitted once forward; the backward sweep names the forward values it needs. At the border of a
loop's body or an arm of an `if` these values are out of reach: `residuals` decides which are recomputed, which are
read again from an array version the sweep holds (`versions`), and which the forward part keeps on a tape.
`reverse_control` has the rules of loops, branches, tapes and calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.ir import Block, Builder, Func, Op, TapeType, Type, Value
from tangra.transforms import reverse_control
from tangra.transforms.activity import analyse
from tangra.transforms.dce import eliminate_dead_code, ops_behind_results
from tangra.transforms.frame import Frame
from tangra.transforms.pipeline import simplify
from tangra.transforms.rules import float_results, inherited, refuse, strip_state, times
from tangra.transforms.symbols import whole_symbols
from tangra.transforms.versions import WRITES, Versions

if TYPE_CHECKING:
    from tangra.ir.opdef import DecisionRule
    from tangra.transforms.reverse_split import Split

Key = tuple[int, tuple[bool, ...]]


@dataclass
class Memo:
    """Derivatives that were made: by function (by id, hence kept alive) and active parameters."""

    joint: dict[Key, Func] = field(default_factory=dict)
    splits: dict[Key, Split | None] = field(default_factory=dict)
    alive: list[Func] = field(default_factory=list)


def vjp(func: Func, active: Sequence[bool], memo: Memo | None = None) -> Func:
    """The reverse derivative of `func`.

    Parameters: those of `func`, then a cotangent for every floating-point result. Results: those of `func`, then a
    cotangent for every parameter flagged in `active` (which must be floating point). Raises `TransformError` for
    operations without a derivative.

    `attrs["structural_zero"]` says of each of these cotangents whether it is zero whatever the arguments are, and
    `attrs["cuts_by"]` which operations stopped the derivative there (none, where the result just doesn't depend on the
    parameter); `attrs["cuts"]` holds all operations that stopped a derivative.
    """
    memo = Memo() if memo is None else memo
    key = (id(func), tuple(active))
    if key not in memo.joint:
        memo.alive.append(func)
        memo.joint[key] = Reverse(simplify(func), active, memo).run()
    return memo.joint[key]


def accumulating(func: Func, active: Sequence[bool], summed: Sequence[int], memo: Memo) -> Func:
    """The reverse derivative of `func` without its results, adding to cotangents that are there already.

    Parameters: those of `func`, a cotangent for every floating-point result, and the cotangents so far of the
    parameters at the positions `summed`. Results: a cotangent for every parameter flagged in `active`.
    """
    return Reverse(simplify(func), active, memo).accumulating(summed)


class Reverse:
    """One reverse-mode transformation. `func` is our own copy; the forward part is changed in place."""

    def __init__(self, func: Func, active: Sequence[bool], memo: Memo) -> None:
        self.func = func
        self.memo = memo
        self.wanted = [p for p, flag in zip(func.params, active, strict=True) if flag]
        for op in func.body.walk():
            strip_state(op)
        self.activity = analyse(func, active)
        behind = ops_behind_results(func)
        self.cuts = tuple(op for op in self.activity.cuts.values() if id(op) in behind)
        self.cuts_by = tuple(self.cuts_of(p, behind) for p in self.wanted)
        self.versions = Versions(func)
        self.entry: list[Op] = []
        self.b = Builder(func.body)
        self.cotangent_tapes: dict[int, Value] = {}
        self.handlers: dict[str, Callable[[Reverse, Op, Frame], None]] = reverse_control.HANDLERS

    def run(self) -> Func:
        body = self.func.body
        returned = list(self.func.returned)
        frame = Frame(self, body)
        bound = {n for k in float_results(self.func) for n in whole_symbols(returned[k].type)}
        body.ops = [op for op in body.ops if op.attrs.get("symbol") not in bound]
        body.args += self.backward(frame)
        final = [frame.ct.get(id(p)) for p in self.wanted]
        results = [ct if ct is not None else self.b.zeros(p.array) for ct, p in zip(final, self.wanted, strict=True)]
        self.b.return_(*returned, *results)
        body.ops[:0] = self.entry
        attrs = {
            **inherited(self.func),
            "structural_zero": tuple(ct is None for ct in final),
            "cuts": self.cuts,
            "cuts_by": self.cuts_by,
        }
        result = Func(f"vjp_{self.func.name}", body, attrs)
        eliminate_dead_code(result)
        return result

    def accumulating(self, summed: Sequence[int]) -> Func:
        """See the function of that name."""
        body, params = self.func.body, list(self.func.params)
        sums = {id(params[k]): Value(params[k].type, body) for k in summed}
        frame = Frame(self, body)
        frame.ct.update({id(p): sums[id(p)] for p in self.wanted if id(p) in sums and self.activity.is_active(p)})
        body.args += [*self.backward(frame), *sums.values()]
        final = [frame.ct.get(id(p), sums.get(id(p))) for p in self.wanted]
        self.b.return_(
            *(ct if ct is not None else self.b.zeros(p.array) for ct, p in zip(final, self.wanted, strict=True))
        )
        body.ops[:0] = self.entry
        result = Func(f"back_{self.func.name}", body, inherited(self.func))
        eliminate_dead_code(result)
        return result

    def backward(self, frame: Frame) -> list[Value]:
        """Write the backward sweep after the forward part, without its end. Returns the cotangents of the results that
        it starts from."""
        body = self.func.body
        returned = [self.func.returned[k] for k in float_results(self.func)]
        cotangents = [Value(v.type, body) for v in returned]
        forward = body.ops = body.ops[:-1]
        for v, ct in zip(returned, cotangents, strict=True):
            frame.add(v, ct)
        self.sweep(list(forward), frame)
        return cotangents

    def cuts_of(self, param: Value, behind: set[int]) -> tuple[Op, ...]:
        """What stopped the derivative by `param`; nothing where it has one."""
        if self.activity.is_active(param):
            return ()
        alone = analyse(self.func, [p is param for p in self.func.params])
        return tuple(op for op in alone.cuts.values() if id(op) in behind)

    def new_tape(self, record: Sequence[Type]) -> Value:
        """A tape at the top of the function."""
        with self.b.at(Block()) as block:
            handle = self.b.emit("tape_new", [], {"record": tuple(record)}).result
        assert isinstance(handle.type, TapeType)
        self.entry += block.ops
        self.versions.define(handle, self.func.body)
        return handle

    def sweep(self, ops: Sequence[Op], frame: Frame) -> None:
        """Sweep backwards over the operations of a forward block."""
        for op in reversed(ops):
            if not op.defn.terminator:
                with self.b.spanned(op.span):
                    self.op(op, frame)

    def op(self, op: Op, frame: Frame) -> None:
        handler = self.handlers.get(op.name)
        if handler is not None:
            handler(self, op, frame)
            return
        self.rule(op, frame)
        if op.name in WRITES:
            self.undo(op, frame)

    def rule(self, op: Op, frame: Frame) -> None:
        """An operation without regions, by its rule in the table."""
        cotangents = [frame.take(r) for r in op.results]
        wanted = [self.activity.is_active(v) for v in op.operands]
        if all(ct is None for ct in cotangents) or not any(wanted):
            return
        if not op.defn.differentiable:
            raise refuse(op, "vjp")
        decided = [] if op.defn.decisions is None else [self.beside(op, op.defn.decisions)]
        start = len(self.b.block.ops)
        found = self.contributions(op, cotangents, wanted, *decided)
        found = [c if w else None for c, w in zip(found, wanted, strict=True)]
        frame.contribute(op.operands, found, start)

    def beside(self, op: Op, make: DecisionRule) -> Value:
        """A value that `make` computes in the forward part, right behind `op`."""
        block = self.versions.home[id(op.result)]
        place = next(k for k, o in enumerate(block.ops) if o is op) + 1
        with self.b.at(Block()) as fresh:
            value = make(self.b, op)
        block.ops[place:place] = fresh.ops
        for made in fresh.ops:
            for r in made.results:
                self.versions.define(r, block)
        return value

    def contributions(
        self, op: Op, cotangents: list[Value | None], wanted: list[bool], *decided: Value
    ) -> list[Value | None]:
        if op.defn.vjp is not None:
            return op.defn.vjp(self.b, op, cotangents, wanted, *decided)
        if op.defn.partials is None:
            raise refuse(op, "vjp")
        (ct,) = cotangents
        assert ct is not None
        partials = op.defn.partials(self.b, op)
        return [
            times(self.b, ct, p, op.defn.strong_zero) if p is not None and w else None
            for p, w in zip(partials, wanted, strict=True)
        ]

    def undo(self, op: Op, frame: Frame) -> None:
        """Restore the version of a held array from before the write `op`."""
        version = frame.held.pop(id(op.result), None)
        older = op.operands[0]
        if version is None or id(older) in frame.held:
            return
        start = len(self.b.block.ops)
        if op.name == "update" and self.versions.home.get(id(op.operands[1])) is frame.region:
            written = self.b("index", version, *op.operands[2:], **op.attrs)
            frame.reads.setdefault(id(op.operands[1]), written)
        old = self.overwritten(op)
        if op.name in ("scatter", "scatter_add"):
            restored = self.b("scatter", version, old, *op.operands[2:])
        else:
            restored = self.b("update", version, old, *op.operands[2:], **op.attrs)
        frame.settle(start)
        frame.held[id(older)] = restored

    def overwritten(self, op: Op) -> Value:
        """What the write `op` overwrites, as a forward value (read just before it)."""
        block = self.versions.home[id(op.result)]
        place = next(k for k, o in enumerate(block.ops) if o is op)
        name = "gather" if op.name in ("scatter", "scatter_add") else "index"
        for other in reversed(block.ops[:place]):
            if other.name == name and other.operands == [op.operands[0], *op.operands[2:]] and other.attrs == op.attrs:
                return other.result
        with self.b.at(Block()) as fresh:
            old = self.b.emit(name, [op.operands[0], *op.operands[2:]], dict(op.attrs)).result
        block.ops[place:place] = fresh.ops
        self.versions.define(old, block)
        return old
