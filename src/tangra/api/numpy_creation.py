"""Arrays from values, shapes and ranges: array, zeros, full, arange, linspace, eye, the dtype constructors …"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import is_number, kinds_of, operand
from tangra.api.kinds import PYFLOAT, PYINT, dtype_of, kind_of, np_kind
from tangra.api.numpy_common import (
    BOOL,
    F64,
    FALSE,
    I64,
    NONE,
    TRUE,
    ZERO,
    DType,
    Shape,
    as_array,
    bad_value,
    cast,
    common,
    dtype_arg,
    ew,
    fit_to,
    inexact,
    is_none,
    is_true,
    move,
    only,
    order_c,
    ramp,
    reshape,
    shape_arg,
    size_as,
    static_bool,
    static_int,
    unsupported,
)
from tangra.api.numpy_layout import c_strides, is_contiguous, keep_order
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, TupleValue
from tangra.errors import DataDependentShapeError, declare
from tangra.ir import Value
from tangra.shapes import Size, ceil_div, dmax, known_eq, known_le, simplify

FLOAT_LENGTH = declare("TG602", "a range whose length depends on a run-time float")
CONSTANT_LIMIT = 4096


# ---- from values
# -------------------------------------------------------------------------------------------------------


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
    least = static_int(ctx, ndmin, "ndmin")
    same = isinstance(object, ArrayValue) and target in (None, object.type.dtype) and object.type.rank >= least
    if same and not is_true(copy):
        return object
    value = converted(ctx, object, target)
    if value.array.rank < least:
        value = reshape(ctx, value, (1,) * (least - value.array.rank) + value.shape)
    return (
        keep_order(ctx, ctx.new_array(value), (object,))
        if value.array.rank == ctx.type_of(object).rank
        else ctx.new_array(value)
    )


def converted(ctx: Context, v: AbstractValue, dtype: DType | None) -> Value:
    """asarray's value; Python ints that `dtype` can't hold raise."""
    if dtype is None:
        return ctx.array(v)
    if is_number(v):
        return operand(ctx, v, dtype)
    items = None if isinstance(v, ArrayValue) else ctx.iterate(v)
    if items is not None and items and all(is_number(i) for i in items):
        rows = [reshape(ctx, operand(ctx, i, dtype), (1,)) for i in items]
        return ctx.b("concat", *rows, axis=0)
    return cast(ctx, ctx.array(v), dtype)


@function(np.asarray, np.asanyarray, np.asarray_chkfinite)
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
    return array(ctx, a, dtype, copy=copy)


@function(np.ascontiguousarray, np.require)
def ascontiguousarray(ctx: Context, a: AbstractValue, dtype: AbstractValue = NONE) -> AbstractValue:
    """`np.ascontiguousarray(a)`: at least 1-D. A non-contiguous view is copied, as NumPy does it."""
    base = as_array(ctx, a)
    target = dtype_arg(ctx, dtype, base.type.dtype)
    if target == base.type.dtype and base.type.rank and is_contiguous(ctx, base):
        return base
    value = converted(ctx, base, target)
    return ctx.new_array(value if value.shape else reshape(ctx, value, (1,)))


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
    return keep_order(ctx, ctx.new_array(ctx.array(a)), (a,))


@function(np.fromiter)
def fromiter(
    ctx: Context, iter: AbstractValue, dtype: AbstractValue, count: AbstractValue = Const(-1)
) -> AbstractValue:
    """`np.fromiter(iterable, dtype)` of an iterable of known length."""
    value = converted(ctx, iter, dtype_arg(ctx, dtype))
    if value.array.rank != 1:
        bad_value(ctx, "np.fromiter takes an iterable of numbers")
    return ctx.new_array(value)


# ---- from shapes
# -------------------------------------------------------------------------------------------------------


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
        return cast(ctx, ctx.array(v), dtype)
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
    function(f)(entry)


_declare_like(np.zeros_like, 0)
_declare_like(np.ones_like, 1)
_declare_like(np.empty_like, None)


@function(np.full_like)
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


# ---- ranges
# ------------------------------------------------------------------------------------------------------------


def _is_int(ctx: Context, v: AbstractValue) -> bool:
    """An integer, or a constant float that is a whole number."""
    if ctx.kind(v).dtype.is_integer or ctx.kind(v).dtype == BOOL:
        return True
    return isinstance(v, Const) and math.isfinite(v.value) and float(v.value).is_integer() and abs(v.value) < 2**53


def _length(ctx: Context, start: Size, stop: Size, step: Size) -> Size:
    """max(0, ceil((stop - start) / step)) for a step of known sign."""
    facts = ctx.facts
    if known_le(1, step, facts):
        return simplify(dmax(0, ceil_div(stop - start, step)), facts)
    if known_le(step, -1, facts):
        return simplify(dmax(0, ceil_div(start - stop, -step)), facts)
    if known_eq(step, 0, facts):
        ctx.fail_if(ctx.b.bool(True), "ZeroDivisionError", "division by zero")
        return 0
    unsupported(ctx, "np.arange: whether the step is positive isn't known", "pass a constant step")


def _whole(v: AbstractValue) -> AbstractValue:
    return Const(int(v.value)) if isinstance(v, Const) else v


@function(np.arange)
def arange(
    ctx: Context,
    start: AbstractValue | None = None,
    stop: AbstractValue | None = None,
    step: AbstractValue | None = None,
    dtype: AbstractValue = NONE,
    *,
    device: AbstractValue = NONE,
    like: AbstractValue = NONE,
) -> AbstractValue:
    """`np.arange([start,] stop[, step])`: ints may be run-time values, floats must be constants (or whole numbers)."""
    if start is None and stop is None:
        bad_value(ctx, "np.arange requires stop to be specified")
    if is_none(stop):
        start, stop = ZERO, start
    first, last, by = (ZERO if is_none(start) else start), stop, (Const(1) if is_none(step) else step)
    assert first is not None
    assert last is not None
    assert by is not None
    bounds = (first, last, by)
    result = dtype_arg(ctx, dtype) or common(ctx, *bounds)
    if all(isinstance(v, Const) for v in bounds):
        return _constant_range(ctx, bounds, result)
    if not all(_is_int(ctx, v) for v in bounds):
        ctx.error(
            DataDependentShapeError,
            "the length of np.arange depends on a run-time float",
            code=FLOAT_LENGTH,
            fix="use np.linspace(start, stop, n), or start + step * np.arange(n)",
        )
    low, high, stride = (ctx.symbol_for(_whole(v)) for v in bounds)
    index = ramp(ctx, _length(ctx, low, high, stride))
    values = ew(ctx, "add", ew(ctx, "mul", index, size_as(ctx, stride, I64)), size_as(ctx, low, I64))
    return ctx.new_array(cast(ctx, values, result))


def _constant_range(ctx: Context, bounds: Sequence[AbstractValue], dtype: DType) -> AbstractValue:
    """A range between constants. Floats as NumPy's fill has them: start + k * ((start + step) - start)."""
    start, stop, step = (v.value for v in bounds if isinstance(v, Const))
    if step == 0:
        ctx.fail_if(ctx.b.bool(True), "ZeroDivisionError", "division by zero")
        return ctx.new_array(ctx.b.const_array(np.zeros(0), dtype))
    length = math.ceil((stop - start) / step)
    if length <= CONSTANT_LIMIT and not all(isinstance(v, (int, np.integer)) for v in (start, stop, step)):
        return ctx.new_array(ctx.b.const_array(np.arange(start, stop, step, dtype=dtype.numpy), dtype))
    compute = F64 if dtype.is_float else I64
    length = max(0, length if not isinstance(start, (int, np.integer)) else -((int(start) - int(stop)) // int(step)))
    index = ramp(ctx, length, compute)
    delta = (start + step) - start
    values = index if delta == 1 else ew(ctx, "mul", index, delta)
    values = values if start == 0 else ew(ctx, "add", values, start)
    return ctx.new_array(cast(ctx, values, dtype))


@function(np.linspace)
def linspace(
    ctx: Context,
    start: AbstractValue,
    stop: AbstractValue,
    num: AbstractValue = Const(50),
    endpoint: AbstractValue = TRUE,
    retstep: AbstractValue = FALSE,
    dtype: AbstractValue = NONE,
    axis: AbstractValue = ZERO,
    *,
    device: AbstractValue = NONE,
) -> AbstractValue:
    """`np.linspace(start, stop, num)`: start + k * ((stop - start) / div), the last one exactly `stop`."""
    count, closed = ctx.size(num, "num"), static_bool(ctx, endpoint, "endpoint")
    compute = inexact(common(ctx, start, stop, Const(1.0)))
    result = dtype_arg(ctx, dtype, compute)
    assert result is not None
    values, step = spaced(ctx, operand(ctx, start, compute), operand(ctx, stop, compute), count, closed)
    if not result.is_float:
        values = ctx.b("floor", values)
    values = cast(ctx, values, result)
    place = static_int(ctx, axis, "axis") % values.array.rank
    values = move(ctx, values, 0, place) if place else values
    shown = ctx.new_array(values)
    return TupleValue((shown, ctx.result(step))) if static_bool(ctx, retstep, "retstep") else shown


def spaced(ctx: Context, start: Value, stop: Value, count: Size, closed: bool) -> tuple[Value, Value]:
    """(`count` numbers from start to stop along a new first axis, the step between them)."""
    b = ctx.b
    delta = ew(ctx, "sub", stop, start)
    divisions = count - 1 if closed else count
    div = ew(ctx, "maximum", size_as(ctx, divisions, delta.dtype), b.const(1, delta.dtype))
    step = ew(ctx, "div", delta, div)
    index = b("iota", dtype=delta.dtype, shape=(count, *delta.shape), axis=0)
    values = ew(ctx, "add", ew(ctx, "mul", index, step), start)
    if closed and not (isinstance(count, int) and count <= 1):
        last = b("eq", index, b.full(size_as(ctx, count - 1, delta.dtype), index.shape))
        if not isinstance(count, int):
            last = ew(ctx, "and", last, b("gt", b.dim(count), b.int(1)))
        values = b("select", last, fit_to(ctx, stop, values.shape), values)
    empty_div = b.full(b("le", b.dim(divisions), b.int(0)), step.shape)
    return values, b("select", empty_div, b.filled(math.nan, step.array), step)


@function(np.logspace)
def logspace(
    ctx: Context,
    start: AbstractValue,
    stop: AbstractValue,
    num: AbstractValue = Const(50),
    endpoint: AbstractValue = TRUE,
    base: AbstractValue = Const(10.0),
    dtype: AbstractValue = NONE,
    axis: AbstractValue = ZERO,
) -> AbstractValue:
    """`np.logspace(start, stop, num, base=10.0)`: base ** linspace(start, stop)."""
    exponents = linspace(ctx, start, stop, num, endpoint, axis=axis)
    value = ctx.array(ctx.binary("**", base, exponents))
    return ctx.new_array(cast(ctx, value, dtype_arg(ctx, dtype, value.dtype) or F64))


@function(np.geomspace)
def geomspace(
    ctx: Context,
    start: AbstractValue,
    stop: AbstractValue,
    num: AbstractValue = Const(50),
    endpoint: AbstractValue = TRUE,
    dtype: AbstractValue = NONE,
    axis: AbstractValue = ZERO,
) -> AbstractValue:
    """`np.geomspace(start, stop, num)`: as NumPy, 10 ** linspace of log10(|x / start|), scaled by start; the ends
    exact."""
    count, closed, b = ctx.size(num, "num"), static_bool(ctx, endpoint, "endpoint"), ctx.b
    only(ctx, "np.geomspace", "axis", axis, 0)
    compute = inexact(common(ctx, start, stop, Const(1.0)))
    first, last = operand(ctx, start, compute), operand(ctx, stop, compute)
    ratio = ew(ctx, "div", last, first)
    zero = ew(ctx, "or", ew(ctx, "eq", first, 0.0), ew(ctx, "eq", last, 0.0))
    bad = b("reduce_or", zero, axes=tuple(range(zero.array.rank)))
    ctx.fail_if(bad, "ValueError", "Geometric sequence cannot include zero")
    negative = ew(ctx, "lt", ratio, 0.0)
    ctx.fail_if(
        b("reduce_or", negative, axes=tuple(range(negative.array.rank))),
        "ValueError",
        "np.geomspace between numbers of different signs is complex",
    )
    exponents, _ = spaced(ctx, b.zeros(ratio.array), b("log10", ratio), count, closed)
    values = ew(ctx, "mul", ew(ctx, "pow", b.const(10, compute), exponents), first)
    index = b("iota", dtype=I64, shape=values.shape, axis=0)
    values = b("select", ew(ctx, "eq", index, 0), fit_to(ctx, first, values.shape), values)
    if closed:
        end = ew(ctx, "and", b("eq", index, b.full(b.dim(count - 1), index.shape)), ew(ctx, "gt", index, 0))
        values = b("select", end, fit_to(ctx, last, values.shape), values)
    return ctx.new_array(cast(ctx, values, dtype_arg(ctx, dtype, compute) or compute))


# ---- dtype constructors
# --------------------------------------------------------------------------------------------------


def to_kind(ctx: Context, v: AbstractValue, dtype: DType) -> AbstractValue:
    """`np.float64(v)`: a NumPy scalar of a number, an array of an array or nested list."""
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
