"""Views under another shape: reshape, ravel, transpose, swapaxes, squeeze, expand_dims, flip, broadcast_to, diagonal
…"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import shape_error
from tangra.api.numpy_common import (
    FALSE,
    I64,
    NONE,
    ONE,
    ZERO,
    Shape,
    as_array,
    axes_arg,
    axis_arg,
    bad_value,
    is_none,
    order_arg,
    shape_arg,
    static_int,
)
from tangra.api.numpy_layout import is_contiguous, reshape_view, step_view, strides_of
from tangra.api.numpy_refusals import BAD_VALUE
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, ListValue, TupleValue, ViewStep
from tangra.errors import ShapeMismatchError
from tangra.ir import Value
from tangra.shapes import (
    ShapeError,
    Size,
    broadcast_shapes,
    broadcast_to_shape,
    dmax,
    dmin,
    expand_dims_shape,
    known_eq,
    prod,
    reshape_shape,
    simplify,
    squeeze_shape,
)


def target_shape(ctx: Context, a: ArrayValue, shape: AbstractValue) -> Shape:
    """The shape that `reshape(shape)` gives, with -1 worked out."""
    items = ctx.iterate(shape) if isinstance(shape, (TupleValue, ListValue, ArrayValue)) else None
    if items is None and isinstance(shape, Const) and isinstance(shape.value, (tuple, list)):
        items = [Const(v) for v in shape.value]
    sizes = tuple(ctx.extent(v, "size") for v in (items if items is not None else [shape]))
    try:
        return reshape_shape(a.type.shape, sizes, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)


@function(np.reshape)
def reshape(
    ctx: Context,
    a: AbstractValue,
    /,
    shape: AbstractValue,
    order: AbstractValue = Const("C"),
    *,
    copy: AbstractValue = NONE,
) -> AbstractValue:
    """`np.reshape(a, shape, order)`, order C or F: a view where the memory allows one."""
    base = as_array(ctx, a)
    shape_ = target_shape(ctx, base, shape)
    turned = order_arg(ctx, order) == "F"
    if turned:
        base, shape_ = permuted(ctx, base, range(base.type.rank)[::-1]), shape_[::-1]
    copies = ctx.static(copy, "copy")
    if copies:
        found = ctx.new_array(ctx.b("reshape", ctx.array(base), shape=shape_))
    else:
        found = reshape_view(ctx, base, shape_, must=copies is not None)
    return permuted(ctx, found, range(len(shape_))[::-1]) if turned else found


@function(np.ravel)
def ravel(ctx: Context, a: AbstractValue, order: AbstractValue = Const("C")) -> AbstractValue:
    """`np.ravel(a)`: a view of contiguous arrays, a copy of others."""
    base = as_array(ctx, a)
    if order_arg(ctx, order) == "F":
        base = permuted(ctx, base, range(base.type.rank)[::-1])
    shape = (prod(base.type.shape),)
    if is_contiguous(ctx, base):
        return step_view(ctx, base, "reshape", (), shape=shape)
    return ctx.new_array(ctx.b("reshape", ctx.array(base), shape=shape))


def permuted(ctx: Context, base: ArrayValue, perm: Sequence[int]) -> ArrayValue:
    """A view with the axes in another order."""
    return step_view(ctx, base, "transpose", (), perm=tuple(perm))


@function(np.transpose, np.permute_dims)
def transpose(ctx: Context, a: AbstractValue, axes: AbstractValue = NONE) -> AbstractValue:
    """`np.transpose(a, axes)`: reversed axes without `axes`."""
    base = as_array(ctx, a)
    rank = base.type.rank
    if is_none(axes):
        return permuted(ctx, base, range(rank)[::-1])
    perm = axes_arg(ctx, axes, rank, "axes", lists=True)
    if len(perm) != rank:
        ctx.error(ShapeMismatchError, f"axes {perm} don't match an array of {rank} dimensions", code=BAD_VALUE)
    return permuted(ctx, base, perm)


@function(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(ctx: Context, x: AbstractValue, /) -> AbstractValue:
    """The last two axes swapped."""
    base = as_array(ctx, x)
    if base.type.rank < 2:
        bad_value(ctx, "matrix_transpose needs an array of at least 2 dimensions")
    return swapaxes(ctx, base, Const(-2), Const(-1))


@function(np.swapaxes)
def swapaxes(ctx: Context, a: AbstractValue, axis1: AbstractValue, axis2: AbstractValue) -> AbstractValue:
    """`np.swapaxes(a, axis1, axis2)`."""
    base = as_array(ctx, a)
    perm = list(range(base.type.rank))
    i, j = axis_arg(ctx, axis1, len(perm), "axis1"), axis_arg(ctx, axis2, len(perm), "axis2")
    perm[i], perm[j] = perm[j], perm[i]
    return permuted(ctx, base, perm)


@function(np.moveaxis)
def moveaxis(ctx: Context, a: AbstractValue, source: AbstractValue, destination: AbstractValue) -> AbstractValue:
    """`np.moveaxis(a, source, destination)`."""
    base = as_array(ctx, a)
    rank = base.type.rank
    sources, targets = (
        axes_arg(ctx, source, rank, "source", lists=True),
        axes_arg(ctx, destination, rank, "destination", lists=True),
    )
    if len(sources) != len(targets):
        bad_value(ctx, "`source` and `destination` arguments must have the same number of elements")
    order = [k for k in range(rank) if k not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return permuted(ctx, base, order)


@function(np.rollaxis)
def rollaxis(ctx: Context, a: AbstractValue, axis: AbstractValue, start: AbstractValue = ZERO) -> AbstractValue:
    """`np.rollaxis(a, axis, start)`: the axis moved in front of `start`."""
    base = as_array(ctx, a)
    rank = base.type.rank
    k, at = axis_arg(ctx, axis, rank), static_int(ctx, start, "start")
    at = at + rank if at < 0 else at
    if not 0 <= at <= rank:
        bad_value(ctx, f"start {at} is out of range for an array of {rank} dimensions")
    order = [j for j in range(rank) if j != k]
    order.insert(at - 1 if k < at else at, k)
    return permuted(ctx, base, order)


def reshaped(ctx: Context, base: ArrayValue, shape: Shape) -> ArrayValue:
    """A view that only adds or drops axes of size 1."""
    return step_view(ctx, base, "reshape", (), shape=shape)


@function(np.squeeze)
def squeeze(ctx: Context, a: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`np.squeeze(a, axis)`."""
    base = as_array(ctx, a)
    axes = None if is_none(axis) else axes_arg(ctx, axis, base.type.rank)
    try:
        shape = squeeze_shape(base.type.shape, axes, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)
    return base if shape == base.type.shape else reshaped(ctx, base, shape)


@function(np.expand_dims)
def expand_dims(ctx: Context, a: AbstractValue, axis: AbstractValue) -> AbstractValue:
    """`np.expand_dims(a, axis)`."""
    base = as_array(ctx, a)
    value = ctx.static(axis, "axis")
    try:
        shape = expand_dims_shape(base.type.shape, tuple(value) if isinstance(value, (tuple, list)) else int(value))
    except ShapeError as e:
        shape_error(ctx, e)
    return reshaped(ctx, base, shape)


def _declare_atleast(f: object, least: int) -> None:
    def one(ctx: Context, v: AbstractValue) -> AbstractValue:
        base = as_array(ctx, v)
        rank = base.type.rank
        if rank >= least:
            return base
        shape: Shape = (*(1,) * (least - rank), *base.type.shape)
        if least == 3 and rank:
            shape = (*base.type.shape, 1) if rank == 2 else (1, *base.type.shape, 1)
        return reshaped(ctx, base, shape)

    def entry(ctx: Context, *arys: AbstractValue) -> AbstractValue:
        return one(ctx, arys[0]) if len(arys) == 1 else TupleValue(tuple(one(ctx, a) for a in arys))

    entry.__doc__ = f"`np.atleast_{least}d`."
    function(f)(entry)


_declare_atleast(np.atleast_1d, 1)
_declare_atleast(np.atleast_2d, 2)
_declare_atleast(np.atleast_3d, 3)


# ---- broadcasting
# --------------------------------------------------------------------------------------------------------


@function(np.broadcast_to)
def broadcast_to(
    ctx: Context, array: AbstractValue, shape: AbstractValue, subok: AbstractValue = FALSE
) -> AbstractValue:
    """`np.broadcast_to(array, shape)`: a read-only view."""
    base, target = as_array(ctx, array), shape_arg(ctx, shape)
    try:
        broadcast_to_shape(base.type.shape, target, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)
    return broadcast_view(ctx, base, target)


def broadcast_view(ctx: Context, base: ArrayValue, shape: Shape) -> ArrayValue:
    """A read-only view of `base` repeated to `shape`, which is known to fit."""
    lead = len(shape) - base.type.rank
    own = tuple(
        1 if d == 1 or (known_eq(d, 1, ctx.facts) and not known_eq(s, 1, ctx.facts)) else s
        for d, s in zip(base.type.shape, shape[lead:], strict=True)
    )
    if own != base.type.shape:
        base = reshaped(ctx, base, own)
    return step_view(ctx, base, "broadcast", (), shape=shape, dims=tuple(range(lead, len(shape))))


def joint_shape(ctx: Context, shapes: Sequence[Shape]) -> Shape:
    """The broadcast of some shapes."""
    try:
        return broadcast_shapes(*shapes, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)


@function(np.broadcast_arrays)
def broadcast_arrays(ctx: Context, *args: AbstractValue, subok: AbstractValue = FALSE) -> AbstractValue:
    """`np.broadcast_arrays`: the arrays that have the joint shape, and views of others (read-only here, where NumPy
    warns of writing)."""
    arrays = [as_array(ctx, a) for a in args]
    shape = joint_shape(ctx, [a.type.shape for a in arrays])
    return TupleValue(tuple(a if a.type.shape == shape else broadcast_view(ctx, a, shape) for a in arrays))


@function(np.broadcast_shapes)
def broadcast_shapes_(ctx: Context, *args: AbstractValue) -> AbstractValue:
    """`np.broadcast_shapes`: a tuple of ints."""
    shape = joint_shape(ctx, [shape_arg(ctx, a) for a in args])
    return TupleValue(tuple(ctx.size_value(d) for d in shape))


# ---- reversal and diagonals
# ------------------------------------------------------------------------------------------------


def flipped(ctx: Context, base: ArrayValue, axes: Sequence[int]) -> ArrayValue:
    """A view with some axes reversed."""
    shape = base.type.shape
    starts = [ctx.b.dim(d - 1) if k in axes else ctx.b.int(0) for k, d in enumerate(shape)]
    steps = tuple(-1 if k in axes else 1 for k in range(len(shape)))
    return step_view(ctx, base, "index", starts, sizes=shape, steps=steps)


@function(np.flip)
def flip(ctx: Context, m: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`np.flip(m, axis)`: all axes by default."""
    base = as_array(ctx, m)
    if not base.type.rank and is_none(axis):
        return ctx.result(ctx.array(base))
    return flipped(ctx, base, axes_arg(ctx, axis, base.type.rank, lists=True))


@function(np.flipud)
def flipud(ctx: Context, m: AbstractValue) -> AbstractValue:
    """`np.flipud(m)`."""
    return flip(ctx, m, ZERO)


@function(np.fliplr)
def fliplr(ctx: Context, m: AbstractValue) -> AbstractValue:
    """`np.fliplr(m)`."""
    return flip(ctx, m, ONE)


@function(np.rot90)
def rot90(ctx: Context, m: AbstractValue, k: AbstractValue = ONE, axes: AbstractValue = Const((0, 1))) -> AbstractValue:
    """`np.rot90(m, k, axes)`."""
    base = as_array(ctx, m)
    first, second = axes_arg(ctx, axes, base.type.rank, "axes", lists=True)
    turns = static_int(ctx, k, "k") % 4
    if turns == 0:
        return step_view(ctx, base, "reshape", (), shape=base.type.shape)
    if turns == 2:
        return flipped(ctx, flipped(ctx, base, (first,)), (second,))
    perm = list(range(base.type.rank))
    perm[first], perm[second] = perm[second], perm[first]
    if turns == 1:
        return permuted(ctx, flipped(ctx, base, (second,)), perm)
    return flipped(ctx, permuted(ctx, base, perm), (second,))


def diagonal_indices(ctx: Context, rows: Size, columns: Size, offset: int) -> tuple[Value, Value]:
    """Row and column numbers of a diagonal."""
    low = dmax(0, dmin(rows, columns - offset) if offset >= 0 else dmin(rows + offset, columns))
    length = simplify(low, ctx.facts.with_dims(rows, columns))
    index = ctx.b("iota", dtype=I64, shape=(length,), axis=0)
    moved = ctx.b("add", index, ctx.b.filled(abs(offset), index.array)) if offset else index
    return (index, moved) if offset >= 0 else (moved, index)


@function(np.diagonal)
def diagonal(
    ctx: Context,
    a: AbstractValue,
    offset: AbstractValue = ZERO,
    axis1: AbstractValue = ZERO,
    axis2: AbstractValue = ONE,
) -> AbstractValue:
    """`np.diagonal(a, offset, axis1, axis2)`: a read-only view, the diagonal as last axis."""
    base = as_array(ctx, a)
    rank = base.type.rank
    if rank < 2:
        bad_value(ctx, "diag requires an array of at least two dimensions")
    i, j = axis_arg(ctx, axis1, rank, "axis1"), axis_arg(ctx, axis2, rank, "axis2")
    if i == j:
        bad_value(ctx, "axis1 and axis2 cannot be the same")
    rest = [k for k in range(rank) if k not in (i, j)]
    front = base if (i, j) == (0, 1) else permuted(ctx, base, (i, j, *rest))
    number = static_int(ctx, offset, "offset")
    step = ViewStep(ctx.b, "gather", diagonal_indices(ctx, base.type.shape[i], base.type.shape[j], number), (), number)
    view = ctx.view(front, step.read, step.write)
    first, second, *others = strides_of(front)
    along = None if first is None or second is None else first + second
    view = replace(view, strides=(along, *others))
    return view if not rest else permuted(ctx, view, (*range(1, rank - 1), 0))


@function(np.shape)
def shape(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.shape(a)`: a tuple of ints."""
    return TupleValue(tuple(ctx.size_value(d) for d in ctx.type_of(a).shape))
