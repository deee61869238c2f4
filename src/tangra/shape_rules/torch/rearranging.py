"""torch's repetitions, rotations, triangles and diagonals, and windows along a dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import (
    axis_place,
    axis_places,
    size_argument,
    spread_sizes,
    unknown_dims,
    whole,
)
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.failures import ARGUMENT, AXIS, MISMATCH, RANK, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.torch.common import CLASS, both, dtype_argument, fresh
from tangra.shape_rules.values import Item, Tensor, Unknown, Value, is_size, shape_text
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


from tangra.shape_rules.torch.shaping import transpose


def _repeated(ctx: RuleContext, self: Tensor, goal: tuple[Size, ...] | None, name: str) -> Tensor:
    if goal is None or self.dims is None:
        return fresh(None, self.dtype)
    for count in goal:
        ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"{name} {count} times", "RuntimeError"))
    dims = (1,) * (len(goal) - len(self.dims)) + self.dims
    return fresh(tuple(size * count for size, count in zip(dims, goal, strict=True)), self.dtype)


@method(CLASS, "repeat")
def repeat(ctx: RuleContext, self: Tensor, *repeats: Value) -> Tensor:
    """The tensor repeated along each dimension; new ones come in front."""
    goal = spread_sizes(ctx, repeats)
    if goal is not None and len(goal) < self.least_rank:
        texts = f"repeat() with {len(goal)} counts of a tensor of shape {shape_text(self.shape)}"
        ctx.fail(Failure(RANK, f"{texts}: there must be one for each dimension", "RuntimeError"))
    return _repeated(ctx, self, goal, "repeat()")


@both("tile")
def tile(ctx: RuleContext, input: Tensor, *dims: Value) -> Tensor:
    """As repeat, with ones filled in front of the counts."""
    goal = spread_sizes(ctx, dims)
    if goal is not None and input.rank is not None:
        goal = (1,) * (input.rank - len(goal)) + goal
    return _repeated(ctx, input, goal, "tile()")


@both("repeat_interleave")
def repeat_interleave(
    ctx: RuleContext, input: Tensor, repeats: Value = None, dim: Value = None, *, output_size: Value = None
) -> Tensor:
    """Each element or slice repeated."""
    if repeats is None:
        return fresh((ctx.fresh("repeated"),), "int64")
    place = None if dim is None else axis_place(ctx, input, dim, name="dim")
    size = (None if input.dims is None else prod(input.dims)) if dim is None else _size_at(input, place)
    if is_size(repeats):
        ctx.require(AtLeast(0, repeats), Failure(ARGUMENT, f"repeat_interleave() {repeats} times", "RuntimeError"))
        total: Item = ctx.fresh("repeated") if size is None else size * repeats
    else:
        _counts_fit(ctx, repeats, size)
        total = ctx.fresh("repeated")
    if dim is None:
        return fresh((total,), input.dtype)
    if place is None or input.shape is None:
        return fresh(None, input.dtype)
    if not input.shape:
        ctx.fail(Failure(AXIS, "repeat_interleave() along a dimension of a 0-d tensor", "IndexError"))
    return fresh((*input.shape[:place], total, *input.shape[place + 1 :]), input.dtype)


def _size_at(input: Tensor, place: int | None) -> Size | None:
    return None if place is None else 1 if input.rank == 0 else input.size(place)


def _counts_fit(ctx: RuleContext, repeats: Value, size: Size | None) -> None:
    if not isinstance(repeats, Tensor):
        return
    if repeats.dtype not in (None, "int32", "int64"):
        ctx.fail(Failure(ARGUMENT, f"repeat_interleave() with counts of dtype {repeats.dtype}", "RuntimeError"))
    if repeats.rank is not None and repeats.rank > 1:
        ctx.fail(Failure(RANK, "repeat_interleave() takes counts with at most 1 dimension", "RuntimeError"))
    count = repeats.size(0) if repeats.rank == 1 else None
    if count is not None and size is not None and count != 1:
        message = f"repeat_interleave() with {count} counts for {size} slices"
        ctx.require_equal(count, size, Failure(MISMATCH, message, "RuntimeError"))


@both("flip")
def flip(ctx: RuleContext, input: Tensor, *dims: Value) -> Tensor:
    """Dimensions reversed."""
    axes = dims[0] if len(dims) == 1 and isinstance(dims[0], list | tuple) else dims
    axis_places(ctx, input, axes, name="dim")
    return fresh(input.shape, input.dtype, input)


@both("fliplr")
def fliplr(ctx: RuleContext, input: Tensor) -> Tensor:
    """Columns reversed."""
    if input.rank is not None and input.rank < 2:
        ctx.fail(Failure(RANK, f"fliplr() of shape {shape_text(input.shape)}", "RuntimeError"))
    return fresh(input.shape, input.dtype, input)


@both("flipud")
def flipud(ctx: RuleContext, input: Tensor) -> Tensor:
    """Rows reversed."""
    if input.rank == 0:
        ctx.fail(Failure(RANK, "flipud() of a 0-d tensor", "RuntimeError"))
    return fresh(input.shape, input.dtype, input)


@both("roll")
def roll(ctx: RuleContext, input: Tensor, shifts: Value, dims: Value = None) -> Tensor:
    """Elements shifted around."""
    for shift in shifts if isinstance(shifts, list | tuple) else (shifts,):
        whole(ctx, shift, "shifts")
    if dims is not None and dims != ():
        if input.rank == 0:
            ctx.fail(Failure(AXIS, "roll() along a dimension of a 0-d tensor", "IndexError"))
        counts = [len(value) if isinstance(value, list | tuple) else 1 for value in (shifts, dims)]
        if not isinstance(shifts, Unknown) and not isinstance(dims, Unknown) and counts[0] != counts[1]:
            ctx.fail(Failure(ARGUMENT, f"roll() by {counts[0]} shifts along {counts[1]} dimensions", "RuntimeError"))
        for axis in dims if isinstance(dims, list | tuple) else (dims,):
            axis_place(ctx, input, axis, name="dim")
    elif isinstance(shifts, list | tuple) and len(shifts) != 1:
        ctx.fail(Failure(ARGUMENT, f"roll() by {len(shifts)} shifts without dimensions", "RuntimeError"))
    return fresh(input.shape, input.dtype, input)


@both("rot90")
def rot90(ctx: RuleContext, input: Tensor, k: Value = 1, dims: Value = (0, 1)) -> Tensor:
    """Turned by quarters in the plane of two dimensions."""
    if isinstance(dims, list | tuple) and len(dims) != 2:
        ctx.fail(Failure(ARGUMENT, "rot90() turns in the plane of two dimensions", "RuntimeError"))
    if input.rank is not None and input.rank < 2:
        ctx.fail(Failure(RANK, "rot90() needs at least 2 dimensions", "RuntimeError"))
    whole(ctx, k, "k")
    places = axis_places(ctx, input, dims, name="dim")
    if places is not None and len(set(places)) < len(places):
        ctx.fail(Failure(AXIS, "rot90() in the plane of one dimension twice", "RuntimeError"))
    turned = transpose(ctx, input, *dims) if isinstance(dims, list | tuple) else fresh(None, input.dtype)
    if not isinstance(k, int):
        return fresh(None if input.rank is None else unknown_dims(ctx, input.rank), input.dtype)
    return fresh(turned.shape if k % 2 else input.shape, input.dtype)


def _triangle(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Tensor, diagonal: Value = 0) -> Tensor:
        if input.rank is not None and input.rank < 2:
            ctx.fail(Failure(RANK, f"{name}() needs at least 2 dimensions", "RuntimeError"))
        whole(ctx, diagonal, "diagonal")
        return fresh(input.shape, input.dtype, input)

    return apply


for _name in ("tril", "triu"):
    both(_name, inplace=True)(_triangle(_name))


@rule("torch.tril_indices", "torch.triu_indices")
def tril_indices(ctx: RuleContext, row: Value, col: Value, offset: Value = 0, *, dtype: Value = None) -> Tensor:
    """The places of a triangle of a matrix, as a (2, count) tensor."""
    sizes = [size_argument(ctx, size, word) for size, word in ((row, "row"), (col, "col"))]
    size_argument(ctx, offset, "offset")
    for size in sizes:
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"the triangle of a matrix of {sizes}", "RuntimeError"))
    return fresh((2, ctx.fresh("triangle")), dtype_argument(ctx, dtype, "int64"))


def diagonal_size(ctx: RuleContext, rows: Size, columns: Size, offset: Value) -> Size:
    """The length of a diagonal; offset > 0 lies above the main one."""
    from tangra.shapes import dmax, dmin

    if not is_size(offset):
        return ctx.fresh("diagonal")
    if rows == columns:
        length = rows - offset if ctx.truth(AtLeast(0, offset)) else rows + offset
        return dmax(length, 0) if isinstance(length, int) or length != rows else rows
    return dmax(dmin(rows + dmin(offset, 0), columns - dmax(offset, 0)), 0)


@both("diagonal")
def diagonal(ctx: RuleContext, input: Tensor, offset: Value = 0, dim1: Value = 0, dim2: Value = 1) -> Tensor:
    """A diagonal of two dimensions, as the last one."""
    first = axis_place(ctx, input, dim1, name="dim")
    second = axis_place(ctx, input, dim2, name="dim")
    offset = whole(ctx, offset, "offset")
    if first is not None and first == second:
        ctx.fail(Failure(AXIS, "diagonal() of one dimension with itself", "RuntimeError"))
    if input.dims is None or first is None or second is None:
        return fresh(None, input.dtype)
    size = diagonal_size(ctx, input.dims[first], input.dims[second], offset)
    rest = tuple(item for place, item in enumerate(input.dims) if place not in (first, second))
    return Tensor("torch", (*rest, size), input.dtype)


@both("diag")
def diag(ctx: RuleContext, input: Tensor, diagonal: Value = 0) -> Tensor:
    """A vector as a diagonal matrix, or a matrix's diagonal."""
    if input.rank == 1:
        extra = abs(diagonal) if isinstance(diagonal, int) else ctx.fresh("offset")
        size = (input.dims or (0,))[0] + extra
        return fresh((size, size), input.dtype)
    if input.rank == 2:
        rows, columns = input.dims or (0, 0)
        return fresh((diagonal_size(ctx, rows, columns, diagonal),), input.dtype)
    if input.rank is not None:
        message = f"diag() takes a vector or a matrix, not shape {shape_text(input.shape)}"
        ctx.fail(Failure(RANK, message, "RuntimeError"))
    return fresh(None, input.dtype)


@both("diag_embed")
def diag_embed(ctx: RuleContext, input: Tensor, offset: Value = 0, dim1: Value = -2, dim2: Value = -1) -> Tensor:
    """The last dimension as diagonals of matrices."""
    for value in (offset, dim1, dim2):
        whole(ctx, value, "offset or dim")
    if input.rank is None or not all(isinstance(value, int) for value in (offset, dim1, dim2)):
        return fresh(None, input.dtype)
    if input.rank == 0:
        ctx.fail(Failure(RANK, "diag_embed() of a 0-d tensor", "IndexError"))
    grown = Tensor("torch", (*(input.shape or ()), 1))
    offset = whole(ctx, offset, "offset")
    first, second = axis_place(ctx, grown, dim1, name="dim"), axis_place(ctx, grown, dim2, name="dim")
    if first == second:
        ctx.fail(Failure(AXIS, "diag_embed() into one dimension twice", "RuntimeError"))
    dims = input.dims or ()
    rest = iter(dims[:-1])
    size = dims[-1] + abs(offset)
    shape = tuple(size if place in (first, second) else next(rest) for place in range(input.rank + 1))
    return fresh(shape, input.dtype)


@both("diagflat")
def diagflat(ctx: RuleContext, input: Tensor, offset: Value = 0) -> Tensor:
    """All elements on a diagonal."""
    size = ctx.fresh("n") if input.dims is None or not isinstance(offset, int) else prod(input.dims) + abs(offset)
    return fresh((size, size), input.dtype)


@rule("torch.block_diag")
def block_diag(ctx: RuleContext, *tensors: Tensor) -> Tensor:
    """Matrices along a diagonal."""
    from tangra.shape_rules.dtypes import result_dtype

    rows: Size = 0
    columns: Size = 0
    for tensor in tensors:
        if tensor.least_rank > 2:
            ctx.fail(Failure(RANK, "block_diag() takes tensors with at most 2 dimensions", "RuntimeError"))
        dims = tensor.dims if tensor.dims is not None else unknown_dims(ctx, 2)
        dims = (1,) * (2 - len(dims)) + dims
        rows, columns = rows + dims[0], columns + dims[1]
    return fresh((rows, columns), result_dtype(tensors, "torch") if tensors else "float32")


@method(CLASS, "unfold")
def unfold(ctx: RuleContext, self: Tensor, dimension: Value, size: Value, step: Value) -> Tensor:
    """Windows along a dimension, their elements in a new last one."""
    place = axis_place(ctx, self, dimension, name="dimension")
    window, stride = size_argument(ctx, size, "size"), size_argument(ctx, step, "step")
    ctx.require(AtLeast(1, stride), Failure(ARGUMENT, f"unfold() with step {stride}", "RuntimeError"))
    ctx.require(AtLeast(0, window), Failure(ARGUMENT, f"unfold() with windows of {window}", "RuntimeError"))
    total = _size_at(self, place)
    if total is None or self.shape is None or place is None:
        return Tensor("torch", None, self.dtype)
    message = f"unfold(): windows of {window} along a dimension of {total}"
    ctx.require(AtLeast(window, total), Failure(ARGUMENT, message, "RuntimeError"))
    if not self.shape:
        return Tensor("torch", (window,), self.dtype)
    count = (total - window) // stride + 1
    return Tensor("torch", (*self.shape[:place], count, *self.shape[place + 1 :], window), self.dtype)


def _at_least(count: int) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, *tensors: Tensor) -> Value:
        """Tensors with dimensions of 1 added until there are enough."""
        made = tuple(_padded(tensor, count) for tensor in tensors)
        return made[0] if len(made) == 1 else made

    return apply


def _padded(tensor: Tensor, count: int) -> Tensor:
    dims = tensor.dims
    if dims is None:
        return fresh(None, tensor.dtype)
    if count == 3 and 0 < len(dims) < 3:
        dims = (1, dims[0], 1) if len(dims) == 1 else (*dims, 1)
    return fresh((1,) * (count - len(dims)) + dims, tensor.dtype, tensor)


for _count in (1, 2, 3):
    rule(f"torch.atleast_{_count}d")(_at_least(_count))
