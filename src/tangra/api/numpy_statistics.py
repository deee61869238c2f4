"""Order statistics, weighted means, covariance, histograms and counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast, operand
from tangra.api.numpy_common import (
    F64,
    FALSE,
    NONE,
    TRUE,
    as_array,
    axes_arg,
    bad_shape,
    bad_value,
    call,
    count_of,
    dtype_arg,
    ew,
    fit_to,
    inexact,
    is_none,
    lift,
    promote_dtypes,
    ramp,
    reshape,
    size_as,
    static_bool,
    transpose,
    unsupported,
)
from tangra.api.numpy_joining import joined
from tangra.api.numpy_orders import reduces_in_order
from tangra.api.numpy_products import product
from tangra.api.numpy_reductions import restored
from tangra.api.registry import function
from tangra.api.values import AbstractValue, TupleValue
from tangra.ir import DType, Value
from tangra.shapes import known_eq, known_le, prod


@function(np.average)
@reduces_in_order
def average(
    ctx: Context,
    a: AbstractValue,
    axis: AbstractValue = NONE,
    weights: AbstractValue = NONE,
    returned: AbstractValue = FALSE,
    *,
    keepdims: AbstractValue = FALSE,
) -> AbstractValue:
    """`np.average(a, axis, weights)`: ZeroDivisionError where weights sum to zero."""
    base, both = as_array(ctx, a), static_bool(ctx, returned, "returned")
    if not is_none(axis):
        axis = lift(axes_arg(ctx, axis, base.type.rank, lists=True))
    if is_none(weights):
        mean = call(ctx, np.mean, base, axis=axis, keepdims=keepdims)
        _some_results(ctx, ctx.array(mean))
        if not both:
            return mean
        value = ctx.array(mean)
        axes = axes_arg(ctx, axis, base.type.rank, lists=True)
        total = size_as(ctx, count_of(base.type.shape, axes), value.dtype)
        return TupleValue((mean, ctx.result(fit_to(ctx, total, value.shape))))
    value, w = ctx.array(base), ctx.array(weights)
    dtype = promote_dtypes(ctx, inexact(value.dtype), w.dtype)
    axes, keep = axes_arg(ctx, axis, value.array.rank, lists=True), static_bool(ctx, keepdims, "keepdims")
    if w.array.rank == value.array.rank:
        if any(known_eq(d, n, ctx.facts) is False for d, n in zip(w.shape, value.shape, strict=True)):
            bad_shape(ctx, "Axis must be specified when shapes of a and weights differ.")
    else:
        w = _weights_along(ctx, w, value, axes, axis)
    w = fit_to(ctx, cast(ctx, w, dtype), value.shape)
    total = ctx.b("reduce_sum", w, axes=tuple(sorted(axes)))
    zero = ew(ctx, "eq", total, 0.0)
    zero = ctx.b("reduce_or", zero, axes=tuple(range(zero.array.rank))) if zero.shape else zero
    ctx.fail_if(zero, "ZeroDivisionError", "Weights sum to zero, can't be normalized")
    weighted = ctx.b("reduce_sum", ctx.b("mul", cast(ctx, value, dtype), w), axes=tuple(sorted(axes)))
    mean_value = restored(ctx, ctx.b("div", weighted, total), value.shape, axes, keep)
    if not both:
        return ctx.result(mean_value)
    return TupleValue((ctx.result(mean_value), ctx.result(restored(ctx, total, value.shape, axes, keep))))


def _some_results(ctx: Context, mean: Value) -> None:
    """NumPy divides the number of elements by that of the means to know how many one is of."""
    count = prod(mean.shape)
    if known_le(1, count, ctx.facts) is not True:
        ctx.fail_if(ctx.b("eq", ctx.b.dim(count), ctx.b.int(0)), "ZeroDivisionError", "division by zero")


def _weights_along(ctx: Context, w: Value, value: Value, axes: Sequence[int], axis: AbstractValue) -> Value:
    """Weights for the averaged axes only, in the array's axes."""
    if is_none(axis):
        bad_value(ctx, "Axis must be specified when shapes of a and weights differ.")
    if w.array.rank != len(axes):
        bad_shape(ctx, "Shape of weights must be consistent with shape of a along specified axis.")
    order = sorted(range(len(axes)), key=lambda k: axes[k])
    w = transpose(ctx, w, order)
    sizes = iter(w.shape)
    return reshape(ctx, w, tuple(next(sizes) if k in axes else 1 for k in range(value.array.rank)))


@function(np.cov)
def cov(
    ctx: Context,
    m: AbstractValue,
    y: AbstractValue = NONE,
    rowvar: AbstractValue = TRUE,
    bias: AbstractValue = FALSE,
    ddof: AbstractValue = NONE,
    fweights: AbstractValue = NONE,
    aweights: AbstractValue = NONE,
    *,
    dtype: AbstractValue = NONE,
) -> AbstractValue:
    """`np.cov(m, y, rowvar, bias, ddof)`: without weights."""
    return ctx.new_array(_squeezed(ctx, covariance(ctx, m, y, rowvar, bias, ddof, (fweights, aweights), dtype)))


def _squeezed(ctx: Context, value: Value) -> Value:
    return reshape(ctx, value, ()) if value.shape == (1, 1) else value


def covariance(
    ctx: Context,
    m: AbstractValue,
    y: AbstractValue,
    rowvar: AbstractValue,
    bias: AbstractValue,
    ddof: AbstractValue,
    weights: Sequence[AbstractValue],
    chosen: AbstractValue = NONE,
) -> Value:
    """The covariance matrix of rows: X X^T / (n - ddof) of what is left without the means, in float64 by default."""
    if not all(is_none(w) for w in weights):
        unsupported(ctx, "np.cov with fweights= or aweights=", "weight the data first")
    dtype = dtype_arg(ctx, chosen, F64) or F64
    if not dtype.is_float:
        unsupported(ctx, "np.cov with a dtype of integers", "leave dtype= out")
    rows = _variables(ctx, m, rowvar, dtype)
    if not is_none(y):
        rows = joined(ctx, [rows, _variables(ctx, y, rowvar, dtype)], 0)
    if rows.shape[0] != 1 and known_le(2, rows.shape[0], ctx.facts) is not True:
        one = ctx.b("eq", ctx.b.dim(rows.shape[0]), ctx.b.int(1))
        what = "the covariance of one variable has no axes, which compiled code has to know; use np.var"
        ctx.fail_if(one, "ValueError", what)
    count = size_as(ctx, rows.shape[1], dtype)
    mean = ew(ctx, "div", ctx.b("reduce_sum", rows, axes=(1,)), count)
    centered = ew(ctx, "sub", rows, reshape(ctx, mean, (rows.shape[0], 1)))
    if is_none(ddof):
        less = 0.0 if static_bool(ctx, bias, "bias") else 1.0
        factor = ew(ctx, "sub", count, less)
    else:
        factor = ew(ctx, "sub", count, operand(ctx, ddof, dtype))
    factor = ew(ctx, "maximum", factor, 0.0)
    total = product(ctx, centered, transpose(ctx, centered, (1, 0)))
    return ew(ctx, "mul", total, ew(ctx, "div", ctx.b.const(1, dtype), factor))


def _variables(ctx: Context, m: AbstractValue, rowvar: AbstractValue, dtype: DType) -> Value:
    value = ctx.array(m, dtype)
    if value.array.rank > 2:
        bad_shape(ctx, "m has more than 2 dimensions")
    if value.array.rank < 2:
        return reshape(ctx, value, (1, prod(value.shape)))
    return value if static_bool(ctx, rowvar, "rowvar") else transpose(ctx, value, (1, 0))


@function(np.corrcoef)
def corrcoef(
    ctx: Context,
    x: AbstractValue,
    y: AbstractValue = NONE,
    rowvar: AbstractValue = TRUE,
    *,
    dtype: AbstractValue = NONE,
) -> AbstractValue:
    """`np.corrcoef(x, y, rowvar)`: covariances over products of standard deviations, clipped to [-1, 1]."""
    c = covariance(ctx, x, y, rowvar, FALSE, NONE, ())
    if c.shape == (1, 1):
        only_one = reshape(ctx, c, ())
        return ctx.result(ew(ctx, "div", only_one, only_one))
    n = c.shape[0]
    index = ramp(ctx, n)
    deviation = ctx.b("sqrt", ctx.b("gather", c, index, index))
    c = ew(ctx, "div", c, reshape(ctx, deviation, (n, 1)))
    c = ew(ctx, "div", c, reshape(ctx, deviation, (1, n)))
    return ctx.new_array(ew(ctx, "minimum", ew(ctx, "maximum", c, -1.0), 1.0))
