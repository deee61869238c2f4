"""Convolution, interpolation, polynomials, functions applied along an axis."""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast, operand, rank_of
from tangra.api.numpy_common import (
    F64,
    FALSE,
    I64,
    NONE,
    ONE,
    as_array,
    axis_arg,
    bad_shape,
    bad_value,
    ew,
    fit_to,
    flat,
    insert_axis,
    is_none,
    items_arg,
    known_array,
    of_shape,
    part,
    promote_dtypes,
    ramp,
    reshape,
    size_as,
    static_bool,
    static_int,
    static_str,
    strong,
    transpose,
    unsupported,
    where_,
)
from tangra.api.numpy_grids import vander
from tangra.api.numpy_joining import stacked
from tangra.api.numpy_orders import lines_in_order, second_keeps_order
from tangra.api.numpy_products import contract
from tangra.api.numpy_reductions import require_elements
from tangra.api.numpy_sorting import located
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const
from tangra.ir import Value
from tangra.shapes import Size, dmax, dmin, known_eq, known_le, simplify


def slid(ctx: Context, long: Value, short: Value, first: Size, count: Size) -> Value:
    """sum_k long[i + first - k] short[k] for i in 0 … count-1, where `long` is 0 outside: windows, then one product."""
    n, m = long.shape[0], short.shape[0]
    pad = m - 1
    zeros = ctx.b("pad", long, ctx.b.const(0, long.dtype), low=(pad,), high=(pad,))
    rows = ctx.b("iota", dtype=I64, shape=(count, m), axis=0)
    columns = ctx.b("iota", dtype=I64, shape=(count, m), axis=1)
    start = size_as(ctx, first + pad, I64)
    places = ctx.b("sub", ew(ctx, "add", rows, start), columns)
    places = ew(ctx, "minimum", places, size_as(ctx, n + 2 * pad - 1, I64))
    return contract(ctx, ctx.b("gather", zeros, places), short, ((1,), (0,)))


def _vectors(ctx: Context, a: AbstractValue, v: AbstractValue, name: str) -> tuple[Value, Value]:
    dtype = strong(ctx, a, v)
    x, y = (ctx.array(t, dtype) for t in (a, v))
    x, y = (reshape(ctx, t, (1,)) if not t.shape else t for t in (x, y))
    for t, word in ((x, "a"), (y, "v")):
        if t.array.rank != 1:
            bad_shape(ctx, f"np.{name} takes vectors")
        if t.shape[0] == 0:
            bad_value(ctx, f"{word} cannot be empty")
        require_elements(ctx, t, (0,), f"{word} cannot be empty")
    return x, y


def convolved(ctx: Context, x: Value, y: Value, mode: str, name: str) -> Value:
    """Discrete convolution; the longer vector slides under the shorter one. Integers and bools too."""
    n, m = x.shape[0], y.shape[0]
    if known_le(m, n, ctx.facts) is not True:
        if mode == "full" or known_le(n, m, ctx.facts):
            x, y, n, m = y, x, m, n
        else:
            unsupported(
                ctx,
                f"np.{name} in mode {mode!r} of vectors of which it isn't known which is longer",
                "use mode='full' and slice the result",
            )
    if mode == "full":
        first, count = 0, n + m - 1
    elif mode == "same":
        first, count = (m - 1) // 2, n
    else:
        first, count = m - 1, n - m + 1
    return slid(ctx, x, y, first, count)


@function(np.convolve)
def convolve(ctx: Context, a: AbstractValue, v: AbstractValue, mode: AbstractValue = Const("full")) -> AbstractValue:
    """`np.convolve(a, v, mode)`: 'full', 'same' or 'valid'."""
    x, y = _vectors(ctx, a, v, "convolve")
    return ctx.new_array(convolved(ctx, x, y, static_str(ctx, mode, "mode", ("full", "same", "valid")), "convolve"))


@function(np.correlate)
def correlate(ctx: Context, a: AbstractValue, v: AbstractValue, mode: AbstractValue = Const("valid")) -> AbstractValue:
    """`np.correlate(a, v, mode)`: convolution with v reversed; in 'same' and 'valid' of a longer v, the result
    reversed."""
    if not rank_of(ctx, a) or not rank_of(ctx, v):
        bad_shape(ctx, "np.correlate: object of too small depth for desired array")
    x, y = _vectors(ctx, a, v, "correlate")
    word = static_str(ctx, mode, "mode", ("full", "same", "valid"))
    n, m = x.shape[0], y.shape[0]
    if word != "full" and known_le(m, n, ctx.facts) is not True and known_le(n, m, ctx.facts):
        result = convolved(ctx, y, _reversed(ctx, x), word, "correlate")
        return ctx.new_array(_reversed(ctx, result))
    return ctx.new_array(convolved(ctx, x, _reversed(ctx, y), word, "correlate"))


def _reversed(ctx: Context, x: Value) -> Value:
    return ctx.b("index", x, ctx.b.dim(x.shape[0] - 1), sizes=x.shape, steps=(-1,))


def _periodic(
    ctx: Context, x: AbstractValue, xp: AbstractValue, fp: AbstractValue, period: AbstractValue
) -> tuple[AbstractValue, AbstractValue, AbstractValue]:
    """Points and table of an interpolation that repeats: reduced to one period, in order, with a point on each side."""
    b = ctx.b
    width = b("abs", operand(ctx, period, F64))
    ctx.fail_if(b("eq", width, b.const(0.0, F64)), "ValueError", "period must be a non-zero value")
    point, table, values = (ctx.array(v, F64) for v in (x, xp, fp))
    if table.array.rank != 1 or values.array.rank != 1:
        bad_shape(ctx, "Data points must be 1-D sequences")
    require_elements(ctx, table, (0,), "array of sample points is empty")
    values = fit_to(ctx, values, table.shape)
    table, point = ew(ctx, "mod", table, width), ew(ctx, "mod", point, width)
    order = b("argsort", table, axis=0)
    table, values = b("gather", table, order), b("gather", values, order)

    def ends(v: Value, before: Value, after: Value) -> AbstractValue:
        first, final = (b("reshape", e, shape=(1,)) for e in (before, after))
        return ctx.new_array(b("concat", first, v, final, axis=0))

    low, high = ((_at(ctx, table, k), _at(ctx, values, k)) for k in (b.int(0), b.dim(table.shape[0] - 1)))
    places = ends(table, b("sub", high[0], width), b("add", low[0], width))
    return ctx.new_array(point) if point.shape else ctx.scalar(point), places, ends(values, high[1], low[1])


@function(np.interp)
def interp(
    ctx: Context,
    x: AbstractValue,
    xp: AbstractValue,
    fp: AbstractValue,
    left: AbstractValue = NONE,
    right: AbstractValue = NONE,
    period: AbstractValue = NONE,
) -> AbstractValue:
    """`np.interp(x, xp, fp, left, right)`: float64, piecewise linear, constant outside; NaN stays."""
    if not is_none(period):
        x, xp, fp = _periodic(ctx, x, xp, fp, period)
        left = right = NONE
    b = ctx.b
    point, table, values = (ctx.array(v, F64) for v in (x, xp, fp))
    if table.array.rank != 1 or values.array.rank != 1:
        bad_shape(ctx, "Data points must be 1-D sequences")
    if table.shape[0] == 0:
        bad_value(ctx, "array of sample points is empty")
    require_elements(ctx, table, (0,), "array of sample points is empty")
    if known_eq(values.shape[0], table.shape[0], ctx.facts) is False:
        bad_shape(ctx, "fp and xp are not of the same length.")
    values = fit_to(ctx, values, table.shape)
    n = table.shape[0]
    low = ew(ctx, "sub", located(ctx, table, point, "right"), 1)
    low = ew(ctx, "maximum", ew(ctx, "minimum", low, size_as(ctx, n - 2, I64)), 0)
    high = ew(ctx, "minimum", ew(ctx, "add", low, 1), size_as(ctx, n - 1, I64))
    x0, x1, y0, y1 = (b("gather", t, k) if k.shape else _at(ctx, t, k) for t in (table, values) for k in (low, high))
    slope = ew(ctx, "div", b("sub", y1, y0), where_(ctx, b("eq", x1, x0), 1.0, b("sub", x1, x0)))
    inner = _inside(ctx, slope, point, (x0, y0), (x1, y1))
    first, last = (_at(ctx, table, b.dim(k)) for k in (0, n - 1))
    below = _at(ctx, values, b.int(0)) if is_none(left) else operand(ctx, left, F64)
    above = _at(ctx, values, b.dim(n - 1)) if is_none(right) else operand(ctx, right, F64)
    final = _at(ctx, values, b.dim(n - 1))
    inner = b.full(final, point.shape) if n == 1 else where_(ctx, ew(ctx, "eq", point, last), final, inner)
    result = where_(ctx, ew(ctx, "lt", point, first), below, where_(ctx, ew(ctx, "gt", point, last), above, inner))
    return ctx.result(result if n == 1 else where_(ctx, b("isnan", point), point, result))


def _inside(ctx: Context, slope: Value, point: Value, low: tuple[Value, Value], high: tuple[Value, Value]) -> Value:
    """The line through two points of the table, from the first; where that is NaN (of infinite values), the first
    itself, or the line from the second, or what the two have in common, as NumPy does it."""
    b = ctx.b
    from_low, from_high = (b("add", b("mul", slope, b("sub", point, x)), y) for x, y in (low, high))
    level = b("and", b("isnan", from_high), b("eq", low[1], high[1]))
    other = b("select", b("or", b("eq", point, low[0]), level), low[1], from_high)
    return b("select", b("isnan", from_low), other, from_low)


def _at(ctx: Context, line: Value, k: Value) -> Value:
    return ctx.b("index", line, k, sizes=(None,), steps=(1,))


# ---- polynomials
# -----------------------------------------------------------------------------------------------------------


@function(np.polyval)
@second_keeps_order
def polyval(ctx: Context, p: AbstractValue, x: AbstractValue) -> AbstractValue:
    """`np.polyval(p, x)`: Horner's rule, highest power first, in NumPy's order y * x + p[k]."""
    coefficients = items_arg(ctx, as_array(ctx, p), "the coefficients of np.polyval")
    base: AbstractValue = as_array(ctx, x)
    y: AbstractValue = ctx.new_array(ctx.b.zeros(ctx.type_of(base)))
    for c in coefficients:
        y = ctx.binary("+", ctx.binary("*", y, base), c)
    return y


def _polynomial(ctx: Context, a: AbstractValue, name: str) -> Value:
    value = ctx.array(a)
    if value.array.rank > 1:
        bad_shape(ctx, f"np.{name} takes vectors of coefficients")
    return flat(ctx, value)


@function(np.polyder)
def polyder(ctx: Context, p: AbstractValue, m: AbstractValue = ONE) -> AbstractValue:
    """`np.polyder(p, m)`."""
    value = _polynomial(ctx, p, "polyder")
    for _ in range(static_int(ctx, m, "m")):
        less: Size = dmax(0, value.shape[0] - 1)
        powers = ew(ctx, "sub", size_as(ctx, value.shape[0] - 1, I64), ramp(ctx, less))
        target = promote_dtypes(ctx, value.dtype, I64)
        value = ew(ctx, "mul", cast(ctx, part(ctx, value, 0, 0, less), target), cast(ctx, powers, target))
    return ctx.new_array(value)


@function(np.polyint)
def polyint(ctx: Context, p: AbstractValue, m: AbstractValue = ONE, k: AbstractValue = NONE) -> AbstractValue:
    """`np.polyint(p, m)`: with integration constants 0."""
    if not is_none(k):
        unsupported(ctx, "np.polyint with k=", "add the constants to the result")
    value = _polynomial(ctx, p, "polyint")
    for _ in range(static_int(ctx, m, "m")):
        value = cast(ctx, value, F64)
        powers = ew(ctx, "sub", size_as(ctx, value.shape[0], I64), ramp(ctx, value.shape[0]))
        value = ctx.b(
            "pad",
            ew(ctx, "div", value, cast(ctx, powers, value.dtype)),
            ctx.b.const(0, value.dtype),
            low=(0,),
            high=(1,),
        )
    return ctx.new_array(value)


def _aligned(ctx: Context, a: AbstractValue, b: AbstractValue, op: str) -> AbstractValue:
    """Sum or difference of polynomials: the shorter one padded in front."""
    dtype = strong(ctx, a, b)
    x, y = (cast(ctx, _polynomial(ctx, v, "polyadd"), dtype) for v in (a, b))
    size = simplify(dmax(x.shape[0], y.shape[0]), ctx.facts)
    zero = ctx.b.const(0, dtype)
    x, y = (ctx.b("pad", v, zero, low=(size - v.shape[0],), high=(0,)) for v in (x, y))
    x, y = (v if v.shape == (size,) else reshape(ctx, v, (size,)) for v in (x, y))
    return ctx.binary(op, ctx.new_array(x), ctx.new_array(y))


@function(np.polyadd)
def polyadd(ctx: Context, a1: AbstractValue, a2: AbstractValue) -> AbstractValue:
    """`np.polyadd(a1, a2)`."""
    return _aligned(ctx, a1, a2, "+")


@function(np.polysub)
def polysub(ctx: Context, a1: AbstractValue, a2: AbstractValue) -> AbstractValue:
    """`np.polysub(a1, a2)`."""
    return _aligned(ctx, a1, a2, "-")


@function(np.polymul)
def polymul(ctx: Context, a1: AbstractValue, a2: AbstractValue) -> AbstractValue:
    """`np.polymul(a1, a2)` of vectors whose first coefficients are not 0: NumPy leaves those out."""
    return convolve(ctx, *(_leading_power(ctx, a) for a in (a1, a2)))


def _leading_power(ctx: Context, a: AbstractValue) -> AbstractValue:
    """Coefficients without zeros in front, as far as they are constants; a run-time one that is 0 fails."""
    known, value = known_array(ctx, a), ctx.array(a)
    if value.array.rank != 1 or value.shape[0] == 0:
        return a
    if known is not None:
        first = int(np.argmax(known != 0)) if known.any() else len(known) - 1
        return a if not first else ctx.new_array(ctx.b.const_array(known[first:], value.dtype))
    require_elements(ctx, value, (0,), "a cannot be empty")
    zero = ctx.b("eq", _at(ctx, value, ctx.b.int(0)), ctx.b.const(0, value.dtype))
    what = "np.polymul: a first coefficient is 0, and NumPy leaves it out; compiled code can't, use np.convolve"
    ctx.fail_if(zero, "ValueError", what)
    return a


@function(np.polyfit)
def polyfit(
    ctx: Context,
    x: AbstractValue,
    y: AbstractValue,
    deg: AbstractValue,
    rcond: AbstractValue = NONE,
    full: AbstractValue = FALSE,
    w: AbstractValue = NONE,
    cov: AbstractValue = FALSE,
) -> AbstractValue:
    """`np.polyfit(x, y, deg, w=)`: least squares by QR of the scaled Vandermonde matrix (full rank)."""
    if static_bool(ctx, full, "full") or ctx.static(cov, "cov") is not False:
        unsupported(ctx, "np.polyfit with full= or cov=", "call it without, and compute residuals yourself")
    order = static_int(ctx, deg, "deg") + 1
    if order < 1:
        bad_value(ctx, "expected deg >= 0")
    points, values = (ctx.array(v, F64) for v in (x, y))
    if points.array.rank != 1 or values.array.rank not in (1, 2):
        bad_shape(ctx, "np.polyfit: x must be a vector, y a vector or matrix")
    ctx.require_equal(points.shape[0], values.shape[0], "np.polyfit, lengths of x and y")
    matrix = ctx.array(vander(ctx, ctx.new_array(points), Const(order)))
    vector = values.array.rank == 1
    columns = insert_axis(ctx, values, 1) if vector else values
    columns = (
        columns if columns.shape[0] == points.shape[0] else reshape(ctx, columns, (points.shape[0], columns.shape[1]))
    )
    if not is_none(w):
        given = of_shape(ctx, ctx.array(w, F64), points.shape, "expected w and y to have the same length")
        weight = insert_axis(ctx, given, 1)
        matrix, columns = ew(ctx, "mul", matrix, weight), ew(ctx, "mul", columns, weight)
    scale = ctx.b("sqrt", ctx.b("reduce_sum", ctx.b("mul", matrix, matrix), axes=(0,)))
    q, r = ctx.b.emit("qr", [ew(ctx, "div", matrix, scale)], {}).results
    n = simplify(dmin(points.shape[0], order), ctx.facts)
    if n != order:
        ctx.require_equal(n, order, "np.polyfit, at least deg + 1 points")
        q, r = reshape(ctx, q, (points.shape[0], order)), reshape(ctx, r, (order, order))
    index = ramp(ctx, order)
    pivots = ctx.b("abs", ctx.b("gather", r, index, index))
    limit = ew(ctx, "mul", ctx.b("reduce_max", pivots, axes=(0,)), 1e-15)
    ctx.fail_if(
        ctx.b("reduce_or", ew(ctx, "le", pivots, limit), axes=(0,)),
        "LinAlgError",
        "np.polyfit: the points do not determine the polynomial (the matrix does not have full rank)",
    )
    right = contract(ctx, q, columns, ((0,), (0,)))
    solved = ctx.b("triangular_solve", r, right, lower=False, trans=False, unit=False)
    solved = ew(ctx, "div", solved, insert_axis(ctx, scale, 1))
    return ctx.new_array(reshape(ctx, solved, (order,)) if vector else solved)


# ---- functions along an axis
# -------------------------------------------------------------------------------------------------


@function(np.apply_along_axis)
@lines_in_order
def apply_along_axis(
    ctx: Context,
    func1d: AbstractValue,
    axis: AbstractValue,
    arr: AbstractValue,
    *args: AbstractValue,
    **kwargs: AbstractValue,
) -> AbstractValue:
    """`np.apply_along_axis(f, axis, arr)`: f called once for every row, whose number must be known."""
    value = ctx.array(arr)
    place = axis_arg(ctx, axis, value.array.rank)
    rest = [d for k, d in enumerate(value.shape) if k != place]
    if not all(isinstance(d, int) for d in rest) or 0 in rest:
        unsupported(ctx, "np.apply_along_axis over a number of rows that isn't known", "write a loop over the rows")
    order = [k for k in range(value.array.rank) if k != place]
    rows = transpose(ctx, value, (*order, place))
    results = []
    for at in np.ndindex(*rest):
        starts = [ctx.b.int(k) for k in (*at, 0)]
        row = ctx.b("index", rows, *starts, sizes=(*(None,) * len(at), rows.shape[-1]), steps=(1,) * (len(at) + 1))
        results.append(ctx.array(ctx.call(func1d, [ctx.new_array(row), *args], kwargs)))
    joined = stacked(ctx, results, 0)
    inner = joined.shape[1:]
    joined = reshape(ctx, joined, (*rest, *inner))
    outer = len(rest)
    perm = (*range(place), *range(outer, outer + len(inner)), *range(place, outer))
    return ctx.new_array(transpose(ctx, joined, perm))
