"""`jax.lax`: operations that neither broadcast nor promote, contractions and convolutions in general."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, drop, size_argument, size_sequence
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import result_dtype
from tangra.shape_rules.failures import ARGUMENT, BROADCAST, DTYPE, MATMUL, RANK, WIDTH, WINDOW, Failure
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


def _unary(ctx: RuleContext, x: Tensor) -> Tensor:
    """Elementwise."""
    return made("jax", x.shape, x.dtype)


def _binary(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x: Tensor, y: Tensor) -> Tensor:
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
    rule(f"jax.lax.{_name}")(_unary)
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
    return made("jax", size_sequence(ctx, shape, "shape"), operand.dtype)


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
    return made("jax", concatenated(ctx, found, dimension, "TypeError", "concatenate"), result_dtype(found, "jax"))


@rule("jax.lax.iota")
def iota(ctx: RuleContext, dtype: Value, size: Value) -> Tensor:
    """0 to size - 1."""
    return made("jax", (size_argument(ctx, size, "size"),), dtype_argument(dtype, "jax", None))


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


@rule("jax.lax.dynamic_slice_in_dim", "jax.lax.slice_in_dim")
def dynamic_slice_in_dim(
    ctx: RuleContext, operand: Tensor, start_index: Value, slice_size: Value, axis: Value = 0
) -> Tensor:
    """A part along one axis."""
    return made("jax", None, operand.dtype)


@rule("jax.lax.dynamic_update_slice")
def dynamic_update_slice(ctx: RuleContext, operand: Tensor, update: Tensor, start_indices: Value) -> Tensor:
    """The array with a box replaced."""
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
    if operand.dims is None or not isinstance(padding_config, list | tuple):
        return made("jax", None, operand.dtype)
    if len(padding_config) != len(operand.dims):
        ctx.fail(Failure(RANK, f"lax.pad of {shape_text(operand.dims)} by {len(padding_config)} triples", "TypeError"))
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
    axis_place(ctx, operand, axis, error="ValueError")
    return made("jax", operand.shape, operand.dtype)


@rule("jax.lax.reduce_max", "jax.lax.reduce_min", "jax.lax.reduce_sum")
def reduce_max(ctx: RuleContext, operand: Tensor, axes: Value) -> Tensor:
    """Over several axes."""
    places = axis_places(ctx, operand, tuple(axes) if isinstance(axes, list | tuple) else axes, error="ValueError")
    known = places is not None and operand.shape is not None
    return made("jax", drop(operand.shape or (), places or (), False) if known else None, operand.dtype)


# -------------------------------------------------------------------------------------------------------- convolutions


def windows(
    ctx: RuleContext, sizes: Sequence[Size], kernel: Sequence[Size], strides: Sequence[Size], padding: Value,
    dilation: Sequence[Size], name: str,
) -> tuple[Size, ...] | None:  # fmt: skip
    """Places of windows along each axis; `padding` is "SAME", "VALID", "CIRCULAR" or pairs."""
    word = padding.upper() if isinstance(padding, str) else padding
    if any(ctx.truth(AtLeast(number, 0)) for number in (*strides, *dilation)):
        return None
    if word in ("SAME", "CIRCULAR", "SAME_LOWER"):
        return tuple(ceil_div(size, stride) for size, stride in zip(sizes, strides, strict=True))
    if word == "VALID":
        pairs: list[tuple[Size, Size]] = [(0, 0)] * len(sizes)
    elif isinstance(word, int):
        pairs = [(word, word)] * len(sizes)
    elif isinstance(word, list | tuple) and len(word) == len(sizes):
        pairs = [(one, one) if is_size(one) else (one[0], one[1]) for one in word]
    else:
        return None
    counts: list[Size] = []
    for size, wide, stride, (low, high), spread in zip(sizes, kernel, strides, pairs, dilation, strict=True):
        extent = spread * (wide - 1) + 1
        room = size + low + high - extent
        if ctx.truth(AtLeast(room, -1)):
            counts.append(0)  # JAX gives an empty array where no window fits
        else:
            counts.append(room // stride + 1)
    return tuple(counts)


@rule("jax.lax.conv", "jax.lax.conv_with_general_padding")
def conv(ctx: RuleContext, lhs: Tensor, rhs: Tensor, window_strides: Value, padding: Value, **options: Value) -> Tensor:
    """(N, C, ...) with (O, C, ...)."""
    return conv_general_dilated(ctx, lhs, rhs, window_strides, padding)


@rule("jax.lax.conv_general_dilated")
def conv_general_dilated(
    ctx: RuleContext, lhs: Tensor, rhs: Tensor, window_strides: Value, padding: Value, lhs_dilation: Value = None,
    rhs_dilation: Value = None, dimension_numbers: Value = None, feature_group_count: Value = 1,
    batch_group_count: Value = 1, precision: Value = None, preferred_element_type: Value = None,
) -> Tensor:  # fmt: skip
    """A convolution with named axes: ("NHWC", "HWIO", "NHWC")."""
    dtype = result_dtype([lhs, rhs], "jax")
    if lhs.dims is None or rhs.dims is None:
        return made("jax", None, dtype)
    rank = len(lhs.dims) - 2
    if lhs.dtype is not None and rhs.dtype is not None and lhs.dtype != rhs.dtype:
        ctx.fail(Failure(DTYPE, f"a convolution of {lhs.dtype} with {rhs.dtype}", "TypeError"))
    if len(lhs.dims) != len(rhs.dims):
        text = f"a convolution of {shape_text(lhs.dims)} with {shape_text(rhs.dims)}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    strides = size_sequence(ctx, window_strides, "stride")
    dilation = (1,) * rank if rhs_dilation is None else size_sequence(ctx, rhs_dilation, "dilation")
    names = _axis_names(dimension_numbers, rank)
    if names is None or strides is None or dilation is None or lhs_dilation is not None or batch_group_count != 1:
        return made("jax", None, dtype)
    ours, kernel, out = names
    spatial = [letter for letter in out if letter not in "NC"]
    channels, wanted = lhs.dims[ours.index("C")], rhs.dims[kernel.index("I")] * feature_group_count
    text = f"a convolution of {shape_text(lhs.dims)} with {shape_text(rhs.dims)}: {channels} channels, {wanted} wanted"
    ctx.require_equal(channels, wanted, Failure(WIDTH, text, "ValueError"))
    if len(strides) != rank or len(dilation) != rank:
        ctx.fail(Failure(ARGUMENT, f"a convolution over {rank} axes with {len(strides)} strides", "ValueError"))
    sizes = [lhs.dims[ours.index(letter)] for letter in spatial]
    wide = [rhs.dims[kernel.index(letter)] for letter in spatial]
    counts = windows(ctx, sizes, wide, strides, padding, dilation, "conv")
    if counts is None:
        return made("jax", None, dtype)
    places = dict(zip(spatial, counts, strict=True)) | {
        "N": lhs.dims[ours.index("N")],
        "C": rhs.dims[kernel.index("O")],
    }
    return made("jax", tuple(places[letter] for letter in out), dtype)


def _axis_names(numbers: Value, rank: int) -> tuple[str, str, str] | None:
    letters = "HWD"[:rank] if rank < 3 else "DHW"
    if numbers is None:
        return f"NC{letters}", f"OI{letters}", f"NC{letters}"
    if isinstance(numbers, list | tuple) and len(numbers) == 3 and all(isinstance(one, str) for one in numbers):
        return numbers[0], numbers[1], numbers[2]
    return None
