"""Which loops run in threads, and in what chunks.

Work is guessed in units of a simple operation. Loops of less than `NativeOptions.parallel_work` run where they are; the
others are cut into chunks that depend on the number of trips and the work in each only. So what is computed, to the
last bit, does not depend on the number of threads, or on whether the pool is free. Work that is known only at run time
is compared there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.native.regions import Chunk, run
from tangra.native.text import Lines, Operand
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

MOST_CHUNKS = 256
CHUNKS_OF_LEAST = 8
"""Chunks of a loop that has just enough work to be run in threads."""
CACHE_LINE = 64
"""Trips of chunks of innermost loops are a multiple of this, so that no two threads write to one line of the cache."""
LARGEST = 1 << 31
"""What counts and work in a trip are cut off at, so that products don't overflow."""


@dataclass(frozen=True)
class Plan:
    """A loop that runs in chunks of `length` of its trips: always, or where `condition` (an i1) holds."""

    trips: Operand
    length: Operand
    condition: str | None


def plan(em: Emitter, trips: Operand, work: Operand, multiple: int = 1, least: Operand = 1) -> Plan | None:
    """How `trips` independent trips of `work` units each are run in threads; None where they are not.

    `multiple`: chunks have a multiple of so many trips. `least`: and at least so many. Within a region, and in marked
    code, trips run one after the other.
    """
    enough = em.module.options.parallel_work
    if em.floor or em.module.marks is not None:
        return None
    length = length_of(em, trips, work, multiple, least)
    if isinstance(trips, int) and isinstance(length, int) and length >= trips:
        return None
    if isinstance(trips, int) and isinstance(work, int):
        return Plan(trips, length, None) if trips * work >= enough else None
    worth = em.code.ins(f"icmp sgt i64 {trips}, {_quotient(em, enough, work)}")
    more = em.code.ins(f"icmp sgt i64 {trips}, {length}")
    return Plan(trips, length, em.code.ins(f"and i1 {worth}, {more}"))


def spread(
    em: Emitter,
    plan: Plan | None,
    write: Callable[[Chunk | None], None],
    shared: frozenset[str] = frozenset(),
    combine: Callable[[Operand], None] | None = None,
    prepare: Callable[[Operand], None] | None = None,
) -> None:
    """Run trips as planned. `write` writes them all (for None), or one chunk. `shared`: see `regions.run`. `prepare`
    and `combine` write what precedes and follows a run in chunks, whose number they get.

    Raises what `write` raises for a chunk, before anything is written.
    """
    if plan is None:
        write(None)
        return

    def chunked() -> None:
        count = chunks_of(em, plan.trips, plan.length)
        if prepare is not None:
            prepare(count)
        run(em, plan.trips, plan.length, write, shared)
        if combine is not None:
            combine(count)

    if plan.condition is None:
        chunked()
        return
    code = em.code
    lines, label = code.lines, code.label
    many, few, join = code.name("many"), code.name("few"), code.name("join")
    branch: Lines = []
    code.lines, inlined = branch, em.module.copies
    try:
        code.start(many)
        chunked()
        code.goto(join)
    finally:
        code.lines, code.label = lines, label
        em.module.copies = inlined  # what is written twice counts once
    code.branch(plan.condition, many, few)
    code.lines.append(branch)
    code.start(few)
    write(None)
    code.fall_into(join)


def length_of(em: Emitter, trips: Operand, work: Operand, multiple: int, least: Operand = 1) -> Operand:
    """Trips of a chunk."""
    grain = max(em.module.options.parallel_work // CHUNKS_OF_LEAST, 1)
    length = larger(em, _quotient(em, grain, work), share(em, trips, MOST_CHUNKS))
    for bound in (least, 1):
        length = larger(em, length, bound)
    if isinstance(length, int):
        return -(-length // multiple) * multiple
    if multiple == 1:
        return length
    return em.code.mul(em.code.ins(f"udiv i64 {em.code.add(length, multiple - 1)}, {multiple}"), multiple)


def share(em: Emitter, trips: Operand, parts: int) -> Operand:
    """Trips of each of so many parts, rounded up."""
    if isinstance(trips, int):
        return -(-trips // parts)
    return em.code.ins(f"udiv i64 {em.code.add(trips, parts - 1)}, {parts}")


def larger(em: Emitter, x: Operand, y: Operand) -> Operand:
    """The larger of two numbers that are not negative."""
    if isinstance(x, int) and isinstance(y, int):
        return max(x, y)
    if x == 0 or y == 0:
        return y if x == 0 else x
    em.module.declare("declare i64 @llvm.umax.i64(i64, i64)")
    return em.code.ins(f"call i64 @llvm.umax.i64(i64 {x}, i64 {y})")


def chunks_of(em: Emitter, trips: Operand, length: Operand) -> Operand:
    """The number of chunks."""
    whole = em.code.sub(em.code.add(trips, length), 1)
    if isinstance(whole, int) and isinstance(length, int):
        return whole // length
    return em.code.ins(f"udiv i64 {whole}, {length}")


def _quotient(em: Emitter, number: int, work: Operand) -> Operand:
    """`number / work`, for work of at least 1."""
    if isinstance(work, int):
        return number // max(work, 1)
    return em.code.ins(f"udiv i64 {number}, {larger(em, work, 1)}")


def product(em: Emitter, work: Operand, sizes: Sequence[Size]) -> Operand:
    """Work times sizes, up to `LARGEST`."""
    for size in sizes:
        work = bounded(em, em.code.mul(work, em.size(size)))
    return work


def bounded(em: Emitter, number: Operand) -> Operand:
    """A number of work or trips, at least 0 and at most `LARGEST`."""
    if isinstance(number, int):
        return min(max(number, 0), LARGEST)
    em.module.declare("declare i64 @llvm.smax.i64(i64, i64)")
    em.module.declare("declare i64 @llvm.smin.i64(i64, i64)")
    positive = em.code.ins(f"call i64 @llvm.smax.i64(i64 {number}, i64 0)")
    return em.code.ins(f"call i64 @llvm.smin.i64(i64 {positive}, i64 {LARGEST})")


def best_axis(shape: Sequence[Size], axes: Sequence[int]) -> int | None:
    """The axis among `axes` along which a nest over `shape` is cut: the outermost that gives enough chunks."""
    sizes = [(n if isinstance(n := shape[k], int) else LARGEST, -k) for k in axes]
    wide = [-k for n, k in sizes if n >= MOST_CHUNKS // 4]
    return wide[0] if wide else -max(sizes)[1] if sizes else None
