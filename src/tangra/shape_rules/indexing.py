"""`array[index]` for torch, NumPy and JAX: ints, slices, None, Ellipsis, lists, and arrays of ints and bools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.coercion import from_nested, kind_text
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import kind
from tangra.shape_rules.failures import DTYPE, INDEX, Failure
from tangra.shape_rules.reshaping import layout_from, strides_of
from tangra.shape_rules.values import Item, Layout, Shape, Tensor, Unknown, Value, Variadic, is_size, shape_text
from tangra.shapes import Dim, Size, SizeTooComplex, SliceError, UndecidedError, ceil_div, slice_length

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


MAX_READABLE = 60
"""Letters of the length of a slice; where the ends' signs are not known it says nothing to anybody."""


@dataclass
class _Walk:
    """How far an index has got: the result's items so far, and the advanced parts."""

    items: list[Item] = field(default_factory=list)
    made: set[int] = field(default_factory=set)  # places in `items` of axes from None
    advanced: list[Shape | None] = field(default_factory=list)
    place: int | None = None  # of the first advanced part in `items`
    last: int = -2  # the position of the last advanced part in the index
    scattered: bool = False
    broken: bool = False


def index_result(ctx: RuleContext, array: Tensor, index: Value) -> Tensor:
    """The part of `array` that `index` names; fails where that certainly is an error."""
    parts = tuple(index) if isinstance(index, tuple) else (index,)
    if isinstance(index, list) and array.library == "torch" and any(isinstance(p, slice | Tensor) for p in index):
        parts = tuple(index)
    parts = tuple(_normal(ctx, array, part) for part in parts)
    if array.shape is None or any(isinstance(part, Unknown) for part in parts):
        return Tensor(array.library, None, array.dtype)
    _check_count(ctx, array, parts)
    if sum(part is ... for part in parts) > 1:
        return Tensor(array.library, None, array.dtype)
    left, right = _around_ellipsis(parts)
    shape = array.shape
    walk = _Walk()
    taken = _walk(ctx, array, left, shape, walk, 0)
    end = _consumed(right)
    if taken is None or (end and any(isinstance(item, Variadic) for item in shape[len(shape) - end :])):
        return Tensor(array.library, None, array.dtype)
    walk.items += shape[taken : len(shape) - end]
    tail = shape[len(shape) - end :] if end else ()
    if _walk(ctx, array, right, tail, walk, len(left) + 1) is None:
        return Tensor(array.library, None, array.dtype)
    return _finish(ctx, array, parts, walk)


def _normal(ctx: RuleContext, array: Tensor, part: Value) -> Value:
    """An entry of an index in one of few forms: int, Dim, bool, slice, None, Ellipsis, Tensor or Unknown."""
    if part is None or part is ... or isinstance(part, bool | int | Dim | slice):
        return part
    if isinstance(part, range):
        part = list(part)
    if isinstance(part, list | tuple):
        made = from_nested(part, array.library)
        return made.with_(dtype="int64") if made.shape == (0,) else made
    if isinstance(part, Unknown):
        if part.kind == "int":
            return ctx.fresh("i")
        if part.kind in ("float", "str"):
            _refuse(ctx, part)
        return part
    if isinstance(part, float | str | complex):
        _refuse(ctx, part)
    if isinstance(part, Tensor):
        if kind(part.dtype) in (2, 3):
            ctx.fail(Failure(DTYPE, f"an index must be of ints or bools, not of {part.dtype}", "IndexError"))
        if part.dtype is None or part.dims is None:
            return Unknown() if part.dtype is None or part.dtype == "bool" or part.shape is None else part
        return part
    return Unknown()


def _refuse(ctx: RuleContext, part: Value) -> None:
    message = f"a {kind_text(part)} is no index: ints, slices, None, ... and arrays of ints or bools are"
    ctx.fail(Failure(INDEX, message, "IndexError"))


def _takes(part: Value) -> int:
    """Axes of the array that an entry of the index stands for."""
    if part is None or isinstance(part, bool):
        return 0
    if isinstance(part, Tensor) and part.dtype == "bool":
        return len(part.dims or ())
    return 1


def _consumed(parts: Sequence[Value]) -> int:
    return sum(_takes(part) for part in parts if part is not ...)


def _check_count(ctx: RuleContext, array: Tensor, parts: Sequence[Value]) -> None:
    if sum(part is ... for part in parts) > 1 and array.library != "torch":
        ctx.fail(Failure(INDEX, "an index can have one Ellipsis (...) only", "IndexError"))
    count = _consumed(parts)
    if array.rank is not None and count > array.rank:
        message = f"too many indices: {count} for an array of shape {shape_text(array.shape)}"
        ctx.fail(Failure(INDEX, message, "IndexError"))


def _around_ellipsis(parts: tuple[Value, ...]) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    for place, part in enumerate(parts):
        if part is ...:
            return parts[:place], parts[place + 1 :]
    return parts, ()


def _walk(ctx: RuleContext, array: Tensor, parts: Sequence[Value], shape: Shape, walk: _Walk, start: int) -> int | None:
    """Apply entries to the axes of `shape` in order; how many axes they took, None if one is variadic."""
    axis = 0
    for position, part in enumerate(parts, start):
        taken = shape[axis : axis + _takes(part)]
        if any(isinstance(item, Variadic) for item in taken):
            return None
        sizes = tuple(item for item in taken if not isinstance(item, Variadic))
        if part is None:
            walk.made.add(len(walk.items))
            walk.items.append(1)
        elif isinstance(part, bool):
            _advance(walk, position, (1 if part else 0,))
        elif isinstance(part, slice):
            walk.items.append(_sliced(ctx, array, part, sizes[0]))
        elif isinstance(part, Tensor):
            _advance(walk, position, _index_shape(ctx, array, part, sizes))
        else:
            _in_range(ctx, array, part, sizes[0], axis)
            if array.library == "numpy":
                walk.last = position if walk.last == position - 1 and walk.advanced else walk.last
        axis += _takes(part)
    return axis


def _advance(walk: _Walk, position: int, shape: Shape | None) -> None:
    if walk.place is None:
        walk.place = len(walk.items)
    elif walk.last != position - 1:
        walk.scattered = True
    walk.last = position
    walk.advanced.append(shape)


def _index_shape(ctx: RuleContext, array: Tensor, index: Tensor, sizes: tuple[Size, ...]) -> Shape | None:
    if index.dtype != "bool":
        return index.shape
    dims = index.dims or ()
    for axis, (wanted, size) in enumerate(zip(dims, sizes, strict=True)):
        failure = Failure(
            INDEX,
            f"a mask of shape {shape_text(dims)} does not fit an array of shape {shape_text(array.shape)}: "
            f"axis {axis} is {wanted} in the mask and {size} in the array",
            "IndexError",
        )
        ctx.require_equal(wanted, size, failure)
    return (ctx.fresh("mask"),)


def _in_range(ctx: RuleContext, array: Tensor, index: Value, size: Size, axis: int) -> None:
    if not is_size(index) or array.library == "jax":
        return
    failure = Failure(
        INDEX,
        lambda: f"index {index} is out of range for axis {axis} of an array of shape {shape_text(array.shape)}",
        "IndexError",
    )
    if ctx.truth(AtLeast(0, index)):
        ctx.require(AtLeast(index + 1, size), failure)
    elif ctx.truth(AtLeast(index, -1)):
        ctx.require(AtLeast(-index, size), failure)


def _sliced(ctx: RuleContext, array: Tensor, part: slice, size: Size) -> Size:
    """The length of a slice of an axis."""
    bounds = [_bound(ctx, value) for value in (part.start, part.stop, part.step)]
    step = 1 if bounds[2] is None else bounds[2]
    if array.library == "torch" and ctx.truth(AtLeast(step, 0)):
        ctx.fail(Failure(INDEX, f"torch takes no slice with step {step}; use flip()", "ValueError"))
    if any(isinstance(bound, Unknown) for bound in bounds):
        return ctx.fresh("slice")
    if bounds[0] is None and bounds[1] is None and step == 1:
        return size
    if bounds == [None, None, -1]:
        return size
    if bounds[0] is None and bounds[1] is None and isinstance(step, int) and step > 0:
        return ceil_div(size, step)
    try:
        length = slice_length(bounds[0], bounds[1], bounds[2], size, ctx.facts)[1]
        return length if isinstance(length, int) or len(str(length)) <= MAX_READABLE else ctx.fresh("slice")
    except SliceError as error:
        ctx.fail(Failure(INDEX, error.message, "ValueError"))
    except (UndecidedError, SizeTooComplex):
        return ctx.fresh("slice")


def _bound(ctx: RuleContext, value: Value) -> Value:
    if value is None or is_size(value):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Tensor):
        if (kind(value.dtype) or 0) >= 2:
            text = f"a slice's bounds are ints, not an array of {value.dtype}"
            ctx.fail(Failure(INDEX, text, "TypeError", fix="convert the bounds to ints"))
        elements = value.elements
        return elements[0] if elements is not None and len(elements) == 1 and is_size(elements[0]) else Unknown()
    if isinstance(value, float | str | list | tuple) or (isinstance(value, Unknown) and value.kind == "float"):
        ctx.fail(Failure(INDEX, f"a slice's bounds are ints, not a {kind_text(value)}", "TypeError"))
    return Unknown()


def _finish(ctx: RuleContext, array: Tensor, parts: Sequence[Value], walk: _Walk) -> Tensor:
    shape: Shape | None = tuple(walk.items)
    made = walk.made
    if walk.advanced:
        error = "IndexError"
        joined = broadcast_shapes(ctx, walk.advanced, "indices: ", error)
        if joined is None:
            shape = None
        else:
            place = 0 if walk.scattered else walk.place or 0
            shape = (*walk.items[:place], *joined, *walk.items[place:])
            made = {one if one < place else one + len(joined) for one in made}
    total = len(shape or ())
    ones = frozenset(one - total for one in made)
    elements = _picked(array, parts)
    return Tensor(array.library, shape, array.dtype, _layout(ctx, array, parts, shape), elements=elements, ones=ones)


def _picked(array: Tensor, parts: Sequence[Value]) -> tuple[Value, ...] | None:
    """The elements, where a vector of known ones is indexed by an int or a slice of ints."""
    if array.elements is None or array.rank != 1 or len(parts) != 1:
        return None
    part = parts[0]
    if isinstance(part, int) and not isinstance(part, bool):
        return (array.elements[part],)
    if isinstance(part, slice) and all(b is None or type(b) is int for b in (part.start, part.stop, part.step)):
        return array.elements[part]
    return None


def _layout(ctx: RuleContext, array: Tensor, parts: Sequence[Value], shape: Shape | None) -> Layout:
    """How what is picked of a torch tensor lies in memory."""
    if array.library != "torch":
        return None
    if any(isinstance(part, Tensor | bool) for part in parts):
        return "contiguous" if array.layout == "contiguous" and not _keeps_axes_apart(parts) else None
    return layout_from(shape, _view_strides(array, parts))


def _view_strides(array: Tensor, parts: Sequence[Value]) -> tuple[Size, ...] | None:
    """The strides of what ints, slices, None and `...` pick, where they are known."""
    strides = strides_of(array)
    if strides is None:
        return None
    found: list[Size] = []
    axis = 0
    for part in parts:
        if part is None:
            found.append(1)  # of an axis of size 1, whose stride nobody asks for
        elif part is ...:
            count = len(strides) - _consumed(parts)
            found += strides[axis : axis + count]
            axis += count
        elif isinstance(part, slice):
            if part.step is not None and (not isinstance(part.step, int) or part.step < 1):
                return None
            found.append(strides[axis] * (part.step or 1))
            axis += 1
        elif is_size(part):
            axis += 1
        else:
            return None
    return (*found, *strides[axis:])


def _keeps_axes_apart(parts: Sequence[Value]) -> bool:
    """Whether the result of advanced indexing may be a permuted view of the gathered data."""
    return len([part for part in parts if part is not None]) > 1
