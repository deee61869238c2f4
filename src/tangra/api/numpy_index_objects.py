"""Objects that are used by subscription: np.mgrid, np.ogrid, np.r_, np.c_, np.s_, np.index_exp."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import broadcast_to, cast, is_number, operand
from tangra.api.numpy_common import (
    ONE,
    ZERO,
    bad_shape,
    call,
    common,
    is_none,
    promote_dtypes,
    reshape,
    unsupported,
)
from tangra.api.numpy_joining import joined
from tangra.api.registry import subscript
from tangra.api.values import AbstractValue, Const, SliceValue, TupleValue
from tangra.ir import Value


def _slice(v: AbstractValue) -> SliceValue | None:
    if isinstance(v, Const) and isinstance(v.value, slice):
        return SliceValue(Const(v.value.start), Const(v.value.stop), Const(v.value.step))
    return v if isinstance(v, SliceValue) else None


def line_of(ctx: Context, s: SliceValue) -> Value:
    """`start:stop:step` as a range."""
    start = ZERO if is_none(s.start) else s.start
    step = ONE if is_none(s.step) else s.step
    return ctx.array(call(ctx, np.arange, start, s.stop, step))


def _lines(ctx: Context, index: AbstractValue, name: str) -> tuple[list[Value], bool]:
    """One vector for each slice, in a common dtype, and whether there was but one slice, not in a tuple."""
    items: Sequence[AbstractValue] = index.items if isinstance(index, TupleValue) else (index,)
    slices = [_slice(i) for i in items]
    lines = []
    for s in slices:
        if s is None:
            unsupported(ctx, f"np.{name} takes slices", "use np.meshgrid or np.indices")
        lines.append(line_of(ctx, s))
    dtype = promote_dtypes(ctx, *(v.dtype for v in lines))
    return [cast(ctx, v, dtype) for v in lines], not isinstance(index, TupleValue)


@subscript(np.mgrid)
def mgrid(ctx: Context, index: AbstractValue) -> AbstractValue:
    """`np.mgrid[0:n, 0:m]`: the index along every axis, stacked; of one slice a vector."""
    lines, single = _lines(ctx, index, "mgrid")
    if single:
        return ctx.new_array(lines[0])
    shape = tuple(v.shape[0] for v in lines)
    opened = [reshape(ctx, v, tuple(d if j == k else 1 for j, d in enumerate(shape))) for k, v in enumerate(lines)]
    layers = [reshape(ctx, broadcast_to(ctx, o, shape), (1, *shape)) for o in opened]
    return ctx.new_array(ctx.b("concat", *layers, axis=0))


@subscript(np.ogrid)
def ogrid(ctx: Context, index: AbstractValue) -> AbstractValue:
    """`np.ogrid[0:n, 0:m]`: a tuple of open grids; of one slice a vector."""
    lines, single = _lines(ctx, index, "ogrid")
    if single:
        return ctx.new_array(lines[0])
    shapes = [tuple(v.shape[0] if j == k else 1 for j in range(len(lines))) for k, v in enumerate(lines)]
    return TupleValue(tuple(ctx.new_array(reshape(ctx, v, s)) for v, s in zip(lines, shapes, strict=True)))


def _parts(ctx: Context, index: AbstractValue, name: str) -> list[Value]:
    """The items of `np.r_[...]` as arrays of at least one dimension, in their common dtype."""
    items = index.items if isinstance(index, TupleValue) else (index,)
    made: list[AbstractValue] = []
    for item in items:
        if isinstance(item, Const) and isinstance(item.value, str):
            unsupported(ctx, f"np.{name} with a string directive", "use np.concatenate or np.stack")
        s = _slice(item)
        made.append(item if s is None else ctx.new_array(line_of(ctx, s)))
    dtype = common(ctx, *made)
    values = [operand(ctx, v, dtype) if is_number(v) else ctx.array(v, dtype) for v in made]
    return [v if v.shape else reshape(ctx, v, (1,)) for v in values]


@subscript(np.r_)
def row_builder(ctx: Context, index: AbstractValue) -> AbstractValue:
    """`np.r_[a, 0, 1:4]`: joined along the first axis."""
    return ctx.new_array(joined(ctx, _parts(ctx, index, "r_"), 0))


@subscript(np.c_)
def column_builder(ctx: Context, index: AbstractValue) -> AbstractValue:
    """`np.c_[a, b]`: vectors as columns, joined along the last axis."""
    values = [reshape(ctx, v, (*v.shape, 1)) if v.array.rank == 1 else v for v in _parts(ctx, index, "c_")]
    if len({v.array.rank for v in values}) > 1:
        bad_shape(ctx, "np.c_ of arrays with different numbers of dimensions")
    return ctx.new_array(joined(ctx, values, values[0].array.rank - 1))


@subscript(np.s_)
def index_builder(ctx: Context, index: AbstractValue) -> AbstractValue:
    """`np.s_[1:3, 0]`: the index itself."""
    return index


@subscript(np.index_exp)
def index_tuple(ctx: Context, index: AbstractValue) -> AbstractValue:
    """`np.index_exp[1:3]`: the index as a tuple."""
    return index if isinstance(index, TupleValue) else TupleValue((index,))
