"""Loops of the IR that run in threads: those marked `parallel`, whose trips meet in totals at most.

Each chunk adds up totals of its own from zero; afterwards they are added in the order of the chunks. Tapes made in a
trip belong to it. A tape in segments has a place for each trip, whichever thread runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tangra.ir import ArrayType, Block, Op, TapeType, Value
from tangra.native import parallel, polling
from tangra.native.emit_elementwise import vector_cost
from tangra.native.emit_segments import SegmentedTape
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import zero
from tangra.native.regions import Chunk
from tangra.native.text import Operand
from tangra.native.totals import Total, added, changed, new_total
from tangra.native.values import Scalar
from tangra.shapes import Size, prod, symbols_of

UNKNOWN_TRIPS = 32
"""Trips of loops, and sizes, that can't be told before."""
SLOW, SCALAR_COST = 10, 8
"""Operations of this cost and above count as so many simple ones."""


@dataclass(frozen=True)
class Trips:
    """Bounds of a counted loop."""

    start: Operand
    stop: Operand
    step: int

    @property
    def relation(self) -> str:
        """How the index compares to `stop` while the loop goes on."""
        return "slt" if self.step > 0 else "sgt"

    @property
    def surely_run(self) -> bool:
        """Whether there is at least one trip."""
        if not (isinstance(self.start, int) and isinstance(self.stop, int)):
            return False
        return self.start < self.stop if self.step > 0 else self.start > self.stop


Write = Callable[[Trips, list[Operand], bool], list[Operand]]
"""Writes the loop with these bounds and start values of scalars (in a region or not); the scalar results."""


def may_split(em: Emitter, op: Op) -> bool:
    """Whether the loop `op` may run in chunks."""
    if not (op.attrs["parallel"] and op.attrs["counted"]) or op.attrs["exits"]:
        return False
    body = op.regions[0]
    tapes = {id(v) for v in em.liveness.free_values(body) if isinstance(v.type, TapeType)}
    own = {id(each.operands[0]) for each in body.ops if each.name in ("tape_push", "tape_pop")}
    segmented = all(isinstance(em.repr(v), SegmentedTape) for v in em.liveness.free_values(body) if id(v) in tapes)
    return tapes <= own and segmented and parallel_step(op) in (1, -1)


def parallel_step(op: Op) -> int:
    """The step of a counted loop."""
    step = op.operands[2].defining_op
    assert step is not None
    return int(step.attrs["value"])


def write(em: Emitter, op: Op, trips: Trips, starts: list[Operand], versions: Write) -> list[Operand]:
    """The loop `op`, in threads if that is worth it; the operands of its scalar results."""
    code, totals = em.code, _totals(em, op, starts)
    low, high = (trips.start, trips.stop) if trips.step > 0 else (trips.stop, trips.start)
    count = parallel.bounded(em, code.sub(high, low))

    def way(chunk: Chunk | None) -> None:
        if chunk is None:
            for total, result in zip(totals, versions(trips, starts, False), strict=True):
                total.keep(em, result)
            return
        first, last = (_shifted(em, trips, at) for at in (chunk.low, chunk.high))
        results = versions(Trips(first, last, trips.step), [total.first for total in totals], True)
        for total, result in zip(totals, results, strict=True):
            total.keep_part(em, chunk, result)

    def combine(length: Operand) -> None:
        for total in totals:
            total.combine(em, parallel.chunks_of(em, count, length))

    multiple = parallel.CACHE_LINE if polling.is_leaf(op.regions[0]) else 1
    shared = frozenset(total.parts for total in totals)
    parallel.spread(em, count, work_of(em, op.regions[0]), way, multiple, shared, combine)
    return [total.result(em) for total in totals]


def _shifted(em: Emitter, trips: Trips, by: str) -> Operand:
    """The index of trip number `by`."""
    return em.code.add(trips.start, by) if trips.step > 0 else em.code.sub(trips.start, by)


def _totals(em: Emitter, op: Op, starts: list[Operand]) -> list[Total]:
    """The scalars that the loop carries: sums, and what some trips set to one and the same value."""
    body, found, rest = op.regions[0], [], iter(starts)
    for arg, last in zip(body.args[1:], body.terminator.operands, strict=True):
        if not arg.shape:
            start, dtype = next(rest), arg.dtype
            summed = _is_sum(arg, last)
            first, combine = (zero(dtype), added(dtype)) if summed else (start, changed(dtype, start))
            found.append(new_total(em, dtype, start, first, None if arg is last else combine))
    return found


def _is_sum(arg: Value, last: Value) -> bool:
    """Whether a carried scalar, which is a sum or set to one value, is a sum."""
    op = last.defining_op
    if arg is last or op is None or not any(_names(each, arg) for each in (op, *_within(op))):
        return False
    if op.name != "loop":
        return op.name == "add"
    at = next(k for k, r in enumerate(op.results) if r is last)
    body, flags = op.regions[0], 1 if op.attrs["exits"] else 0
    return _is_sum(body.args[at + (1 if op.attrs["counted"] else 0)], body.terminator.operands[at + flags])


def _names(op: Op, value: Value) -> bool:
    return any(v is value for v in op.operands)


def _within(op: Op) -> list[Op]:
    return [each for region in op.regions for each in region.walk()]


# ---- work ---------------------------------------------------------------------------------------------------------


def work_of(em: Emitter, block: Block) -> Operand:
    """The work of one run of a block, as far as it can be told where code is written now."""
    vector = polling.is_leaf(block)
    fixed = 0
    total: Operand = 0
    for op in block.ops[:-1]:
        found = _op_work(em, op, vector)
        if isinstance(found, int):
            fixed += found
        else:
            total = em.code.add(total, found)
    return parallel.bounded(em, em.code.add(total, fixed))


def _op_work(em: Emitter, op: Op, vector: bool) -> Operand:
    code = em.code
    inner: Operand = 0
    for region in op.regions:
        inner = code.add(inner, work_of(em, region))
    if op.name == "loop":
        return parallel.bounded(em, code.mul(_trips(em, op), inner))
    if op.name in ("call", "custom_derivative"):
        return UNKNOWN_TRIPS * UNKNOWN_TRIPS
    sizes = [v.type for v in (*op.operands, *op.results) if isinstance(v.type, ArrayType) and v.type.shape]
    cost = vector_cost(op) if vector or sizes else (1 if op.defn.cost < SLOW else SCALAR_COST)
    if not sizes or op.name in ("index", "update", "accumulate") or not op.results:
        changed = op.operands[1:2] if op.name in ("update", "accumulate") else op.results
        sizes = [v.type for v in changed if isinstance(v.type, ArrayType) and v.type.shape]
    largest: Operand = cost
    for type in sizes:
        size = prod(type.shape)
        found = parallel.product(em, cost, [size if _is_known(em, size) else UNKNOWN_TRIPS])
        largest = found if not isinstance(largest, int) or not isinstance(found, int) else max(largest, found)
    return code.add(inner, largest)


def _is_known(em: Emitter, size: Size) -> bool:
    """Whether the symbols of a size are bound where code is written now."""
    return all(any(name in frame.binds for frame in em.frames) for name in symbols_of(size))


def _trips(em: Emitter, op: Op) -> Operand:
    if not op.attrs["counted"]:
        return UNKNOWN_TRIPS
    start, stop = (_outside(em, v) for v in op.operands[:2])
    if start is None or stop is None:
        return UNKNOWN_TRIPS
    up = parallel_step(op) > 0
    return parallel.bounded(em, em.code.sub(stop, start) if up else em.code.sub(start, stop))


def _outside(em: Emitter, value: Value) -> Operand | None:
    """The operand of a value that is known already."""
    made = value.defining_op
    if made is not None and made.name == "constant":
        return int(made.attrs["value"])
    if made is not None and made.name == "dim":
        size = made.attrs["size"]
        return em.size(size) if _is_known(em, size) else None
    try:
        found = em.repr(value)
    except KeyError:
        return None
    return found.operand if isinstance(found, Scalar) else None
