"""Running sums and products, differences, and `ufunc.accumulate`."""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import rank_of
from tangra.api.numpy_common import (
    BOOL,
    FALSE,
    NONE,
    ONE,
    ZERO,
    axes_arg,
    axis_arg,
    bad_value,
    cast,
    dtype_arg,
    ew,
    flat,
    inexact,
    is_none,
    no_bools,
    of_shape,
    part,
    return_value,
    static_bool,
    static_int,
    unsupported,
    where_,
)
from tangra.api.numpy_joining import joined
from tangra.api.numpy_orders import differences_in_order, keeps_order, reduces_in_order
from tangra.api.numpy_reductions import accumulation_dtype
from tangra.api.numpy_scan import scan_axis
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, TupleValue
from tangra.ir import Value
from tangra.shapes import Size, dmax

SCANS: dict[np.ufunc, str] = {np.add: "cumsum", np.multiply: "cumprod", np.maximum: "cummax", np.minimum: "cummin"}


def scan(ctx: Context, ufunc: np.ufunc, value: Value, axis: int) -> Value:
    """Running results of a ufunc along an axis."""
    if ufunc in SCANS and not (value.dtype == BOOL and ufunc in (np.add, np.multiply)):
        return ctx.b(SCANS[ufunc], value, axis=axis, reverse=False)
    if value.dtype == BOOL and ufunc in (np.add, np.multiply):
        ufunc = np.maximum if ufunc is np.add else np.minimum
        return ctx.b(SCANS[ufunc], value, axis=axis, reverse=False)
    return scan_axis(ctx, ufunc, value, axis)


def accumulate(
    ctx: Context,
    ufunc: np.ufunc,
    a: AbstractValue,
    axis: AbstractValue,
    dtype: AbstractValue,
    out: AbstractValue,
    name: str,
    nan: float | None = None,
) -> AbstractValue:
    """`np.cumsum` and its relatives; NaN counts as `nan` where that is given."""
    value = ctx.array(a)
    target = dtype_arg(ctx, dtype) or accumulation_dtype(ctx, ufunc, value.dtype, out)
    if nan is not None and value.dtype.is_float:
        value = where_(ctx, ctx.b("isnan", value), nan, value)
    value = cast(ctx, value, target)
    if is_none(axis):
        value, place = flat(ctx, value), 0
    else:
        place = axis_arg(ctx, axis, value.array.rank, bools=False)
    return return_value(ctx, scan(ctx, ufunc, value, place), out, name)


def _declare(f: object, ufunc: np.ufunc, name: str, nan: float | None = None) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        dtype: AbstractValue = NONE,
        out: AbstractValue = NONE,
    ) -> AbstractValue:
        return accumulate(ctx, ufunc, a, axis, dtype, out, name, nan)

    entry.__doc__ = f"`{name}(a, axis, dtype, out)`."
    function(f)(keeps_order(entry))


_declare(np.cumsum, np.add, "np.cumsum")
_declare(np.cumprod, np.multiply, "np.cumprod")
_declare(np.nancumsum, np.add, "np.nancumsum", 0)
_declare(np.nancumprod, np.multiply, "np.nancumprod", 1)


def _declare_standard(name: str, ufunc: np.ufunc, identity: int) -> None:
    """The array API's names: a vector needs no axis, and the identity may stand in front."""

    def entry(
        ctx: Context,
        x: AbstractValue,
        /,
        *,
        axis: AbstractValue = NONE,
        dtype: AbstractValue = NONE,
        out: AbstractValue = NONE,
        include_initial: AbstractValue = FALSE,
    ) -> AbstractValue:
        value = ctx.array(x)
        if is_none(axis) and value.array.rank != 1:
            bad_value(ctx, f"np.{name}: for an array of {value.array.rank} dimensions, axis= must be given")
        place = axis_arg(ctx, ZERO if is_none(axis) else axis, value.array.rank)
        target = dtype_arg(ctx, dtype) or accumulation_dtype(ctx, ufunc, value.dtype, out)
        result = scan(ctx, ufunc, cast(ctx, value, target), place)
        if static_bool(ctx, include_initial, "include_initial"):
            edge = tuple(1 if k == place else d for k, d in enumerate(value.shape))
            first = ctx.b.full(ctx.b.const(identity, target), edge)
            result = ctx.b("concat", first, result, axis=place)
        return return_value(ctx, result, out, f"np.{name}")

    entry.__doc__ = f"`np.{name}(x, axis=)`."
    if hasattr(np, name):
        function(getattr(np, name))(keeps_order(entry))


_declare_standard("cumulative_sum", np.add, 0)
_declare_standard("cumulative_prod", np.multiply, 1)


# ---- differences
# ---------------------------------------------------------------------------------------------------------


def _edge(ctx: Context, v: AbstractValue, value: Value, axis: int) -> Value:
    """What `prepend=` or `append=` adds: a number counts as one layer."""
    extra = ctx.array(v)
    if extra.shape:
        return extra
    return ctx.b.full(extra, tuple(1 if k == axis else d for k, d in enumerate(value.shape)))


@function(np.diff)
@differences_in_order
def diff(
    ctx: Context,
    a: AbstractValue,
    n: AbstractValue = ONE,
    axis: AbstractValue = Const(-1),
    prepend: AbstractValue | None = None,
    append: AbstractValue | None = None,
) -> AbstractValue:
    """`np.diff(a, n, axis)`: x[1:] - x[:-1], n times; of bools, where neighbours differ."""
    value, times = ctx.array(a), static_int(ctx, n, "n")
    if times == 0 and isinstance(a, ArrayValue):
        return a  # itself, in NumPy
    if not value.shape:
        bad_value(ctx, "np.diff requires an array of at least one dimension")
    if times < 0:
        bad_value(ctx, f"np.diff: order must be non-negative but got {times}")
    place = axis_arg(ctx, axis, value.array.rank)
    pieces = [_edge(ctx, v, value, place) for v in (prepend,) if v is not None]
    pieces += [value, *(_edge(ctx, v, value, place) for v in (append,) if v is not None)]
    value = joined(ctx, pieces, place)
    for _ in range(times):
        value = neighbours(ctx, "xor" if value.dtype == BOOL else "sub", value, place)
    return ctx.new_array(value)


def neighbours(ctx: Context, op: str, value: Value, axis: int) -> Value:
    """`x[1:] op x[:-1]` along an axis."""
    less = dmax(0, value.shape[axis] - 1)
    start: Size = 0 if less == 0 else 1
    return ctx.b(op, part(ctx, value, axis, start, less), part(ctx, value, axis, 0, less))


@function(np.ediff1d)
def ediff1d(
    ctx: Context, ary: AbstractValue, to_end: AbstractValue = NONE, to_begin: AbstractValue = NONE
) -> AbstractValue:
    """`np.ediff1d`: differences of the flattened array, with numbers before and behind."""
    value = flat(ctx, ctx.array(ary))
    no_bools(ctx, value.dtype)
    pieces = [neighbours(ctx, "sub", value, 0)]
    if not is_none(to_begin):
        pieces.insert(0, _end(ctx, to_begin, value, "to_begin"))
    if not is_none(to_end):
        pieces.append(_end(ctx, to_end, value, "to_end"))
    return ctx.new_array(ctx.b("concat", *pieces, axis=0))


def _end(ctx: Context, v: AbstractValue, value: Value, name: str) -> Value:
    """What `np.ediff1d` puts before or behind the differences."""
    new = ctx.array(v)
    if not np.can_cast(new.dtype.numpy, value.dtype.numpy, "same_kind"):
        bad_value(ctx, f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.")
    return flat(ctx, cast(ctx, new, value.dtype))


@function(np.gradient)
@keeps_order
def gradient(
    ctx: Context, f: AbstractValue, *varargs: AbstractValue, axis: AbstractValue = NONE, edge_order: AbstractValue = ONE
) -> AbstractValue:
    """`np.gradient`: central differences inside, one-sided ones at the ends; spacing a number or coordinates."""
    value = ctx.array(f)
    no_bools(ctx, value.dtype)
    value = cast(ctx, value, inexact(value.dtype))
    axes = axes_arg(ctx, axis, value.array.rank, lists=True)
    order = static_int(ctx, edge_order, "edge_order")
    spacings = list(varargs) or [Const(1.0)]
    if len(spacings) == 1 and not rank_of(ctx, spacings[0]):
        spacings *= len(axes)
    if len(spacings) != len(axes):
        bad_value(ctx, "np.gradient: invalid number of arguments")
    if order not in (1, 2):
        bad_value(ctx, "np.gradient: 'edge_order' greater than 2 not supported")
    results = tuple(
        ctx.new_array(_slope(ctx, value, k, ctx.array(h), order)) for k, h in zip(axes, spacings, strict=True)
    )
    return results[0] if len(results) == 1 else TupleValue(results)


def _slope(ctx: Context, value: Value, axis: int, spacing: Value, order: int) -> Value:
    """Derivative along one axis. Uneven steps hd (behind), hs (before): Fornberg's three-point weights, as NumPy."""
    n, b = value.shape[axis], ctx.b
    if isinstance(n, int) and n < order + 1:
        bad_value(ctx, "np.gradient: the array is too small; at least (edge_order + 1) elements are required")
    if not isinstance(n, int):
        ctx.fail_if(
            b("lt", b.dim(n), b.int(order + 1)),
            "ValueError",
            "Shape of array too small to calculate a "
            "numerical gradient, at least (edge_order + 1) elements are required.",
        )
    spacing = cast(ctx, spacing, value.dtype)
    if spacing.array.rank > 1:
        unsupported(ctx, "np.gradient with coordinates of more than one dimension", "pass a vector")
    if spacing.shape:
        what = "when 1d, distances must match the length of the corresponding dimension"
        spacing = of_shape(ctx, spacing, (n,), what)
    steps = neighbours(ctx, "sub", spacing, 0) if spacing.shape else b.full(spacing, (n - 1,))
    lower = b("index", steps, b.int(0), sizes=(n - 2,), steps=(1,))
    upper = b("index", steps, b.dim(n - 1 - (n - 2)), sizes=(n - 2,), steps=(1,))
    first, last = part(ctx, value, axis, 0, 1), part(ctx, value, axis, n - 1, 1)
    left, mid, right = (part(ctx, value, axis, k, n - 2) for k in (0, 1, 2))
    if not spacing.shape:
        inner = ew(ctx, "div", b("sub", right, left), ew(ctx, "mul", spacing, 2.0))
    else:
        inner = _uneven(ctx, left, mid, right, _along(ctx, lower, value, axis), _along(ctx, upper, value, axis))
    if order == 1:
        start = ew(ctx, "div", b("sub", part(ctx, value, axis, 1, 1), first), _step_at(ctx, steps, 0))
        end = ew(ctx, "div", b("sub", last, part(ctx, value, axis, n - 2, 1)), _step_at(ctx, steps, n - 2))
    else:
        start = _one_sided(
            ctx,
            [part(ctx, value, axis, k, 1) for k in (0, 1, 2)],
            _step_at(ctx, steps, 0),
            _step_at(ctx, steps, 1),
            1.0,
        )
        end = _one_sided(
            ctx,
            [part(ctx, value, axis, n - k, 1) for k in (1, 2, 3)],
            _step_at(ctx, steps, n - 2),
            _step_at(ctx, steps, n - 3),
            -1.0,
        )
    return b("concat", start, inner, end, axis=axis)


def _step_at(ctx: Context, steps: Value, at: Size) -> Value:
    return ctx.b("index", steps, ctx.b.dim(at), sizes=(None,), steps=(1,))


def _along(ctx: Context, steps: Value, value: Value, axis: int) -> Value:
    """A vector of steps as an array that varies along `axis` only."""
    shape = tuple(steps.shape[0] if k == axis else 1 for k in range(value.array.rank))
    return ctx.b("reshape", steps, shape=shape)


def _uneven(ctx: Context, left: Value, mid: Value, right: Value, h1: Value, h2: Value) -> Value:
    def op(name: str, x: Value, y: Value) -> Value:
        return ew(ctx, name, x, y)

    total = op("add", h1, h2)
    a = op("div", ctx.b("neg", h2), op("mul", h1, total))
    c = op("div", h1, op("mul", h2, total))
    m = op("div", op("sub", h2, h1), op("mul", h1, h2))
    return op("add", op("add", op("mul", left, a), op("mul", mid, m)), op("mul", right, c))


def _one_sided(ctx: Context, values: list[Value], h1: Value, h2: Value, sign: float) -> Value:
    """Second order at an end: weights of the three values from the end inwards."""

    def op(name: str, x: Value, y: Value | float) -> Value:
        return ew(ctx, name, x, y)

    total = op("add", h1, h2)
    a = ctx.b("neg", op("div", op("add", op("mul", h1, 2.0), h2), op("mul", h1, total)))
    m = op("div", total, op("mul", h1, h2))
    c = ctx.b("neg", op("div", h1, op("mul", h2, total)))
    result = op("add", op("add", op("mul", values[0], a), op("mul", values[1], m)), op("mul", values[2], c))
    return result if sign > 0 else ctx.b("neg", result)


@function(np.trapezoid)
@reduces_in_order
def trapezoid(
    ctx: Context,
    y: AbstractValue,
    x: AbstractValue = NONE,
    dx: AbstractValue = Const(1.0),
    axis: AbstractValue = Const(-1),
) -> AbstractValue:
    """`np.trapezoid(y, x, dx, axis)`: the sum of d * (y[1:] + y[:-1]) / 2."""
    value = ctx.array(y)
    place = axis_arg(ctx, axis, value.array.rank)
    step = dx if is_none(x) else _steps(ctx, ctx.array(x), value, place)
    sums = neighbours(ctx, "or" if value.dtype == BOOL else "add", value, place)
    terms = ctx.binary("/", ctx.binary("*", step, ctx.new_array(sums)), Const(2.0))
    return ctx.call(Const(np.sum), [terms, Const(place)], {})


def _steps(ctx: Context, points: Value, value: Value, axis: int) -> AbstractValue:
    """The distances of the points of `np.trapezoid`."""
    place = 0 if points.array.rank == 1 else axis
    steps = neighbours(ctx, "xor" if points.dtype == BOOL else "sub", points, place)
    return ctx.new_array(_along(ctx, steps, value, axis) if points.array.rank == 1 else steps)
