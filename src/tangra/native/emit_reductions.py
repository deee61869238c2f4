"""Writers of reductions and running sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tangra.ir import I64, DType, Op
from tangra.native import loop_order, nests, parallel, scalars, totals
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import literal, register_type
from tangra.native.regions import Chunk
from tangra.native.text import Operand
from tangra.native.values import Array, Index, Memo, Scalar, Splat, Strided
from tangra.shapes import Size, prod

FEWEST_ROWS = 8
"""Elements of a result's axis along which a reduction may be cut."""


@dataclass(frozen=True)
class _Kind:
    """How a reduction combines, and what it starts from."""

    op: str
    start: Operand
    dtype: DType

    def combine(self, em: Emitter, a: Operand, b: Operand) -> Operand:
        type = register_type(self.dtype)
        if self.dtype.kind == "f" and self.op in ("add", "mul"):
            return em.code.ins(f"f{self.op} {em.fast_sum}{type} {a}, {b}")
        if self.dtype.kind == "f":
            return scalars.intrinsic(em, self.op, self.dtype, [a, b])
        return scalars.write(em, self.op, self.dtype, [a, b])


def _kind(name: str, dtype: DType) -> _Kind:
    op = {"sum": "add", "prod": "mul", "max": "maximum", "min": "minimum", "and": "and", "or": "or"}[name]
    start: float | bool
    if op in ("maximum", "minimum"):
        sign = -1 if op == "maximum" else 1
        if dtype.kind == "f":
            start = sign * float("inf")
        elif dtype.kind == "b":
            start = op == "minimum"
        else:
            info = np.iinfo(dtype.numpy)
            start = int(info.min if sign < 0 else info.max)
    else:
        start = {"add": 0, "mul": 1, "or": 0, "and": True if dtype.kind == "b" else -1}[op]
        if op == "and" and dtype.kind == "u":
            start = int(np.iinfo(dtype.numpy).max)
    return _Kind(op, literal(start, dtype), dtype)


@op_writer("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_and", "reduce_or")
def _reduce(em: Emitter, op: Op) -> None:
    (x,) = op.operands
    source, kind = em.array(x), _kind(op.name.removeprefix("reduce_"), x.dtype)
    if not op.result.shape:
        em.define(op.result, Scalar(x.dtype, reduce_all(em, source, kind)))
        return
    target = em.allocate(x.dtype, op.result.shape, op.result)
    _reduce_into(em, target, source, kind, set(op.attrs["axes"]))
    em.define(op.result, target)


def reduce_all(em: Emitter, source: Array, kind: _Kind) -> Operand:
    """All elements combined."""
    if not nests.unrolls(source.shape, source.weight) and not source.flat:
        source = loop_order.permuted(source, loop_order.best_order(source))
    if nests.unrolls(source.shape, source.weight):
        return _combined(em, source, kind, None, 0)
    flat = source.flat
    axis = 0 if flat else parallel.best_axis(source.shape, range(len(source.shape))) or 0
    sizes = [prod(source.shape)] if flat else list(source.shape)
    whole = totals.new_total(em, kind.dtype, kind.start, kind.start, kind.combine)

    def part(chunk: Chunk | None) -> None:
        value = _combined(em, source, kind, chunk, axis)
        if chunk is None:
            whole.keep(em, value)
        else:
            whole.keep_part(em, chunk, value)

    def combine(chunks: Operand) -> None:
        whole.combine(em, chunks)

    trips = em.size(sizes.pop(axis))
    work = parallel.product(em, source.work + 1, sizes)
    multiple = parallel.CACHE_LINE if axis == len(sizes) else 1
    parallel.spread(em, parallel.plan(em, trips, work, multiple), part, frozenset({whole.parts}), combine)
    return whole.result(em)


def _combined(em: Emitter, source: Array, kind: _Kind, chunk: Chunk | None, axis: int) -> Operand:
    """The elements of a chunk along the axis, or all, combined."""
    start = [(register_type(kind.dtype), str(kind.start))]
    if nests.unrolls(source.shape, source.weight) or not source.flat:
        limits = None if chunk is None else (axis, chunk.low, chunk.high)
        return nests.visit_carrying(
            em,
            source.shape,
            start,
            lambda index, now, memo: [str(kind.combine(em, now[0], source.element(em, index, memo)))],
            source.weight,
            limits,
        )[0]
    return nests.counted(
        em,
        em.size(prod(source.shape)) if chunk is None else chunk.high,
        start,
        lambda place, now: [str(kind.combine(em, now[0], source.at(em, place, {})))],
        0 if chunk is None else chunk.low,
    )[0]


def _reduce_into(em: Emitter, target: Strided, source: Array, kind: _Kind, axes: set[int]) -> None:
    """Rows are summed up in registers where the last axes are reduced; other axes add up in the result, row by row, so
    that memory is read in order either way."""
    if not nests.unrolls(source.shape, source.weight):
        order = loop_order.best_order(source)
        kept = [k for k in range(len(order)) if k not in axes]
        target = loop_order.permuted_view(target, [kept.index(k) for k in order if k in kept])
        source, axes = loop_order.permuted(source, order), {at for at, k in enumerate(order) if k in axes}
    rank = len(source.shape)
    inner = rank
    while inner - 1 in axes:
        inner -= 1
    leading = any(k in axes for k in range(inner))
    if leading:
        em.assign(target, Splat(kind.dtype, target.shape, kind.start))
    tail: tuple[Size, ...] = source.shape[inner:]
    type = register_type(kind.dtype)

    def body(outer: Index, memo: Memo) -> None:
        kept = [i for k, i in enumerate(outer) if k not in axes]
        if tail:
            value: Operand = nests.visit_carrying(
                em,
                tail,
                [(type, str(kind.start))],
                lambda index, now, m: [str(kind.combine(em, now[0], source.element(em, [*outer, *index], m)))],
                source.weight,
            )[0]
        else:
            value = source.element(em, outer, memo)
        place = target.place(em, kept)
        if leading:
            value = kind.combine(em, em.load(target, place), value)
        em.store(target, place, value)

    apart = [k for k in range(inner) if k not in axes and not _few(source.shape[k])]
    nests.visit(em, source.shape[:inner], body, source.weight, apart, parallel.product(em, source.work + 1, tail))


def _few(size: Size) -> bool:
    """Whether an axis is too short to be cut."""
    return isinstance(size, int) and size < FEWEST_ROWS


@op_writer("argmax", "argmin")
def _position(em: Emitter, op: Op) -> None:
    (x,), axis = op.operands, op.attrs["axis"]
    source, dtype = em.array(x), x.dtype
    if op.result.shape:
        target = em.allocate(I64, op.result.shape, op.result)

        def body(index: Index, memo: Memo) -> None:
            em.store(target, target.place(em, index), _first_extremum(em, op.name, source, axis, index, dtype))

        work = parallel.product(em, source.work + 1, [source.shape[axis]])
        nests.visit(em, op.result.shape, body, 100, range(len(op.result.shape)), work)
        em.define(op.result, target)
        return
    em.define(op.result, Scalar(I64, _first_extremum(em, op.name, source, axis, (), dtype)))


def _first_extremum(em: Emitter, name: str, source: Array, axis: int, index: Index, dtype: DType) -> Operand:
    """The position of the first extremum along `axis`, or of the first NaN."""
    code, type = em.code, register_type(dtype)

    def at(i: Operand) -> Operand:
        return source.element(em, [*index[:axis], i, *index[axis:]], {})

    def step(i: str, now: list[str]) -> list[str]:
        value, (best, place) = at(i), now
        if dtype.kind == "f":
            beats = code.ins(f"fcmp {'ugt' if name == 'argmax' else 'ult'} {type} {value}, {best}")
            settled = code.ins(f"fcmp uno {type} {best}, {best}")
            better = code.ins(f"and i1 {beats}, {code.ins(f'xor i1 {settled}, true')}")
        else:
            better = str(scalars.write(em, "gt" if name == "argmax" else "lt", dtype, [value, best]))
        return [
            code.ins(f"select i1 {better}, {type} {value}, {type} {best}"),
            code.ins(f"select i1 {better}, i64 {i}, i64 {place}"),
        ]

    return code.counted(em.size(source.shape[axis]), [(type, str(at(0))), ("i64", "0")], step)[1]


@op_writer("cumsum", "cumprod", "cummax", "cummin")
def _cumulative(em: Emitter, op: Op) -> None:
    """One pass along the axis per line of the other axes."""
    (x,), axis, reverse = op.operands, op.attrs["axis"], op.attrs["reverse"]
    source, kind = em.array(x), _kind(op.name.removeprefix("cum"), x.dtype)
    target, code = em.allocate(x.dtype, x.shape, op.result), em.code
    trips = em.size(x.shape[axis])
    last = code.sub(trips, 1)
    start = literal(-0.0, x.dtype) if op.name == "cumsum" and x.dtype.kind == "f" else kind.start  # -0.0 stays -0.0

    def line(outer: Index, memo: Memo) -> None:
        def step(i: str, now: list[str]) -> list[str]:
            place = code.sub(last, i) if reverse else i
            full = [*outer[:axis], place, *outer[axis:]]
            element = source.element(em, full, {})
            value = scalars.write(em, kind.op, x.dtype, [now[0], element])
            em.store(target, target.place(em, full), value)
            return [str(value)]

        code.counted(trips, [(register_type(x.dtype), str(start))], step)

    lines = x.shape[:axis] + x.shape[axis + 1 :]
    nests.visit(em, lines, line, 100, range(len(lines)), parallel.product(em, source.work + 1, [x.shape[axis]]))
    em.define(op.result, target)
