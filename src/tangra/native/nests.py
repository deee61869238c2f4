"""Loop nests: copying an array (deferred or not) into memory, several at once, and visiting every index."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tangra.native import loop_order, parallel
from tangra.native.llvm_types import register_type
from tangra.native.module import WHOLE
from tangra.native.regions import Chunk, Dependent
from tangra.native.text import FEW_TRIPS, Operand
from tangra.native.values import Array, Index, Memo, Splat, Strided, Unset
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

UNROLL_ELEMENTS = 16
UNROLL_WEIGHT = 256
"""Static loop nests up to this many elements (and expression nodes in all) are written out."""
SHORT_TRIPS = 17
"""LLVM writes out loops of fewer trips, and finds no vectors in more than `FEW_TRIPS` of them then."""
Carried = list[tuple[str, str]]
"""LLVM types and start values of what a loop carries from trip to trip."""


def unrolls(shape: Sequence[Size], weight: int = 1) -> bool:
    """Whether a nest over `shape` is written out element by element."""
    count = prod(shape)
    return isinstance(count, int) and count <= UNROLL_ELEMENTS and count * weight <= UNROLL_WEIGHT


def counted(
    em: Emitter,
    trips: Operand,
    carried: Carried,
    body: Callable[[str, list[str]], list[str]],
    first: Operand = 0,
) -> list[str]:
    """`Code.counted` over elements of arrays: math functions in it run in vectors, one at a time, since what looks like
    a few calls has no registers to spare. Short loops are not written out before they are vectors."""
    outer, em.code.wide = em.code.wide, not isinstance(trips, int) or trips >= FEW_TRIPS
    calls = em.module.math_calls

    def mark() -> str:
        if em.module.math_calls > calls:
            return em.module.loop_mark()
        short = not carried and isinstance(trips, int) and FEW_TRIPS < trips < SHORT_TRIPS
        return em.module.loop_mark(WHOLE) if short else ""

    try:
        return em.code.counted(trips, carried, body, first, mark)
    finally:
        em.code.wide = outer


def visit(
    em: Emitter,
    shape: Sequence[Size],
    body: Callable[[Index, Memo], None],
    weight: int = 1,
    apart: Sequence[int] = (),
    work: Operand = 1,
) -> None:
    """Write a nest over all indices of `shape` in row-major order. Indices that differ along the axes in `apart` may
    be visited in any order, and at the same time; `work` is that of one index, see `parallel`."""

    def no_values(index: Index, values: list[str], memo: Memo) -> list[str]:
        body(index, memo)
        return []

    axis = None if unrolls(shape, weight) else parallel.best_axis(shape, apart)
    if axis is None:
        visit_carrying(em, shape, [], no_values, weight)
        return

    def part(chunk: Chunk | None) -> None:
        limits = None if chunk is None else (axis, chunk.low, chunk.high)
        visit_carrying(em, shape, [], no_values, weight, limits)

    others = [size for k, size in enumerate(shape) if k != axis]
    neighbours = axis == len(shape) - 1 and not (isinstance(work, int) and work >= parallel.CACHE_LINE)
    multiple = parallel.CACHE_LINE if neighbours else 1
    plan = parallel.plan(em, em.size(shape[axis]), parallel.product(em, work, others), multiple)
    parallel.spread(em, plan, part)


def share_out(em: Emitter, trips: Operand, work: Operand, prepare: Callable[[], Callable[[Operand], None]]) -> None:
    """Run trips that don't depend on each other, of `work` units each, in threads if that is worth it. `prepare` writes
    what each chunk of them does first, such as claiming memory of its own, and gives what writes a trip."""

    def part(chunk: Chunk | None) -> None:
        body = prepare()

        def one(index: str, _: list[str]) -> list[str]:
            body(index)
            return []

        if chunk is not None:
            em.code.counted(chunk.high, [], one, chunk.low)
        elif trips == 1:
            body(0)
        else:
            em.code.counted(trips, [], one)

    parallel.spread(em, parallel.plan(em, trips, work), part)


def visit_carrying(
    em: Emitter,
    shape: Sequence[Size],
    carried: Carried,
    body: Callable[[Index, list[str], Memo], list[str]],
    weight: int = 1,
    limits: tuple[int, Operand, Operand] | None = None,
) -> list[str]:
    """`visit` with values carried from one index to the next; returns the last ones. `limits`: an axis, and the first
    index along it and that after the last."""
    if limits is None and unrolls(shape, weight):
        values, memo = [start for _, start in carried], Memo()
        for index in itertools.product(*(range(int(n)) for n in shape if isinstance(n, int))):
            values = body(index, values, memo)
        return values
    types = [type for type, _ in carried]

    def level(outer: tuple[Operand, ...], values: list[str]) -> list[str]:
        if len(outer) == len(shape):
            return body(outer, values, Memo())
        first: Operand = 0
        trips = em.size(shape[len(outer)])
        if trips == 1:
            return level((*outer, 0), values)
        if limits is not None and limits[0] == len(outer):
            _, first, trips = limits
        inner = list(zip(types, values, strict=True))
        return counted(em, trips, inner, lambda i, now: level((*outer, i), now), first)

    return level((), [start for _, start in carried])


def assign(em: Emitter, target: Strided, source: Array) -> None:
    """Write `source` into `target` (equal shapes), whatever memory both share."""
    if isinstance(source, Unset) or (isinstance(source, Strided) and source.same_place(target)):
        return
    if not source.aligned(target):
        source = em.copy(source)
    if _fill(em, target, source) or _copy_bytes(em, target, source):
        return
    if unrolls(target.shape, source.weight):
        _write_out(em, target, source)
    elif target.flat and source.flat:
        _write_flat(em, target, source)
    else:
        order = loop_order.best_order(target, source)
        target, source = loop_order.permuted_view(target, order), loop_order.permuted(source, order)
        apart = range(len(order)) if target.injective else ()
        body = lambda index, memo: _store(em, target, source, index, memo)  # noqa: E731
        visit(em, target.shape, body, 1, apart, source.work + 1)


def _store(em: Emitter, target: Strided, source: Array, index: Index, memo: Memo) -> None:
    value = source.element(em, index, memo)
    em.store(target, target.place(em, index), value)


def _write_out(em: Emitter, target: Strided, source: Array) -> None:
    """All elements are computed before the first is stored: they may share expressions, and the target may be read."""
    memo = Memo()
    indices = list(itertools.product(*(range(int(n)) for n in target.shape if isinstance(n, int))))
    values = [source.element(em, index, memo) for index in indices]
    for index, value in zip(indices, values, strict=True):
        em.store(target, target.place(em, index), value)


def _write_flat(em: Emitter, target: Strided, source: Array) -> None:
    def body(place: str, _: list[str]) -> list[str]:
        value = source.at(em, place, Memo())
        em.store(target, em.code.add(target.offset, place), value)
        return []

    def part(chunk: Chunk | None) -> None:
        first, last = (0, trips) if chunk is None else (chunk.low, chunk.high)
        counted(em, last, [], body, first)

    trips = em.size(prod(target.shape))
    parallel.spread(em, parallel.plan(em, trips, source.work + 1, parallel.CACHE_LINE), part)


def _fill(em: Emitter, target: Strided, source: Array) -> bool:
    """Zeros into contiguous memory by memset."""
    if not isinstance(source, Splat) or not target.contiguous or unrolls(target.shape):
        return False
    if str(source.operand) not in ("0", "false", "0x0000000000000000"):
        return False
    em.module.declare("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")

    def part(first: Operand, size: Operand) -> None:
        start = em.address(target, em.code.add(target.offset, first))
        em.code.do(f"call void @llvm.memset.p0.i64(ptr {start}, i8 0, i64 {size}, i1 false)")

    _in_stretches(em, target, part)
    return True


def _in_stretches(em: Emitter, target: Strided, write: Callable[[Operand, Operand], None]) -> None:
    """Contiguous memory at once, or in parts if it is known to be large: `write` gets the place of the first element
    and the number of bytes."""
    code, trips = em.code, em.size(prod(target.shape))

    def part(chunk: Chunk | None) -> None:
        first, count = (0, trips) if chunk is None else (chunk.low, code.sub(chunk.high, chunk.low))
        write(first, code.mul(count, target.dtype.itemsize))

    known = isinstance(trips, int)
    parallel.spread(em, parallel.plan(em, trips, 1, parallel.CACHE_LINE) if known else None, part)


def _copy_bytes(em: Emitter, target: Strided, source: Array) -> bool:
    """One stretch of memory into another by memcpy."""
    if not isinstance(source, Strided) or not (source.contiguous and target.contiguous) or unrolls(target.shape):
        return False
    em.module.declare("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")

    def part(first: Operand, size: Operand) -> None:
        to, start = (em.address(x, em.code.add(x.offset, first)) for x in (target, source))
        em.code.do(f"call void @llvm.memcpy.p0.p0.i64(ptr align 8 {to}, ptr align 8 {start}, i64 {size}, i1 false)")

    _in_stretches(em, target, part)
    return True


def assign_all(em: Emitter, pairs: Sequence[tuple[Strided, Array]]) -> None:
    """Write every source into its target as if all were read before the first is written.

    Raises `Dependent` where a target is memory that is shared with other trips.
    """
    pending = [
        (target, source)
        for target, source in pairs
        if not isinstance(source, Unset) and not (isinstance(source, Strided) and source.same_place(target))
    ]
    if any(target.buffer.shared for target, _ in pending):
        raise Dependent
    pinned = {buffer for target, source in pairs for buffer in (target.buffer, *source.reads)}
    for buffer in pinned:
        buffer.pins += 1
    while pending:
        at = next((k for k in range(len(pending)) if _harmless(pending, k)), None)
        if at is None:
            victim = pending[0][0].buffer
            pending = [(t, em.copy(s)) if k and victim in s.reads else (t, s) for k, (t, s) in enumerate(pending)]
            at = 0
        em.assign(*pending.pop(at))
    for buffer in pinned:
        buffer.pins -= 1


def _harmless(pending: list[tuple[Strided, Array]], k: int) -> bool:
    """Whether no other pending source reads what pair `k` overwrites."""
    buffer = pending[k][0].buffer
    return all(buffer not in source.reads for j, (_, source) in enumerate(pending) if j != k)


def carried_scalar(dtype_and_start: tuple[Array, Operand]) -> tuple[str, str]:
    """Type and start value of an accumulator of an array's dtype."""
    array, start = dtype_and_start
    return register_type(array.dtype), str(start)
