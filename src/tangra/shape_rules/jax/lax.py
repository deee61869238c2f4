"""`jax.lax`: operations that neither broadcast nor promote, contractions and convolutions in general."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, drop, size_argument, size_sequence
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AnyOf, AtLeast, Equal
from tangra.shape_rules.dtypes import kind, result_dtype
from tangra.shape_rules.failures import ARGUMENT, BROADCAST, DTYPE, MATMUL, RANK, WINDOW, Failure
from tangra.shape_rules.joining import concatenated
from tangra.shape_rules.numpy import shaping
from tangra.shape_rules.numpy.common import dtype_argument, made, sequence
from tangra.shape_rules.numpy.elementwise import binary as promoted
from tangra.shape_rules.registry import rule
from tangra.shape_rules.reshaping import reshape_shape
from tangra.shape_rules.values import Tensor, Value, is_size, shape_text, words
from tangra.shapes import Size, ceil_div

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

UNARY = words("exp log sin cos tan tanh sqrt rsqrt neg abs sign floor ceil round logistic erf log1p expm1 square cbrt")
BINARY = words("add sub mul div rem max min pow atan2 bitwise_and bitwise_or bitwise_xor")
COMPARING = words("eq ne lt le gt ge")
TAKEN = {
    **dict.fromkeys(words("exp log sin cos tan tanh sqrt rsqrt logistic log1p expm1 pow"), (2, 3)),
    **dict.fromkeys(words("floor ceil round erf cbrt atan2"), (2,)),
    **dict.fromkeys(words("abs neg sign square add sub mul div"), (1, 2, 3)),
    **dict.fromkeys(words("rem"), (1, 2)),
    **dict.fromkeys(words("bitwise_and bitwise_or bitwise_xor"), (0, 1)),
}
"""The kinds of dtype (see `dtypes.kind`) that operations take which don't take all."""


def check_dtype(ctx: RuleContext, name: str, *tensors: Tensor) -> None:
    """Fail for operands of a dtype that the operation does not take: lax converts nothing."""
    for tensor in tensors:
        sort = kind(tensor.dtype)
        if sort is not None and sort not in TAKEN.get(name, (0, 1, 2, 3)):
            ctx.fail(Failure(DTYPE, f"lax.{name} does not take {tensor.dtype}", "TypeError"))


def _unary(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x: Tensor) -> Tensor:
        check_dtype(ctx, name, x)
        return made("jax", x.shape, x.dtype)

    return apply


def _binary(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x: Tensor, y: Tensor) -> Tensor:
        check_dtype(ctx, name, *((x,) if name == "pow" else (x, y)))
        if name == "pow" and kind(y.dtype) == 1:
            y = y.with_(dtype=x.dtype)
        if not x.weak and not y.weak and x.dtype is not None and y.dtype is not None and x.dtype != y.dtype:
            ctx.fail(Failure(DTYPE, f"lax.{name} of {x.dtype} and {y.dtype}: lax does not promote", "TypeError"))
        shapes = f"lax.{name} of {shape_text(x.shape)} and {shape_text(y.shape)}"
        if x.rank is not None and y.rank is not None and x.rank and y.rank and x.rank != y.rank:
            ctx.fail(Failure(BROADCAST, f"{shapes}: lax does not broadcast", "TypeError"))
        result = promoted(ctx, name, x, y, "jax")
        if x.dims and y.dims:
            for left, right in zip(x.dims, y.dims, strict=True):
                ctx.broadcast(left, right, Failure(BROADCAST, f"{shapes}: lax does not broadcast", "TypeError"))
        return result.with_(dtype="bool") if name in COMPARING else result

    return apply


for _name in UNARY:
    rule(f"jax.lax.{_name}")(_unary(_name))
for _name in (*BINARY, *COMPARING):
    rule(f"jax.lax.{_name}")(_binary(_name))


@rule("jax.lax.select")
def select(ctx: RuleContext, pred: Tensor, on_true: Tensor, on_false: Tensor) -> Tensor:
    """Elements of one or the other, all of one shape."""
    if on_true.dims is not None and on_false.dims is not None:
        text = f"lax.select of {shape_text(on_true.dims)} and {shape_text(on_false.dims)}"
        failure = Failure(BROADCAST, text, "TypeError")
        if len(on_true.dims) != len(on_false.dims):
            ctx.fail(failure)
        for left, right in zip(on_true.dims, on_false.dims, strict=True):
            ctx.require_equal(left, right, failure)
    if pred.dims and on_true.dims is not None:
        text = f"lax.select by {shape_text(pred.dims)} of {shape_text(on_true.dims)}: a scalar or the same shape"
        if len(pred.dims) != len(on_true.dims):
            ctx.fail(Failure(BROADCAST, text, "TypeError"))
        for left, right in zip(pred.dims, on_true.dims, strict=True):
            ctx.require_equal(left, right, Failure(BROADCAST, text, "TypeError"))
    if on_true.dtype is not None and on_false.dtype is not None and on_true.dtype != on_false.dtype:
        text = f"lax.select of {on_true.dtype} and {on_false.dtype}: lax does not promote"
        ctx.fail(Failure(DTYPE, text, "TypeError"))
    if kind(pred.dtype) not in (None, 0, 1):
        ctx.fail(Failure(DTYPE, f"lax.select by an array of {pred.dtype}", "TypeError"))
    return made("jax", on_true.shape, on_true.dtype)


@rule("jax.lax.dot_general")
def dot_general(
    ctx: RuleContext,
    lhs: Tensor,
    rhs: Tensor,
    dimension_numbers: Value,
    precision: Value = None,
    preferred_element_type: Value = None,
) -> Tensor:
    """Batch axes, then what is left of both operands."""
    dtype = dtype_argument(preferred_element_type, "jax", result_dtype([lhs, rhs], "jax"))
    if lhs.dims is None or rhs.dims is None or not isinstance(dimension_numbers, list | tuple):
        return made("jax", None, dtype)
    (left, right), (left_batch, right_batch) = dimension_numbers
    places = [
        axis_places(ctx, tensor, axes, error="TypeError")
        for tensor, axes in (
            (lhs, tuple(left)),
            (rhs, tuple(right)),
            (lhs, tuple(left_batch)),
            (rhs, tuple(right_batch)),
        )
    ]
    if any(one is None for one in places):
        return made("jax", None, dtype)
    known = [one or () for one in places]
    for ours, theirs, what in ((known[0], known[1], "contracted"), (known[2], known[3], "batch")):
        text = f"dot_general of {shape_text(lhs.dims)} and {shape_text(rhs.dims)}: {what} axes {ours} and {theirs}"
        if len(ours) != len(theirs):
            ctx.fail(Failure(MATMUL, text, "TypeError"))
        for a, b in zip(ours, theirs, strict=True):
            ctx.require_equal(lhs.dims[a], rhs.dims[b], Failure(MATMUL, text, "TypeError"))
    batch = tuple(lhs.dims[place] for place in known[2])
    rest = tuple(size for place, size in enumerate(lhs.dims) if place not in (*known[0], *known[2]))
    more = tuple(size for place, size in enumerate(rhs.dims) if place not in (*known[1], *known[3]))
    return made("jax", (*batch, *rest, *more), dtype)


@rule("jax.lax.dot")
def dot(
    ctx: RuleContext, lhs: Tensor, rhs: Tensor, precision: Value = None, preferred_element_type: Value = None
) -> Tensor:
    """A product of vectors or matrices."""
    for tensor in (lhs, rhs):
        if tensor.rank not in (None, 1, 2):
            ctx.fail(Failure(RANK, f"lax.dot of shape {shape_text(tensor.shape)}", "TypeError"))
    if lhs.rank is None or rhs.rank is None:
        return made("jax", None, lhs.dtype)
    return dot_general(ctx, lhs, rhs, (((lhs.rank - 1,), (0,)), ((), ())))


@rule("jax.lax.reshape")
def reshape(ctx: RuleContext, operand: Tensor, new_sizes: Value, dimensions: Value = None) -> Tensor:
    """Another shape; no size is inferred."""
    goal = size_sequence(ctx, new_sizes, "new_sizes")
    for size in goal or ():
        text = f"lax.reshape to {shape_text(goal)}: no size is inferred"
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, text, "TypeError"))
    return made("jax", None if goal is None else reshape_shape(ctx, operand, goal, "TypeError"), operand.dtype)


@rule("jax.lax.transpose")
def transpose(ctx: RuleContext, operand: Tensor, permutation: Value) -> Tensor:
    """Axes permuted."""
    places = (
        axis_places(ctx, operand, tuple(permutation), error="TypeError")
        if isinstance(permutation, list | tuple)
        else None
    )
    if places is None or operand.shape is None:
        return made("jax", None, operand.dtype)
    if any(isinstance(axis, int) and axis < 0 for axis in permutation):
        ctx.fail(Failure(RANK, f"lax.transpose by {tuple(permutation)}: axes count from the front", "TypeError"))
    if len(places) != len(operand.shape):
        ctx.fail(Failure(RANK, f"transpose of {shape_text(operand.shape)} by {tuple(places)}", "TypeError"))
    return made("jax", tuple(operand.shape[place] for place in places), operand.dtype)


@rule("jax.lax.broadcast")
def broadcast(ctx: RuleContext, operand: Tensor, sizes: Value) -> Tensor:
    """New axes in front."""
    lead = size_sequence(ctx, sizes, "sizes")
    return made("jax", None if lead is None or operand.shape is None else (*lead, *operand.shape), operand.dtype)


@rule("jax.lax.broadcast_in_dim")
def broadcast_in_dim(ctx: RuleContext, operand: Tensor, shape: Value, broadcast_dimensions: Value) -> Tensor:
    """The operand's axes at given places of a shape."""
    goal = size_sequence(ctx, shape, "shape")
    places = broadcast_dimensions if isinstance(broadcast_dimensions, list | tuple) else None
    if goal is None or places is None or operand.dims is None or not all(type(place) is int for place in places):
        return made("jax", goal, operand.dtype)
    if not places and len(goal) == len(operand.dims):  # is returned as it is
        return operand
    text = f"broadcast_in_dim of {shape_text(operand.dims)} to {shape_text(goal)} at {tuple(places)}"
    if len(places) != len(operand.dims) or len(goal) < len(operand.dims):
        ctx.fail(Failure(RANK, text, "TypeError"))
    if any(not 0 <= place < len(goal) for place in places) or sorted(set(places)) != list(places):
        ctx.fail(Failure(ARGUMENT, text, "TypeError"))
    for size in goal:
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, text, "TypeError"))
    for size, place in zip(operand.dims, places, strict=True):
        if size != 1:
            ctx.require(AnyOf((Equal(size, 1), Equal(size, goal[place]))), Failure(BROADCAST, text, "TypeError"))
    return made("jax", goal, operand.dtype)


@rule("jax.lax.expand_dims")
def expand_dims(ctx: RuleContext, array: Tensor, dimensions: Value) -> Tensor:
    """Axes of size 1 inserted."""
    return shaping.expand_dims(ctx, array, tuple(dimensions) if isinstance(dimensions, list | tuple) else dimensions)


@rule("jax.lax.squeeze")
def squeeze(ctx: RuleContext, array: Tensor, dimensions: Value) -> Tensor:
    """Axes of size 1 dropped."""
    return shaping.squeeze(ctx, array, tuple(dimensions) if isinstance(dimensions, list | tuple) else dimensions)


@rule("jax.lax.concatenate")
def concatenate(ctx: RuleContext, operands: Value, dimension: Value) -> Tensor:
    """Arrays joined along an axis."""
    found = sequence(ctx, operands, "jax", "concatenate")
    if found is None:
        return Tensor("jax")
    if len(found) == 1:  # is returned as it is
        return found[0]
    if isinstance(dimension, int) and dimension < 0:
        ctx.fail(Failure(RANK, f"lax.concatenate along {dimension}: axes count from the front", "TypeError"))
    if len({one.dtype for one in found if one.dtype is not None}) > 1:
        ctx.fail(Failure(DTYPE, "lax.concatenate of different dtypes: lax does not promote", "TypeError"))
    return made("jax", concatenated(ctx, found, dimension, "TypeError", "concatenate"), result_dtype(found, "jax"))


@rule("jax.lax.iota")
def iota(ctx: RuleContext, dtype: Value, size: Value) -> Tensor:
    """0 to size - 1."""
    count = size_argument(ctx, size, "size")
    ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"lax.iota of {count}", "TypeError"))
    return made("jax", (count,), dtype_argument(dtype, "jax", None))


@rule("jax.lax.full")
def full(ctx: RuleContext, shape: Value, fill_value: Value, dtype: Value = None) -> Tensor:
    """An array filled with a number."""
    return made("jax", size_sequence(ctx, shape, "shape"), dtype_argument(dtype, "jax", None))


@rule("jax.lax.convert_element_type")
def convert(ctx: RuleContext, operand: Tensor, new_dtype: Value) -> Tensor:
    """Another dtype."""
    return made("jax", operand.shape, dtype_argument(new_dtype, "jax", None))


@rule("jax.lax.slice")
def slice_(
    ctx: RuleContext, operand: Tensor, start_indices: Value, limit_indices: Value, strides: Value = None
) -> Tensor:
    """A box of the array."""
    starts, limits = size_sequence(ctx, start_indices, "start"), size_sequence(ctx, limit_indices, "limit")
    steps = None if strides is None else size_sequence(ctx, strides, "stride")
    if operand.dims is None or starts is None or limits is None:
        return made("jax", None, operand.dtype)
    text = f"lax.slice of {shape_text(operand.dims)} from {starts} to {limits}"
    if not len(starts) == len(limits) == len(operand.dims):
        ctx.fail(Failure(RANK, text, "TypeError"))
    for start, limit, size in zip(starts, limits, operand.dims, strict=True):
        for low, high in ((0, start), (start, limit), (limit, size)):
            ctx.require(AtLeast(low, high), Failure(WINDOW, text, "TypeError"))
    counts = [limit - start for start, limit in zip(starts, limits, strict=True)]
    if steps is not None:
        counts = [ceil_div(count, step) for count, step in zip(counts, steps, strict=True)]
    return made("jax", tuple(counts), operand.dtype)


@rule("jax.lax.dynamic_slice")
def dynamic_slice(ctx: RuleContext, operand: Tensor, start_indices: Value, slice_sizes: Value) -> Tensor:
    """A box of given sizes somewhere in the array."""
    sizes = size_sequence(ctx, slice_sizes, "slice_sizes")
    starts = start_indices if isinstance(start_indices, list | tuple) else None
    if starts is not None and operand.rank is not None and len(starts) != operand.rank:
        ctx.fail(Failure(RANK, f"dynamic_slice from {len(starts)} places of {operand.rank} axes", "ValueError"))
    if sizes is not None and operand.dims is not None:
        text = f"dynamic_slice of {shape_text(operand.dims)} to {shape_text(sizes)}"
        if len(sizes) != len(operand.dims):
            ctx.fail(Failure(RANK, text, "TypeError"))
        for size, limit in zip(sizes, operand.dims, strict=True):
            ctx.require(AtLeast(size, limit), Failure(WINDOW, text, "TypeError"))
            ctx.require(AtLeast(0, size), Failure(WINDOW, text, "TypeError"))
    return made("jax", sizes, operand.dtype)


@rule("jax.lax.dynamic_slice_in_dim")
def dynamic_slice_in_dim(
    ctx: RuleContext, operand: Tensor, start_index: Value, slice_size: Value, axis: Value = 0
) -> Tensor:
    """A part along one axis."""
    axis = int(axis) if isinstance(axis, float) else axis
    place, count = axis_place(ctx, operand, axis, error="ValueError"), size_argument(ctx, slice_size, "slice_size")
    if isinstance(start_index, float):
        ctx.fail(Failure(ARGUMENT, f"dynamic_slice_in_dim from {start_index}", "TypeError"))
    size = None if place is None else operand.size(place)
    if place is None or size is None or operand.shape is None:
        return made("jax", None, operand.dtype)
    text = f"dynamic_slice_in_dim: {count} of axis {place} of {shape_text(operand.shape)}"
    for low, high in ((count, size), (0, count)):
        ctx.require(AtLeast(low, high), Failure(WINDOW, text, "TypeError"))
    return made("jax", (*operand.shape[:place], count, *operand.shape[place + 1 :]), operand.dtype)


@rule("jax.lax.slice_in_dim")
def slice_in_dim(
    ctx: RuleContext, operand: Tensor, start_index: Value, limit_index: Value, stride: Value = 1, axis: Value = 0
) -> Tensor:
    """A part along one axis, from a place up to another."""
    place = axis_place(ctx, operand, axis, error="ValueError")
    size = None if place is None else operand.size(place)
    if place is None or size is None or operand.shape is None:
        return made("jax", None, operand.dtype)
    start, limit = _end(ctx, start_index, 0, size), _end(ctx, limit_index, size, size)
    step = size_argument(ctx, stride, "stride")
    text = f"lax.slice_in_dim of axis {place} of {shape_text(operand.shape)} from {start} to {limit} by {step}"
    for low, high in ((0, start), (start, limit), (limit, size), (1, step)):
        ctx.require(AtLeast(low, high), Failure(WINDOW, text, "TypeError"))
    count: Size = ctx.fresh("part") if not isinstance(step, int) else ceil_div(limit - start, step)
    return made("jax", (*operand.shape[:place], count, *operand.shape[place + 1 :]), operand.dtype)


def _end(ctx: RuleContext, index: Value, otherwise: Size, size: Size) -> Size:
    """An end of a slice; a negative one counts from behind."""
    if index is None:
        return otherwise
    found = size_argument(ctx, index, "index")
    return found + size if isinstance(found, int) and found < 0 else found


@rule("jax.lax.dynamic_update_slice")
def dynamic_update_slice(ctx: RuleContext, operand: Tensor, update: Tensor, start_indices: Value) -> Tensor:
    """The array with a box replaced."""
    starts = start_indices if isinstance(start_indices, list | tuple) else None
    if starts is not None and operand.rank is not None and len(starts) != operand.rank:
        ctx.fail(Failure(RANK, f"dynamic_update_slice at {len(starts)} places of {operand.rank} axes", "ValueError"))
    if operand.dtype is not None and update.dtype is not None and operand.dtype != update.dtype:
        text = f"dynamic_update_slice of {update.dtype} into {operand.dtype}: lax does not promote"
        ctx.fail(Failure(DTYPE, text, "TypeError"))
    if operand.dims is not None and update.dims is not None:
        text = f"dynamic_update_slice of {shape_text(update.dims)} into {shape_text(operand.dims)}"
        if len(operand.dims) != len(update.dims):
            ctx.fail(Failure(RANK, text, "TypeError"))
        for size, limit in zip(update.dims, operand.dims, strict=True):
            ctx.require(AtLeast(size, limit), Failure(WINDOW, text, "TypeError"))
    return made("jax", operand.shape, operand.dtype)


@rule("jax.lax.pad")
def pad(ctx: RuleContext, operand: Tensor, padding_value: Value, padding_config: Value) -> Tensor:
    """(before, after, between) for each axis."""
    filling = to_tensor(padding_value, "jax")
    if filling.rank:
        ctx.fail(Failure(RANK, f"lax.pad with an array of shape {shape_text(filling.shape)}", "ValueError"))
    if isinstance(padding_value, Tensor) and None is not operand.dtype != filling.dtype is not None:
        ctx.fail(Failure(DTYPE, f"lax.pad of {operand.dtype} with {filling.dtype}", "TypeError"))
    if operand.dims is None or not isinstance(padding_config, list | tuple):
        return made("jax", None, operand.dtype)
    if len(padding_config) != len(operand.dims):
        ctx.fail(Failure(RANK, f"lax.pad of {shape_text(operand.dims)} by {len(padding_config)} triples", "TypeError"))
    if not all(isinstance(triple, list | tuple) and len(triple) == 3 for triple in padding_config):
        ctx.fail(Failure(ARGUMENT, f"lax.pad by {padding_config}, not by triples", "TypeError"))
    if not all(is_size(entry) for triple in padding_config for entry in triple):
        return made("jax", None, operand.dtype)
    sizes = [
        size + low + high + inner * (size - 1)
        for size, (low, high, inner) in zip(operand.dims, padding_config, strict=True)
    ]
    return made("jax", tuple(sizes), operand.dtype)


@rule("jax.lax.top_k")
def top_k(ctx: RuleContext, operand: Tensor, k: Value, *, axis: Value = -1) -> Value:
    """The k largest of each row, with their indices."""
    count, last = size_argument(ctx, k, "k"), operand.size(-1)
    if last is not None:
        for low, high in ((count, last), (0, count)):
            ctx.require(AtLeast(low, high), Failure(ARGUMENT, f"top_k of {count} of {last}", "ValueError"))
    shape = None if operand.shape is None or not operand.shape else (*operand.shape[:-1], count)
    return [made("jax", shape, operand.dtype), made("jax", shape, "int32")]


def _collective(ctx: RuleContext, x: Value, axis_name: Value, **options: Value) -> Value:
    """Over a mapped axis: the shape stays."""
    return x


rule("jax.lax.psum", "jax.lax.pmean", "jax.lax.pmax", "jax.lax.pmin")(_collective)


@rule("jax.lax.cumsum", "jax.lax.cumprod", "jax.lax.cummax", "jax.lax.cummin")
def cumsum(ctx: RuleContext, operand: Tensor, axis: Value = 0, reverse: Value = False) -> Tensor:
    """Running sums."""
    if isinstance(axis, int | float) and axis < 0:
        ctx.fail(Failure(RANK, f"lax runs along axis {axis}: axes count from the front", "ValueError"))
    if operand.dtype == "bool":
        ctx.fail(Failure(DTYPE, "lax does not run along bools", "TypeError"))
    if isinstance(axis, float) and operand.rank is not None and axis >= operand.rank:  # others are taken for a place
        ctx.fail(Failure(RANK, f"lax runs along axis {axis} of {shape_text(operand.shape)}", "ValueError"))
    if not isinstance(axis, float):
        axis_place(ctx, operand, axis, error="ValueError")
    return made("jax", operand.shape, operand.dtype)


@rule("jax.lax.reduce_max", "jax.lax.reduce_min", "jax.lax.reduce_sum")
def reduce_max(ctx: RuleContext, operand: Tensor, axes: Value) -> Tensor:
    """Over several axes."""
    if isinstance(axes, list | tuple) and any(isinstance(axis, int) and axis < 0 for axis in axes):
        ctx.fail(Failure(RANK, f"lax reduces along {tuple(axes)}: axes count from the front", "ValueError"))
    places = axis_places(ctx, operand, tuple(axes) if isinstance(axes, list | tuple) else axes, error="ValueError")
    known = places is not None and operand.shape is not None
    return made("jax", drop(operand.shape or (), places or (), False) if known else None, operand.dtype)
