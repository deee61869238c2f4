"""Reading and writing parts of arrays: by position (`index`, `update`, `accumulate`) and by index arrays.

`index(x, *starts) {sizes, steps}`: one i64 start per axis. `sizes[k]` None drops axis k (its step is 1), else the axis
keeps that many elements, `steps[k]` apart (a static int, not 0). Starts are in range, and so is every element named;
where a size is 0 the start is not looked at. Gather and scatter take k index arrays of one shape B for the first k
axes, non-negative and in range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import IRTypeError, OpDef, register
from tangra.ir.types import I64, ArrayType, Type, scalar
from tangra.ops.common import int_scalars, or_zeros, require, zeros_like
from tangra.shapes import Size

FAMILY = "indexing"
Partials = list[Value | None]
NOT_ELEMENTWISE = {"partials": "not elementwise"}


def part_shape(x: Value, starts: Sequence[Value], attrs: dict[str, Any]) -> tuple[Size, ...]:
    """The shape of the part of `x` that starts, sizes and steps name."""
    sizes, steps, rank = attrs["sizes"], attrs["steps"], len(x.shape)
    if not len(starts) == len(sizes) == len(steps) == rank:
        raise IRTypeError(f"{len(starts)} starts, {sizes}, {steps} for {x.type}")
    int_scalars("index", starts)
    for step in steps:
        if not isinstance(step, int) or step == 0:
            raise IRTypeError(f"steps {steps} are not ints other than 0")
    return tuple([s for s in sizes if s is not None])


def _infer_index(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    x, *starts = operands
    shape = part_shape(x, starts, attrs)
    return [ArrayType(x.dtype, shape) if shape else scalar(x.dtype)]


def _infer_update(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    x, v, *starts = operands
    expected = ArrayType(x.dtype, part_shape(x, starts, attrs))
    if v.type != expected:
        raise IRTypeError(f"part of {x.type} is {expected}, written is {v.type}")
    return [x.type]


def key(shape: tuple[int, ...], starts: Sequence[Any], sizes: Any, steps: Any) -> tuple[Any, ...]:
    """The NumPy index of a part. Raises IndexError where an element is out of range: a check in front was wrong."""
    parts: list[Any] = []
    for n, start, size, step in zip(shape, (int(s) for s in starts), sizes, steps, strict=True):
        count = 1 if size is None else int(size)
        last = start + (count - 1) * step
        if count and not (0 <= start < n and 0 <= last < n):
            raise IndexError(f"part [{start}:...:{step}] x {count} is outside an axis of {n}")
        if size is None:
            parts.append(start)
        else:
            stop = last + (1 if step > 0 else -1)
            parts.append(slice(start, None if stop < 0 else stop, step) if count else slice(0, 0))
    return tuple(parts)


def _index(x: Any, *starts: Any, sizes: Any, steps: Any) -> Any:
    return np.asarray(x)[key(np.shape(x), starts, sizes, steps)]


def _update(x: Any, v: Any, *starts: Any, sizes: Any, steps: Any) -> Any:
    result = np.array(x)
    result[key(result.shape, starts, sizes, steps)] = v
    return result[()]


def _accumulate(x: Any, v: Any, *starts: Any, sizes: Any, steps: Any) -> Any:
    result = np.array(x)
    with np.errstate(all="ignore"):
        result[key(result.shape, starts, sizes, steps)] += v
    return result[()]


def _index_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    t = tangents[0]
    return [None if t is None else b("index", t, *op.operands[1:], **op.attrs)]


def _index_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    """Zeros but for the part read. The reverse transform accumulates into the cotangent it has instead."""
    x, *starts = op.operands
    ct = cotangents[0]
    if ct is None or not wanted[0]:
        return [None] * len(op.operands)
    return [b("accumulate", zeros_like(b, x), ct, *starts, **op.attrs), *[None] * len(starts)]


def _update_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    x, v, *starts = op.operands
    if tangents[0] is None and tangents[1] is None:
        return [None]
    return [b(op.name, or_zeros(b, tangents[0], x), or_zeros(b, tangents[1], v), *starts, **op.attrs)]


def _update_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    """What was overwritten gets nothing; what was written gets the cotangent of its place."""
    _, v, *starts = op.operands
    ct = cotangents[0]
    if ct is None:
        return [None] * len(op.operands)
    ct_v = b("index", ct, *starts, **op.attrs) if wanted[1] else None  # read first: the update is in place then
    ct_x = b("update", ct, zeros_like(b, v), *starts, **op.attrs) if wanted[0] else None
    return [ct_x, ct_v, *[None] * len(starts)]


def _accumulate_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    _, _, *starts = op.operands
    ct = cotangents[0]
    if ct is None:
        return [None] * len(op.operands)
    ct_v = b("index", ct, *starts, **op.attrs) if wanted[1] else None
    return [ct if wanted[0] else None, ct_v, *[None] * len(starts)]


def _fold_index(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    """A part of a scalar's broadcast, an element of an index ramp, and the whole of an array."""
    x, *starts = operands
    if not x.shape:
        return x
    inner = x.defining_op
    if inner is None:
        return None
    if inner.name == "broadcast" and not inner.operands[0].shape:
        return b.full(inner.operands[0], part_shape(x, starts, attrs))
    if inner.name == "iota" and x.dtype == I64 and all(s is None for s in attrs["sizes"]):
        axis: int = inner.attrs["axis"]
        return starts[axis]
    return None


def _batch(x: Value, indices: Sequence[Value]) -> tuple[Size, ...]:
    require(0 < len(indices) <= len(x.shape), f"{len(indices)} index arrays for {x.type}")
    for i in indices:
        require(i.dtype == I64 and i.shape == indices[0].shape, f"index arrays {i.type} and {indices[0].type}")
    return (*indices[0].shape, *x.shape[len(indices) :])


def _infer_gather(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    x, *indices = operands
    return [ArrayType(x.dtype, _batch(x, indices))]


def _infer_scatter(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    x, v, *indices = operands
    expected = ArrayType(x.dtype, _batch(x, indices))
    require(v.type == expected, f"scatter into {x.type} of {v.type}, not {expected}")
    return [x.type]


def _in_range(x: Any, indices: Sequence[Any]) -> tuple[Any, ...]:
    for n, i in zip(np.shape(x), indices, strict=False):
        if np.any(np.asarray(i) < 0) or np.any(np.asarray(i) >= n):
            raise IndexError(f"index outside an axis of {n}")
    return tuple(np.asarray(i) for i in indices)


def _gather(x: Any, *indices: Any) -> Any:
    return np.asarray(x)[_in_range(x, indices)]


def _scatter(x: Any, v: Any, *indices: Any) -> Any:
    """Writes one by one in C order of the index arrays, so that the last write wins by definition."""
    result, places = np.array(x), _in_range(x, indices)
    for at in np.ndindex(places[0].shape):
        result[tuple(i[at] for i in places)] = np.asarray(v)[at]
    return result


def _scatter_add(x: Any, v: Any, *indices: Any) -> Any:
    result = np.array(x)
    with np.errstate(all="ignore"):
        np.add.at(result, _in_range(x, indices), v)
    return result


def _gather_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    t = tangents[0]
    return [None if t is None else b("gather", t, *op.operands[1:])]


def _gather_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    x, *indices = op.operands
    ct = cotangents[0]
    if ct is None or not wanted[0]:
        return [None] * len(op.operands)
    return [b("scatter_add", zeros_like(b, x), ct, *indices), *[None] * len(indices)]


def _last_writers(b: Builder, x: Value, indices: Sequence[Value], like: ArrayType) -> Value:
    """A mask of type `like`'s shape: whether this write into `x` is the one that stays."""
    space, batch = x.shape[: len(indices)], indices[0].shape
    flat = b("iota", dtype=I64, shape=(_count(batch),), axis=0)
    order = b("reshape", flat, shape=batch)
    owner = b("scatter", b.zeros(ArrayType(I64, space)), order, *indices)
    mask = b("eq", b("gather", owner, *indices), order)
    return b("broadcast", mask, shape=like.shape, dims=tuple(range(len(batch))))


def _count(shape: tuple[Size, ...]) -> Size:
    total: Size = 1
    for n in shape:
        total = total * n
    return total


def _scatter_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    """Of several writes to one place only the last gets the cotangent."""
    x, v, *indices = op.operands
    ct = cotangents[0]
    if ct is None:
        return [None] * len(op.operands)
    ct_v = None
    if wanted[1]:
        stays = _last_writers(b, x, indices, v.array)
        ct_v = b("select", stays, b("gather", ct, *indices), zeros_like(b, v))
    ct_x = b("scatter", ct, zeros_like(b, v), *indices) if wanted[0] else None
    return [ct_x, ct_v, *[None] * len(indices)]


def _scatter_add_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    _, _, *indices = op.operands
    ct = cotangents[0]
    if ct is None:
        return [None] * len(op.operands)
    ct_v = b("gather", ct, *indices) if wanted[1] else None
    return [ct if wanted[0] else None, ct_v, *[None] * len(indices)]


def _declare(name: str, infer: Any, evaluate: Any, jvp: Any, vjp: Any, doc: str, **facts: Any) -> None:
    register(
        OpDef(
            name,
            FAMILY,
            infer,
            evaluate,
            jvp=jvp,
            vjp=vjp,
            native=name,
            linear=True,
            doc=doc,
            absent=NOT_ELEMENTWISE,
            **facts,
        )
    )


_PART = {"attrs": ("sizes", "steps"), "source": "NumPy basic indexing"}
_TAKE = {"source": "NumPy integer-array indexing"}
_declare(
    "index",
    _infer_index,
    _index,
    _index_jvp,
    _index_vjp,
    "a part or an element of x",
    view=True,
    fold=_fold_index,
    **_PART,
)
_declare("update", _infer_update, _update, _update_jvp, _update_vjp, "x with a part replaced by v", **_PART)
_declare("accumulate", _infer_update, _accumulate, _update_jvp, _accumulate_vjp, "x with v added to a part", **_PART)
_declare("gather", _infer_gather, _gather, _gather_jvp, _gather_vjp, "elements or rows of x by index arrays", **_TAKE)
_declare(
    "scatter",
    _infer_scatter,
    _scatter,
    _update_jvp,
    _scatter_vjp,
    "x with v written at index arrays; the last write wins, in C order",
    **_TAKE,
)
_declare(
    "scatter_add",
    _infer_scatter,
    _scatter_add,
    _update_jvp,
    _scatter_add_vjp,
    "x with v added at index arrays, duplicates summed",
    source="np.add.at",
)
