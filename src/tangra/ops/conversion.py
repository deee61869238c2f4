"""Constants, index ramps, uninitialised arrays, casts, choice by a mask, and `stop_gradient`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import IRTypeError, OpDef, register
from tangra.ir.types import BOOL, DTYPES, ArrayType, DType, Type, scalar
from tangra.ops.common import constant_of, or_zeros, quiet, require, same_shapes, same_types, zeros_like

FAMILY = "conversion"
_NUMPY = {dtype: np.dtype(dtype.numpy) for dtype in DTYPES.values()}
NO_OPERANDS = {"jvp": "no operands", "vjp": "no operands"}


def _infer_constant(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    value, dtype = attrs["value"], attrs["dtype"]
    if not isinstance(value, (np.generic, np.ndarray)):
        raise IRTypeError(f"constant {value!r} is no NumPy scalar or array")
    if value.dtype is not (declared := _NUMPY[dtype]) and value.dtype != declared:
        raise IRTypeError(f"constant of {value.dtype} declared {dtype}")
    return [ArrayType(dtype, value.shape) if value.shape else scalar(dtype)]


register(
    OpDef(
        "constant",
        FAMILY,
        _infer_constant,
        lambda value, dtype: value,
        native="constant",
        zero_derivative=True,
        attrs=("value", "dtype"),
        absent=NO_OPERANDS,
        source="literal",
        doc="a scalar, or an array of static shape",
    )
)


def _infer_made(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    require(not operands and isinstance(attrs["dtype"], DType), "takes no operands, and a dtype")
    return [ArrayType(attrs["dtype"], tuple(attrs["shape"]))]


def _infer_iota(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    require(0 <= attrs["axis"] < len(attrs["shape"]), f"iota: axis {attrs['axis']} of {attrs['shape']}")
    require(attrs["dtype"] is not BOOL, "iota of bool")
    return _infer_made(operands, attrs, regions)


def poison(dtype: DType, shape: tuple[int, ...]) -> Any:
    """What the interpreter puts where nothing was written: NaN, a large integer, True."""
    value: Any = np.nan if dtype.is_float else True if dtype is BOOL else np.iinfo(dtype.numpy).max - 45
    return np.full(shape, value, dtype.numpy)[()]


def iota(dtype: DType, shape: tuple[int, ...], axis: int) -> Any:
    """The index along `axis`, everywhere in `shape`."""
    ramp = np.arange(shape[axis]).astype(dtype.numpy)
    return np.broadcast_to(ramp.reshape([-1 if k == axis else 1 for k in range(len(shape))]), shape)


register(
    OpDef(
        "empty",
        FAMILY,
        _infer_made,
        poison,
        native="empty",
        zero_derivative=True,
        attrs=("dtype", "shape"),
        absent=NO_OPERANDS,
        source="np.empty",
        doc="unspecified contents; the reference fills NaN or large integers",
    )
)

register(
    OpDef(
        "iota",
        FAMILY,
        _infer_iota,
        iota,
        native="iota",
        zero_derivative=True,
        attrs=("dtype", "shape", "axis"),
        absent=NO_OPERANDS,
        source="np.indices",
        doc="the index along an axis",
    )
)


def _infer_cast(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    return [ArrayType(attrs["dtype"], x.shape)]


def _cast(x: Any, dtype: DType) -> Any:
    return np.asarray(x).astype(dtype.numpy)[()]


def _cast_jvp(b: Builder, op: Op, tangents: list[Value | None]) -> list[Value | None]:
    t = tangents[0]
    if t is None or not op.result.dtype.is_float or not op.operands[0].dtype.is_float:
        return [None]
    return [b("cast", t, dtype=op.attrs["dtype"])]


def _cast_vjp(b: Builder, op: Op, cotangents: list[Value | None], wanted: list[bool]) -> list[Value | None]:
    ct, x = cotangents[0], op.operands[0]
    if ct is None or not wanted[0] or not op.result.dtype.is_float or not x.dtype.is_float:
        return [None]
    return [b("cast", ct, dtype=x.dtype)]


def _fold_cast(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    """A cast to the same dtype is nothing; constants are cast now, unless NumPy leaves the result undefined."""
    (x,) = operands
    dtype: DType = attrs["dtype"]
    if x.dtype == dtype:
        return x
    value = constant_of(x)
    if not isinstance(value, np.generic) or (x.dtype.is_float and dtype.is_integer):
        return None
    with np.errstate(all="ignore"):
        return b.filled(_cast(value, dtype), ArrayType(dtype, x.shape))


register(
    OpDef(
        "cast",
        FAMILY,
        _infer_cast,
        quiet(_cast),
        jvp=_cast_jvp,
        vjp=_cast_vjp,
        fold=_fold_cast,
        native="cast",
        elementwise=True,
        linear=True,
        attrs=("dtype",),
        source="ndarray.astype",
        absent={"partials": "linear between floats, zero to and from other dtypes"},
        doc="astype: float to integer truncates, anything to bool is x != 0",
    )
)


def _infer_select(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    c, a, b = operands
    require(c.dtype == BOOL, f"select by {c.dtype}")
    same_shapes("select", operands)
    return [same_types("select", (a, b))]


def _select(c: Any, a: Any, b: Any) -> Any:
    return np.where(c, a, b)[()]


def _select_jvp(b: Builder, op: Op, tangents: list[Value | None]) -> list[Value | None]:
    c, x, y = op.operands
    _, tx, ty = tangents
    return [None] if tx is None and ty is None else [b("select", c, or_zeros(b, tx, x), or_zeros(b, ty, y))]


def _select_vjp(b: Builder, op: Op, cotangents: list[Value | None], wanted: list[bool]) -> list[Value | None]:
    ct, c = cotangents[0], op.operands[0]
    if ct is None:
        return [None, None, None]
    zero = zeros_like(b, ct)
    return [
        None,
        b("select", c, ct, zero) if wanted[1] else None,
        b("select", c, zero, ct) if wanted[2] else None,
    ]


def _fold_select(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    c, x, y = operands
    value = constant_of(c)
    if isinstance(value, np.bool_):
        return x if value else y
    return x if x is y else None


register(
    OpDef(
        "select",
        FAMILY,
        _infer_select,
        _select,
        jvp=_select_jvp,
        vjp=_select_vjp,
        fold=_fold_select,
        native="select",
        elementwise=True,
        source="np.where",
        absent={"partials": "the mask selects tangents, so that 0 inf cannot arise"},
        doc="elementwise choice by a bool mask of the same shape",
    )
)


def _infer_same(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    return [x.type]


register(
    OpDef(
        "stop_gradient",
        FAMILY,
        _infer_same,
        lambda x: x,
        native="stop_gradient",
        elementwise=True,
        zero_derivative=True,
        source="identity",
        doc="x, seen as a constant by derivatives",
    )
)
