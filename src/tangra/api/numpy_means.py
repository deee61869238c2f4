"""Means, variances and ranges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import operand, rank_of
from tangra.api.numpy_common import (
    BOOL,
    F32,
    F64,
    FALSE,
    NONE,
    TRUE,
    ZERO,
    DType,
    axes_arg,
    bad_value,
    cast,
    count_of,
    dtype_arg,
    ew,
    fit_to,
    is_none,
    is_true,
    mask_of,
    return_value,
    root_of_squares,
    size_as,
    static_bool,
    unsupported,
)
from tangra.api.numpy_orders import reduces_in_order
from tangra.api.numpy_reductions import accumulation_dtype, reduce_ufunc, restored
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const
from tangra.ir import Value


def mean_dtype(dtype: DType) -> DType:
    """What NumPy sums in for a mean: float64 for ints and bools."""
    return dtype if dtype.is_float else F64


def _summed_in(ctx: Context, dtype: DType, out: AbstractValue) -> DType:
    """The dtype of the sum behind a mean that is written to `out` (which decides where there are floats)."""
    return accumulation_dtype(ctx, np.add, dtype, out) if dtype.is_float else F64


def divided(ctx: Context, total: Value, count: Value) -> Value:
    """`total / count` for a float64 count, in the dtype of `total`."""
    wide = cast(ctx, total, F64) if total.dtype == F32 else total
    return cast(ctx, ew(ctx, "div", wide, count), total.dtype)


def number_of(ctx: Context, value: Value, axes: Sequence[int], where: AbstractValue, keepdims: bool) -> Value:
    """How many elements are reduced, as float64: a scalar, or per result where a mask is given."""
    if is_true(where):
        return size_as(ctx, count_of(value.shape, axes), F64)
    mask = cast(ctx, fit_to(ctx, mask_of(ctx, where), value.shape), F64)
    return restored(ctx, ctx.b("reduce_sum", mask, axes=tuple(sorted(axes))), value.shape, axes, keepdims)


def masked_sum(ctx: Context, value: Value, axes: Sequence[int], where: AbstractValue, keepdims: bool) -> Value:
    """The sum over `axes` of the elements that `where` names."""
    if not is_true(where):
        mask = fit_to(ctx, mask_of(ctx, where), value.shape)
        value = ctx.b("select", mask, value, ctx.b.zeros(value.array))
    total = ctx.b("reduce_sum", value, axes=tuple(sorted(axes)))
    return restored(ctx, total, value.shape, axes, keepdims)


@function(np.mean)
@reduces_in_order
def mean(
    ctx: Context,
    a: AbstractValue,
    axis: AbstractValue = NONE,
    dtype: AbstractValue = NONE,
    out: AbstractValue = NONE,
    keepdims: AbstractValue = FALSE,
    *,
    where: AbstractValue = TRUE,
) -> AbstractValue:
    """`np.mean`: the sum in the accumulation dtype divided by the count."""
    value, axes = ctx.array(a), axes_arg(ctx, axis, rank_of(ctx, a))
    target = dtype_arg(ctx, dtype) or _summed_in(ctx, value.dtype, out)
    keep = static_bool(ctx, keepdims, "keepdims")
    if target == BOOL:
        unsupported(ctx, "np.mean with dtype=bool", "use np.any")
    value = cast(ctx, value, target)  # also where that is an integer dtype: its sum wraps
    count = number_of(ctx, value, axes, where, keep)
    total = masked_sum(ctx, value, axes, where, keep)
    result = divided(ctx, cast(ctx, total, mean_dtype(target)), count)
    return return_value(ctx, cast(ctx, result, target), out, "np.mean")


def variance(
    ctx: Context,
    a: AbstractValue,
    axis: AbstractValue,
    dtype: AbstractValue,
    ddof: AbstractValue,
    keepdims: AbstractValue,
    where: AbstractValue,
    out: AbstractValue,
) -> Value:
    """mean(|x - mean|^2) with count - ddof (not below 0) as the divisor."""
    value, axes = ctx.array(a), axes_arg(ctx, axis, rank_of(ctx, a))
    target = dtype_arg(ctx, dtype, mean_dtype(value.dtype))
    assert target is not None
    if not target.is_float:
        unsupported(ctx, "variances with an integer dtype=", "leave it out, and convert the result")
    value, keep = cast(ctx, value, target), static_bool(ctx, keepdims, "keepdims")
    center = divided(ctx, masked_sum(ctx, value, axes, where, True), number_of(ctx, value, axes, where, True))
    deviation = ew(ctx, "sub", value, center)
    squares = ctx.b("mul", deviation, deviation)
    if is_none(dtype):
        squares = cast(ctx, squares, _summed_in(ctx, value.dtype, out))
    total = masked_sum(ctx, squares, axes, where, keep)
    degrees = ew(ctx, "sub", number_of(ctx, value, axes, where, keep), operand(ctx, ddof, F64))
    return divided(ctx, total, ew(ctx, "maximum", degrees, 0.0))


def degrees_arg(ctx: Context, ddof: AbstractValue, correction: AbstractValue | None) -> AbstractValue:
    """What is taken off the number of elements, of which one name may be given."""
    if correction is None:
        return ddof
    if not isinstance(ddof, Const) or ddof.value != 0:
        bad_value(ctx, "ddof and correction can't be provided simultaneously.")
    return correction


def _declare_spread(f: object, root: bool, name: str) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        dtype: AbstractValue = NONE,
        out: AbstractValue = NONE,
        ddof: AbstractValue = ZERO,
        keepdims: AbstractValue = FALSE,
        *,
        where: AbstractValue = TRUE,
        mean: AbstractValue | None = None,
        correction: AbstractValue | None = None,
    ) -> AbstractValue:
        if mean is not None:
            unsupported(ctx, f"{name}: mean= is not supported", "leave it out")
        result = variance(ctx, a, axis, dtype, degrees_arg(ctx, ddof, correction), keepdims, where, out)
        return return_value(ctx, root_of_squares(ctx, result) if root else result, out, name)

    entry.__doc__ = f"`{name}(a, axis, dtype, out, ddof, keepdims, where=)`."
    function(f)(reduces_in_order(entry))


_declare_spread(np.var, False, "np.var")


_declare_spread(np.std, True, "np.std")


@function(np.ptp)
@reduces_in_order
def ptp(
    ctx: Context,
    a: AbstractValue,
    axis: AbstractValue = NONE,
    out: AbstractValue = NONE,
    keepdims: AbstractValue = FALSE,
) -> AbstractValue:
    """`np.ptp`: max - min."""
    high = ctx.array(reduce_ufunc(ctx, np.maximum, a, axis, keepdims=keepdims, name="np.ptp"))
    low = ctx.array(reduce_ufunc(ctx, np.minimum, a, axis, keepdims=keepdims, name="np.ptp"))
    if high.dtype == BOOL:
        bad_value(ctx, "np.ptp: NumPy does not subtract booleans")
    return return_value(ctx, ctx.b("sub", high, low), out, "np.ptp")
