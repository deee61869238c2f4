"""Which loops run in threads, and in what chunks.

Work is guessed in units of a simple operation. Loops of less than `NativeOptions.parallel_work` run where they are; the
others are cut into chunks that depend on the number of trips and the work in each only. So what is computed, to the
last bit, does not depend on the number of threads, or on whether the pool is free. Work that is known only at run time
is compared there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def spread(
    em: Emitter,
    trips: Operand,
    work: Operand,
    write: Callable[[Chunk | None], None],
    multiple: int = 1,
    shared: frozenset[str] = frozenset(),
    combine: Callable[[Operand], None] | None = None,
) -> None:
    """`trips` independent trips of `work` units each, in threads if that is worth it.

    `write` writes them all (for None), or one chunk. `multiple`: chunks have a multiple of so many trips. `shared`: see
    `regions.run`. `combine(length)` writes what follows a run in chunks of that length. Within a region, and in
    marked code, trips run one after the other. Raises what `write` raises for a chunk, before anything is written.
    """

    def chunked() -> None:
        length = length_of(em, trips, work, multiple)
        run(em, trips, length, write, shared)
        if combine is not None:
            combine(length)

    code, least = em.code, em.module.options.parallel_work
    known = isinstance(trips, int) and isinstance(work, int)
    if (
        em.floor
        or em.module.marks is not None
        or (isinstance(trips, int) and isinstance(work, int) and (trips < 2 or trips * work < least))
    ):
        write(None)
        return
    if known:
        chunked()
        return
    needed = _quotient(em, least, work)
    lines, label = code.lines, code.label
    many, few, join = code.name("many"), code.name("few"), code.name("join")
    branch: Lines = []
    code.lines = branch
    try:
        code.start(many)
        chunked()
        code.goto(join)
    finally:
        code.lines, code.label = lines, label
    code.branch(code.ins(f"icmp sgt i64 {trips}, {needed}"), many, few)
    code.lines.append(branch)
    code.start(few)
    write(None)
    code.fall_into(join)


def length_of(em: Emitter, trips: Operand, work: Operand, multiple: int) -> Operand:
    """Trips of a chunk."""
    grain = max(em.module.options.parallel_work // CHUNKS_OF_LEAST, 1)
    if isinstance(trips, int) and isinstance(work, int):
        fewest = max(grain // max(work, 1), -(-trips // MOST_CHUNKS), 1)
        return -(-fewest // multiple) * multiple
    code = em.code
    em.module.declare("declare i64 @llvm.umax.i64(i64, i64)")
    share = code.ins(f"udiv i64 {code.add(trips, MOST_CHUNKS - 1)}, {MOST_CHUNKS}")
    least = code.ins(f"call i64 @llvm.umax.i64(i64 {_quotient(em, grain, work)}, i64 {share})")
    length = code.ins(f"call i64 @llvm.umax.i64(i64 {least}, i64 1)")
    if multiple == 1:
        return length
    return code.mul(code.ins(f"udiv i64 {code.add(length, multiple - 1)}, {multiple}"), multiple)


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
    em.module.declare("declare i64 @llvm.umax.i64(i64, i64)")
    return em.code.ins(f"udiv i64 {number}, {em.code.ins(f'call i64 @llvm.umax.i64(i64 {work}, i64 1)')}")


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
