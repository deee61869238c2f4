"""Arrays from values, shapes and ranges: array, zeros, full, arange, linspace, eye, the dtype constructors …"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import is_number, kinds_of, operand, stored
from tangra.api.kinds import PYFLOAT, PYINT, dtype_of, kind_of, np_kind
from tangra.api.numpy_common import (
    F64,
    FALSE,
    NONE,
    TRUE,
    ZERO,
    DType,
    Shape,
    as_array,
    bad_value,
    dtype_arg,
    fit_to,
    is_none,
    order_c,
    reshape,
    shape_arg,
    static_int,
    unsupported,
)
from tangra.api.numpy_layout import c_strides, copy_order, is_contiguous, reshape_view
from tangra.api.numpy_orders import copies_order
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar
from tangra.ir import Value


@function(np.array)
def array(
    ctx: Context,
    object: AbstractValue,
    dtype: AbstractValue = NONE,
    *,
    copy: AbstractValue = TRUE,
    order: AbstractValue = Const("K"),
    subok: AbstractValue = FALSE,
    ndmin: AbstractValue = ZERO,
    like: AbstractValue = NONE,
) -> AbstractValue:
    """`np.array(object, dtype, copy=, ndmin=)`: a fresh array."""
    order_c(ctx, "np.array", order, "K", "A")
    target = dtype_arg(ctx, dtype)
    in_c = ctx.static(order, "order") == "C"
    same = isinstance(object, ArrayValue) and target in (None, object.type.dtype)
    copies = ctx.static(copy, "copy")
    if isinstance(object, ArrayValue) and same and not copies and not (in_c and not is_contiguous(ctx, object)):
        result = object
    elif copies is False or (copies is not None and not copies):
        bad_value(
            ctx,
            "Unable to avoid copy while creating an array as requested",
            "leave copy=False out: np.asarray copies where it has to",
        )
    else:
        fresh = ctx.new_array(converted(ctx, object, target))
        kept = copy_order(ctx, fresh, object, str(ctx.static(order, "order")))
        assert isinstance(kept, ArrayValue)
        result = kept
    missing = static_int(ctx, ndmin, "ndmin") - result.type.rank
    return result if missing <= 0 else reshape_view(ctx, result, (1,) * missing + result.type.shape)


def converted(ctx: Context, v: AbstractValue, dtype: DType | None) -> Value:
    """asarray's value; Python ints that `dtype` can't hold raise."""
    if dtype is None:
        return ctx.array(v)
    if is_number(v):
        return operand(ctx, v, dtype)
    items = None if isinstance(v, ArrayValue) else ctx.iterate(v)
    if items is not None and items and all(is_number(i) for i in items):
        rows = [reshape(ctx, stored(ctx, i, dtype), (1,)) for i in items]
        return ctx.b("concat", *rows, axis=0)
    return ctx.array(v, dtype)


@function(np.asarray, np.asanyarray)
def asarray(
    ctx: Context,
    a: AbstractValue,
    dtype: AbstractValue = NONE,
    order: AbstractValue = NONE,
    *,
    device: AbstractValue = NONE,
    copy: AbstractValue = NONE,
    like: AbstractValue = NONE,
) -> AbstractValue:
    """`np.asarray(a, dtype)`: `a` itself where it is an array of that dtype."""
    order_c(ctx, "np.asarray", order, "K", "A")
    return array(ctx, a, dtype, copy=copy, order=Const("K") if is_none(order) else order)


@function(np.asarray_chkfinite)
def asarray_chkfinite(
    ctx: Context, a: AbstractValue, dtype: AbstractValue = NONE, order: AbstractValue = NONE
) -> AbstractValue:
    """`np.asarray_chkfinite(a, dtype)`: as `np.asarray`; ValueError where an element is NaN or infinite."""
    result = asarray(ctx, a, dtype, order)
    value = ctx.array(result)
    if value.dtype.is_float:
        lost = ctx.b("not", ctx.b("isfinite", value))
        lost = ctx.b("reduce_or", lost, axes=tuple(range(lost.array.rank))) if lost.shape else lost
        ctx.fail_if(lost, "ValueError", "array must not contain infs or NaNs")
    return result


@function(np.ascontiguousarray)
def ascontiguousarray(ctx: Context, a: AbstractValue, dtype: AbstractValue = NONE) -> AbstractValue:
    """`np.ascontiguousarray(a)`: at least 1-D. A non-contiguous view is copied, as NumPy does it."""
    base = as_array(ctx, a)
    target = dtype_arg(ctx, dtype, base.type.dtype)
    if target == base.type.dtype and is_contiguous(ctx, base):
        return base if base.type.rank else reshape_view(ctx, base, (1,))
    value = converted(ctx, base, target)
    return ctx.new_array(value if value.shape else reshape(ctx, value, (1,)))


@function(np.require)
def require(
    ctx: Context,
    a: AbstractValue,
    dtype: AbstractValue = NONE,
    requirements: AbstractValue = NONE,
    *,
    like: AbstractValue = NONE,
) -> AbstractValue:
    """`np.require(a, dtype)`: as `np.asarray`; with the requirement C or F as the functions of that name."""
    wanted = ctx.static(requirements, "requirements") or []
    words = {str(w).upper() for w in ([wanted] if isinstance(wanted, str) else wanted)}
    if not words:
        return array(ctx, a, dtype, copy=NONE)
    if words <= {"C", "C_CONTIGUOUS", "CONTIGUOUS"} and as_array(ctx, a).type.rank:
        return ascontiguousarray(ctx, a, dtype)
    if words <= {"F", "F_CONTIGUOUS", "FORTRAN"}:
        return asfortranarray(ctx, a, dtype)
    unsupported(ctx, f"np.require with the requirements {sorted(words)}", "use np.asarray or copy()")


@function(np.asfortranarray)
def asfortranarray(
    ctx: Context, a: AbstractValue, dtype: AbstractValue = NONE, *, like: AbstractValue = NONE
) -> AbstractValue:
    """`np.asfortranarray(a)`: the array itself if it is in Fortran order already, else a copy that is."""
    base = as_array(ctx, a)
    target = dtype_arg(ctx, dtype, base.type.dtype)
    shape = base.type.shape
    wanted = c_strides(shape[::-1])[::-1]
    if target == base.type.dtype and (len(shape) < 2 or base.strides == wanted):
        return base
    return replace(ctx.new_array(converted(ctx, base, target)), strides=wanted if len(shape) > 1 else None)


@function(np.copy)
def copy(
    ctx: Context, a: AbstractValue, order: AbstractValue = Const("K"), subok: AbstractValue = FALSE
) -> AbstractValue:
    """`np.copy(a)`."""
    order_c(ctx, "np.copy", order, "K", "A")
    return copy_order(ctx, ctx.new_array(ctx.array(a)), a, "K" if is_none(order) else str(ctx.static(order, "order")))


@function(np.fromiter)
def fromiter(
    ctx: Context, iter: AbstractValue, dtype: AbstractValue, count: AbstractValue = Const(-1)
) -> AbstractValue:
    """`np.fromiter(iterable, dtype)` of an iterable of known length."""
    value = converted(ctx, iter, dtype_arg(ctx, dtype))
    if value.array.rank != 1:
        bad_value(ctx, "np.fromiter takes an iterable of numbers")
    return ctx.new_array(value)


def filled(
    ctx: Context, shape: Shape, fill: float, dtype: AbstractValue, order: AbstractValue, name: str
) -> AbstractValue:
    order_c(ctx, name, order, "K", "A")
    target = dtype_arg(ctx, dtype, F64)
    assert target is not None
    return ctx.new_array(ctx.b.full(ctx.b.const(fill, target), shape))


def _declare_filled(f: Any, fill: float) -> None:
    def entry(
        ctx: Context,
        shape: AbstractValue,
        dtype: AbstractValue = NONE,
        order: AbstractValue = Const("C"),
        *,
        device: AbstractValue = NONE,
        like: AbstractValue = NONE,
    ) -> AbstractValue:
        return filled(ctx, shape_arg(ctx, shape), fill, dtype, order, f"np.{f.__name__}")

    entry.__doc__ = f"`np.{f.__name__}(shape, dtype)`."
    function(f)(entry)


_declare_filled(np.zeros, 0)


_declare_filled(np.ones, 1)


@function(np.empty)
def empty(
    ctx: Context,
    shape: AbstractValue,
    dtype: AbstractValue = NONE,
    order: AbstractValue = Const("C"),
    *,
    device: AbstractValue = NONE,
    like: AbstractValue = NONE,
) -> AbstractValue:
    """`np.empty(shape, dtype)`: contents unspecified."""
    order_c(ctx, "np.empty", order)
    return ctx.new_array(ctx.b("empty", dtype=dtype_arg(ctx, dtype, F64), shape=shape_arg(ctx, shape)))


@function(np.full)
def full(
    ctx: Context,
    shape: AbstractValue,
    fill_value: AbstractValue,
    dtype: AbstractValue = NONE,
    order: AbstractValue = Const("C"),
    *,
    device: AbstractValue = NONE,
    like: AbstractValue = NONE,
) -> AbstractValue:
    """`np.full(shape, fill_value, dtype)`: the dtype is the fill value's unless given."""
    order_c(ctx, "np.full", order)
    target = dtype_arg(ctx, dtype) or ctx.type_of(fill_value).dtype
    return ctx.new_array(fit_to(ctx, _fill(ctx, fill_value, target), shape_arg(ctx, shape)))


def _fill(ctx: Context, v: AbstractValue, dtype: DType) -> Value:
    """A fill value: Python ints must fit, floats are cast as arrays are."""
    if is_number(v) and kinds_of(v) == (PYFLOAT,):
        return ctx.array(v, dtype)
    return converted(ctx, v, dtype)


def like_type(ctx: Context, a: AbstractValue, dtype: AbstractValue, shape: AbstractValue) -> tuple[DType, Shape]:
    type_ = ctx.type_of(a)
    target = dtype_arg(ctx, dtype, type_.dtype)
    assert target is not None
    return target, type_.shape if is_none(shape) else shape_arg(ctx, shape)


def _declare_like(f: Any, fill: float | None) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        dtype: AbstractValue = NONE,
        order: AbstractValue = Const("K"),
        subok: AbstractValue = TRUE,
        shape: AbstractValue = NONE,
        *,
        device: AbstractValue = NONE,
    ) -> AbstractValue:
        order_c(ctx, f"np.{f.__name__}", order, "K", "A")
        target, size = like_type(ctx, a, dtype, shape)
        if fill is None:
            return ctx.new_array(ctx.b("empty", dtype=target, shape=size))
        return ctx.new_array(ctx.b.full(ctx.b.const(fill, target), size))

    entry.__doc__ = f"`np.{f.__name__}(a)`."
    function(f)(copies_order(entry))


_declare_like(np.zeros_like, 0)


_declare_like(np.ones_like, 1)


_declare_like(np.empty_like, None)


@function(np.full_like)
@copies_order
def full_like(
    ctx: Context,
    a: AbstractValue,
    fill_value: AbstractValue,
    dtype: AbstractValue = NONE,
    order: AbstractValue = Const("K"),
    subok: AbstractValue = TRUE,
    shape: AbstractValue = NONE,
    *,
    device: AbstractValue = NONE,
) -> AbstractValue:
    """`np.full_like(a, fill_value)`: cast as assignment does it."""
    order_c(ctx, "np.full_like", order, "K", "A")
    target, size = like_type(ctx, a, dtype, shape)
    return ctx.new_array(fit_to(ctx, _fill(ctx, fill_value, target), size))


def to_kind(ctx: Context, v: AbstractValue, dtype: DType) -> AbstractValue:
    """`np.float64(v)`: a NumPy scalar of a number, an array of a nested list or array, which is itself if it has the
    dtype."""
    if isinstance(v, ArrayValue) and v.type.rank and v.type.dtype == dtype:
        return v
    if isinstance(v, Const) and kind_of(v.value) is not None:
        try:
            with np.errstate(all="ignore"):
                return Const(np.dtype(dtype.numpy).type(v.value))
        except (OverflowError, ValueError) as e:
            ctx.fail_if(ctx.b.bool(True), type(e).__name__, str(e).replace("{", "{{").replace("}", "}}"))
            return Const(np.dtype(dtype.numpy).type(0))
    value = converted(ctx, v, dtype)
    if not value.shape:
        s = v if isinstance(v, Scalar) and v.kinds == (PYINT,) else None
        keep = s is not None and dtype.is_integer
        return Scalar(
            value,
            (np_kind(dtype),),
            None,
            s.size if s and keep else None,
            s.lo if s and keep else None,
            s.hi if s and keep else None,
        )
    return ctx.new_array(value)


def _declare_dtype(type_: type) -> None:
    dtype = dtype_of(np.dtype(type_))
    assert dtype is not None

    def entry(ctx: Context, value: AbstractValue = ZERO) -> AbstractValue:
        return to_kind(ctx, value, dtype)

    entry.__doc__ = f"`np.{type_.__name__}(value)`."
    function(type_)(entry)


for _type in (
    np.bool_,
    np.int8,
    np.int16,
    np.int32,
    np.int64,
    np.uint8,
    np.uint16,
    np.uint32,
    np.uint64,
    np.float32,
    np.float64,
    np.longlong,
    np.ulonglong,
):
    _declare_dtype(_type)
