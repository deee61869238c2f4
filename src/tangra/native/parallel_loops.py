"""Loops of the IR that run in threads: those marked `parallel`, whose trips meet in totals at most.

Each chunk adds up totals of its own from zero; afterwards they are added in the order of the chunks. Tapes made in a
trip belong to it. A tape in segments has a place for each trip, whichever thread runs it. Of a pair of loops the first
gives each chunk an equal slice of a tape, and the second takes from the slice of the same chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

from tangra.ir import Op, TapeType, Value
from tangra.native import array_totals, parallel, polling, slices
from tangra.native.array_totals import ArrayTotal
from tangra.native.emit_segments import SegmentedTape
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import zero
from tangra.native.loop_work import work_of
from tangra.native.parallel import Plan
from tangra.native.regions import Chunk
from tangra.native.text import Operand
from tangra.native.totals import Total, added, changed, new_total
from tangra.native.values import Strided

UNKNOWN_TRIPS = 32
"""Trips of loops, and sizes, that can't be told before."""
SLOW, SCALAR_COST = 10, 8
"""Operations of this cost and above count as so many simple ones."""


@dataclass(frozen=True)
class Trips:
    """Bounds of a counted loop; `turned`: its trips run in the opposite of the order in the IR."""

    start: Operand
    stop: Operand
    step: int
    turned: bool = False

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

    @property
    def number(self) -> Operand:
        """How many trips there are; something that is no number where that is not known now."""
        if isinstance(self.start, int) and isinstance(self.stop, int):
            return max(-((self.start - self.stop) // self.step), 0)
        return str(self.stop)


@dataclass(frozen=True)
class Part:
    """A part of a loop: its trips, the start values of its scalars, the memory of its arrays, whether other parts run
    at the same time, and whether the trips count as all there are on the loop's tapes."""

    trips: Trips
    starts: list[Operand]
    holders: list[Strided | None]
    region: bool = False
    alone: bool = False


Write = Callable[[Part], list[Operand]]
"""Writes a part of the loop; the scalar results."""


def may_split(em: Emitter, op: Op) -> bool:
    """Whether the loop `op` may run in chunks."""
    if not (op.attrs["parallel"] and op.attrs["counted"]) or op.attrs["exits"] or parallel_step(op) not in (1, -1):
        return False
    if "pair" in op.attrs:
        return em.pairing
    body = op.regions[0]
    tapes = [v for v in em.liveness.free_values(body) if isinstance(v.type, TapeType)]
    own = {id(each.operands[0]) for each in body.ops if each.name in ("tape_push", "tape_pop")}
    return all(id(v) in own and isinstance(em.repr(v), SegmentedTape) for v in tapes)


def parallel_step(op: Op) -> int:
    """The step of a counted loop."""
    step = op.operands[2].defining_op
    assert step is not None
    return int(step.attrs["value"])


def write(em: Emitter, op: Op, whole: Part, write_part: Write) -> list[Operand]:
    """The loop `op`, in threads if that is worth it; the operands of its scalar results."""
    return _Writer(em, op, whole, write_part).write()


class _Writer:
    """Writes one loop."""

    def __init__(self, em: Emitter, op: Op, whole: Part, write_part: Write) -> None:
        self.em, self.op, self.whole, self.write_part = em, op, whole, write_part
        self.trips = whole.trips
        self.totals = _totals(em, op, whole.starts)
        self.arrays = [ArrayTotal(k, h) for k in op.attrs.get("totals", ()) if (h := whole.holders[k]) is not None]
        self.pair = slices.find(em, op)

    def write(self) -> list[Operand]:
        """See `write`."""
        shared = frozenset(total.parts for total in self.totals)
        if self.pair is not None:
            shared |= frozenset(self.pair.ends.values())
        parallel.spread(self.em, self.plan(), self.way, shared, self.combine, self.prepare)
        return [total.result(self.em) for total in self.totals]

    def plan(self) -> Plan | None:
        """How the loop is cut; as its pair was."""
        em, trips, body = self.em, self.trips, self.op.regions[0]
        if self.pair is not None and not self.pair.first:
            return self.pair.plan
        low, high = (trips.start, trips.stop) if trips.step > 0 else (trips.stop, trips.start)
        count, work = parallel.bounded(em, em.code.sub(high, low)), work_of(em, body)
        types = [self.op.results[k].array for k in self.op.attrs.get("totals", ())]
        types += self.pair.totals if self.pair is not None else []
        multiple = parallel.CACHE_LINE if polling.is_leaf(body) else 1
        least = array_totals.fewest_trips(em, types, work)
        if self.pair is not None:
            least = parallel.larger(em, least, parallel.share(em, count, slices.MOST_SLICES))
        plan = parallel.plan(em, count, work, multiple, least)
        if self.pair is not None:
            self.pair.plan = plan
        return plan

    def prepare(self, chunks: Operand) -> None:
        """Before a run in chunks."""
        self.mark = polling.save_arena(self.em) if self.arrays else ""
        for array in self.arrays:
            array.claim(self.em, chunks)
        if self.pair is not None:
            self.pair.cut(self.em, chunks)

    def way(self, chunk: Chunk | None) -> None:
        """All trips, or those of a chunk."""
        em, trips = self.em, self.trips
        if chunk is None:
            for total, result in zip(self.totals, self.write_part(self.whole), strict=True):
                total.keep(em, result)
            return
        if self.pair is not None:
            self.pair.enter(em, chunk)
        holders = list(self.whole.holders)
        for array in self.arrays:
            holders[array.position] = array.part(em, chunk)
        first, last = (_shifted(em, trips, at) for at in (chunk.low, chunk.high))
        if self.pair is not None and not self.pair.first:
            first, last = em.code.add(trips.stop, chunk.high), em.code.add(trips.stop, chunk.low)
        starts = [total.first for total in self.totals]
        part = Part(Trips(first, last, trips.step), starts, holders, True, self.pair is not None)
        for total, result in zip(self.totals, self.write_part(part), strict=True):
            total.keep_part(em, chunk, result)
        if self.pair is not None:
            self.pair.leave(em, chunk)

    def combine(self, chunks: Operand) -> None:
        """After a run in chunks."""
        for total in self.totals:
            total.combine(self.em, chunks)
        for array in self.arrays:
            array.combine(self.em, chunks)
        if self.mark:
            polling.restore_arena(self.em, self.mark)


def _shifted(em: Emitter, trips: Trips, by: str) -> Operand:
    """The index of trip number `by`."""
    return em.code.add(trips.start, by) if trips.step > 0 else em.code.sub(trips.start, by)


def _totals(em: Emitter, op: Op, starts: list[Operand]) -> list[Total]:
    """The scalars that the loop carries: sums, and what some trips set to one and the same value."""
    body, found, rest = op.regions[0], [], iter(starts)
    outside = em.liveness.info(body).free
    for arg, last in zip(body.args[1:], body.terminator.operands, strict=True):
        if not arg.shape:
            start, dtype = next(rest), arg.dtype
            summed = _is_sum(last, outside)
            first, combine = (zero(dtype), added(dtype)) if summed else (start, changed(dtype, start))
            found.append(new_total(em, dtype, start, first, None if arg is last else combine))
    return found


def _is_sum(last: Value, outside: Container[int]) -> bool:
    """Whether what becomes of a carried scalar, which is a sum or set to one value, is a sum."""
    op = last.defining_op
    if op is None or id(last) in outside or op.name == "add":
        return op is not None and id(last) not in outside
    at = next(k for k, r in enumerate(op.results) if r is last)
    if op.name == "if":
        return any(_is_sum(region.terminator.operands[at], outside) for region in op.regions)
    if op.name != "loop":
        return False
    header, flags = 3 if op.attrs["counted"] else 0, 1 if op.attrs["exits"] else 0
    within = op.regions[0].terminator.operands[at + flags]
    return _is_sum(within, outside) or _is_sum(op.operands[header + at], outside)
