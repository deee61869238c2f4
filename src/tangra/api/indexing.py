"""Indexing of arrays: `getitem`, `setitem` and `aug_setitem` with NumPy's basic (views) and advanced (copies) forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tangra.api.context import Context
from tangra.api.elementwise import broadcast, is_number, operand, rank_of, stored
from tangra.api.fitting import fit, require_assignable
from tangra.api.index_parts import BAD_INDEX, WHOLE, Part, axes_used, parts_of
from tangra.api.numpy_layout import Strides, k_order, ordered_strides, step_view, strides_of
from tangra.api.strided import ends_of, known_step, near_ends
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, SliceValue
from tangra.errors import (
    DataDependentShapeError,
    ShapeMismatchError,
    UnsupportedError,
    declare,
)
from tangra.ir import I64, Value
from tangra.ir.messages import index_message
from tangra.shapes import Size, known_le, known_lt, prod, slice_length

MASK_READ = declare("TG601", "reading by a boolean mask: the result's shape depends on data")
MASK_SHAPE = declare(
    "TG312",
    "a boolean mask whose shape doesn't fit the array",
    fix="make the mask from the array it selects from, or index the axis it is meant for",
)

Shape = tuple[Size, ...]


def int_index(ctx: Context, item: AbstractValue, size: Size, axis: int | None) -> Value:
    """An integer index as a non-negative i64 in range; checked at run time where that can't be proved."""
    b = ctx.b
    if isinstance(item, Const):
        k = int(item.value)
        normal: Size = k if k >= 0 else size + k
        if known_le(0, normal, ctx.facts) and known_lt(normal, size, ctx.facts):
            return b.dim(normal)
        if isinstance(size, int):
            ctx.fail_if(b.bool(True), "IndexError", index_message(axis).format(k, size))
            return b.int(0)
        return b("check_index", b.int(k), b.dim(size), axis=axis)
    value = ctx.array(item, I64)
    if isinstance(item, Scalar):
        low = (item.lo is not None and item.lo >= 0) or (
            item.size is not None and known_le(0, item.size, ctx.facts) is True
        )
        high = (item.hi is not None and known_lt(item.hi, size, ctx.facts) is True) or (
            item.size is not None and known_lt(item.size, size, ctx.facts) is True
        )
        if low and high:
            return value
    return b("check_index", value, b.dim(size), axis=axis)


def slice_parts(ctx: Context, s: SliceValue, size: Size) -> tuple[Value, Size, int]:
    """A slice of an axis as (first index, length, step)."""
    step = known_step(ctx, s)
    ends = ends_of(ctx, s, size if step > 0 else None)
    if abs(step) > 1:
        ends = near_ends(ctx, ends)
    first, length = slice_length(ends.start, ends.stop, step, size, ctx.facts)
    if isinstance(s.start, Scalar) and s.start.size is not None and s.start.size == first:
        return s.start.value, length, step
    return ctx.b.dim(first), length, step


def flattened(ctx: Context, array: ArrayValue) -> ArrayValue:
    """`array.flat`: the items as they are now."""
    value = ctx.array(array)
    return replace(ctx.new_array(ctx.b("reshape", value, shape=(prod(value.shape),))), flat_of=array)


def getitem(ctx: Context, array: ArrayValue, index: AbstractValue) -> AbstractValue:
    """`array[index]`: a NumPy scalar, a view, or (advanced indexing) a fresh array."""
    if array.flat_of is not None:
        found = _item(ctx, flattened(ctx, array.flat_of), index)
        return ctx.new_array(ctx.array(found)) if isinstance(found, ArrayValue) else found
    return _item(ctx, array, index)


def _item(ctx: Context, array: ArrayValue, index: AbstractValue) -> AbstractValue:
    array, parts, ellipsis = parts_of(ctx, array, index)
    if any(p.form == "mask" for p in parts):
        ctx.error(
            DataDependentShapeError,
            "the shape of an array read by a boolean mask depends on the data",
            code=MASK_READ,
            fix="use np.where(mask, x, other), or the where= argument of a reduction",
        )
    if any(p.form == "array" for p in parts):
        adv = prepare(ctx, array.type.shape, parts)
        result = ctx.new_array(gathered(ctx, ctx.array(array), adv))
        return replace(result, strides=_gathered_strides(ctx, array, adv, result.type.shape))
    starts, sizes, steps, shape = basic(ctx, array.type.shape, parts)
    if all(s is None for s in sizes) and not shape and not ellipsis:
        return ctx.scalar(ctx.b("index", ctx.array(array), *starts, sizes=sizes, steps=steps))
    view = basic_view(ctx, array, starts, sizes, steps, shape)
    by_array = any(isinstance(p.value, ArrayValue) for p in parts)  # of no axes: NumPy copies
    return ctx.new_array(ctx.array(view)) if by_array else view


def basic(
    ctx: Context, shape: Shape, parts: Sequence[Part]
) -> tuple[list[Value], tuple[Size | None, ...], tuple[int, ...], Shape]:
    """Starts, sizes and steps of the IR's `index` for a basic index, and the result's shape with new axes."""
    starts: list[Value] = []
    sizes: list[Size | None] = []
    steps: list[int] = []
    result: list[Size] = []
    axis = 0
    for part in parts:
        if part.form == "new":
            result.append(1)
            continue
        assert part.value is not None
        if part.form == "int":
            starts.append(int_index(ctx, part.value, shape[axis], None if part.flat else axis))
            sizes.append(None)
            steps.append(1)
        else:
            assert isinstance(part.value, SliceValue)
            start, length, step = slice_parts(ctx, part.value, shape[axis])
            starts.append(start)
            sizes.append(length)
            steps.append(step)
            result.append(length)
        axis += 1
    return starts, tuple(sizes), tuple(steps), tuple(result)


def basic_view(
    ctx: Context,
    array: ArrayValue,
    starts: list[Value],
    sizes: tuple[Size | None, ...],
    steps: tuple[int, ...],
    shape: Shape,
) -> ArrayValue:
    """The view that a basic index gives."""
    whole = all(s == d for s, d in zip(sizes, array.type.shape, strict=True)) and all(k == 1 for k in steps)
    inner = array if whole and sizes else step_view(ctx, array, "index", starts, sizes=sizes, steps=steps)
    if inner.type.shape == shape and inner is not array:
        return inner
    return step_view(ctx, inner, "reshape", (), shape=shape)


# ---- advanced indexing -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Advanced:
    """An advanced index, prepared: apply `basic` (if any), bring the indexed axes to the front, gather there."""

    basic: tuple[list[Value], tuple[Size | None, ...], tuple[int, ...]] | None
    reshape: Shape | None
    perm: tuple[int, ...]
    indices: list[Value]
    place: tuple[int, ...]
    rest: tuple[tuple[int | None, int], ...]
    """Of the axes that are not indexed: the array's axis (None: a new one) and the step along it."""


def prepare(ctx: Context, shape: Shape, parts: Sequence[Part]) -> Advanced:
    """Split an advanced index into its basic and its gathering half, by NumPy's rules for where the new axes go."""
    chosen = [k for k, p in enumerate(parts) if p.form in ("array", "int")]
    adjacent = chosen == list(range(chosen[0], chosen[-1] + 1))
    plain = [WHOLE if k in chosen else p for k, p in enumerate(parts)]
    starts, sizes, steps, mid = basic(ctx, shape, plain)
    trivial = all(s == d for s, d in zip(sizes, shape, strict=True)) and all(k == 1 for k in steps)
    axis_of, axis = {}, 0
    for k, p in enumerate(parts):
        if p.form != "new":
            axis_of[k] = axis
            axis += 1
    values = []
    for k in chosen:
        part = parts[k]
        assert part.value is not None
        size = shape[axis_of[k]]
        if part.masked is not None:
            _check_mask_size(ctx, part.masked, size, axis_of[k])
        values.append(_checked_indices(ctx, part.value, size, None if part.flat else axis_of[k]))
    indices = broadcast(ctx, values)
    front = tuple(chosen) + tuple(k for k in range(len(mid)) if k not in chosen)
    rank = len(indices[0].shape)
    rest = len(mid) - len(chosen)
    before = chosen[0] if adjacent else 0
    place = tuple(range(rank, rank + before)) + tuple(range(rank)) + tuple(range(rank + before, rank + rest))
    left = tuple((axis_of.get(k), steps[axis_of[k]] if k in axis_of else 1) for k in front[len(chosen) :])
    return Advanced(
        None if trivial else (starts, sizes, steps),
        mid if len(mid) != len(shape) else None,
        front,
        indices,
        place,
        left,
    )


def _check_mask_size(ctx: Context, mask: Size, size: Size, axis: int) -> None:
    """A mask is as long as the axes it selects from."""
    if isinstance(mask, int) and isinstance(size, int) and mask != size:
        ctx.error(
            ShapeMismatchError,
            f"boolean index did not match indexed array along axis {axis}; size of axis is {size} but size of "
            f"corresponding boolean axis is {mask}",
            code=MASK_SHAPE,
        )
    ctx.require_equal(mask, size, f"size of the mask along axis {axis}")


def _checked_indices(ctx: Context, item: AbstractValue, size: Size, axis: int | None) -> Value:
    if is_number(item):
        return int_index(ctx, item, size, axis)
    value = ctx.array(item, I64)
    return ctx.b("check_index", value, ctx.b.dim(size), axis=axis)


def checked_indices(ctx: Context, array: ArrayValue, items: Sequence[AbstractValue]) -> list[Value]:
    """Integer index arrays for the first axes of `array`: i64, wrapped, checked, in one shape."""
    return broadcast(
        ctx, [_checked_indices(ctx, item, array.type.shape[axis], axis) for axis, item in enumerate(items)]
    )


def _inner(ctx: Context, adv: Advanced, base: Value) -> Value:
    b = ctx.b
    value = base
    if adv.basic is not None:
        starts, sizes, steps = adv.basic
        value = b("index", value, *starts, sizes=sizes, steps=steps)
    if adv.reshape is not None:
        value = b("reshape", value, shape=adv.reshape)
    return value if adv.perm == tuple(range(len(adv.perm))) else b("transpose", value, perm=adv.perm)


def _outer(ctx: Context, adv: Advanced, base: Value, changed: Value) -> Value:
    """The base after its prepared part became `changed`: the inverse of `_inner`."""
    b = ctx.b
    if adv.perm != tuple(range(len(adv.perm))):
        changed = b("transpose", changed, perm=tuple(adv.perm.index(k) for k in range(len(adv.perm))))
    if adv.basic is None:
        return changed if adv.reshape is None else b("reshape", changed, shape=base.shape)
    starts, sizes, steps = adv.basic
    if adv.reshape is not None:
        changed = b("reshape", changed, shape=tuple(s for s in sizes if s is not None))
    return b("update", base, changed, *starts, sizes=sizes, steps=steps)


def gathered(ctx: Context, base: Value, adv: Advanced) -> Value:
    """The elements that an advanced index names."""
    value = ctx.b("gather", _inner(ctx, adv, base), *adv.indices)
    if adv.place == tuple(range(len(adv.place))):
        return value
    return ctx.b("transpose", value, perm=adv.place)


def _gathered_strides(ctx: Context, array: ArrayValue, adv: Advanced, shape: Shape) -> Strides | None:
    """How the elements lie in memory: the new axes outermost, then the others in the order of the array's."""
    rank = adv.indices[0].array.rank
    if array.strides is None and adv.place == tuple(range(len(adv.place))):
        return None
    own = strides_of(array)
    kept = [(0 if a is None else own[a], step) for a, step in adv.rest]
    sizes = tuple(shape[adv.place.index(rank + k)] for k in range(len(kept)))
    order = k_order(ctx, sizes, [tuple(None if s is None else s * step for s, step in kept)])
    if order is None:
        return (None,) * len(shape)
    outermost_first = [*range(rank), *(rank + k for k in order)]
    return ordered_strides(shape, [adv.place.index(g) for g in outermost_first])


def scatter(ctx: Context, base: Value, parts: Sequence[Part], value: AbstractValue, op: str = "scatter") -> Value:
    """The base after `base[parts] = value` (or `np.add.at`, with op 'scatter_add') for an advanced index."""
    adv = prepare(ctx, base.shape, parts)
    inner = _inner(ctx, adv, base)
    target = adv.indices[0].shape + inner.shape[len(adv.indices) :]
    shown = tuple(target[k] for k in adv.place)
    new = fit(ctx, operand(ctx, value, base.dtype), shown)
    inverse = tuple(adv.place.index(k) for k in range(len(adv.place)))
    if inverse != tuple(range(len(inverse))):
        new = ctx.b("transpose", new, perm=inverse)
    return _outer(ctx, adv, base, ctx.b(op, inner, new, *adv.indices))


# ---- assignment ----------------------------------------------------------------------------------------------------


def setitem(ctx: Context, array: ArrayValue, index: AbstractValue, value: AbstractValue) -> None:
    """`array[index] = value`, in place."""
    if array.flat_of is not None:
        whole = array.flat_of
        ctx.require_writeable(whole, "underlying array")
        items = flattened(ctx, whole)
        _assign(ctx, items, index, value)
        ctx.write(whole, ctx.b("reshape", ctx.array(items), shape=whole.type.shape))
        return
    ctx.require_writeable(array)
    _assign(ctx, array, index, value)


def _assign(ctx: Context, array: ArrayValue, index: AbstractValue, value: AbstractValue) -> None:
    array, parts, ellipsis = parts_of(ctx, array, index)
    base = ctx.array(array)
    if any(p.form == "mask" for p in parts):
        _check_masked_operand(ctx, array, parts, value)
        ctx.write(array, _masked(ctx, array, base, parts, lambda _old: operand(ctx, value, array.type.dtype)))
        return
    if any(p.form == "array" for p in parts):
        ctx.write(array, scatter(ctx, base, parts, value))
        return
    starts, sizes, steps, shape = basic(ctx, array.type.shape, parts)
    require_assignable(ctx, value, len(shape), element=not shape and not ellipsis)
    new = fit(ctx, stored(ctx, value, array.type.dtype), shape)
    kept = tuple(s for s in sizes if s is not None)
    if kept != shape:
        new = ctx.b("reshape", new, shape=kept)
    ctx.write(array, ctx.b("update", ctx.array(array), new, *starts, sizes=sizes, steps=steps))


def aug_setitem(
    ctx: Context,
    array: ArrayValue,
    index: AbstractValue,
    value: AbstractValue,
    combine: Callable[[AbstractValue], AbstractValue],
    before: Value,
) -> None:
    """`array[index] op= value`: `combine(old)` gives the new contents, by what the array held `before` the value was
    evaluated. By a mask, `value` must be scalar-like."""
    if array.flat_of is not None:
        setitem(ctx, array, index, combine(getitem(ctx, array, index)))
        return
    array, parts, _ = parts_of(ctx, array, index)
    if not any(p.form == "mask" for p in parts):
        setitem(ctx, array, index, combine(getitem(ctx, array, index)))
        return
    base = ctx.array(array)
    _check_masked_operand(ctx, array, parts, value)

    def changed(_now: Value) -> Value:
        return operand(ctx, combine(ctx.result(before)), array.type.dtype)

    ctx.write(array, _masked(ctx, array, base, parts, changed))


def _masked(
    ctx: Context, array: ArrayValue, base: Value, parts: Sequence[Part], new: Callable[[Value], Value]
) -> Value:
    """`select(mask, new, base)` for an index with one mask and whole axes otherwise."""
    masks = [k for k, p in enumerate(parts) if p.form == "mask"]
    if len(masks) > 1 or not all(_whole(p) for p in parts if p.form != "mask"):
        ctx.error(
            UnsupportedError,
            "a boolean mask together with other indices",
            code=BAD_INDEX,
            fix="write it with np.where, or take the part first and assign through its mask",
        )
    first, item = masks[0], parts[masks[0]].value
    assert item is not None
    mask = ctx.array(item)
    axes = tuple(range(first, first + mask.array.rank))
    for axis, m in zip(axes, mask.shape, strict=True):
        _check_mask_size(ctx, m, base.shape[axis], axis)
    own = tuple(base.shape[axis] for axis in axes)
    if mask.shape != own:
        mask = ctx.b("reshape", mask, shape=own)
    if len(axes) < array.type.rank:
        mask = ctx.b("broadcast", mask, shape=base.shape, dims=axes)
    return ctx.b("select", mask, fit(ctx, new(base), base.shape), base)


def _check_masked_operand(ctx: Context, array: ArrayValue, parts: Sequence[Part], value: AbstractValue) -> None:
    """What is assigned through a mask may vary along the axes behind the mask only."""
    first = next(k for k, p in enumerate(parts) if p.form == "mask")
    masked = first + axes_used(ctx, parts[first])
    if rank_of(ctx, value) > array.type.rank - masked and ctx.type_of(value).shape != (1,):
        ctx.error(
            DataDependentShapeError,
            "assigning an array through a boolean mask: how many elements are needed depends on the data",
            code=MASK_READ,
            fix="assign np.where(mask, values, x) with values of x's shape",
        )


def _whole(part: Part) -> bool:
    s = part.value
    return isinstance(s, SliceValue) and all(
        isinstance(v, Const) and v.value is None for v in (s.start, s.stop, s.step)
    )
