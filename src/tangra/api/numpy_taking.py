"""Indexing by functions: take, put, take_along_axis, put_along_axis, ix_, fill_diagonal, copyto, putmask, isin …"""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import broadcast, broadcast_to, cast, operand, rank_of, stored
from tangra.api.numpy_common import (
    FALSE,
    I64,
    NONE,
    TRUE,
    Shape,
    axis_arg,
    bad_shape,
    bad_value,
    casting_arg,
    ew,
    fit_to,
    flat,
    is_none,
    is_true,
    items_arg,
    known_array,
    mask_of,
    order_c,
    ramp,
    reshape,
    return_value,
    shape_arg,
    size_as,
    static_bool,
    static_str,
    strong,
    unsupported,
)
from tangra.api.numpy_repeating import take_along
from tangra.api.numpy_shaping import diagonal_indices, reshaped
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, TupleValue
from tangra.ir import BOOL, Value
from tangra.shapes import Size, known_eq, known_le, prod

MODES = ("raise", "wrap", "clip")


def index_values(ctx: Context, indices: AbstractValue, size: Size, axis: int, mode: str = "raise") -> Value:
    """An integer index array as non-negative i64 in range: checked, wrapped or clipped."""
    value = ctx.array(indices)
    nothing = 0 in value.shape and not isinstance(indices, ArrayValue)  # [], which has no dtype of its own
    if not (value.dtype.is_integer or value.dtype == BOOL or nothing):
        bad_value(ctx, f"indices must be integers, not {value.dtype.numpy}")
    value = cast(ctx, value, I64)
    n = size_as(ctx, size, I64)
    if mode == "wrap":
        return ew(ctx, "mod", value, n)
    if mode == "clip":
        return ew(ctx, "maximum", ew(ctx, "minimum", value, ew(ctx, "sub", n, 1)), 0)
    return ctx.b("check_index", value, n, axis=axis)


@function(np.take)
def take(
    ctx: Context,
    a: AbstractValue,
    indices: AbstractValue,
    axis: AbstractValue = NONE,
    out: AbstractValue = NONE,
    mode: AbstractValue = Const("raise"),
) -> AbstractValue:
    """`np.take(a, indices, axis, mode=)`."""
    value, word = ctx.array(a), static_str(ctx, mode, "mode", MODES)
    if is_none(axis):
        value, place = flat(ctx, value), 0
    else:
        place = axis_arg(ctx, axis, value.array.rank, bools=False)
    _require_choice(ctx, value.shape[place], ctx.type_of(indices).shape)
    index = index_values(ctx, indices, value.shape[place], place, word)
    return return_value(ctx, take_along(ctx, value, index, place), out, "np.take", rule="back")


def _require_choice(ctx: Context, size: Size, places: Shape) -> None:
    """Fail where something is taken from an axis without elements."""
    if known_le(1, size, ctx.facts) or 0 in places:
        return
    empty = ctx.b("eq", ctx.b.dim(size), ctx.b.int(0))
    if known_le(1, prod(places), ctx.facts) is not True:
        empty = ctx.b("and", empty, ctx.b("gt", ctx.b.dim(prod(places)), ctx.b.int(0)))
    ctx.fail_if(empty, "IndexError", "cannot do a non-empty take from an empty axes.")


@function(np.put)
def put(
    ctx: Context, a: AbstractValue, ind: AbstractValue, v: AbstractValue, mode: AbstractValue = Const("raise")
) -> AbstractValue:
    """`np.put(a, ind, v)`: a.flat[ind] = v, the values repeated as needed; in place."""
    if not isinstance(a, ArrayValue):
        bad_value(ctx, "np.put: argument 1 must be an array")
    ctx.require_writeable(a, "put: output array")
    value = ctx.array(a)
    line = flat(ctx, value)
    if rank_of(ctx, v) and not _any_values(ctx, v, "np.put"):
        return NONE
    index = flat(ctx, index_values(ctx, ind, line.shape[0], 0, static_str(ctx, mode, "mode", MODES)))
    new = flat(ctx, cast(ctx, stored(ctx, v, value.dtype), value.dtype)) if rank_of(ctx, v) else None
    if new is None:
        filled = ctx.b.full(operand(ctx, v, value.dtype), index.shape)
    elif new.shape == index.shape:
        filled = new
    else:
        filled = ctx.b("gather", new, ew(ctx, "mod", ramp(ctx, index.shape[0]), size_as(ctx, new.shape[0], I64)))
    ctx.write(a, reshape(ctx, ctx.b("scatter", line, filled, index), value.shape))
    return NONE


def _any_values(ctx: Context, v: AbstractValue, name: str) -> bool:
    """Whether there are values to repeat: of none, nothing is written."""
    count = prod(ctx.type_of(v).shape)
    if known_eq(count, 0, ctx.facts):
        return False
    if known_le(1, count, ctx.facts) is not True:
        unsupported(ctx, f"{name} of values of which there may be none", "test their number before the call")
    return True


def along_axis(ctx: Context, a: Value, indices: AbstractValue, axis: int, name: str) -> tuple[list[Value], Shape]:
    """Index arrays for every axis of `a`: `indices` along `axis`, their own positions along the others (broadcast)."""
    rank = a.array.rank
    if rank_of(ctx, indices) != rank:
        bad_shape(ctx, f"{name}: `indices` and `arr` must have the same number of dimensions")
    if not isinstance(indices, ArrayValue) or not indices.type.dtype.is_integer:
        bad_value(ctx, f"{name}: `indices` must be an integer array")
    index = index_values(ctx, indices, a.shape[axis], axis)
    own = (*a.shape[:axis], index.shape[axis], *a.shape[axis + 1 :])
    shape = tuple(o if i == 1 else i for i, o in zip(index.shape, own, strict=True))
    shape = fit_shape(ctx, shape, own)
    index = fit_to(ctx, index, shape)
    places = [ctx.b("iota", dtype=I64, shape=shape, axis=k) if k != axis else index for k in range(rank)]
    for k in range(rank):
        if k != axis and a.shape[k] == 1 and shape[k] != 1:
            places[k] = ctx.b.zeros(index.array)
    return places, shape


def fit_shape(ctx: Context, shape: Shape, own: Shape) -> Shape:
    """The broadcast of the index's and the array's sizes off the axis."""
    return tuple(
        s if s == o or o == 1 else ctx.require_equal(s, o, "size of the indices")
        for s, o in zip(shape, own, strict=True)
    )


@function(np.take_along_axis)
def take_along_axis(
    ctx: Context, arr: AbstractValue, indices: AbstractValue, axis: AbstractValue = Const(-1)
) -> AbstractValue:
    """`np.take_along_axis(arr, indices, axis)`."""
    value = ctx.array(arr)
    if is_none(axis):
        value, place = flat(ctx, value), 0
    else:
        place = axis_arg(ctx, axis, value.array.rank)
    places, _ = along_axis(ctx, value, indices, place, "np.take_along_axis")
    return ctx.new_array(ctx.b("gather", value, *places))


@function(np.put_along_axis)
def put_along_axis(
    ctx: Context, arr: AbstractValue, indices: AbstractValue, values: AbstractValue, axis: AbstractValue
) -> AbstractValue:
    """`np.put_along_axis(arr, indices, values, axis)`: in place."""
    if not isinstance(arr, ArrayValue):
        bad_value(ctx, "np.put_along_axis: the first argument must be an array")
    ctx.require_writeable(arr)
    value = ctx.array(arr)
    place = axis_arg(ctx, axis, value.array.rank)
    places, shape = along_axis(ctx, value, indices, place, "np.put_along_axis")
    new = fit_to(ctx, operand(ctx, values, value.dtype), shape)
    ctx.write(arr, ctx.b("scatter", value, new, *places))
    return NONE


@function(np.ix_)
def ix_(ctx: Context, *args: AbstractValue) -> AbstractValue:
    """`np.ix_(*vectors)`: index arrays of an open mesh."""
    result = []
    for k, a in enumerate(args):
        value = ctx.array(a)
        if value.array.rank != 1:
            bad_shape(ctx, "Cross index must be 1 dimensional")
        shape = tuple(value.shape[0] if j == k else 1 for j in range(len(args)))
        if isinstance(a, ArrayValue) and value.dtype != BOOL and value.shape[0] != 0:
            result.append(reshaped(ctx, a, shape))
            continue
        if value.dtype == BOOL:
            known = known_array(ctx, a)
            if known is None:
                what = "np.ix_ of run-time booleans: how many are true depends on data"
                unsupported(ctx, what, "pass integer positions")
            value = ctx.b.const_array(np.flatnonzero(known), I64)
        value = cast(ctx, value, I64) if value.shape[0] == 0 else value
        shape = tuple(value.shape[0] if j == k else 1 for j in range(len(args)))
        result.append(ctx.new_array(reshape(ctx, value, shape)))
    return TupleValue(tuple(result))


@function(np.fill_diagonal)
def fill_diagonal(ctx: Context, a: AbstractValue, val: AbstractValue, wrap: AbstractValue = FALSE) -> AbstractValue:
    """`np.fill_diagonal(a, val)`: in place; of more than two dimensions all must be equal."""
    if not isinstance(a, ArrayValue) or a.type.rank < 2:
        bad_shape(ctx, "array must be at least 2-d")
    if static_bool(ctx, wrap, "wrap"):
        unsupported(ctx, "np.fill_diagonal with wrap=True", "fill the blocks in a loop")
    value = ctx.array(a)
    rank = value.array.rank
    for d in value.shape[1:] if rank > 2 else ():
        ctx.require_equal(value.shape[0], d, "np.fill_diagonal, dimensions of the array")
    if rank_of(ctx, val) and not _any_values(ctx, val, "np.fill_diagonal"):
        return NONE
    index, _ = diagonal_indices(ctx, value.shape[0], value.shape[1], 0)
    new = flat(ctx, operand(ctx, val, value.dtype)) if rank_of(ctx, val) else operand(ctx, val, value.dtype)
    if new.shape and new.shape != index.shape:
        new = ctx.b("gather", new, ew(ctx, "mod", ramp(ctx, index.shape[0]), size_as(ctx, new.shape[0], I64)))
    ctx.write(a, ctx.b("scatter", value, fit_to(ctx, new, index.shape), *[index] * rank), "underlying array")
    return NONE


@function(np.copyto)
def copyto(
    ctx: Context,
    dst: AbstractValue,
    src: AbstractValue,
    casting: AbstractValue = Const("same_kind"),
    where: AbstractValue = TRUE,
) -> AbstractValue:
    """`np.copyto(dst, src, where=)`: in place."""
    if not isinstance(dst, ArrayValue):
        bad_value(ctx, "np.copyto: the first argument must be an array")
    target = dst.type
    kind = ctx.kind(src)
    how = casting_arg(ctx, casting)
    order = [d.is_float - (d == BOOL) for d in (kind.dtype, target.dtype)]  # bool, integer, float
    lossy = order[0] > order[1] and how != "unsafe"
    if lossy if kind.python else not np.can_cast(kind.dtype.numpy, target.dtype.numpy, how):
        bad_value(ctx, f"Cannot cast array data from {kind.dtype.numpy} to {target.dtype.numpy} by the rule '{how}'")
    new = fit_to(ctx, operand(ctx, src, target.dtype), target.shape)
    if not is_true(where):
        new = ctx.b("select", fit_to(ctx, mask_of(ctx, where), target.shape), new, ctx.array(dst))
    ctx.write(dst, new)
    return NONE


@function(np.putmask)
def putmask(ctx: Context, a: AbstractValue, mask: AbstractValue, values: AbstractValue) -> AbstractValue:
    """`np.putmask(a, mask, values)` where values are a number or have a's shape: in place."""
    if not isinstance(a, ArrayValue):
        bad_value(ctx, "np.putmask: the first argument must be an array")
    count = prod(a.type.shape)
    if known_eq(prod(ctx.type_of(mask).shape), count, ctx.facts) is False:
        bad_shape(ctx, "putmask: mask and data must be the same size")
    rank = rank_of(ctx, values)
    if rank and ctx.type_of(values).shape != a.type.shape:
        bad_shape(ctx, "np.putmask: values of another shape than the array", "use np.where")
    new = broadcast_to(ctx, operand(ctx, values, a.type.dtype), a.type.shape)
    ctx.write(a, ctx.b("select", fit_to(ctx, mask_of(ctx, mask), a.type.shape), new, ctx.array(a)))
    return NONE


@function(np.isin)
def isin(
    ctx: Context,
    element: AbstractValue,
    test_elements: AbstractValue,
    assume_unique: AbstractValue = FALSE,
    invert: AbstractValue = FALSE,
    *,
    kind: AbstractValue = NONE,
) -> AbstractValue:
    """`np.isin(element, test_elements)`: by comparison with each; always an array."""
    dtype = strong(ctx, element, test_elements)
    value, tests = ctx.array(element, dtype), flat(ctx, ctx.array(test_elements, dtype))
    wide = reshape(ctx, value, (*value.shape, 1))
    x, y = broadcast(ctx, [wide, tests])
    found = ctx.b("reduce_or", ctx.b("eq", x, y), axes=(value.array.rank,))
    return ctx.new_array(ctx.b("not", found) if static_bool(ctx, invert, "invert") else found)


def _positions(ctx: Context, v: AbstractValue) -> Value:
    """Integers as int64."""
    value = ctx.array(v)
    if value.dtype.is_float and 0 not in value.shape:
        bad_value(ctx, f"only int indices permitted, not {value.dtype.numpy}")
    return cast(ctx, value, I64)


@function(np.unravel_index)
def unravel_index(
    ctx: Context, indices: AbstractValue, shape: AbstractValue, order: AbstractValue = Const("C")
) -> AbstractValue:
    """`np.unravel_index(indices, shape)`: a tuple of index arrays; out of range raises."""
    order_c(ctx, "np.unravel_index", order)
    sizes, value = shape_arg(ctx, shape), _positions(ctx, indices)
    total = size_as(ctx, prod(sizes), I64)
    bad = ctx.b("or", ew(ctx, "lt", value, 0), ew(ctx, "ge", value, total))
    culprit = value
    if bad.shape and 0 not in bad.shape:
        line = flat(ctx, bad)
        culprit = ctx.b("index", flat(ctx, value), ctx.b("argmax", line, axis=0), sizes=(None,), steps=(1,))
        bad = ctx.b("reduce_or", line, axes=(0,))
    if not bad.shape:
        ctx.fail_if(bad, "ValueError", "index {} is out of bounds for array with size {}", [culprit, total])
    parts: list[Value] = []
    for size in reversed(sizes):
        n = size_as(ctx, size, I64)
        parts.insert(0, ew(ctx, "mod", value, n))
        value = ew(ctx, "floordiv", value, n)
    return TupleValue(tuple(ctx.result(p) for p in parts))


@function(np.ravel_multi_index)
def ravel_multi_index(
    ctx: Context,
    multi_index: AbstractValue,
    dims: AbstractValue,
    mode: AbstractValue = Const("raise"),
    order: AbstractValue = Const("C"),
) -> AbstractValue:
    """`np.ravel_multi_index(multi_index, dims, mode)`: flat positions."""
    order_c(ctx, "np.ravel_multi_index", order)
    word, sizes = static_str(ctx, mode, "mode", MODES), shape_arg(ctx, dims, "dims")
    items = items_arg(ctx, multi_index, "multi_index")
    if len(items) != len(sizes):
        bad_value(ctx, f"parameter multi_index must be a sequence of length {len(sizes)}")
    total: Value | None = None
    for item, size in zip(items, sizes, strict=True):
        value = _positions(ctx, item)
        n = size_as(ctx, size, I64)
        if word == "raise":
            bad = ctx.b("or", ew(ctx, "lt", value, 0), ew(ctx, "ge", value, n))
            bad = ctx.b("reduce_or", bad, axes=tuple(range(bad.array.rank))) if bad.shape else bad
            ctx.fail_if(bad, "ValueError", "invalid entry in coordinates array")
        else:
            value = index_values(ctx, ctx.new_array(value), size, 0, word)
        total = value if total is None else ew(ctx, "add", ew(ctx, "mul", total, n), value)
    assert total is not None
    return ctx.result(total)
