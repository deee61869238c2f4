"""Arrays made larger or moved: tile, repeat, roll, pad, resize, insert, delete."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import is_number, operand, stored
from tangra.api.numbers import by_python
from tangra.api.numpy_common import (
    I64,
    NONE,
    ZERO,
    axis_arg,
    bad_shape,
    bad_value,
    call,
    cast,
    ew,
    fit_to,
    flat,
    is_none,
    known_array,
    part,
    ramp,
    reshape,
    shape_arg,
    size_as,
    static_str,
    transpose,
    unsupported,
)
from tangra.api.numpy_joining import joined
from tangra.api.numpy_orders import keeps_fortran_order, rolled_in_order
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, DictValue, Scalar, SliceValue
from tangra.errors import DataDependentShapeError, declare
from tangra.ir import Value
from tangra.shapes import Size, known_eq, prod

RUN_TIME_COUNTS = declare("TG603", "repeat counts that depend on data")
PAD_MODES = ("constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "minimum", "mean", "median")


def take_along(ctx: Context, value: Value, indices: Value, axis: int) -> Value:
    """`np.take(value, indices, axis)` for non-negative indices in range: the axis is replaced by the axes of
    `indices`."""
    rank, extra = value.array.rank, indices.array.rank
    front = [axis, *(k for k in range(rank) if k != axis)]
    moved = value if axis == 0 else transpose(ctx, value, front)
    result = ctx.b("gather", moved, indices)
    if axis == 0:
        return result
    order = (*range(extra, extra + axis), *range(extra), *range(extra + axis, extra + rank - 1))
    return transpose(ctx, result, order)


@function(np.tile)
def tile(ctx: Context, A: AbstractValue, reps: AbstractValue) -> AbstractValue:
    """`np.tile(A, reps)`."""
    value, times = ctx.array(A), shape_arg(ctx, reps, "reps")
    rank = max(value.array.rank, len(times))
    times = (1,) * (rank - len(times)) + times
    shape = (1,) * (rank - value.array.rank) + value.shape
    spread = tuple(d for pair in zip(times, shape, strict=True) for d in pair)
    value = reshape(ctx, value, shape)
    value = ctx.b("broadcast", value, shape=spread, dims=tuple(range(1, 2 * rank, 2)))
    return ctx.new_array(reshape(ctx, value, tuple(r * d for r, d in zip(times, shape, strict=True))))


@function(np.repeat)
def repeat(ctx: Context, a: AbstractValue, repeats: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`np.repeat(a, repeats, axis)`: a count for all elements (may be a run-time int), or constant counts for each."""
    value = ctx.array(a)
    if is_none(axis):
        value, place = flat(ctx, value), 0
    else:
        place = axis_arg(ctx, axis, value.array.rank, bools=False)
    if is_number(repeats):
        return ctx.new_array(_repeated(ctx, value, place, ctx.size(repeats, "repeats")))
    counts = static_counts(ctx, repeats)
    if len(counts) == 1:
        return ctx.new_array(_repeated(ctx, value, place, counts[0]))
    ctx.require_equal(value.shape[place], len(counts), "number of repeats")
    index = ctx.b.const_array(np.repeat(np.arange(len(counts)), counts), I64)
    return ctx.new_array(take_along(ctx, value, index, place))


def static_counts(ctx: Context, repeats: AbstractValue) -> list[int]:
    """Repeat counts known at compile time."""
    known = known_array(ctx, repeats)
    if known is None:
        ctx.error(
            DataDependentShapeError,
            "np.repeat with run-time counts: the result's size depends on data",
            code=RUN_TIME_COUNTS,
            fix="pass one count, or a constant list of counts",
        )
    return [int(r) for r in np.ravel(known)]


def _repeated(ctx: Context, value: Value, axis: int, count: Size) -> Value:
    shape = value.shape
    spread = (*shape[: axis + 1], count, *shape[axis + 1 :])
    dims = tuple(k for k in range(len(spread)) if k != axis + 1)
    value = ctx.b("broadcast", value, shape=spread, dims=dims)
    return reshape(ctx, value, (*shape[:axis], shape[axis] * count, *shape[axis + 1 :]))


# ---- roll
# ----------------------------------------------------------------------------------------------------------------


@function(np.roll)
@rolled_in_order
def roll(ctx: Context, a: AbstractValue, shift: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`np.roll(a, shift, axis)`: shifts may be run-time ints; without `axis` over the flattened array."""
    value = ctx.array(a)
    shape = value.shape
    if is_none(axis):
        moved = _rolled(ctx, flat(ctx, value), _single(ctx, shift), 0)
        return ctx.new_array(reshape(ctx, moved, shape))
    axes = ctx.static(axis, "axis")
    axes = list(axes) if isinstance(axes, (tuple, list)) else [axes]
    shifts = list(ctx.iterate(shift) or [shift]) if not is_number(shift) else [shift]
    count = max(len(axes), len(shifts))
    if not {len(axes), len(shifts)} <= {1, count}:
        bad_value(ctx, "np.roll: 'shift' and 'axis' should be scalars or 1D sequences of one length")
    axes, shifts = axes * (count // len(axes)), shifts * (count // len(shifts))
    for s, k in zip(shifts, axes, strict=True):
        value = _rolled(ctx, value, s, axis_arg(ctx, Const(k), len(shape)))
    return ctx.new_array(value)


def _single(ctx: Context, shift: AbstractValue) -> AbstractValue:
    if is_number(shift):
        return shift
    items = ctx.iterate(shift)
    if items is None or len(items) != 1:
        bad_value(ctx, "np.roll over the flattened array takes one shift")
    return items[0]


def _rolled(ctx: Context, value: Value, shift: AbstractValue, axis: int) -> Value:
    """Element i comes from (i - shift) mod n. A constant shift of a known size is two slices."""
    size = value.shape[axis]
    if isinstance(shift, Const) and isinstance(size, int):
        places = shift.value
        s = by_python(ctx, lambda: int(places)) % size if size else 0
        if not s:
            return value
        return ctx.b("concat", part(ctx, value, axis, size - s, s), part(ctx, value, axis, 0, size - s), axis=axis)
    amount = ctx.array(shift, I64)
    index = ew(ctx, "mod", ew(ctx, "sub", ramp(ctx, size), amount), size_as(ctx, size, I64))
    return take_along(ctx, value, index, axis)


# ---- pad
# -----------------------------------------------------------------------------------------------------------------


def _pairs(ctx: Context, v: AbstractValue, rank: int, what: str) -> list[tuple[AbstractValue, AbstractValue]]:
    """A number, (before, after), ((before, after),) or one pair for each axis."""
    if is_number(v):
        return [(v, v)] * rank
    items = None if isinstance(v, DictValue) else ctx.iterate(v, what)
    if items is None:
        bad_value(ctx, f"np.pad: {what} must be a number or a sequence of known length")
    if all(is_number(i) for i in items):
        if len(items) == 1:
            return [(items[0], items[0])] * rank
        if len(items) == 2:
            return [(items[0], items[1])] * rank
        bad_value(ctx, f"np.pad: {what} of {len(items)} numbers doesn't fit {rank} axes")
    pairs = []
    for item in items:
        inner = ctx.iterate(item, what) or [item]
        pairs.append((inner[0], inner[-1]))
    if len(pairs) == 1:
        pairs *= rank
    if len(pairs) != rank:
        bad_value(ctx, f"np.pad: {what} has {len(pairs)} pairs for {rank} axes")
    return pairs


@function(np.pad)
@keeps_fortran_order
def pad(
    ctx: Context,
    array: AbstractValue,
    pad_width: AbstractValue,
    mode: AbstractValue = Const("constant"),
    *,
    constant_values: AbstractValue = ZERO,
    end_values: AbstractValue = ZERO,
    stat_length: AbstractValue = NONE,
    reflect_type: AbstractValue = Const("even"),
) -> AbstractValue:
    """`np.pad(array, pad_width, mode)` with modes constant, edge, reflect, symmetric, wrap, linear_ramp, maximum,
    minimum, mean and median (over the whole axis)."""
    word = ctx.static(mode, "mode")
    if word not in PAD_MODES:
        unsupported(ctx, f"np.pad with mode {word!r}", f"use one of {', '.join(PAD_MODES)}, or np.concatenate")
    static_str(ctx, reflect_type, "reflect_type", ("even",))
    if not is_none(stat_length):
        unsupported(ctx, "np.pad with stat_length=", "pad with np.concatenate")
    value = ctx.array(array)
    widths = [
        (ctx.size(low, "pad_width"), ctx.size(high, "pad_width"))
        for low, high in _pairs(ctx, pad_width, value.array.rank, "pad_width")
    ]
    fills = _pairs(ctx, constant_values if word == "constant" else end_values, value.array.rank, "constant_values")
    for axis, ((low, high), (first, last)) in enumerate(zip(widths, fills, strict=True)):
        if known_eq(low, 0, ctx.facts) and known_eq(high, 0, ctx.facts):
            continue
        if word != "constant":
            _require_extensible(ctx, value.shape[axis], axis)
        if word == "constant":
            value = _pad_constant(ctx, value, axis, (low, high), (first, last))
        elif word in ("linear_ramp", "maximum", "minimum", "mean", "median"):
            value = _pad_computed(ctx, value, axis, (low, high), word, (first, last))
        else:
            value = take_along(ctx, value, _padded_index(ctx, value.shape[axis], low, high, word), axis)
    return ctx.new_array(value)


def _require_extensible(ctx: Context, size: Size, axis: int) -> None:
    """Fail where a border is to be made of an axis that has nothing on it."""
    if known_eq(size, 0, ctx.facts) is not False:
        message = f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'"
        ctx.fail_if(ctx.b("eq", size_as(ctx, size, I64), ctx.b.int(0)), "ValueError", message)


def _pad_constant(
    ctx: Context, value: Value, axis: int, width: tuple[Size, Size], fills: tuple[AbstractValue, AbstractValue]
) -> Value:
    rank = value.array.rank
    for side, (n, fill) in enumerate(zip(width, fills, strict=True)):
        if known_eq(n, 0, ctx.facts):
            continue
        v = stored(ctx, fill, value.dtype)
        v = reshape(ctx, v, ()) if v.shape else v
        amount = tuple(n if k == axis else 0 for k in range(rank))
        none = (0,) * rank
        low, high = (amount, none) if side == 0 else (none, amount)
        value = ctx.b("pad", value, v, low=low, high=high)
    return value


def _pad_computed(
    ctx: Context,
    value: Value,
    axis: int,
    width: tuple[Size, Size],
    mode: str,
    ends: tuple[AbstractValue, AbstractValue],
) -> Value:
    """Borders computed from the axis: its extremum or mean, or a ramp from the edge to an end value."""
    if not value.dtype.is_float and mode in ("mean", "median", "linear_ramp"):
        unsupported(ctx, f"np.pad with mode {mode!r} of integers", "convert the array to float first")
    size = value.shape[axis]
    borders = []
    for side, (n, end) in enumerate(zip(width, ends, strict=True)):
        shape = tuple(n if k == axis else d for k, d in enumerate(value.shape))
        if mode == "linear_ramp":
            edge = part(ctx, value, axis, 0 if side == 0 else size - 1, 1)
            borders.append(_ramp_border(ctx, edge, operand(ctx, end, value.dtype), n, axis, side))
            continue
        if mode == "median":
            row = ctx.array(call(ctx, np.median, ctx.new_array(value), axis))
        else:
            op = {"maximum": "reduce_max", "minimum": "reduce_min", "mean": "reduce_sum"}[mode]
            row = ctx.b(op, value, axes=(axis,))
        if mode == "mean":
            row = ew(ctx, "div", row, size_as(ctx, size, value.dtype))
        row = reshape(ctx, row, tuple(1 if k == axis else d for k, d in enumerate(value.shape)))
        borders.append(fit_to(ctx, row, shape))
    return ctx.b("concat", borders[0], value, borders[1], axis=axis)


def _ramp_border(ctx: Context, edge: Value, end: Value, n: Size, axis: int, side: int) -> Value:
    """n values from `end` up to (not including) `edge`, or the other way round on the far side."""
    shape = tuple(n if k == axis else d for k, d in enumerate(edge.shape))
    index = ctx.b("iota", dtype=edge.dtype, shape=shape, axis=axis)
    if side == 1:
        index = ew(ctx, "sub", size_as(ctx, n, edge.dtype), ew(ctx, "add", index, 1))
    step = ew(ctx, "div", ew(ctx, "sub", edge, end), size_as(ctx, n, edge.dtype))
    return ew(ctx, "add", ew(ctx, "mul", index, step), end)


def _padded_index(ctx: Context, size: Size, low: Size, high: Size, mode: str) -> Value:
    """Where each position of the padded axis comes from."""
    b = ctx.b
    n = size_as(ctx, size, I64)
    place = ew(ctx, "sub", ramp(ctx, low + size + high), size_as(ctx, low, I64))
    if mode == "edge":
        return ew(ctx, "maximum", ew(ctx, "minimum", place, ew(ctx, "sub", n, 1)), 0)
    if mode == "wrap":
        return ew(ctx, "mod", place, n)
    if mode == "symmetric":
        turn = ew(ctx, "mod", place, ew(ctx, "mul", n, 2))
        return b("select", ew(ctx, "lt", turn, n), turn, ew(ctx, "sub", ew(ctx, "sub", ew(ctx, "mul", n, 2), 1), turn))
    period = ew(ctx, "maximum", ew(ctx, "mul", ew(ctx, "sub", n, 1), 2), 1)
    turn = ew(ctx, "mod", place, period)
    return b("select", ew(ctx, "lt", turn, n), turn, ew(ctx, "sub", period, turn))


# ---- resize, insert, delete
# ------------------------------------------------------------------------------------------------


@function(np.resize)
def resize(ctx: Context, a: AbstractValue, new_shape: AbstractValue) -> AbstractValue:
    """`np.resize(a, new_shape)`: the elements again and again; zeros if there are none."""
    value, shape = flat(ctx, ctx.array(a)), shape_arg(ctx, new_shape, "new_shape")
    if known_eq(value.shape[0], 0, ctx.facts):
        return ctx.new_array(ctx.b.full(ctx.b.const(0, value.dtype), shape))
    index = ew(ctx, "mod", ramp(ctx, prod(shape)), size_as(ctx, value.shape[0], I64))
    if known_eq(value.shape[0], 0, ctx.facts) is not False:  # one zero more, which is read where there is nothing else
        value = ctx.b("pad", value, ctx.b.const(0, value.dtype), low=(0,), high=(1,))
    return ctx.new_array(reshape(ctx, ctx.b("gather", value, index), shape))


def _positions(ctx: Context, obj: AbstractValue, size: Size, name: str) -> list[int]:
    """Constant positions along an axis of known size: an int, a slice or a sequence."""
    if not isinstance(size, int):
        unsupported(ctx, f"{name} along an axis whose size isn't known", "use slices and np.concatenate")
    if isinstance(obj, SliceValue) or (isinstance(obj, Const) and isinstance(obj.value, slice)):
        return list(range(*ctx.static(obj, f"obj of {name}").indices(size)))
    known = known_array(ctx, obj)
    if known is None:
        unsupported(ctx, f"{name} at positions only known at run time", "use slices and np.concatenate")
    if known.dtype == np.bool_:
        if name == "np.delete" and known.shape != (size,):
            what = f"boolean array argument obj to delete must be one dimensional and match the axis length of {size}"
            bad_shape(ctx, what)
        known = np.flatnonzero(known)
    if known.dtype.kind not in "iu" and known.size:
        bad_value(ctx, f"{name}: positions must be integers, not {known.dtype}")
    return [int(v) for v in np.ravel(known)]


@function(np.delete)
@keeps_fortran_order
def delete(ctx: Context, arr: AbstractValue, obj: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`np.delete(arr, obj, axis)` for constant positions; one run-time int position too."""
    value = ctx.array(arr)
    if is_none(axis):
        value, place = flat(ctx, value), 0
    else:
        place = axis_arg(ctx, axis, value.array.rank)
    size = value.shape[place]
    if isinstance(obj, Scalar) or (is_number(obj) and not isinstance(size, int)):
        if not ctx.type_of(obj).dtype.is_integer:
            bad_value(ctx, f"np.delete: a position must be an integer, not {ctx.type_of(obj).dtype.numpy}")
        at = ctx.b("check_index", ctx.array(obj, I64), ctx.b.dim(size), axis=place)
        index = ramp(ctx, size - 1)
        beyond = cast(ctx, ew(ctx, "ge", index, at), I64)
        return ctx.new_array(take_along(ctx, value, ctx.b("add", index, beyond), place))
    gone = set()
    for p in _positions(ctx, obj, size, "np.delete"):
        if not -size <= p < size:
            ctx.fail_if(ctx.b.bool(True), "IndexError", f"index {p} is out of bounds for axis {place} with size {size}")
        gone.add(p % size if size else 0)
    kept = np.array([k for k in range(size) if k not in gone], dtype=np.int64)
    return ctx.new_array(take_along(ctx, value, ctx.b.const_array(kept, I64), place))


@function(np.insert)
@keeps_fortran_order
def insert(
    ctx: Context, arr: AbstractValue, obj: AbstractValue, values: AbstractValue, axis: AbstractValue = NONE
) -> AbstractValue:
    """`np.insert(arr, obj, values, axis)` for constant positions."""
    value = ctx.array(arr)
    if is_none(axis):
        value, place = flat(ctx, value), 0
    else:
        place = axis_arg(ctx, axis, value.array.rank)
    size = value.shape[place]
    places = _positions(ctx, obj, size, "np.insert")
    single = len(places) == 1
    new = operand(ctx, values, value.dtype)
    if single and new.shape and (is_number(obj) or (isinstance(obj, ArrayValue) and not obj.type.rank)):
        lead = (1,) * (value.array.rank - new.array.rank) + new.shape
        order = list(range(1, len(lead)))
        order.insert(place, 0)
        new = transpose(ctx, reshape(ctx, new, lead), order)
    count = new.shape[place - value.array.rank] if single and new.array.rank == value.array.rank else len(places)
    places = places * (count if single and isinstance(count, int) else 1)
    goal = tuple(len(places) if k == place else d for k, d in enumerate(value.shape))
    both = joined(ctx, [value, fit_to(ctx, new, goal)], place)
    order_ = _insertion_order(size, [p + size if p < 0 else p for p in places])
    if order_ is None:
        ctx.fail_if(ctx.b.bool(True), "IndexError", _beyond(places, size, place, single))
        return ctx.new_array(both)
    return ctx.new_array(take_along(ctx, both, ctx.b.const_array(np.array(order_, dtype=np.int64), I64), place))


def _beyond(places: Sequence[int], size: int, axis: int, single: bool) -> str:
    """NumPy's words for a place of `np.insert` out of range; of several places, where the new items would be."""
    if single:
        return f"index {places[0]} is out of bounds for axis {axis} with size {size}"
    found = np.array([p + size if p < 0 else p for p in places])
    found[np.argsort(found, kind="stable")] += np.arange(len(places))
    longer = size + len(places)
    bad = next(k for k in found if not -longer <= k < longer)
    return f"index {bad} is out of bounds for axis 0 with size {longer}"


def _insertion_order(size: int, places: Sequence[int]) -> list[int] | None:
    """Positions in (old, new) for every position of the result; None if a place is out of range."""
    if any(not 0 <= p <= size for p in places):
        return None
    result: list[int] = []
    for k in range(size + 1):
        result += [size + n for n, p in enumerate(places) if p == k]
        if k < size:
            result.append(k)
    return result
