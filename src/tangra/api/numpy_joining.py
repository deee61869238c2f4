"""Joining and splitting: concatenate, stack, block, append; split and its relatives, which give views."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import rank_of, shape_error
from tangra.api.numbers import by_python
from tangra.api.numpy_common import (
    NONE,
    ZERO,
    as_array,
    axis_arg,
    bad_value,
    cast,
    casting_arg,
    dtype_arg,
    flat,
    is_none,
    items_arg,
    promote_dtypes,
    renamed,
    reshape,
    return_value,
    static_int,
    unsupported,
)
from tangra.api.numpy_layout import step_view
from tangra.api.numpy_orders import joins_in_order, stacks_in_order
from tangra.api.numpy_refusals import BAD_SHAPE
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, ListValue, TupleValue
from tangra.errors import ShapeMismatchError
from tangra.ir import DType, Value
from tangra.shapes import ShapeError, Size, concat_shape, dmax, dmin, known_le, simplify, stack_shape


def joined(ctx: Context, values: Sequence[Value], axis: int, dtype: DType | None = None) -> Value:
    """Values of one rank joined along `axis` (non-negative), in their common dtype."""
    target = dtype or promote_dtypes(ctx, *(v.dtype for v in values))
    try:
        shape = concat_shape([v.shape for v in values], axis, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)
    rows = []
    for v in values:
        own = (*shape[:axis], v.shape[axis], *shape[axis + 1 :])
        rows.append(renamed(ctx, cast(ctx, v, target), own))
    return ctx.b("concat", *rows, axis=axis)


def arrays_of(ctx: Context, arrays: AbstractValue, name: str) -> list[Value]:
    """The items of a sequence of array-likes."""
    values = [ctx.array(a) for a in items_arg(ctx, arrays, f"the argument of {name}")]
    if not values:
        bad_value(ctx, f"{name}: need at least one array")
    return values


@function(np.concatenate)
@joins_in_order
def concatenate(
    ctx: Context,
    arrays: AbstractValue,
    axis: AbstractValue = ZERO,
    out: AbstractValue = NONE,
    *,
    dtype: AbstractValue = NONE,
    casting: AbstractValue = Const("same_kind"),
) -> AbstractValue:
    """`np.concatenate(arrays, axis)`; axis None flattens."""
    values = arrays_of(ctx, arrays, "np.concatenate")
    if is_none(axis):
        values = [flat(ctx, v) for v in values]
        axis = ZERO
    if not values[0].shape:
        ctx.error(
            ShapeMismatchError,
            "zero-dimensional arrays cannot be concatenated",
            code=BAD_SHAPE,
            fix="use np.stack or np.array",
        )
    place, target = axis_arg(ctx, axis, values[0].array.rank, bools=False), _target(ctx, values, dtype, casting)
    return return_value(ctx, joined(ctx, values, place, target), out, "np.concatenate")


def _target(ctx: Context, values: Sequence[Value], dtype: AbstractValue, casting: AbstractValue) -> DType | None:
    """The `dtype=` of a join, to which all parts may be cast."""
    target, how = dtype_arg(ctx, dtype), casting_arg(ctx, casting)
    if target is None:
        return None
    for v in values:
        if not np.can_cast(v.dtype.numpy, target.numpy, how):
            bad_value(ctx, f"Cannot cast array data from {v.dtype.numpy} to {target.numpy} by the rule '{how}'")
    return target


def stacked(ctx: Context, values: Sequence[Value], axis: int, dtype: DType | None = None) -> Value:
    """Values of one shape along a new axis."""
    try:
        shape = stack_shape([v.shape for v in values], axis, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)
    place = axis % len(shape)
    row = (*shape[:place], 1, *shape[place + 1 :])
    return joined(ctx, [reshape(ctx, v, row) for v in values], place, dtype)


@function(np.stack)
@stacks_in_order
def stack(
    ctx: Context,
    arrays: AbstractValue,
    axis: AbstractValue = ZERO,
    out: AbstractValue = NONE,
    *,
    dtype: AbstractValue = NONE,
    casting: AbstractValue = Const("same_kind"),
) -> AbstractValue:
    """`np.stack(arrays, axis)`."""
    values = arrays_of(ctx, arrays, "np.stack")
    place = static_int(ctx, axis, "axis")
    return return_value(ctx, stacked(ctx, values, place, _target(ctx, values, dtype, casting)), out, "np.stack")


def at_least(ctx: Context, value: Value, rank: int) -> Value:
    """As np.atleast_1d, atleast_2d and atleast_3d pad with axes of size 1."""
    have = value.array.rank
    if have >= rank:
        return value
    if rank == 3 and have:
        return reshape(ctx, value, (*value.shape, 1) if have == 2 else (1, *value.shape, 1))
    return reshape(ctx, value, (1,) * (rank - have) + value.shape)


def _declare_stack(f: object, rank: int, axis: int) -> None:
    def entry(
        ctx: Context, tup: AbstractValue, *, dtype: AbstractValue = NONE, casting: AbstractValue = Const("same_kind")
    ) -> AbstractValue:
        values = [at_least(ctx, v, rank) for v in arrays_of(ctx, tup, getattr(f, "__name__", "stack"))]
        place = 0 if rank == 1 and values[0].array.rank == 1 else axis
        return ctx.new_array(joined(ctx, values, place, _target(ctx, values, dtype, casting)))

    entry.__doc__ = f"`np.{getattr(f, '__name__', '')}`."
    function(f)(joins_in_order(entry))


_declare_stack(np.hstack, 1, 1)
_declare_stack(np.vstack, 2, 0)
_declare_stack(np.dstack, 3, 2)
if hasattr(np, "row_stack"):
    _declare_stack(np.row_stack, 2, 0)


@function(np.column_stack)
@joins_in_order
def column_stack(ctx: Context, tup: AbstractValue) -> AbstractValue:
    """`np.column_stack`: vectors become columns."""
    columns = [
        v if v.array.rank > 1 else reshape(ctx, v, (v.shape[0] if v.shape else 1, 1))
        for v in arrays_of(ctx, tup, "np.column_stack")
    ]
    return ctx.new_array(joined(ctx, columns, 1))


@function(np.append)
@joins_in_order
def append(ctx: Context, arr: AbstractValue, values: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`np.append(arr, values, axis)`: a new array; flattened without `axis`."""
    a, v = ctx.array(arr), ctx.array(values)
    if is_none(axis):
        return ctx.new_array(joined(ctx, [flat(ctx, a), flat(ctx, v)], 0))
    return ctx.new_array(joined(ctx, [a, v], axis_arg(ctx, axis, a.array.rank, bools=False)))


@function(np.block)
@joins_in_order
def block(ctx: Context, arrays: AbstractValue) -> AbstractValue:
    """`np.block`: nested lists, the innermost joined along the last axis."""
    depth, widest = _depth(ctx, arrays)
    rank = max(depth, widest)
    return ctx.new_array(_block(ctx, arrays, depth, rank))


def _depth(ctx: Context, v: AbstractValue) -> tuple[int, int]:
    """How deep the lists nest, and the highest rank in them."""
    if not isinstance(v, ListValue):
        return 0, rank_of(ctx, v)
    found = [_depth(ctx, i) for i in items_arg(ctx, v, "the argument of np.block")]
    if not found or len({d for d, _ in found}) > 1:
        bad_value(ctx, "np.block: list depths are mismatched, or a list is empty")
    return found[0][0] + 1, max(r for _, r in found)


def _block(ctx: Context, v: AbstractValue, depth: int, rank: int) -> Value:
    if not isinstance(v, ListValue):
        value = ctx.array(v)
        return reshape(ctx, value, (1,) * (rank - value.array.rank) + value.shape)
    parts = [_block(ctx, i, depth - 1, rank) for i in items_arg(ctx, v, "the argument of np.block")]
    return joined(ctx, parts, rank - depth)


# ---- splitting
# -------------------------------------------------------------------------------------------------------------


def pieces(ctx: Context, base: ArrayValue, axis: int, bounds: Sequence[tuple[Size, Size]]) -> AbstractValue:
    """A list of views: (start, length) along `axis` each."""
    views: list[AbstractValue] = []
    shape = base.type.shape
    for start, length in bounds:
        starts = [ctx.b.dim(start) if k == axis else ctx.b.int(0) for k in range(len(shape))]
        sizes = tuple(length if k == axis else d for k, d in enumerate(shape))
        views.append(step_view(ctx, base, "index", starts, sizes=sizes, steps=(1,) * len(shape)))
    return new_list(ctx, views)


def new_list(ctx: Context, items: Sequence[AbstractValue]) -> AbstractValue:
    """A fresh Python list."""
    import builtins

    return ctx.call(Const(builtins.list), [TupleValue(tuple(items))], {})


def split_bounds(
    ctx: Context, size: Size, indices_or_sections: AbstractValue, name: str, equal: bool
) -> list[tuple[Size, Size]]:
    """Starts and lengths: of n nearly equal parts (the longer first), or between given places."""
    asked = ctx.static(indices_or_sections, "the number of sections")
    if isinstance(asked, (int, np.integer)):
        count = int(asked)
        if count <= 0:
            bad_value(ctx, "number sections must be larger than 0")
        if isinstance(size, int):
            if equal and size % count:
                ctx.error(
                    ShapeMismatchError,
                    f"{name}: an axis of {size} can't be split into {count} equal parts",
                    code=BAD_SHAPE,
                    fix="use np.array_split",
                )
            lengths: list[Size] = [size // count + (1 if k < size % count else 0) for k in range(count)]
        elif equal:
            part = size // count
            ctx.require_equal(part * count, size, f"{name}, axis size as a multiple of {count}")
            lengths = [part] * count
        else:
            unsupported(ctx, f"{name}: parts of unequal run-time sizes", "use np.split with equal parts, or slices")
        starts: list[Size] = [0]
        for length in lengths:
            starts.append(starts[-1] + length)
        return list(zip(starts[:-1], lengths, strict=True))
    return _between(ctx, size, by_python(ctx, lambda: [operator.index(i) for i in asked]))


def _between(ctx: Context, size: Size, places: list[int]) -> list[tuple[Size, Size]]:
    """The slices x[0:p0], x[p0:p1], …, x[pn:], clipped as Python does it."""
    facts = ctx.facts.with_dims(size)
    edges: list[Size] = [0]
    for p in places:
        edges.append(simplify(dmin(p, size) if p >= 0 else dmax(0, size + p), facts))
    edges.append(size)
    bounds: list[tuple[Size, Size]] = []
    for low, high in itertools.pairwise(edges):
        length = high - low if known_le(low, high, facts) else simplify(dmax(0, high - low), facts)
        bounds.append((low, length))
    return bounds


@function(np.split)
def split(
    ctx: Context, ary: AbstractValue, indices_or_sections: AbstractValue, axis: AbstractValue = ZERO
) -> AbstractValue:
    """`np.split(ary, n or places, axis)`: a list of views."""
    base = as_array(ctx, ary)
    place = axis_arg(ctx, axis, base.type.rank)
    return pieces(ctx, base, place, split_bounds(ctx, base.type.shape[place], indices_or_sections, "np.split", True))


@function(np.array_split)
def array_split(
    ctx: Context, ary: AbstractValue, indices_or_sections: AbstractValue, axis: AbstractValue = ZERO
) -> AbstractValue:
    """`np.array_split`: parts may differ by one."""
    base = as_array(ctx, ary)
    place = axis_arg(ctx, axis, base.type.rank)
    size = base.type.shape[place]
    return pieces(ctx, base, place, split_bounds(ctx, size, indices_or_sections, "np.array_split", False))


def _declare_split(f: object, axis: int, least: int) -> None:
    def entry(ctx: Context, ary: AbstractValue, indices_or_sections: AbstractValue) -> AbstractValue:
        base = as_array(ctx, ary)
        if base.type.rank < least:
            bad_value(ctx, f"{getattr(f, '__name__', '')} only works on arrays of {least} or more dimensions")
        place = 0 if axis == 1 and base.type.rank == 1 else axis
        return split(ctx, base, indices_or_sections, Const(place))

    entry.__doc__ = f"`np.{getattr(f, '__name__', '')}`."
    function(f)(entry)


_declare_split(np.hsplit, 1, 1)
_declare_split(np.vsplit, 0, 2)
_declare_split(np.dsplit, 2, 3)


def _unstack(ctx: Context, x: AbstractValue, /, *, axis: AbstractValue = ZERO) -> AbstractValue:
    """`np.unstack(x, axis=)`: a tuple of views without the axis."""
    base = as_array(ctx, x)
    place = axis_arg(ctx, axis, base.type.rank)
    count = base.type.shape[place]
    if not isinstance(count, int):
        unsupported(ctx, "np.unstack along an axis whose size isn't known", "loop over np.moveaxis(x, axis, 0)")
    views = []
    for k in range(count):
        starts = [ctx.b.int(k if j == place else 0) for j in range(base.type.rank)]
        sizes = tuple(None if j == place else d for j, d in enumerate(base.type.shape))
        views.append(step_view(ctx, base, "index", starts, sizes=sizes, steps=(1,) * base.type.rank))
    return TupleValue(tuple(views))


if hasattr(np, "unstack"):
    function(np.unstack)(_unstack)
