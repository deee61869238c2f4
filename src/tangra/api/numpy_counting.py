"""Counts: bincount and histograms."""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast, operand, rank_of
from tangra.api.numpy_common import (
    BOOL,
    F64,
    FALSE,
    I64,
    NONE,
    ZERO,
    bad_shape,
    bad_value,
    ew,
    flat,
    inexact,
    is_none,
    of_shape,
    promote_dtypes,
    size_as,
    static_bool,
    where_,
)
from tangra.api.numpy_cumulative import neighbours
from tangra.api.numpy_ranges import spaced
from tangra.api.numpy_reductions import require_elements
from tangra.api.numpy_sorting import located
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const, TupleValue
from tangra.errors import DataDependentShapeError, declare
from tangra.ir import Value
from tangra.shapes import Size

UNKNOWN_LENGTH = declare("TG606", "a count table whose length depends on data")


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
    given = ctx.array(weights, F64)
    if given.array.rank != 1:
        bad_shape(ctx, f"object {'of too small depth' if given.array.rank == 0 else 'too deep'} for desired array")
    w = of_shape(ctx, given, index.shape, "The weights and list don't have the same length.")
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
    if ctx.is_array(bins) or rank_of(ctx, bins) == 1:
        table = ctx.array(bins)
        falls = ctx.b("reduce_or", neighbours(ctx, "lt", table, 0), axes=(0,))
        ctx.fail_if(falls, "ValueError", "`bins` must increase monotonically, when an array")
        return table, False
    count = ctx.size(bins, "bins")
    ctx.fail_if(ctx.b("lt", ctx.b.dim(count), ctx.b.int(1)), "ValueError", "`bins` must be positive, when an integer")
    dtype = inexact(value.dtype)
    if is_none(limits) and 0 in value.shape:
        low, high = ctx.b.const(0, dtype), ctx.b.const(1, dtype)
    elif is_none(limits):
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
    what = "autodetected" if is_none(limits) else "supplied"
    ctx.fail_if(ctx.b("not", finite), "ValueError", f"{what} range of [{{}}, {{}}] is not finite", [low, high])
    same = ctx.b("eq", low, high)
    low = where_(ctx, same, ew(ctx, "sub", low, 0.5), low)
    high = where_(ctx, same, ew(ctx, "add", high, 0.5), high)
    return spaced(ctx, low, high, count + 1, True)[0], True


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
        w = flat(ctx, of_shape(ctx, ctx.array(weights), value.shape, "weights should have the same shape as a."))
        amount = b("select", inside, w, b.zeros(w.array))
    counts = b("scatter_add", b.full(b.const(0, amount.dtype), (count,)), amount, place)
    if not is_none(density) and static_bool(ctx, density, "density"):
        widths = cast(ctx, neighbours(ctx, "sub", table, 0), F64)
        total = cast(ctx, b("reduce_sum", counts, axes=(0,)), F64)
        counts = ew(ctx, "div", b("div", cast(ctx, counts, F64), widths), total)
    return TupleValue((ctx.new_array(counts), ctx.new_array(edges)))
