"""What a derivative keeps of the forward pass: arrays that both halves read, and records on the tapes of loops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tangra.core.buffers import spelled_array
from tangra.core.stages import Derived
from tangra.ir import ArrayType, Func, Op, Value
from tangra.ir.printer import reachable
from tangra.native.marks import SILENT, Line, line_of
from tangra.shapes import evaluate, prod, symbols_of
from tangra.transforms import simplify


@dataclass(frozen=True)
class Kept:
    """A value computed at `line` that the backward pass reads: `type` of one, `each_trip` if a loop keeps one for every
    trip; `count` of them there are at most at a time and `total` bytes in a run, where measured."""

    line: Line
    type: ArrayType
    each_trip: bool
    count: int | None = None
    total: int | None = None

    def measured(self, sizes: Mapping[str, int]) -> Kept:
        """With the bytes of a run whose arguments have these sizes."""
        count = self.count if self.each_trip else 1
        known = all(symbols_of(n) <= frozenset(sizes) for n in self.type.shape)
        if count is None or not known:
            return self
        size = self.type.dtype.itemsize
        for n in self.type.shape:
            size *= evaluate(n, dict(sizes))
        return replace(self, count=count, total=count * size)

    def __str__(self) -> str:
        spelled = spelled_array(self.type)
        if self.total is not None:
            times = f"{self.count} × " if self.each_trip else ""
            return f"kept: {times}{spelled}, {self.total} B"
        size = prod(self.type.shape) * self.type.dtype.itemsize
        return f"kept{' each trip' if self.each_trip else ''}: {spelled}, {size} B"


def kept_arrays(traced: Func, derived: Sequence[Derived]) -> list[Kept]:
    """Arrays that the forward half of each outermost reverse derivative computes and the backward half reads."""
    pulled = {id(d.func): d for d in derived if d.stage == "after vjp"}
    found: list[Kept] = []
    for op in traced.body.walk():
        inner = pulled.get(id(op.attrs["callee"])) if op.name == "call" else None
        if inner is not None:
            found += _arrays(simplify(inner.func), inner.primals)
    return list(dict.fromkeys(found))


def _arrays(func: Func, primals: int) -> Iterator[Kept]:
    ops = func.body.ops
    results = {id(v) for v in func.returned[:primals]}
    last = max((k for k, op in enumerate(ops[:-1]) if _forward(op, results)), default=-1)
    read = {id(v) for op in ops[last + 1 : -1] for v in _operands(op)}
    for op in ops[: last + 1]:
        line = line_of(op)
        if line is None or op.name in SILENT:
            continue
        for v in op.results:
            if id(v) in read and isinstance(v.type, ArrayType) and v.type.shape:
                yield Kept(line, v.type, False)


def _forward(op: Op, results: set[int]) -> bool:
    """Whether an operation surely belongs to the forward half."""
    inside = [inner for region in op.regions for inner in region.walk()]
    return any(id(v) in results for v in op.results) or any(o.name == "tape_push" for o in (op, *inside))


def _operands(op: Op) -> Iterator[Value]:
    yield from op.operands
    for region in op.regions:
        for inner in region.walk():
            yield from inner.operands


def kept_records(func: Func, counts: Mapping[int, int] | None) -> list[Kept]:
    """What is pushed on tapes, at the lines where it was computed. `counts`: how many records there are at
    most in a run, by the push's id."""
    found: list[Kept] = []
    for each in [*reachable(func), func]:
        for op in each.body.walk():
            if op.name == "tape_push":
                found += _record(op, None if counts is None else counts.get(id(op), 0))
    return found


def _record(push: Op, count: int | None) -> Iterator[Kept]:
    for v in push.operands[1:]:
        own = v.defining_op
        line = (line_of(own) if own is not None else None) or line_of(push)
        if line is not None:
            yield Kept(line, v.array, True, count)
