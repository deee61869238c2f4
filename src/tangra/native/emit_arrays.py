"""Writers of operations that make, view, read and write arrays."""

from __future__ import annotations

import numpy as np

from tangra.ir import I64, DType, Op, Value
from tangra.native import nests, poison, scalars, strides_apart
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import literal
from tangra.native.text import Operand
from tangra.native.values import (
    Array,
    Buffer,
    Elementwise,
    Index,
    Indexed,
    Memo,
    Reshaped,
    Scalar,
    Splat,
    Strided,
    Unset,
)
from tangra.shapes import Size, prod


@op_writer("constant")
def _constant(em: Emitter, op: Op) -> None:
    value, dtype = op.attrs["value"], op.attrs["dtype"]
    if not op.result.shape:
        em.define(op.result, Scalar(dtype, literal(value, dtype)))
        return
    data = np.ascontiguousarray(value)
    if data.size and bool(np.all(data.reshape(-1).view(np.uint8) == np.tile(_bytes(data.flat[0]), data.size))):
        em.define(op.result, Splat(dtype, op.result.shape, literal(data.flat[0], dtype)))
        return
    op.attrs["value"] = data
    buffer = Buffer(em.module.constant(data, dtype), False)
    em.define(op.result, em.window(buffer, dtype, op.result.shape))


def _bytes(value: np.generic) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(value.tobytes(), np.uint8)


@op_writer("empty")
def _empty(em: Emitter, op: Op) -> None:
    dtype: DType = op.attrs["dtype"]
    if op.result.shape:
        em.define(op.result, Unset(dtype, op.result.shape, poison.unset(em.module, dtype)))
    else:
        em.define(op.result, Scalar(dtype, poison.unset(em.module, dtype)))


@op_writer("iota")
def _iota(em: Emitter, op: Op) -> None:
    dtype, axis = op.attrs["dtype"], op.attrs["axis"]

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        return scalars.write_cast(em, index[axis], I64, dtype)

    em.keep(op, Indexed(dtype, op.result.shape, element, cheap=True))


@op_writer("broadcast")
def _broadcast(em: Emitter, op: Op) -> None:
    (x,), dims, shape = op.operands, op.attrs["dims"], op.result.shape
    if not x.shape:
        em.keep(op, Splat(x.dtype, shape, em.operand(x)))
        return
    source = em.array(x)
    if isinstance(source, Splat):
        em.keep(op, type(source)(x.dtype, shape, source.operand))
        return
    repeats = prod(shape) != prod(x.shape)
    if isinstance(source, Strided) or (repeats and not source.cheap):
        source = em.strided(x)
        strides: list[Operand] = [0] * len(shape)
        for k, d in enumerate(dims):
            strides[d] = source.strides[k] if x.shape[k] != 1 else 0
        whole, upward = source.contiguous and not repeats, source.upward and not repeats
        em.keep(op, Strided(source.buffer, x.dtype, shape, tuple(strides), source.offset, whole, upward=upward))
        return
    stretched = [x.shape[k] == 1 for k in range(len(dims))]

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        return source.element(em, [0 if s else index[d] for d, s in zip(dims, stretched, strict=True)], memo)

    em.keep(op, Indexed(x.dtype, shape, element, [source], source.cheap))


@op_writer("reshape")
def _reshape(em: Emitter, op: Op) -> None:
    (x,), shape = op.operands, op.result.shape
    if not shape:
        found = em.array(x)
        em.define(op.result, Scalar(x.dtype, found.element(em, [0] * len(x.shape), {})))
        return
    source = em.array(x)
    if isinstance(source, Splat):
        em.keep(op, type(source)(x.dtype, shape, source.operand))
        return
    if not source.flat or isinstance(source, Strided):
        block = em.contiguous(x)
        view = em.window(block.buffer, x.dtype, shape)
        view.offset = block.offset
        em.keep(op, view)
        return
    em.keep(op, Reshaped(source, shape))


@op_writer("transpose")
def _transpose(em: Emitter, op: Op) -> None:
    (x,), perm, shape = op.operands, op.attrs["perm"], op.result.shape
    source = em.array(x)
    if isinstance(source, Strided):
        strides = tuple(source.strides[p] for p in perm)
        em.keep(op, Strided(source.buffer, x.dtype, shape, strides, source.offset, upward=source.upward))
        return
    if isinstance(source, Splat):
        em.keep(op, type(source)(x.dtype, shape, source.operand))
        return
    places = [list(perm).index(k) for k in range(len(perm))]

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        return source.element(em, [index[p] for p in places], memo)

    em.keep(op, Indexed(x.dtype, shape, element, [source], source.cheap))


def part(em: Emitter, x: Strided, op: Op, starts: list[Value]) -> Strided:
    """The window of `x` that an index, update or accumulate names."""
    code, sizes, steps = em.code, op.attrs["sizes"], op.attrs["steps"]
    offset = x.offset
    shape: list[Size] = []
    strides: list[Operand] = []
    for start, size, step, stride in zip(starts, sizes, steps, x.strides, strict=True):
        offset = code.add(offset, code.mul(em.operand(start), stride))
        if size is not None:
            shape.append(size)
            strides.append(code.mul(stride, step))
    if sizes == (None,) and x.offset == 0 and x.strides == (1,):
        return Strided(x.buffer, x.dtype, (), (), offset, True, strides_apart.moving(em, starts[0]))
    whole = x.contiguous and _leading_rows(x.shape, sizes, steps)
    upward = x.upward and all(size is None or step > 0 for size, step in zip(sizes, steps, strict=True))
    return Strided(x.buffer, x.dtype, tuple(shape), tuple(strides), offset, whole, upward=upward)


def _leading_rows(shape: tuple[Size, ...], sizes: tuple[Size | None, ...], steps: tuple[int, ...]) -> bool:
    """Whether a part of a row-major array is one stretch: single indices, then one slice of step 1, then all."""
    k = 0
    while k < len(shape) and (sizes[k] is None or sizes[k] == 1):
        k += 1
    if k < len(shape) and steps[k] == 1:
        k += 1
    return all(sizes[j] == shape[j] and steps[j] == 1 for j in range(k, len(shape)))


@op_writer("index")
def _index(em: Emitter, op: Op) -> None:
    x, *starts = op.operands
    if not x.shape:
        em.define(op.result, em.repr(x))
        return
    source = em.array(x)
    if isinstance(source, Strided):
        em.keep(op, part(em, source, op, starts))
        return
    if isinstance(source, Splat):
        em.keep(op, type(source)(x.dtype, op.result.shape, source.operand))
        return
    sizes, steps = op.attrs["sizes"], op.attrs["steps"]
    places = [em.operand(s) for s in starts]

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        rest = iter(index)
        full = [
            place if size is None else em.code.add(place, em.code.mul(next(rest), step))
            for place, size, step in zip(places, sizes, steps, strict=True)
        ]
        return source.element(em, full, memo)

    em.keep(op, Indexed(x.dtype, op.result.shape, element, [source], source.cheap))


@op_writer("update")
def _update(em: Emitter, op: Op) -> None:
    x, v, *starts = op.operands
    if not x.shape:
        em.define(op.result, em.repr(v))
        return
    target = em.writable(x, op.result)
    em.assign(part(em, target, op, starts), em.array(v))
    em.define(op.result, target)


@op_writer("accumulate")
def _accumulate(em: Emitter, op: Op) -> None:
    x, v, *starts = op.operands
    if not x.shape:
        total = scalars.write(em, "add", x.dtype, [em.operand(x), em.operand(v)])
        em.define(op.result, Scalar(x.dtype, total))
        return
    target = em.writable(x, op.result)
    place = part(em, target, op, starts)
    em.assign(place, _sum(em, place, em.array(v)))
    em.define(op.result, target)


def _sum(em: Emitter, x: Array, y: Array) -> Array:
    dtype = x.dtype
    return Elementwise(dtype, x.shape, lambda em, xs: scalars.write(em, "add", dtype, xs), [x, y])


@op_writer("gather")
def _gather(em: Emitter, op: Op) -> None:
    x, *indices = op.operands
    source, places = em.strided(x), [em.array(i) for i in indices]
    batch = len(indices[0].shape)

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        chosen = [p.element(em, index[:batch], memo) for p in places]
        return source.element(em, [*chosen, *index[batch:]], memo)

    em.keep(op, Indexed(x.dtype, op.result.shape, element, [source, *places]))


@op_writer("scatter", "scatter_add")
def _scatter(em: Emitter, op: Op) -> None:
    x, v, *indices = op.operands
    target = em.writable(x, op.result)
    apart = [_apart(em, target, em.array(y)) for y in (v, *indices)]
    source, places = apart[0], apart[1:]
    batch = len(indices[0].shape)

    def body(index: Index, memo: Memo) -> None:
        chosen = [p.element(em, index[:batch], memo) for p in places]
        place = target.place(em, [*chosen, *index[batch:]])
        value = source.element(em, index, memo)
        if op.name == "scatter_add":
            value = scalars.write(em, "add", x.dtype, [em.load(target, place), value])
        em.store(target, place, value)

    nests.visit(em, v.shape, body, weight=2 + source.weight)
    em.define(op.result, target)


def _apart(em: Emitter, target: Strided, source: Array) -> Array:
    """`source`, copied if it depends on `target`'s memory."""
    return em.copy(source) if target.buffer in source.reads else source


@op_writer("concat")
def _concat(em: Emitter, op: Op) -> None:
    axis, result = op.attrs["axis"], op.result
    target = em.allocate(result.dtype, result.shape, result)
    offset: Size = 0
    for v in op.operands:
        start = em.code.add(target.offset, em.code.mul(em.size(offset), target.strides[axis]))
        em.assign(Strided(target.buffer, v.dtype, v.shape, target.strides, start, axis == 0), em.array(v))
        offset = offset + v.shape[axis]
    em.define(result, target)


@op_writer("pad")
def _pad(em: Emitter, op: Op) -> None:
    (x, value), low, result = op.operands, op.attrs["low"], op.result
    if not x.shape:
        em.define(result, em.repr(x))
        return
    target = em.allocate(result.dtype, result.shape, result)
    em.assign(target, Splat(result.dtype, result.shape, em.operand(value)))
    place = target.place(em, [em.size(n) for n in low])
    em.assign(Strided(target.buffer, x.dtype, x.shape, target.strides, place), em.array(x))
    em.define(result, target)
