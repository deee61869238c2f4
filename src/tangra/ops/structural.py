"""Ops that move elements without computing: broadcast, reshape, transpose, concat, pad. All are linear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import ArrayType, Type
from tangra.ops.common import axis_list, or_zeros, require
from tangra.shapes import Size, prod

FAMILY = "structural"
Cotangents = list[Value | None]
LINEAR = {"partials": "not elementwise"}


def _infer_broadcast(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    shape, dims = tuple(attrs["shape"]), tuple(attrs["dims"])
    require(len(dims) == len(x.shape), f"broadcast: dims {dims} for {x.type}")
    axis_list(dims, len(shape), "broadcast")
    require(list(dims) == sorted(dims), f"broadcast: dims {dims} are not ascending")
    for k, d in enumerate(dims):
        require(x.shape[k] == 1 or x.shape[k] == shape[d], f"broadcast of {x.type} to {shape} by {dims}")
    return [ArrayType(x.dtype, shape)]


def _broadcast(x: Any, shape: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    sizes = [1] * len(shape)
    for k, d in enumerate(dims):
        sizes[d] = np.shape(x)[k]
    return np.broadcast_to(np.reshape(x, sizes), shape)[()]


def _linear_jvp(b: Builder, op: Op, tangents: list[Value | None]) -> list[Value | None]:
    t = tangents[0]
    return [None if t is None else b(op.name, t, **op.attrs)]


def _broadcast_vjp(b: Builder, op: Op, cotangents: Cotangents, wanted: list[bool]) -> Cotangents:
    """Sums over the axes that were added or stretched."""
    ct, x = cotangents[0], op.operands[0]
    if ct is None or not wanted[0]:
        return [None]
    dims = op.attrs["dims"]
    kept = {d for k, d in enumerate(dims) if x.shape[k] == ct.shape[d]}
    axes = tuple(d for d in range(len(ct.shape)) if d not in kept)
    total = b("reduce_sum", ct, axes=axes) if axes else ct
    return [b("reshape", total, shape=x.shape)]


def _fold_broadcast(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    """A broadcast to the same shape is nothing; one of a broadcast is one."""
    (x,) = operands
    if x.shape == tuple(attrs["shape"]):
        return x
    inner = x.defining_op
    if inner is not None and inner.name == "broadcast":
        dims = tuple(attrs["dims"][d] for d in inner.attrs["dims"])
        return b("broadcast", inner.operands[0], shape=attrs["shape"], dims=dims)
    return None


def _infer_reshape(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    shape: tuple[Size, ...] = tuple(attrs["shape"])
    before, after = prod(x.shape), prod(shape)
    known = isinstance(before, int) and isinstance(after, int)
    require(not known or before == after, f"reshape of {x.type} to {shape}")
    return [ArrayType(x.dtype, shape)]


def _reshape_vjp(b: Builder, op: Op, cotangents: Cotangents, wanted: list[bool]) -> Cotangents:
    ct = cotangents[0]
    return [None if ct is None or not wanted[0] else b("reshape", ct, shape=op.operands[0].shape)]


def _fold_reshape(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    """A reshape to the same shape is nothing; one of a reshape is one; a scalar everywhere stays one."""
    (x,) = operands
    shape = tuple(attrs["shape"])
    if x.shape == shape:
        return x
    inner = x.defining_op
    if inner is not None and inner.name == "reshape":
        return b("reshape", inner.operands[0], shape=shape)
    if inner is not None and inner.name == "broadcast" and not inner.operands[0].shape:
        return b.full(inner.operands[0], shape)
    return None


def _infer_transpose(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    perm = axis_list(attrs["perm"], len(x.shape), "transpose")
    require(len(perm) == len(x.shape), f"transpose of {x.type} by {perm}")
    return [ArrayType(x.dtype, tuple(x.shape[p] for p in perm))]


def inverse_permutation(perm: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes `perm`."""
    return tuple(sorted(range(len(perm)), key=lambda k: perm[k]))


def _transpose_vjp(b: Builder, op: Op, cotangents: Cotangents, wanted: list[bool]) -> Cotangents:
    ct = cotangents[0]
    if ct is None or not wanted[0]:
        return [None]
    return [b("transpose", ct, perm=inverse_permutation(op.attrs["perm"]))]


def _fold_transpose(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    """The identity is nothing; a transpose of a transpose is one; a scalar everywhere stays one."""
    (x,) = operands
    perm = tuple(attrs["perm"])
    if perm == tuple(range(len(perm))):
        return x
    inner = x.defining_op
    if inner is not None and inner.name == "transpose":
        return b("transpose", inner.operands[0], perm=tuple(inner.attrs["perm"][p] for p in perm))
    if inner is not None and inner.name == "broadcast" and not inner.operands[0].shape:
        return b.full(inner.operands[0], tuple(x.shape[p] for p in perm))
    return None


def _infer_concat(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    require(bool(operands), "concat of nothing")
    first, axis = operands[0].array, attrs["axis"]
    axis_list((axis,), first.rank, "concat")
    total: Size = 0
    for v in operands:
        require(v.dtype == first.dtype and len(v.shape) == first.rank, f"concat of {first} and {v.type}")
        require(
            v.shape[:axis] + v.shape[axis + 1 :] == first.shape[:axis] + first.shape[axis + 1 :],
            f"concat of {first} and {v.type} along {axis}",
        )
        total = total + v.shape[axis]
    return [ArrayType(first.dtype, (*first.shape[:axis], total, *first.shape[axis + 1 :]))]


def _concat_jvp(b: Builder, op: Op, tangents: list[Value | None]) -> list[Value | None]:
    if all(t is None for t in tangents):
        return [None]
    parts = [or_zeros(b, t, x) for t, x in zip(tangents, op.operands, strict=True)]
    return [b("concat", *parts, axis=op.attrs["axis"])]


def slice_of(b: Builder, x: Value, starts: Sequence[Size], sizes: Sequence[Size]) -> Value:
    """The box of `sizes` of `x` that begins at `starts`."""
    return b("index", x, *(b.dim(s) for s in starts), sizes=tuple(sizes), steps=(1,) * len(sizes))


def _concat_vjp(b: Builder, op: Op, cotangents: Cotangents, wanted: list[bool]) -> Cotangents:
    ct, axis = cotangents[0], op.attrs["axis"]
    parts: Cotangents = []
    offset: Size = 0
    for x, want in zip(op.operands, wanted, strict=True):
        starts = [offset if k == axis else 0 for k in range(len(x.shape))]
        parts.append(slice_of(b, ct, starts, x.shape) if ct is not None and want else None)
        offset = offset + x.shape[axis]
    return parts


def _fold_concat(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    return operands[0] if len(operands) == 1 else None


def _infer_pad(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    x, value = operands
    low, high = attrs["low"], attrs["high"]
    require(value.type == ArrayType(x.dtype), f"pad of {x.type} with {value.type}")
    require(len(low) == len(high) == len(x.shape), f"pad of {x.type} by {low} and {high}")
    require(all(not isinstance(n, int) or n >= 0 for n in (*low, *high)), "pad by a negative amount")
    return [ArrayType(x.dtype, tuple(p + n + q for p, n, q in zip(low, x.shape, high, strict=True)))]


def _pad(x: Any, value: Any, low: tuple[int, ...], high: tuple[int, ...]) -> Any:
    widths = list(zip(low, high, strict=True))
    return np.pad(x, widths, constant_values=value) if widths else x


def _pad_jvp(b: Builder, op: Op, tangents: list[Value | None]) -> list[Value | None]:
    if tangents[0] is None and tangents[1] is None:
        return [None]
    tx, tv = (or_zeros(b, t, x) for t, x in zip(tangents, op.operands, strict=True))
    return [b("pad", tx, tv, **op.attrs)]


def _pad_vjp(b: Builder, op: Op, cotangents: Cotangents, wanted: list[bool]) -> Cotangents:
    """The inner box goes to x; the sum of the border, which is what is left with the box zeroed, to the value."""
    ct, x = cotangents[0], op.operands[0]
    if ct is None:
        return [None, None]
    low, rank = op.attrs["low"], len(x.shape)
    inner = slice_of(b, ct, low, x.shape) if wanted[0] else None
    border = None
    if wanted[1]:
        starts = [b.dim(s) for s in low]
        rest = b("update", ct, b.zeros(x.array), *starts, sizes=x.shape, steps=(1,) * rank)
        border = b("reduce_sum", rest, axes=tuple(range(rank)))
    return [inner, border]


def _declare(name: str, infer: Any, evaluate: Any, jvp: Any, vjp: Any, fold: Any, doc: str, **facts: Any) -> None:
    register(
        OpDef(
            name,
            FAMILY,
            infer,
            evaluate,
            jvp=jvp,
            vjp=vjp,
            fold=fold,
            native=name,
            linear=True,
            doc=doc,
            absent=LINEAR,
            **facts,
        )
    )


_declare(
    "broadcast",
    _infer_broadcast,
    _broadcast,
    _linear_jvp,
    _broadcast_vjp,
    _fold_broadcast,
    "repeats x along new and stretched axes",
    view=True,
    attrs=("shape", "dims"),
    source="np.broadcast_to",
)
_declare(
    "reshape",
    _infer_reshape,
    lambda x, shape: np.reshape(x, shape)[()],
    _linear_jvp,
    _reshape_vjp,
    _fold_reshape,
    "the elements in C order under another shape",
    view=True,
    attrs=("shape",),
    source="np.reshape",
)
_declare(
    "transpose",
    _infer_transpose,
    lambda x, perm: np.transpose(x, perm)[()],
    _linear_jvp,
    _transpose_vjp,
    _fold_transpose,
    "result axis k is x's axis perm[k]",
    view=True,
    attrs=("perm",),
    source="np.transpose",
)
_declare(
    "concat",
    _infer_concat,
    lambda *xs, axis: np.concatenate(xs, axis),
    _concat_jvp,
    _concat_vjp,
    _fold_concat,
    "arrays joined along an axis",
    attrs=("axis",),
    source="np.concatenate",
)
_declare(
    "pad",
    _infer_pad,
    _pad,
    _pad_jvp,
    _pad_vjp,
    None,
    "x with a border of `value`",
    attrs=("low", "high"),
    source="np.pad",
)
