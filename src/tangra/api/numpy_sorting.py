"""Order: sort, argsort, partition, lexsort, searchsorted, digitize, and the functions whose size depends on data."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast
from tangra.api.numpy_common import (
    BOOL,
    FALSE,
    I64,
    NONE,
    axis_arg,
    bad_shape,
    bad_value,
    ew,
    flat,
    is_none,
    items_arg,
    known_array,
    only,
    return_value,
    size_as,
    static_bool,
    static_str,
    strong,
    supported,
    unsupported,
    where_,
)
from tangra.api.numpy_orders import copies_order
from tangra.api.numpy_repeating import take_along
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const, TupleValue
from tangra.errors import DataDependentShapeError, declare
from tangra.ir import U8, Value
from tangra.shapes import known_eq, known_le, prod

DATA_SIZE = declare("TG605", "a function whose result's size depends on array elements")
_LOOP = "loop over the elements, or use a mask with np.where"
_UNIQUE = "np.sort the array and compare neighbours with a mask"
KINDS = ("quicksort", "mergesort", "heapsort", "stable", None)


def ordered(ctx: Context, op: str, value: Value, axis: int) -> Value:
    """`sort` or `argsort` along an axis; bools through uint8."""
    if value.dtype == BOOL:
        result = ctx.b(op, cast(ctx, value, U8), axis=axis)
        return cast(ctx, result, BOOL) if op == "sort" else result
    return ctx.b(op, value, axis=axis)


def _sorted(
    ctx: Context, op: str, a: AbstractValue, axis: AbstractValue, kind: AbstractValue, order: AbstractValue
) -> Value:
    only(ctx, f"np.{op}", "kind", kind, *KINDS)
    only(ctx, f"np.{op}", "order", order, None)
    value = ctx.array(a)
    if is_none(axis):
        return ordered(ctx, op, flat(ctx, value), 0)
    if not value.shape:
        bad_shape(ctx, f"np.{op} of a 0-d array", "pass axis=None")
    return ordered(ctx, op, value, axis_arg(ctx, axis, value.array.rank, bools=op == "sort"))


@function(np.sort)
@copies_order
def sort(
    ctx: Context,
    a: AbstractValue,
    axis: AbstractValue = Const(-1),
    kind: AbstractValue = NONE,
    order: AbstractValue = NONE,
    *,
    stable: AbstractValue = NONE,
) -> AbstractValue:
    """`np.sort(a, axis)`: a sorted copy, NaN last."""
    return ctx.new_array(_sorted(ctx, "sort", a, axis, kind, order))


@function(np.argsort)
def argsort(
    ctx: Context,
    a: AbstractValue,
    axis: AbstractValue = Const(-1),
    kind: AbstractValue = NONE,
    order: AbstractValue = NONE,
    *,
    stable: AbstractValue = NONE,
) -> AbstractValue:
    """`np.argsort(a, axis)`: always the stable permutation (NumPy's default leaves the order of equals open)."""
    return ctx.new_array(_sorted(ctx, "argsort", a, axis, kind, order))


def require_kth(ctx: Context, a: AbstractValue, kth: AbstractValue, axis: AbstractValue) -> None:
    """Fail where a `kth` of a partition is not a place of the axis."""
    shape, place, b = ctx.type_of(a).shape, ctx.array(kth), ctx.b
    if not place.dtype.is_integer:
        bad_value(ctx, "Partition index must be integer")
    count = size_as(ctx, prod(shape) if is_none(axis) or not shape else shape[axis_arg(ctx, axis, len(shape))], I64)
    line = cast(ctx, flat(ctx, place), I64)
    line = where_(ctx, ew(ctx, "lt", line, 0), ew(ctx, "add", line, count), line)
    bad = b("or", ew(ctx, "lt", line, 0), ew(ctx, "ge", line, ew(ctx, "maximum", count, 1)))  # of nothing, 0 will do
    if known_le(1, line.shape[0], ctx.facts) is True:
        culprit = b("index", line, b("argmax", bad, axis=0), sizes=(None,), steps=(1,))
        ctx.fail_if(b("reduce_or", bad, axes=(0,)), "ValueError", "kth(={}) out of bounds ({})", [culprit, count])


def _declare_partition(name: str, op: str) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        kth: AbstractValue,
        axis: AbstractValue = Const(-1),
        kind: AbstractValue = Const("introselect"),
        order: AbstractValue = NONE,
    ) -> AbstractValue:
        require_kth(ctx, a, kth, axis)
        return ctx.new_array(_sorted(ctx, op, a, axis, NONE, order))

    entry.__doc__ = f"`np.{name}(a, kth, axis)`: fully sorted, which is one of the orders NumPy may give."
    function(getattr(np, name))(copies_order(entry) if op == "sort" else entry)


_declare_partition("partition", "sort")
_declare_partition("argpartition", "argsort")


@function(np.lexsort)
def lexsort(ctx: Context, keys: AbstractValue, axis: AbstractValue = Const(-1)) -> AbstractValue:
    """`np.lexsort(keys)`: by the last key, ties by the one before; stable sorts from the first key to the last."""
    values = [ctx.array(k) for k in items_arg(ctx, keys, "the keys of np.lexsort")]
    if not values:
        bad_value(ctx, "need sequence of keys with len > 0 in lexsort")
    if any(v.array.rank != 1 for v in values):
        unsupported(ctx, "np.lexsort of keys with more than one dimension", "sort each row in a loop")
    for v in values[1:]:
        ctx.require_equal(values[0].shape[0], v.shape[0], "np.lexsort, sizes of the keys")
    order = ordered(ctx, "argsort", values[0], 0)
    for v in values[1:]:
        order = ctx.b("gather", order, ordered(ctx, "argsort", ctx.b("gather", v, order), 0))
    return ctx.new_array(order)


@function(np.searchsorted)
def searchsorted(
    ctx: Context, a: AbstractValue, v: AbstractValue, side: AbstractValue = Const("left"), sorter: AbstractValue = NONE
) -> AbstractValue:
    """`np.searchsorted(a, v, side, sorter)`."""
    dtype = strong(ctx, a, v)
    table = ctx.array(a, dtype)
    if table.array.rank != 1:
        bad_shape(ctx, "object too deep for desired array: np.searchsorted takes a vector")
    if not is_none(sorter):
        place = ctx.type_of(sorter)
        if not place.dtype.is_integer:
            bad_value(ctx, "sorter must only contain integers")
        if place.rank != 1 or known_eq(place.shape[0], table.shape[0], ctx.facts) is False:
            bad_shape(ctx, "sorter.size must equal a.size")
        order = ctx.b("check_index", ctx.array(sorter, I64), ctx.b.dim(table.shape[0]), axis=0)
        table = ctx.b("gather", table, order)
    return ctx.result(located(ctx, table, ctx.array(v, dtype), static_str(ctx, side, "side", ("left", "right"))))


def located(ctx: Context, table: Value, value: Value, side: str) -> Value:
    """Insertion points in a sorted vector."""
    if table.dtype == BOOL:
        table, value = cast(ctx, table, U8), cast(ctx, value, U8)
    return ctx.b("searchsorted", table, value, side=side)


@function(np.digitize)
def digitize(ctx: Context, x: AbstractValue, bins: AbstractValue, right: AbstractValue = FALSE) -> AbstractValue:
    """`np.digitize(x, bins, right)`: bins may rise or fall; whether they do is checked at run time."""
    dtype = strong(ctx, x, bins)
    edges, value, b = ctx.array(bins, dtype), ctx.array(x, dtype), ctx.b
    if edges.array.rank != 1:
        bad_shape(ctx, "object of too small depth for desired array: bins must be a vector")
    count = edges.shape[0]
    if isinstance(count, int) and count <= 1:
        return ctx.result(located(ctx, edges, value, "left" if static_bool(ctx, right, "right") else "right"))
    left, after = (b("index", edges, b.int(k), sizes=(count - 1,), steps=(1,)) for k in (0, 1))
    rising = b("reduce_and", b("le", left, after), axes=(0,))
    falling = b("reduce_and", b("ge", left, after), axes=(0,))
    ctx.fail_if(b("not", b("or", rising, falling)), "ValueError", "bins must be monotonically increasing or decreasing")
    side = "left" if static_bool(ctx, right, "right") else "right"
    up = located(ctx, edges, value, side)
    reverse = b("index", edges, b.dim(count - 1), sizes=(count,), steps=(-1,))
    down = located(ctx, reverse, value, side)
    down = ew(ctx, "sub", b.dim(count), down)
    return ctx.result(b("select", b.full(rising, up.shape), up, down))


def _refuse_size(ctx: Context, name: str, fix: str) -> NoReturn:
    ctx.error(
        DataDependentShapeError,
        f"np.{name}: the size of its result depends on array elements",
        code=DATA_SIZE,
        fix=fix,
    )


def _data_dependent(name: str, fix: str) -> None:
    """A function that is evaluated by NumPy for arrays known at compile time and refused for others."""
    f = getattr(np, name)

    def entry(ctx: Context, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        arrays = [known_array(ctx, a) for a in args]
        named = {k: ctx.static(v, f"{k}= of np.{name}") for k, v in kwargs.items()}
        if any(a is None for a in arrays):
            _refuse_size(ctx, name, fix)
        return _lifted(ctx, f(*arrays, **named))

    entry.__doc__ = f"`np.{name}` of constants; refused for the rest, since its result's size depends on data."
    function(f)(entry)


def _lifted(ctx: Context, result: Any) -> AbstractValue:
    """NumPy's result as constants."""
    if isinstance(result, tuple):
        return TupleValue(tuple(_lifted(ctx, r) for r in result), None if type(result) is tuple else type(result))
    if isinstance(result, np.ndarray):
        return ctx.new_array(ctx.b.const_array(result, supported(ctx, result.dtype)))
    return Const(result)


@function(np.compress)
def compress(
    ctx: Context, condition: AbstractValue, a: AbstractValue, axis: AbstractValue = NONE, out: AbstractValue = NONE
) -> AbstractValue:
    """`np.compress(condition, a, axis)` for a condition known at compile time."""
    known, value = known_array(ctx, condition), ctx.array(a)
    if known is None:
        _refuse_size(ctx, "compress", _LOOP)
    if known.ndim != 1:
        bad_shape(ctx, "condition must be a 1-d array")
    place = 0 if is_none(axis) else axis_arg(ctx, axis, value.array.rank, bools=False)
    value = flat(ctx, value) if is_none(axis) else value
    positions = ctx.b.const_array(np.nonzero(known)[0], I64)
    index = ctx.b("check_index", positions, ctx.b.dim(value.shape[place]), axis=place)
    return return_value(ctx, take_along(ctx, value, index, place), out, "np.compress", rule="back")


@function(np.extract)
def extract(ctx: Context, condition: AbstractValue, arr: AbstractValue) -> AbstractValue:
    """`np.extract(condition, arr)` for a condition known at compile time."""
    known = known_array(ctx, condition)
    if known is None:
        _refuse_size(ctx, "extract", _LOOP)
    return compress(ctx, ctx.new_array(ctx.b.const_array(np.ravel(known), supported(ctx, known.dtype))), arr)


for _name, _fix in (
    ("nonzero", _LOOP),
    ("flatnonzero", _LOOP),
    ("argwhere", _LOOP),
    ("unique", _UNIQUE),
    ("union1d", _UNIQUE),
    ("intersect1d", _UNIQUE),
    ("setdiff1d", _UNIQUE),
    ("setxor1d", _UNIQUE),
    ("unique_all", _UNIQUE),
    ("unique_counts", _UNIQUE),
    ("unique_inverse", _UNIQUE),
    ("unique_values", _UNIQUE),
    ("trim_zeros", _LOOP),
):
    if hasattr(np, _name):
        _data_dependent(_name, _fix)
