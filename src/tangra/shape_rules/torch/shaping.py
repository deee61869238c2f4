"""torch's views and rearrangements of one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import (
    axis_place,
    axis_places,
    size_sequence,
    spread_sizes,
    unknown_dims,
    whole,
)
from tangra.shape_rules.broadcasting import broadcast_shapes, one_or_equal
from tangra.shape_rules.context import AtLeast, Equal
from tangra.shape_rules.failures import ARGUMENT, AXIS, BROADCAST, CALL, RANK, SQUEEZE, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.reshaping import layout_from, require_viewable, reshape_shape, reshaped, strides_of
from tangra.shape_rules.torch.common import CLASS, both, fresh
from tangra.shape_rules.values import DType, Item, Shape, Tensor, Unknown, Value, Variadic, is_size, shape_text
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _reshaped(ctx: RuleContext, tensor: Tensor, goal: tuple[Size, ...] | None, view: bool) -> Tensor:
    if goal is None:
        return fresh(None, tensor.dtype)
    if tensor.shape is not None and tensor.dims is None and len(goal) == 1 and goal[0] == -1:
        return fresh((ctx.fresh("n"),), tensor.dtype, tensor)
    shape = reshape_shape(ctx, tensor, goal, "RuntimeError")
    if view:
        require_viewable(ctx, tensor, shape)
    ones = frozenset(place - len(goal) for place, size in enumerate(goal) if isinstance(size, int) and size == 1)
    return reshaped(tensor, fresh(shape, tensor.dtype, tensor).with_(elements=tensor.elements, ones=ones))


@method(CLASS, "view")
def view(ctx: RuleContext, self: Tensor, *shape: Value, dtype: Value = None) -> Tensor:
    """Another shape of the same memory, or its bytes as another dtype."""
    if len(shape) == 1 and isinstance(shape[0], DType):
        return Tensor("torch", self.shape if shape[0].name == self.dtype else None, shape[0].name)
    if not shape:
        ctx.fail(Failure(CALL, "view() needs a shape", "TypeError"))
    return _reshaped(ctx, self, spread_sizes(ctx, shape), True)


@method(CLASS, "reshape")
def reshape_method(ctx: RuleContext, self: Tensor, *shape: Value) -> Tensor:
    """Another shape."""
    if not shape:
        ctx.fail(Failure(CALL, "reshape() needs a shape", "TypeError"))
    return _reshaped(ctx, self, spread_sizes(ctx, shape), False)


@rule("torch.reshape")
def reshape(ctx: RuleContext, input: Tensor, shape: Value) -> Tensor:
    """Another shape."""
    if is_size(shape):
        ctx.fail(Failure(CALL, "reshape() takes a tuple of sizes, not an int", "TypeError"))
    return _reshaped(ctx, input, size_sequence(ctx, shape, "shape"), False)


@method(CLASS, "view_as", "reshape_as")
def view_as(ctx: RuleContext, self: Tensor, other: Tensor) -> Tensor:
    """The shape of another tensor."""
    return _reshaped(ctx, self, other.dims, False)


@both("flatten")
def flatten(ctx: RuleContext, input: Tensor, start_dim: Value = 0, end_dim: Value = -1) -> Tensor:
    """Neighbouring dimensions merged into one."""
    first = axis_place(ctx, input, start_dim, name="start_dim")
    last = axis_place(ctx, input, end_dim, name="end_dim")
    if input.rank == 0:
        return fresh((1,), input.dtype, input)
    if input.shape is None or first is None or last is None:
        whole = start_dim == 0 and end_dim == -1
        return fresh((ctx.fresh("flat"),) if whole else _kept_before(ctx, input, start_dim, end_dim), input.dtype)
    if first > last:
        message = f"flatten() from dimension {start_dim} to {end_dim}, which comes before it"
        ctx.fail(Failure(AXIS, message, "RuntimeError"))
    merged = input.shape[first : last + 1]
    if any(isinstance(item, Variadic) for item in merged):
        size: Item = ctx.fresh("flat")
    else:
        size = prod(item for item in merged if not isinstance(item, Variadic))
    return reshaped(input, fresh((*input.shape[:first], size, *input.shape[last + 1 :]), input.dtype, input))


def _kept_before(ctx: RuleContext, input: Tensor, start: Value, end: Value) -> Shape | None:
    """`flatten(1)` of a tensor of unknown rank has `start + 1` dimensions."""
    if end != -1 or not isinstance(start, int) or start < 0 or input.rank is not None:
        return None
    return (*unknown_dims(ctx, start), ctx.fresh("flat"))


@both("ravel")
def ravel(ctx: RuleContext, input: Tensor) -> Tensor:
    """One dimension."""
    return flatten(ctx, input)


@both("unflatten")
def unflatten(ctx: RuleContext, input: Tensor, dim: Value, sizes: Value) -> Tensor:
    """One dimension split into several."""
    if input.rank == 0:
        ctx.fail(Failure(AXIS, "unflatten() of a 0-d tensor", "IndexError"))
    place = axis_place(ctx, input, dim, name="dim")
    goal = size_sequence(ctx, sizes, "sizes")
    if is_size(sizes):
        ctx.fail(Failure(CALL, "unflatten() takes a tuple of sizes", "TypeError"))
    if goal == ():
        ctx.fail(Failure(ARGUMENT, "unflatten() into no sizes", "RuntimeError"))
    size = None if place is None else input.size(place)
    if place is None or input.shape is None or goal is None or size is None:
        return fresh(None, input.dtype)
    parts = reshape_shape(ctx, Tensor("torch", (size,)), goal, "RuntimeError")
    return fresh((*input.shape[:place], *parts, *input.shape[place + 1 :]), input.dtype, input)


@both("squeeze")
def squeeze(ctx: RuleContext, input: Tensor, dim: Value = None) -> Tensor:
    """Without dimensions of size 1; without `dim`, without all of them."""
    if input.shape is None:
        if dim is not None:
            axis_places(ctx, input, dim, name="dim")
        return fresh(None, input.dtype)
    if dim is None:
        places: tuple[int, ...] | None = tuple(range(len(input.shape)))
    else:
        places = axis_places(ctx, input, dim, name="dim")
    if places is None:
        return fresh(None, input.dtype)
    kept: list[int] = []
    for place, item in enumerate(input.shape):
        is_one = None if isinstance(item, Variadic) else ctx.truth(Equal(item, 1))
        if place in places and is_one is None:
            if dim is None:
                text = f"squeeze() of {shape_text(input.shape)} drops axis {place} whenever {item} is 1"
                ctx.warn(Failure(SQUEEZE, text, "", fix="name the dimension to squeeze"))
            # a size the program wrote as a symbol is taken not to be 1; an opaque one may be
            kept.append(place)
        elif place not in places or is_one is False:
            kept.append(place)
    strides = strides_of(input)
    shape = tuple(input.shape[place] for place in kept)
    strides = None if strides is None else tuple(strides[place] for place in kept)
    return Tensor("torch", shape, input.dtype, layout_from(shape, strides), elements=input.elements)


@both("unsqueeze")
def unsqueeze(ctx: RuleContext, input: Tensor, dim: Value) -> Tensor:
    """A dimension of size 1 at `dim`."""
    place = axis_place(ctx, input, dim, name="dim", added=1)
    if input.shape is None:
        return fresh(None, input.dtype)
    if place is None:
        return fresh(None if input.rank is None else unknown_dims(ctx, input.rank + 1), input.dtype)
    shape = (*input.shape[:place], 1, *input.shape[place:])
    strides = strides_of(input)
    if strides is not None:
        inner = strides[place] * input.dims[place] if input.dims and place < len(strides) else 1
        strides = (*strides[:place], inner, *strides[place:])
    ones = frozenset({place - len(shape)}) | {one if one >= place - len(input.shape) else one - 1 for one in input.ones}
    return Tensor("torch", shape, input.dtype, layout_from(shape, strides), elements=input.elements, ones=ones)


for _name, _function in (("squeeze_", squeeze), ("unsqueeze_", unsqueeze)):
    method(CLASS, _name, inplace=True)(_function)


def permuted(input: Tensor, order: Sequence[int]) -> Tensor:
    """The tensor with its axes (items of its shape) in this order."""
    shape = tuple((input.shape or ())[place] for place in order)
    strides = strides_of(input)
    strides = None if strides is None else tuple(strides[place] for place in order)
    total = len(order)
    ones = frozenset(new - total for new, old in enumerate(order) if old - total in input.ones)
    return Tensor("torch", shape, input.dtype, layout_from(shape, strides), ones=ones, grown=input.grown)


@both("permute")
def permute(ctx: RuleContext, input: Tensor, *dims: Value) -> Tensor:
    """The dimensions in another order."""
    order: Value = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], list | tuple) else dims
    if len(dims) == 1 and isinstance(dims[0], Unknown):
        return fresh(None if input.rank is None else unknown_dims(ctx, input.rank), input.dtype)
    for axis in order:
        whole(ctx, axis, "dim")
    if input.rank is None or not all(isinstance(axis, int) for axis in order):
        return fresh(None if input.shape is None and not order else unknown_dims(ctx, len(order)), input.dtype)
    if len(order) != input.rank:
        message = f"permute() names {len(order)} dimensions of a tensor of shape {shape_text(input.shape)}"
        ctx.fail(Failure(RANK, message, "RuntimeError"))
    places = axis_places(ctx, input, order, name="dim")
    return fresh(None, input.dtype) if places is None else permuted(input, places)


@both("transpose", "swapaxes", "swapdims")
def transpose(ctx: RuleContext, input: Tensor, dim0: Value, dim1: Value) -> Tensor:
    """Two dimensions exchanged."""
    first = axis_place(ctx, input, dim0, name="dim")
    second = axis_place(ctx, input, dim1, name="dim")
    if input.shape is None or first is None or second is None:
        return fresh(None if input.rank is None else unknown_dims(ctx, input.rank), input.dtype)
    order = list(range(len(input.shape)))
    if order:
        order[first], order[second] = second, first
    return permuted(input, order)


method(CLASS, "transpose_", "swapaxes_", inplace=True)(transpose)


@both("t")
def t(ctx: RuleContext, input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector as it is."""
    if input.least_rank > 2:
        ctx.fail(
            Failure(RANK, f"t() of a tensor of shape {shape_text(input.shape)}: it takes matrices", "RuntimeError")
        )
    return input if input.rank is not None and input.rank < 2 else transpose(ctx, input, 0, 1)


@both("movedim", "moveaxis")
def movedim(ctx: RuleContext, input: Tensor, source: Value, destination: Value) -> Tensor:
    """Dimensions moved to other places, the rest in order."""
    sources, targets = axis_places(ctx, input, source, name="dim"), axis_places(ctx, input, destination, name="dim")
    counts = [len(value) if isinstance(value, list | tuple) else 1 for value in (source, destination)]
    if counts[0] != counts[1]:
        message = f"movedim() of {counts[0]} dimensions to {counts[1]} places"
        ctx.fail(Failure(ARGUMENT, message, "RuntimeError"))
    if input.rank is None or sources is None or targets is None:
        return fresh(None if input.rank is None else unknown_dims(ctx, input.rank), input.dtype)
    rest = iter(place for place in range(input.rank) if place not in sources)
    moved = dict(zip(targets, sources, strict=True))
    return permuted(input, [moved[place] if place in moved else next(rest) for place in range(input.rank)])


@both("adjoint")
def adjoint(ctx: RuleContext, input: Tensor) -> Tensor:
    """The last two dimensions exchanged, conjugated."""
    return transpose(ctx, input, -2, -1)


@method(CLASS, "expand")
def expand(ctx: RuleContext, self: Tensor, *sizes: Value) -> Tensor:
    """Dimensions of size 1 repeated to the sizes given (-1 keeps one), new ones in front."""
    goal = spread_sizes(ctx, sizes)
    if goal is None or self.shape is None or self.dims is None:
        return fresh(None if goal is None or -1 in goal else goal, self.dtype)
    extra = len(goal) - len(self.dims)
    texts = f"expand() of {shape_text(self.dims)} to {shape_text(goal)}"
    if extra < 0:
        ctx.fail(Failure(BROADCAST, f"{texts}: there are fewer sizes than dimensions", "RuntimeError"))
    result: list[Size] = []
    strides, old = [], strides_of(self)
    for place, wanted in enumerate(goal):
        size = self.dims[place - extra] if place >= extra else 1
        if wanted == -1 and place >= extra:
            wanted = size
        failure = Failure(BROADCAST, f"{texts}: dimension {place} is {size}", "RuntimeError")
        if place < extra and isinstance(wanted, int) and wanted < 0:
            ctx.fail(failure)
        ctx.require(AtLeast(0, wanted), failure)
        one_or_equal(ctx, size, wanted, failure)
        result.append(wanted)
        strides.append(0 if size == 1 else None if old is None or place < extra else old[place - extra])
    known = tuple(stride for stride in strides if stride is not None)
    layout = layout_from(tuple(result), known if len(known) == len(strides) and old is not None else None)
    return Tensor("torch", tuple(result), self.dtype, layout)


@method(CLASS, "expand_as")
def expand_as(ctx: RuleContext, self: Tensor, other: Tensor) -> Tensor:
    """Expanded to the shape of another tensor."""
    return fresh(None, self.dtype) if other.dims is None else expand(ctx, self, other.dims)


@rule("torch.broadcast_to")
@method(CLASS, "broadcast_to")
def broadcast_to(ctx: RuleContext, input: Tensor, size: Value) -> Tensor:
    """Expanded to a shape."""
    return expand(ctx, input, size)


@rule("torch.broadcast_tensors")
def broadcast_tensors(ctx: RuleContext, *tensors: Tensor) -> tuple[Tensor, ...]:
    """All tensors expanded to one shape."""
    shape = broadcast_shapes(ctx, [tensor.shape for tensor in tensors], "broadcast_tensors: ")
    return tuple(fresh(shape, tensor.dtype).with_(layout=None) for tensor in tensors)


@rule("torch.broadcast_shapes")
def broadcast_shapes_(ctx: RuleContext, *shapes: Value) -> Value:
    """The shape that shapes broadcast to."""
    known = [size_sequence(ctx, shape, "shape") for shape in shapes]
    for size in (size for sizes in known if sizes is not None for size in sizes):
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"broadcast_shapes() of a size of {size}", "ValueError"))
    found = broadcast_shapes(ctx, known, "broadcast_shapes: ")
    return Unknown() if found is None else found
