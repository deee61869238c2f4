"""Ranges of numbers: arange, linspace, logspace, geomspace."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import int_range, is_number, kinds_of, operand
from tangra.api.kinds import PYINT
from tangra.api.numpy_common import (
    BOOL,
    F64,
    FALSE,
    I64,
    NONE,
    TRUE,
    ZERO,
    DType,
    bad_value,
    cast,
    common,
    dtype_arg,
    ew,
    fit_to,
    inexact,
    is_none,
    move,
    only,
    promote_dtypes,
    ramp,
    size_as,
    static_bool,
    static_int,
    unsupported,
)
from tangra.api.numpy_orders import spaced_in_order
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const, TupleValue
from tangra.errors import DataDependentShapeError, declare
from tangra.ir import U64, Value
from tangra.shapes import Size, ceil_div, dmax, known_eq, known_le, simplify

FLOAT_LENGTH = declare("TG602", "a range whose length depends on a run-time float")


CONSTANT_LIMIT = 4096


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
    result = dtype_arg(ctx, dtype) or promote_dtypes(ctx, common(ctx, *bounds), I64)
    if result == BOOL:
        unsupported(ctx, "np.arange of booleans", "use np.array([False, True])")
    if all(isinstance(v, Const) for v in bounds):
        return _constant_range(ctx, bounds, result)
    if not all(_is_int(ctx, v) for v in bounds):
        ctx.error(
            DataDependentShapeError,
            "the length of np.arange depends on a run-time float",
            code=FLOAT_LENGTH,
            fix="use np.linspace(start, stop, n), or start + step * np.arange(n)",
        )
    low, high, stride = (ctx.extent(_whole(v), "bound of np.arange") for v in bounds)
    index = ramp(ctx, _length(ctx, low, high, stride))
    _require_held(ctx, index.shape[0], [first, ctx.binary("+", first, by)], result)
    values = ew(ctx, "add", ew(ctx, "mul", index, size_as(ctx, stride, I64)), size_as(ctx, low, I64))
    return ctx.new_array(cast(ctx, values, result))


def _require_held(ctx: Context, length: Size, numbers: Sequence[AbstractValue], dtype: DType) -> None:
    """OverflowError where the first or second number of a range, a Python int, is none that the dtype holds."""
    if not dtype.is_integer or dtype in (I64, U64):
        return
    for k, v in enumerate(numbers):
        if is_number(v) and kinds_of(v) == (PYINT,):
            value, (least, most) = ctx.array(v, I64), int_range(dtype)
            outside = ctx.b("or", ctx.b("lt", value, ctx.b.int(least)), ctx.b("gt", value, ctx.b.int(most)))
            there = ctx.b("gt", ctx.b.dim(length), ctx.b.int(k))
            message = f"Python integer {{}} out of bounds for {dtype.numpy}"
            ctx.fail_if(ctx.b("and", there, outside), "OverflowError", message, [value])


def _constant_range(ctx: Context, bounds: Sequence[AbstractValue], dtype: DType) -> AbstractValue:
    """A range between constants. Floats as NumPy's fill has them: start + k * ((start + step) - start)."""
    start, stop, step = (v.value for v in bounds if isinstance(v, Const))
    if step == 0:
        ctx.fail_if(ctx.b.bool(True), "ZeroDivisionError", "division by zero")
        return ctx.new_array(ctx.b.const_array(np.zeros(0), dtype))
    if not math.isfinite((stop - start) / step):
        ctx.python_error("ValueError", "arange: cannot compute length")
    length = math.ceil((stop - start) / step)
    if length <= CONSTANT_LIMIT and not all(isinstance(v, (int, np.integer)) for v in (start, stop, step)):
        return ctx.new_array(ctx.b.const_array(np.arange(start, stop, step, dtype=dtype.numpy), dtype))
    compute = F64 if dtype.is_float else I64
    length = max(0, length if not isinstance(start, (int, np.integer)) else -((int(start) - int(stop)) // int(step)))
    _require_held(ctx, length, [Const(start), Const(start + step)], dtype)
    index = ramp(ctx, length, compute)
    delta = (start + step) - start
    values = index if delta == 1 else ew(ctx, "mul_rounded" if dtype.is_float else "mul", index, delta)
    values = values if start == 0 else ew(ctx, "add", values, start)
    return ctx.new_array(cast(ctx, values, dtype))


@function(np.linspace)
@spaced_in_order
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
    known = all(isinstance(v, Const) and is_number(v) for v in (start, stop))
    if known and isinstance(count, int) and count <= CONSTANT_LIMIT and not static_bool(ctx, retstep, "retstep"):
        exact = np.linspace(start.value, stop.value, count, closed, dtype=result.numpy)  # type: ignore[union-attr, arg-type]
        return ctx.new_array(ctx.b.const_array(exact, result))
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
    values = ew(ctx, "add", ew(ctx, "mul_rounded", index, step), start)
    if closed and not (isinstance(count, int) and count <= 1):
        last = b("eq", index, b.full(size_as(ctx, count - 1, delta.dtype), index.shape))
        if not isinstance(count, int):
            last = ew(ctx, "and", last, b("gt", b.dim(count), b.int(1)))
        values = b("select", last, fit_to(ctx, stop, values.shape), values)
    empty_div = b.full(b("le", b.dim(divisions), b.int(0)), step.shape)
    return values, b("select", empty_div, b.filled(math.nan, step.array), step)


@function(np.logspace)
@spaced_in_order
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
@spaced_in_order
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
    compute = F64
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
