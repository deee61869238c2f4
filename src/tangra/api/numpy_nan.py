"""Reductions that skip NaN: nansum, nanmean, nanmax, nanargmax and their relatives."""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast, operand, rank_of
from tangra.api.numpy_common import (
    F64,
    FALSE,
    NONE,
    TRUE,
    ZERO,
    axes_arg,
    axis_arg,
    bad_value,
    dtype_arg,
    ew,
    flat,
    is_none,
    is_true,
    mask_of,
    return_value,
    root_of_squares,
    static_bool,
    unsupported,
    where_,
)
from tangra.api.numpy_means import degrees_arg, masked_sum, mean_dtype, number_of, variance
from tangra.api.numpy_orders import reduces_in_order
from tangra.api.numpy_reductions import position, reduce_ufunc, require_elements, restored
from tangra.api.registry import function
from tangra.api.values import AbstractValue
from tangra.ir import DType, Value


def without_nan(ctx: Context, a: AbstractValue, fill: float) -> AbstractValue:
    """The array with NaN replaced."""
    value = ctx.array(a)
    return ctx.new_array(where_(ctx, ctx.b("isnan", value), fill, value)) if value.dtype.is_float else a


def valid(ctx: Context, a: AbstractValue, where: AbstractValue) -> AbstractValue:
    """The mask of elements that count: True where all do."""
    value = ctx.array(a)
    if not value.dtype.is_float:
        return where
    mask = ctx.b("not", ctx.b("isnan", value))
    if where is not TRUE:
        mask = ew(ctx, "and", mask, ctx.array(where))
    return ctx.new_array(mask)


def _declare_sum(name: str, ufunc: np.ufunc, fill: float) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        dtype: AbstractValue = NONE,
        out: AbstractValue = NONE,
        keepdims: AbstractValue = FALSE,
        initial: AbstractValue | None = None,
        where: AbstractValue = TRUE,
    ) -> AbstractValue:
        clean = without_nan(ctx, a, fill)
        return reduce_ufunc(ctx, ufunc, clean, axis, dtype, out, keepdims, initial, where, f"np.{name}")

    entry.__doc__ = f"`np.{name}(a, axis, …)`: NaN count as {fill}."
    function(getattr(np, name))(reduces_in_order(entry))


_declare_sum("nansum", np.add, 0)
_declare_sum("nanprod", np.multiply, 1)


def _declare_extremum(name: str, ufunc: np.ufunc, fill: float) -> None:
    word = f"f{name[3:]}"  # fmax and fmin, which skip NaN

    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        out: AbstractValue = NONE,
        keepdims: AbstractValue = FALSE,
        initial: AbstractValue | None = None,
        where: AbstractValue = TRUE,
    ) -> AbstractValue:
        value = ctx.array(a)
        if not value.dtype.is_float:
            return reduce_ufunc(ctx, ufunc, a, axis, NONE, out, keepdims, initial, where, f"np.{name}", word)
        clean, label = without_nan(ctx, a, fill), f"np.{name}"
        start = None if initial is None or is_none(initial) else operand(ctx, initial, value.dtype)
        first = initial if start is None else ctx.result(where_(ctx, ctx.b("isnan", start), fill, start))
        reduced = reduce_ufunc(ctx, ufunc, clean, axis, NONE, NONE, keepdims, first, where, label, word)
        result = ctx.array(reduced)
        axes, keep = axes_arg(ctx, axis, value.array.rank), static_bool(ctx, keepdims, "keepdims")
        lost = ctx.b("isnan", value)
        lost = lost if is_true(where) else ew(ctx, "or", lost, ctx.b("not", mask_of(ctx, where)))
        none = ctx.b("reduce_and", lost, axes=tuple(sorted(axes)))
        none = none if start is None else ew(ctx, "and", none, ctx.b("isnan", start))
        result = where_(ctx, restored(ctx, none, value.shape, axes, keep), np.nan, result)
        return return_value(ctx, result, out, f"np.{name}")

    entry.__doc__ = f"`np.{name}(a, axis, …)`: NaN of nothing but NaN."
    function(getattr(np, name))(reduces_in_order(entry))


_declare_extremum("nanmax", np.maximum, -np.inf)
_declare_extremum("nanmin", np.minimum, np.inf)


def _declare_position(name: str, op: str, fill: float) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        out: AbstractValue = NONE,
        *,
        keepdims: AbstractValue = FALSE,
    ) -> AbstractValue:
        value = ctx.array(a)
        if value.dtype.is_float:
            line = flat(ctx, value) if is_none(axis) else value
            place = 0 if is_none(axis) else axis_arg(ctx, axis, value.array.rank)
            require_elements(ctx, line, (place,), f"attempt to get {op} of an empty sequence")
            none = ctx.b("reduce_and", ctx.b("isnan", line), axes=(place,))
            none = ctx.b("reduce_or", none, axes=tuple(range(none.array.rank))) if none.shape else none
            ctx.fail_if(none, "ValueError", "All-NaN slice encountered")
        return position(ctx, op, without_nan(ctx, a, fill), axis, out, keepdims)

    entry.__doc__ = f"`np.{name}(a, axis)`: ValueError for nothing but NaN."
    function(getattr(np, name))(entry)


_declare_position("nanargmax", "argmax", -np.inf)
_declare_position("nanargmin", "argmin", np.inf)


def _target(ctx: Context, value: Value, dtype: AbstractValue, name: str) -> DType:
    """The dtype of a mean or a spread without NaN."""
    target = dtype_arg(ctx, dtype, mean_dtype(value.dtype))
    assert target is not None
    if not target.is_float and value.dtype.is_float:
        bad_value(ctx, "If a is inexact, then dtype must be inexact")
    if not target.is_float:
        unsupported(ctx, f"np.{name} with an integer dtype=", "leave it out, and convert the result")
    return target


def _divided(ctx: Context, total: Value, count: Value) -> Value:
    wide = cast(ctx, total, F64)
    return cast(ctx, ew(ctx, "div", wide, count), total.dtype)


@function(np.nanmean)
@reduces_in_order
def nanmean(
    ctx: Context,
    a: AbstractValue,
    axis: AbstractValue = NONE,
    dtype: AbstractValue = NONE,
    out: AbstractValue = NONE,
    keepdims: AbstractValue = FALSE,
    *,
    where: AbstractValue = TRUE,
) -> AbstractValue:
    """`np.nanmean`."""
    value, axes = ctx.array(a), axes_arg(ctx, axis, rank_of(ctx, a))
    target, keep = _target(ctx, value, dtype, "nanmean"), static_bool(ctx, keepdims, "keepdims")
    mask = valid(ctx, a, where)
    value = cast(ctx, value, target)
    total, count = masked_sum(ctx, value, axes, mask, keep), number_of(ctx, value, axes, mask, keep)
    return return_value(ctx, _divided(ctx, total, count), out, "np.nanmean")


def _declare_spread(name: str, root: bool) -> None:
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
        correction: AbstractValue | None = None,
    ) -> AbstractValue:
        value, axes, ddof = (
            ctx.array(a),
            axes_arg(ctx, axis, rank_of(ctx, a)),
            degrees_arg(ctx, ddof, correction),
        )
        if not value.dtype.is_float:
            result = variance(ctx, a, axis, dtype, ddof, keepdims, where, out)
            return return_value(ctx, root_of_squares(ctx, result) if root else result, out, f"np.{name}")
        target, keep = _target(ctx, value, dtype, name), static_bool(ctx, keepdims, "keepdims")
        mask = valid(ctx, a, where)
        value = cast(ctx, value, target)
        center = _divided(ctx, masked_sum(ctx, value, axes, mask, True), number_of(ctx, value, axes, mask, True))
        gap = ew(ctx, "sub", value, center)
        total = masked_sum(ctx, ctx.b("mul", gap, gap), axes, mask, keep)
        degrees = ew(ctx, "sub", number_of(ctx, value, axes, mask, keep), operand(ctx, ddof, F64))
        result = _divided(ctx, total, degrees)
        bad = ew(ctx, "le", degrees, 0.0)
        result = where_(ctx, bad, np.nan, result)
        return return_value(ctx, root_of_squares(ctx, result) if root else result, out, f"np.{name}")

    entry.__doc__ = f"`np.{name}(a, axis, ddof, …)`."
    function(getattr(np, name))(reduces_in_order(entry))


_declare_spread("nanvar", False)
_declare_spread("nanstd", True)
