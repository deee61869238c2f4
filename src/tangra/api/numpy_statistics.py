"""Order statistics, weighted means, covariance, histograms and counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast, operand
from tangra.api.numpy_common import (
    BOOL,
    F64,
    FALSE,
    I64,
    NONE,
    TRUE,
    ZERO,
    as_array,
    axes_arg,
    axis_arg,
    bad_shape,
    bad_value,
    call,
    count_of,
    ew,
    fit_to,
    flat,
    inexact,
    is_none,
    only,
    promote_dtypes,
    ramp,
    reshape,
    return_value,
    size_as,
    static_bool,
    static_str,
    strong,
    transpose,
    unsupported,
    where_,
)
from tangra.api.numpy_products import product
from tangra.api.numpy_reductions import merged_last, require_elements, restored
from tangra.api.numpy_sorting import located
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const, TupleValue
from tangra.errors import DataDependentShapeError, declare
from tangra.ir import DType, Value
from tangra.shapes import Size, known_le, prod

UNKNOWN_LENGTH = declare("TG606", "a count table whose length depends on data")
METHODS = ("linear", "lower", "higher", "nearest", "midpoint")


# ---- order statistics
# --------------------------------------------------------------------------------------------------------


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


def interpolated(ctx: Context, ordered: Value, place: Value, method: str) -> Value:
    """The value at a fractional place of each sorted row."""
    low, high = ctx.b("floor", place), ctx.b("ceil", place)
    if method == "lower":
        return pick(ctx, ordered, low)
    if method == "higher":
        return pick(ctx, ordered, high)
    if method == "nearest":
        return pick(ctx, ordered, ctx.b("rint", place))
    below, above = pick(ctx, ordered, low), pick(ctx, ordered, ew(ctx, "add", low, 1.0))
    gamma = cast(ctx, ctx.b("sub", place, low), below.dtype)
    if method == "midpoint":
        half = ctx.b.filled(0.5, gamma.array)
        gamma = ctx.b("select", ew(ctx, "gt", gamma, 0.0), half, gamma)
    step = ctx.b("sub", above, below)
    from_low = ctx.b("add", below, ctx.b("mul", step, gamma))
    rest = ew(ctx, "sub", ctx.b.filled(1.0, gamma.array), gamma)
    from_high = ctx.b("sub", above, ctx.b("mul", step, rest))
    result = ctx.b("select", ew(ctx, "ge", gamma, 0.5), from_high, from_low)
    return ctx.b("select", ew(ctx, "eq", gamma, 0.0), below, result)


def order_statistic(
    ctx: Context,
    a: AbstractValue,
    q: Value,
    axis: AbstractValue,
    keepdims: AbstractValue,
    method: str,
    skip_nan: bool,
    name: str,
) -> Value:
    """Quantiles `q` (fractions, float64, any rank, leading in the result)."""
    value = ctx.array(a)
    value = cast(ctx, value, inexact(value.dtype))
    axes, keep = axes_arg(ctx, axis, value.array.rank), static_bool(ctx, keepdims, "keepdims")
    bad = ew(ctx, "or", ew(ctx, "lt", q, 0.0), ew(ctx, "gt", q, 1.0))
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
    place = ew(ctx, "mul", fraction, ew(ctx, "sub", grown, 1.0))
    result = interpolated(ctx, spread, place, method)
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
        axes, keep = axes_arg(ctx, axis, value.array.rank), static_bool(ctx, keepdims, "keepdims")
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
    function(getattr(np, name))(entry)


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
        require_elements(ctx, value, axes_arg(ctx, axis, value.array.rank), f"np.{name} of an empty array")
        fraction = cast(ctx, operand(ctx, q, F64) if ctx.type_of(q).rank == 0 else ctx.array(q), F64)
        if scale != 1.0:
            fraction = ew(ctx, "div", fraction, scale)
        result = order_statistic(ctx, a, fraction, axis, keepdims, str(word), skip_nan, name)
        return return_value(ctx, result, out, f"np.{name}")

    entry.__doc__ = f"`np.{name}(a, q, axis, method=)`: methods {', '.join(METHODS)}."
    function(getattr(np, name))(entry)


_declare_quantile("quantile", 1.0, False)
_declare_quantile("percentile", 100.0, False)
_declare_quantile("nanquantile", 1.0, True)
_declare_quantile("nanpercentile", 100.0, True)


# ---- weighted mean and covariance
# ----------------------------------------------------------------------------------------------


@function(np.average)
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
    if is_none(weights):
        mean = call(ctx, np.mean, base, axis=axis, keepdims=keepdims)
        if not both:
            return mean
        value = ctx.array(mean)
        axes = axes_arg(ctx, axis, base.type.rank)
        total = size_as(ctx, count_of(base.type.shape, axes), value.dtype)
        return TupleValue((mean, ctx.result(fit_to(ctx, total, value.shape))))
    value, w = ctx.array(base), ctx.array(weights)
    dtype = promote_dtypes(ctx, inexact(value.dtype), w.dtype)
    axes, keep = axes_arg(ctx, axis, value.array.rank), static_bool(ctx, keepdims, "keepdims")
    if w.array.rank != value.array.rank:
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
    return ctx.new_array(_squeezed(ctx, covariance(ctx, m, y, rowvar, bias, ddof, (fweights, aweights))))


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
) -> Value:
    """The covariance matrix of rows: X X^T / (n - ddof) of what is left without the means."""
    if not all(is_none(w) for w in weights):
        unsupported(ctx, "np.cov with fweights= or aweights=", "weight the data first")
    dtype = inexact(ctx.type_of(m).dtype if is_none(y) else strong(ctx, m, y))
    rows = _variables(ctx, m, rowvar, dtype)
    if not is_none(y):
        from tangra.api.numpy_joining import joined

        rows = joined(ctx, [rows, _variables(ctx, y, rowvar, dtype)], 0)
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
    value = cast(ctx, ctx.array(m), dtype)
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


# ---- counting
# ----------------------------------------------------------------------------------------------------------------


@function(np.bincount)
def bincount(
    ctx: Context, x: AbstractValue, /, weights: AbstractValue = NONE, minlength: AbstractValue = ZERO
) -> AbstractValue:
    """`np.bincount(x, weights, minlength)`: the result has `minlength` entries; a larger value in x fails at run time,
    since the length would depend on data. Constant x count exactly."""
    value = ctx.array(x)
    if not (value.dtype.is_integer or value.dtype == BOOL) and 0 not in value.shape:
        bad_value(ctx, f"Cannot cast array data from {value.dtype.numpy} to int64 according to the rule 'safe'")
    if value.array.rank != 1:
        bad_shape(ctx, "object of too small depth for desired array: np.bincount takes a vector")
    size = ctx.size(minlength, "minlength")
    if size == 0:
        ctx.error(
            DataDependentShapeError,
            "np.bincount without minlength: the length of its result depends on data",
            code=UNKNOWN_LENGTH,
            fix="pass minlength=, greater than every value in x",
        )
    index, b = cast(ctx, value, I64), ctx.b
    negative = b("reduce_or", ew(ctx, "lt", index, 0), axes=(0,))
    ctx.fail_if(negative, "ValueError", "'list' argument must have no negative elements")
    beyond = b("reduce_or", ew(ctx, "ge", index, b.dim(size)), axes=(0,))
    ctx.fail_if(
        beyond,
        "ValueError",
        "np.bincount: a value in x is not below minlength={}, so that the result would be "
        "longer in NumPy; pass a larger minlength",
        [b.dim(size)],
    )
    if is_none(weights):
        return ctx.new_array(b("scatter_add", b.full(b.int(0), (size,)), b.filled(1, index.array), index))
    w = fit_to(ctx, cast(ctx, ctx.array(weights), F64), index.shape)
    return ctx.new_array(b("scatter_add", b.full(b.float(0.0), (size,)), w, index))


@function(np.histogram_bin_edges)
def histogram_bin_edges(
    ctx: Context,
    a: AbstractValue,
    bins: AbstractValue = Const(10),
    range: AbstractValue = NONE,
    weights: AbstractValue = NONE,
) -> AbstractValue:
    """`np.histogram_bin_edges(a, bins, range)`."""
    return ctx.new_array(_edges(ctx, ctx.array(a), bins, range)[0])


def _edges(ctx: Context, value: Value, bins: AbstractValue, limits: AbstractValue) -> tuple[Value, bool]:
    """Bin edges, and whether they are evenly spaced between given limits."""
    if ctx.is_array(bins) or ctx.type_of(bins).rank == 1:
        return ctx.array(bins), False
    from tangra.api.numpy_creation import spaced

    dtype = inexact(value.dtype)
    if is_none(limits):
        line = flat(ctx, cast(ctx, value, dtype))
        require_elements(ctx, line, (0,), "np.histogram of an empty array without range=")
        low, high = ctx.b("reduce_min", line, axes=(0,)), ctx.b("reduce_max", line, axes=(0,))
    else:
        ends = ctx.iterate(limits, "range")
        if ends is None or len(ends) != 2:
            bad_value(ctx, "np.histogram: range must be (low, high)")
        low, high = (operand(ctx, e, dtype) for e in ends)
        ctx.fail_if(ctx.b("gt", low, high), "ValueError", "max must be larger than min in range parameter.")
    finite = ctx.b("and", ctx.b("isfinite", low), ctx.b("isfinite", high))
    ctx.fail_if(ctx.b("not", finite), "ValueError", "range parameter or data is not finite")
    same = ctx.b("eq", low, high)
    low = where_(ctx, same, ew(ctx, "sub", low, 0.5), low)
    high = where_(ctx, same, ew(ctx, "add", high, 0.5), high)
    return spaced(ctx, low, high, ctx.size(bins, "bins") + 1, True)[0], True


@function(np.histogram)
def histogram(
    ctx: Context,
    a: AbstractValue,
    bins: AbstractValue = Const(10),
    range: AbstractValue = NONE,
    density: AbstractValue = FALSE,
    weights: AbstractValue = NONE,
) -> AbstractValue:
    """`np.histogram(a, bins, range, density, weights)`: bins a count or edges; (counts, edges)."""
    value = ctx.array(a)
    edges, _ = _edges(ctx, value, bins, range)
    dtype = promote_dtypes(ctx, value.dtype, edges.dtype)
    line, table, b = flat(ctx, cast(ctx, value, dtype)), cast(ctx, edges, dtype), ctx.b
    count: Size = table.shape[0] - 1
    place = ew(ctx, "sub", located(ctx, table, line, "right"), 1)
    top = b("index", table, b.dim(count), sizes=(None,), steps=(1,))
    bottom = b("index", table, b.int(0), sizes=(None,), steps=(1,))
    place = where_(ctx, ew(ctx, "eq", line, top), size_as(ctx, count - 1, I64), place)
    inside = b("and", ew(ctx, "ge", line, bottom), ew(ctx, "le", line, top))
    place = ew(ctx, "maximum", ew(ctx, "minimum", place, size_as(ctx, count - 1, I64)), 0)
    if is_none(weights):
        amount = cast(ctx, inside, I64)
    else:
        w = flat(ctx, fit_to(ctx, ctx.array(weights), value.shape))
        amount = b("select", inside, w, b.zeros(w.array))
    counts = b("scatter_add", b.full(b.const(0, amount.dtype), (count,)), amount, place)
    if not is_none(density) and static_bool(ctx, density, "density"):
        from tangra.api.numpy_cumulative import neighbours

        widths = cast(ctx, neighbours(ctx, "sub", table, 0), F64)
        total = cast(ctx, b("reduce_sum", counts, axes=(0,)), F64)
        counts = ew(ctx, "div", b("div", cast(ctx, counts, F64), widths), total)
    return TupleValue((ctx.new_array(counts), ctx.new_array(edges)))


__all__ = ["axis_arg", "only", "static_str"]
