"""Views, rearrangements, joins, splits and indexing of NumPy and `jax.numpy`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, size_sequence, spread_sizes, unknown_dims, whole
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.broadcasting import broadcast_to as fits
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AtLeast, Equal
from tangra.shape_rules.failures import ARGUMENT, AXIS, BROADCAST, RANK, Failure
from tangra.shape_rules.indexing import index_result
from tangra.shape_rules.numpy.common import both, functions, methods
from tangra.shape_rules.registry import method
from tangra.shape_rules.reshaping import reshape_shape, reshaped
from tangra.shape_rules.values import Item, Shape, Tensor, Unknown, Value, is_size, shape_text
from tangra.shapes import Size, dmax, dmin, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

ERROR = "AxisError"
INDEX_ERROR = "IndexError"


def kept(a: Tensor, shape: Shape | None) -> Tensor:
    return Tensor(a.library, shape, a.dtype, weak=a.weak)


@methods("__getitem__")
def getitem(ctx: RuleContext, self: Tensor, index: Value) -> Tensor:
    """`a[index]`, by basic and advanced indexing."""
    return index_result(ctx, self, index)


def _entries(index: Value) -> tuple[Value, ...]:
    return index if type(index) is tuple else (index,)


@method("numpy.ndarray", "__setitem__")
def setitem(ctx: RuleContext, self: Tensor, index: Value, value: Value) -> None:
    """`a[index] = value`: the value must broadcast to the part."""
    part = index_result(ctx, self, index)
    if value is None or isinstance(value, str | dict | Unknown):
        return
    given = to_tensor(value, "numpy")
    if part.rank == 0 and given.rank and all(type(entry) is int for entry in _entries(index)):
        text = f"an element is set to an array of shape {shape_text(given.shape)}"
        ctx.fail(Failure(BROADCAST, text, "ValueError"))
    if given.shape is not None and part.shape is not None:
        shape = given.shape
        while len(shape) > len(part.shape) and shape[0] == 1:
            shape = shape[1:]
        fits(ctx, shape, part.shape, "assignment to a part: ", "ValueError")


def _reshaped(ctx: RuleContext, a: Tensor, goal: tuple[Size, ...] | None) -> Tensor:
    if goal is None:
        return kept(a, None)
    shape = reshape_shape(ctx, a, goal, "ValueError" if a.library == "numpy" else "TypeError", a.library == "numpy")
    return reshaped(a, kept(a, shape))


@functions("reshape")
def reshape(ctx: RuleContext, a: Tensor, shape: Value = None, order: Value = "C", *, newshape: Value = None) -> Tensor:
    """Another shape of the same elements."""
    return _reshaped(ctx, a, size_sequence(ctx, newshape if shape is None else shape, "shape"))


@methods("reshape")
def reshape_method(ctx: RuleContext, self: Tensor, *shape: Value, order: Value = "C") -> Tensor:
    """Another shape of the same elements."""
    return _reshaped(ctx, self, spread_sizes(ctx, shape, "shape"))


@both("ravel")
def ravel(ctx: RuleContext, a: Tensor, order: Value = "C") -> Tensor:
    """One dimension."""
    return reshaped(a, kept(a, (ctx.fresh("n") if a.dims is None else prod(a.dims),)))


@methods("flatten")
def flatten(ctx: RuleContext, self: Tensor, order: Value = "C") -> Tensor:
    """A copy with one dimension."""
    return ravel(ctx, self)


def permuted(a: Tensor, order: Sequence[int]) -> Tensor:
    """The array with its axes in this order."""
    return kept(a, tuple((a.shape or ())[place] for place in order))


def _transposed(ctx: RuleContext, a: Tensor, axes: Value) -> Tensor:
    if a.rank is None or isinstance(axes, Unknown):
        return kept(a, None if a.rank is None else unknown_dims(ctx, a.rank))
    if axes is None:
        return permuted(a, range(a.rank)[::-1])
    places = axis_places(ctx, a, axes, error=ERROR)
    count = len(axes) if isinstance(axes, list | tuple) else 1
    if count != a.rank:
        text = f"transpose() names {count} axes of an array of shape {shape_text(a.shape)}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    return kept(a, unknown_dims(ctx, a.rank)) if places is None else permuted(a, places)


@functions("transpose", "permute_dims")
def transpose(ctx: RuleContext, a: Tensor, axes: Value = None) -> Tensor:
    """Axes permuted, reversed by default."""
    return _transposed(ctx, a, axes)


@methods("transpose")
def transpose_method(ctx: RuleContext, self: Tensor, *axes: Value) -> Tensor:
    """Axes permuted, reversed by default."""
    if not axes or (len(axes) == 1 and axes[0] is None):
        return _transposed(ctx, self, None)
    return _transposed(ctx, self, axes[0] if len(axes) == 1 and isinstance(axes[0], list | tuple) else axes)


@both("swapaxes")
def swapaxes(ctx: RuleContext, a: Tensor, axis1: Value, axis2: Value) -> Tensor:
    """Two axes exchanged."""
    first, second = axis_place(ctx, a, axis1, error=ERROR), axis_place(ctx, a, axis2, error=ERROR)
    if a.rank == 0:
        ctx.fail(Failure(AXIS, "swapaxes() of a 0-d array", ERROR))
    if a.shape is None or first is None or second is None:
        return kept(a, None if a.rank is None else unknown_dims(ctx, a.rank))
    order = list(range(len(a.shape)))
    order[first], order[second] = second, first
    return permuted(a, order)


@functions("matrix_transpose")
def matrix_transpose(ctx: RuleContext, x: Tensor) -> Tensor:
    """The last two axes exchanged."""
    if x.rank is not None and x.rank < 2:
        ctx.fail(Failure(RANK, f"matrix_transpose() of shape {shape_text(x.shape)}", "ValueError"))
    return swapaxes(ctx, x, -1, -2)


@functions("moveaxis")
def moveaxis(ctx: RuleContext, a: Tensor, source: Value, destination: Value) -> Tensor:
    """Axes moved to other places, the rest in order."""
    sources = axis_places(ctx, a, source, error=ERROR)
    targets: Sequence[int] | None
    if a.library == "jax" and isinstance(
        destination, list | tuple
    ):  # JAX inserts axes one by one, also twice at a place
        each = [axis_place(ctx, a, place, error=ERROR) for place in destination]
        targets = None if None in each else [place for place in each if place is not None]
    else:
        targets = axis_places(ctx, a, destination, error=ERROR)
    counts = [len(value) if isinstance(value, list | tuple) else 1 for value in (source, destination)]
    if counts[0] != counts[1]:
        ctx.fail(Failure(ARGUMENT, f"moveaxis() of {counts[0]} axes to {counts[1]} places", "ValueError"))
    if a.rank == 0 and counts[0]:
        ctx.fail(Failure(AXIS, "moveaxis() of a 0-d array", ERROR))
    if a.rank is None or sources is None or targets is None:
        return kept(a, None if a.rank is None else unknown_dims(ctx, a.rank))
    order = [place for place in range(a.rank) if place not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return permuted(a, order)


@functions("expand_dims")
def expand_dims(ctx: RuleContext, a: Tensor, axis: Value) -> Tensor:
    """Axes of size 1 inserted at places of the result."""
    axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
    if a.dims is None:
        return kept(a, None)
    places = [axis_place(ctx, a, one, error=ERROR, added=len(axes)) for one in axes]
    total = len(a.dims) + len(axes)
    known = [place for place in places if place is not None]
    if len(known) < len(places):
        return kept(a, unknown_dims(ctx, total))
    if len(set(known)) < len(known):
        ctx.fail(Failure(AXIS, f"expand_dims() at {axes}: an axis is given twice", "ValueError"))
    rest = iter(a.dims)
    shape = tuple(1 if place in known else next(rest) for place in range(total))
    return kept(a, shape).with_(ones=frozenset(place - total for place in known))


@both("squeeze")
def squeeze(ctx: RuleContext, a: Tensor, axis: Value = None) -> Tensor:
    """Without axes of size 1; those named must be 1."""
    if a.dims is None:
        return kept(a, None)
    if axis is None:
        return kept(a, tuple(size for size in a.dims if ctx.truth(Equal(size, 1)) is not True))
    if not a.dims and axis in (0, -1) and a.library == "numpy":
        return a
    places = axis_places(ctx, a, axis, error=ERROR)
    if places is None:
        return kept(a, None)
    for place in places if a.dims else ():
        text = f"squeeze(): axis {place} of shape {shape_text(a.dims)} is not 1"
        ctx.require_equal(a.dims[place], 1, Failure(ARGUMENT, text, "ValueError"))
    return kept(a, tuple(size for place, size in enumerate(a.dims) if place not in places))


@functions("broadcast_to")
def broadcast_to(ctx: RuleContext, array: Tensor, shape: Value) -> Tensor:
    """Expanded to a shape."""
    goal = size_sequence(ctx, shape, "shape")
    if goal is None:
        return kept(array, None)
    for size in goal:
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"broadcast_to() a size of {size}", "ValueError"))
    if array.shape is not None:
        fits(ctx, array.shape, goal, "broadcast_to(): ", "ValueError", BROADCAST)
    return kept(array, goal)


@functions("broadcast_arrays")
def broadcast_arrays(ctx: RuleContext, *args: Tensor) -> tuple[Tensor, ...]:
    """All arrays expanded to one shape."""
    shape = broadcast_shapes(ctx, [array.shape for array in args], "broadcast_arrays: ", "ValueError")
    return tuple(kept(array, shape) for array in args)


@functions("tile")
def tile(ctx: RuleContext, A: Tensor, reps: Value) -> Tensor:
    """The array repeated along each axis."""
    goal = size_sequence(ctx, reps, "reps")
    if goal is None or A.dims is None:
        return kept(A, None)
    for count in goal:
        ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"tile() {count} times", "ValueError"))
    rank = max(len(goal), len(A.dims))
    goal, dims = (1,) * (rank - len(goal)) + goal, (1,) * (rank - len(A.dims)) + A.dims
    return kept(A, tuple(size * count for size, count in zip(dims, goal, strict=True)))


@both("repeat")
def repeat(
    ctx: RuleContext, a: Tensor, repeats: Value, axis: Value = None, *, total_repeat_length: Value = None
) -> Tensor:
    """Each element or slice repeated."""
    if a.rank == 0 and axis in (0, -1) and a.library == "numpy":
        axis = None
    place = None if axis is None else axis_place(ctx, a, axis, error=ERROR)
    flat = axis is None
    size = (
        (None if a.dims is None else prod(a.dims))
        if flat
        else 1
        if a.rank == 0
        else None
        if place is None
        else a.size(place)
    )
    if is_size(repeats):
        ctx.require(AtLeast(0, repeats), Failure(ARGUMENT, f"repeat() {repeats} times", "ValueError"))
        total: Item = ctx.fresh("repeated") if size is None else size * repeats
    elif isinstance(repeats, float):
        if a.library == "jax":
            ctx.fail(Failure(ARGUMENT, f"repeat() {repeats} times", "TypeError"))
        return Tensor(a.library)  # NumPy rounds it
    else:
        total = ctx.fresh("repeated")
    if flat or a.rank == 0:
        return kept(a, (total,))
    if place is None or a.shape is None:
        return kept(a, None)
    return kept(a, (*a.shape[:place], total, *a.shape[place + 1 :]))


@functions("flip")
def flip(ctx: RuleContext, m: Tensor, axis: Value = None) -> Tensor:
    """Axes reversed."""
    if axis is not None:
        axis_places(ctx, m, axis, error=ERROR)
        if m.rank == 0 and axis != ():
            ctx.fail(Failure(AXIS, "flip() of a 0-d array", ERROR))
    return kept(m, m.shape)


def _flipped(name: str, least: int) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, m: Tensor) -> Tensor:
        if m.rank is not None and m.rank < least:
            ctx.fail(Failure(RANK, f"{name}() of an array of shape {shape_text(m.shape)}", "ValueError"))
        return kept(m, m.shape)

    return apply


for _name, _least in (("fliplr", 2), ("flipud", 1)):
    functions(_name)(_flipped(_name, _least))


@functions("roll")
def roll(ctx: RuleContext, a: Tensor, shift: Value, axis: Value = None) -> Tensor:
    """Elements shifted around."""
    if axis is not None:
        for one in axis if isinstance(axis, list | tuple) else (axis,):
            axis_place(ctx, a, one, error=ERROR)
    return kept(a, a.shape)


@functions("tril", "triu")
def tril(ctx: RuleContext, m: Tensor, k: Value = 0) -> Tensor:
    """A triangle of matrices."""
    if m.library == "jax" and m.rank is not None and m.rank < 2:
        ctx.fail(Failure(RANK, "tril() and triu() take at least 2 dimensions", "ValueError"))
    if m.rank == 0:
        ctx.fail(Failure(RANK, "tril() and triu() of a 0-d array", "TypeError"))
    if m.rank == 1:
        return kept(m, (m.size(0), m.size(0)))  # type: ignore[arg-type]
    return kept(m, m.shape)


@functions("diag")
def diag(ctx: RuleContext, v: Tensor, k: Value = 0) -> Tensor:
    """A vector as a diagonal matrix, or a matrix's diagonal."""
    offset = whole(ctx, k, "k")
    if v.rank not in (None, 1, 2):
        ctx.fail(Failure(RANK, f"diag() takes a vector or a matrix, not shape {shape_text(v.shape)}", "ValueError"))
    if v.dims is None or not isinstance(offset, int):
        return kept(v, None)
    if len(v.dims) == 1:
        return kept(v, (v.dims[0] + abs(offset), v.dims[0] + abs(offset)))
    return kept(v, (_diagonal_size(v.dims[0], v.dims[1], offset),))


def _diagonal_size(rows: Size, columns: Size, offset: int) -> Size:
    if rows == columns:
        return dmax(rows - abs(offset), 0)
    return dmax(dmin(rows + min(offset, 0), columns - max(offset, 0)), 0)


@both("diagonal")
def diagonal(ctx: RuleContext, a: Tensor, offset: Value = 0, axis1: Value = 0, axis2: Value = 1) -> Tensor:
    """A diagonal of two axes, as the last one."""
    if a.rank is not None and a.rank < 2:
        ctx.fail(Failure(RANK, f"diagonal() of shape {shape_text(a.shape)}", "ValueError"))
    first, second = axis_place(ctx, a, axis1, error=ERROR), axis_place(ctx, a, axis2, error=ERROR)
    shift = whole(ctx, offset, "offset")
    if a.dims is None or first is None or second is None or not isinstance(shift, int):
        return kept(a, None)
    if first == second:
        ctx.fail(Failure(AXIS, "diagonal() of one axis with itself", "ValueError"))
    rest = tuple(size for place, size in enumerate(a.dims) if place not in (first, second))
    return kept(a, (*rest, _diagonal_size(a.dims[first], a.dims[second], shift)))


def _at_least(count: int) -> Callable[..., Value]:
    def apply(ctx: RuleContext, *arys: Tensor) -> Value:
        done = tuple(padded(array, count) for array in arys)
        return done[0] if len(done) == 1 else done

    return apply


def padded(array: Tensor, count: int) -> Tensor:
    dims = array.dims
    if dims is None:
        return kept(array, None)
    if count == 3 and 0 < len(dims) < 3:
        dims = (1, dims[0], 1) if len(dims) == 1 else (*dims, 1)
    return kept(array, (1,) * (count - len(dims)) + dims)


for _count in (1, 2, 3):
    functions(f"atleast_{_count}d")(_at_least(_count))


@functions("pad")
def pad(
    ctx: RuleContext, array: Tensor, pad_width: Value, mode: Value = "constant", *, constant_values: Value = 0
) -> Tensor:
    """Elements added around: (before, after) for each axis, or for all."""
    if array.dims is None:
        return kept(array, None)
    if isinstance(pad_width, float):
        ctx.fail(Failure(ARGUMENT, "pad() by a float", "TypeError"))
    if isinstance(pad_width, int) and pad_width < 0:
        ctx.fail(Failure(ARGUMENT, f"pad() by {pad_width}", "ValueError"))
    pairs = _pad_pairs(ctx, pad_width, len(array.dims), shape_text(array.dims))
    if pairs is None:
        return kept(array, unknown_dims(ctx, len(array.dims)))
    for size in (size for pair in pairs for size in pair):
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"pad() by {size}", "ValueError"))
    return kept(array, tuple(size + a + b for size, (a, b) in zip(array.dims, pairs, strict=True)))


def _pad_pairs(ctx: RuleContext, width: Value, rank: int, shape: str) -> list[tuple[Size, Size]] | None:
    if is_size(width):
        return [(width, width)] * rank
    if not isinstance(width, list | tuple) or not width:
        return None
    if all(is_size(one) for one in width):
        if len(width) <= 2:
            return [(width[0], width[-1])] * rank
        ctx.fail(Failure(ARGUMENT, f"pad() of shape {shape} by {tuple(width)}", "ValueError"))
    if not all(isinstance(one, list | tuple) and all(map(is_size, one)) for one in width):
        return None
    if len(width) not in (1, rank) or any(len(one) not in (1, 2) for one in width):
        ctx.fail(Failure(ARGUMENT, f"pad() of shape {shape} by {len(width)} pairs", "ValueError"))
    pairs = [(one[0], one[-1]) for one in width]
    return pairs * rank if len(pairs) == 1 else pairs
