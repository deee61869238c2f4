"""Order statistics: median, quantile, percentile, and those that skip NaN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast, is_number, kinds_of
from tangra.api.numpy_common import (
    F64,
    FALSE,
    I64,
    NONE,
    axes_arg,
    count_of,
    ew,
    inexact,
    is_none,
    no_bools,
    promote_dtypes,
    reshape,
    return_value,
    size_as,
    static_bool,
    unsupported,
)
from tangra.api.numpy_orders import median_in_order
from tangra.api.numpy_reductions import merged_last, require_elements, restored
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const
from tangra.ir import DType, Value
from tangra.shapes import known_le

METHODS = ("linear", "lower", "higher", "nearest", "midpoint")
NONE_TO_CHOOSE = "index -1 is out of bounds for axis 0 with size 0"
"""NumPy's words where an order statistic of no elements is asked for."""


def sorted_last(ctx: Context, value: Value, axes: Sequence[int], skip_nan: bool = False) -> tuple[Value, Value]:
    """(the reduced axes merged, put last and sorted; how many elements of each count, as float64)."""
    merged = merged_last(ctx, value, axes)
    last = merged.array.rank - 1
    ordered = ctx.b("sort", merged, axis=last)
    if skip_nan and value.dtype.is_float:
        valid = cast(ctx, ctx.b("not", ctx.b("isnan", merged)), F64)
        return ordered, ctx.b("reduce_sum", valid, axes=(last,))
    count = size_as(ctx, merged.shape[-1], F64)
    return ordered, ctx.b.full(count, merged.shape[:-1])


def pick(ctx: Context, ordered: Value, place: Value) -> Value:
    """Element `place` (float64, whole) of each sorted row, clipped into the row."""
    rank = ordered.array.rank
    top = size_as(ctx, ordered.shape[-1], I64)
    index = cast(ctx, place, I64)
    index = ew(ctx, "maximum", ew(ctx, "minimum", index, ew(ctx, "sub", top, 1)), 0)
    rows = [ctx.b("iota", dtype=I64, shape=index.shape, axis=k) for k in range(rank - 1)]
    return ctx.b("gather", ordered, *rows, index)


def interpolated(ctx: Context, ordered: Value, place: Value, top: Value, method: str, target: DType) -> Value:
    """The value at a fractional place, `top` at most, of each sorted row; in `target` where there is a sum to take."""
    low, high = ctx.b("floor", place), ctx.b("ceil", place)
    if method == "lower":
        return pick(ctx, ordered, low)
    if method == "higher":
        return pick(ctx, ordered, high)
    if method == "nearest":
        return pick(ctx, ordered, ctx.b("rint", place))
    below, above = pick(ctx, ordered, low), pick(ctx, ordered, ctx.b("minimum", ew(ctx, "add", low, 1.0), top))
    gamma = ctx.b("sub", place, low)
    if method == "midpoint":
        half = ctx.b.filled(0.5, gamma.array)
        gamma = ctx.b("select", ew(ctx, "gt", gamma, 0.0), half, gamma)
    step = ctx.b("sub", above, below)  # in the array's dtype: small integers wrap, as in NumPy
    below, above, step, gamma = (cast(ctx, v, target) for v in (below, above, step, gamma))
    from_low = ctx.b("add", below, ctx.b("mul", step, gamma))
    rest = ew(ctx, "sub", ctx.b.filled(1.0, gamma.array), gamma)
    from_high = ctx.b("sub", above, ctx.b("mul", step, rest))
    return ctx.b("select", ew(ctx, "ge", gamma, 0.5), from_high, from_low)


def order_statistic(
    ctx: Context,
    a: AbstractValue,
    q: Value,
    weak: bool,
    axis: AbstractValue,
    keepdims: AbstractValue,
    method: str,
    skip_nan: bool,
    name: str,
) -> Value:
    """Quantiles `q` (fractions of any float dtype and rank, leading in the result; `weak` if Python's number)."""
    value = ctx.array(a)
    target = inexact(value.dtype) if weak else promote_dtypes(ctx, value.dtype, q.dtype)
    axes, keep = axes_arg(ctx, axis, value.array.rank, lists=True), static_bool(ctx, keepdims, "keepdims")
    bad = ctx.b("not", ew(ctx, "and", ew(ctx, "ge", q, 0.0), ew(ctx, "le", q, 1.0)))  # also of NaN
    bad = ctx.b("reduce_or", bad, axes=tuple(range(bad.array.rank))) if bad.shape else bad
    word = (
        "Percentiles must be in the range [0, 100]" if "percentile" in name else "Quantiles must be in the range [0, 1]"
    )
    ctx.fail_if(bad, "ValueError", word)
    ordered, count = sorted_last(ctx, value, axes, skip_nan)
    spread = _repeated_rows(ctx, ordered, q)
    grown = ctx.b(
        "broadcast",
        count,
        shape=(*q.shape, *count.shape),
        dims=tuple(range(q.array.rank, q.array.rank + count.array.rank)),
    )
    fraction = reshape(ctx, q, (*q.shape, *(1,) * count.array.rank))
    top = cast(ctx, ew(ctx, "sub", grown, 1.0), q.dtype)
    result = interpolated(ctx, spread, ew(ctx, "mul", fraction, top), top, method, target)
    result = _nan_where(ctx, result, ordered, count, skip_nan)
    if keep:
        kept = tuple(1 if k in axes else d for k, d in enumerate(value.shape))
        result = reshape(ctx, result, (*q.shape, *kept))
    return result


def _repeated_rows(ctx: Context, ordered: Value, q: Value) -> Value:
    """The sorted rows once for each quantile."""
    if not q.shape:
        return ordered
    rank = q.array.rank
    return ctx.b(
        "broadcast", ordered, shape=(*q.shape, *ordered.shape), dims=tuple(range(rank, rank + ordered.array.rank))
    )


def _nan_where(ctx: Context, result: Value, ordered: Value, count: Value, skip_nan: bool) -> Value:
    """NaN for rows that hold a NaN (sorted last) or, where NaN are skipped, nothing else; and for empty rows."""
    if not ordered.dtype.is_float:
        return result
    if skip_nan:
        bad = ew(ctx, "eq", count, 0.0)
    else:
        bad = ctx.b("isnan", pick(ctx, ordered, ctx.b.full(size_as(ctx, ordered.shape[-1], F64), count.shape)))
    shape = result.shape
    bad = ctx.b("broadcast", bad, shape=shape, dims=tuple(range(len(shape) - bad.array.rank, len(shape))))
    return ctx.b("select", bad, ctx.b.filled(np.nan, result.array), result)


def _declare_median(name: str, skip_nan: bool) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        out: AbstractValue = NONE,
        overwrite_input: AbstractValue = FALSE,
        keepdims: AbstractValue = FALSE,
    ) -> AbstractValue:
        if static_bool(ctx, overwrite_input, "overwrite_input"):
            unsupported(ctx, f"np.{name} with overwrite_input=True", "leave it out")
        value = ctx.array(a)
        value = cast(ctx, value, inexact(value.dtype))
        axes, keep = axes_arg(ctx, axis, value.array.rank, lists=True), static_bool(ctx, keepdims, "keepdims")
        if known_le(1, count_of(value.shape, axes), ctx.facts) is not True:
            if 0 in [value.shape[k] for k in axes]:
                gone = tuple(d for k, d in enumerate(value.shape) if k not in axes)
                empty = ctx.b.full(ctx.b.const(np.nan, value.dtype), gone)
                return return_value(ctx, restored(ctx, empty, value.shape, axes, keep), out, f"np.{name}")
            require_elements(ctx, value, axes, f"np.{name} of an array that is empty at run time")
        ordered, count = sorted_last(ctx, value, axes, skip_nan)
        middle = ew(ctx, "mul", ew(ctx, "sub", count, 1.0), 0.5)
        low, high = (pick(ctx, ordered, ctx.b(op, middle)) for op in ("floor", "ceil"))
        mean = ew(ctx, "mul", ctx.b("add", low, high), 0.5)
        same = ctx.b("eq", ctx.b("floor", middle), ctx.b("ceil", middle))
        result = _nan_where(ctx, ctx.b("select", same, low, mean), ordered, count, skip_nan)
        return return_value(ctx, restored(ctx, result, value.shape, axes, keep), out, f"np.{name}")

    entry.__doc__ = f"`np.{name}(a, axis, out, keepdims=)`."
    function(getattr(np, name))(median_in_order(entry))


_declare_median("median", False)


_declare_median("nanmedian", True)


def _declare_quantile(name: str, scale: float, skip_nan: bool) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        q: AbstractValue,
        axis: AbstractValue = NONE,
        out: AbstractValue = NONE,
        overwrite_input: AbstractValue = FALSE,
        method: AbstractValue = Const("linear"),
        keepdims: AbstractValue = FALSE,
        *,
        weights: AbstractValue = NONE,
    ) -> AbstractValue:
        if not is_none(weights):
            unsupported(ctx, f"np.{name} with weights=", "sort and interpolate the cumulative weights")
        word = ctx.static(method, "method")
        if word not in METHODS:
            unsupported(ctx, f"np.{name} with method={word!r}", f"use one of {', '.join(METHODS)}")
        value = ctx.array(a)
        no_bools(ctx, value.dtype)
        if not skip_nan:
            require_elements(
                ctx, value, axes_arg(ctx, axis, value.array.rank, lists=True), NONE_TO_CHOOSE, "IndexError"
            )
        weak = is_number(q) and all(kind.python for kind in kinds_of(q))
        fraction = ctx.array(q)
        if scale == 1.0 and word == "linear" and not fraction.dtype.is_float:
            word = "lower"  # fractions that are whole numbers choose an element, whose dtype remains
        fraction = cast(ctx, fraction, inexact(fraction.dtype))
        if scale != 1.0:
            fraction = ew(ctx, "div", fraction, scale)
        result = order_statistic(ctx, a, fraction, weak, axis, keepdims, str(word), skip_nan, name)
        return return_value(ctx, result, out, f"np.{name}")

    entry.__doc__ = f"`np.{name}(a, q, axis, method=)`: methods {', '.join(METHODS)}."
    function(getattr(np, name))(entry)


_declare_quantile("quantile", 1.0, False)


_declare_quantile("percentile", 100.0, False)


_declare_quantile("nanquantile", 1.0, True)


_declare_quantile("nanpercentile", 100.0, True)
