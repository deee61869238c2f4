"""The rest of `torch.nn.functional`: linear maps, embeddings, attention, resizing, padding and pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, require_rank, size_argument, times
from tangra.shape_rules.broadcasting import broadcast_shapes, broadcast_to
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.dtypes import discrete, kind, result_dtype
from tangra.shape_rules.failures import ARGUMENT, DIVIDE, DTYPE, MISMATCH, RANK, WIDTH, WINDOW, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import fresh, refuse, require_floating, require_places, same_dtype
from tangra.shape_rules.values import Shape, Tensor, Value, Variadic, is_size, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

FUNCTIONAL = "torch.nn.functional"


@rule(f"{FUNCTIONAL}.linear")
def linear(ctx: RuleContext, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias: the last axis becomes the weight's first."""
    require_rank(ctx, weight, (1, 2), "the weight of linear()")
    if input.rank == 0:
        ctx.fail(Failure(RANK, "linear() of a 0-d tensor", "RuntimeError"))
    same_dtype(ctx, input, weight, "linear()")
    refuse(ctx, input, "linear()", ("bool",))
    width, features = input.size(-1), weight.size(-1)
    if width is not None and features is not None:
        ctx.require_equal(width, features, _width_failure(input, weight, width, features))
    rows = weight.size(0) if weight.rank == 2 else None
    outputs: Shape = () if weight.rank == 1 else (ctx.fresh("out") if rows is None else rows,)
    if bias is not None and bias.shape is not None and input.dims is not None:
        shape = (*input.dims[:-1], *outputs)
        broadcast_to(ctx, bias.shape, shape, "linear(): the bias of ", "RuntimeError", WIDTH)
    if input.shape is None:  # whatever is in front of the last axis stays
        return fresh((Variadic(), *outputs), input.dtype or weight.dtype)
    if not input.shape:
        return fresh(None, input.dtype or weight.dtype)
    dtype = input.dtype or weight.dtype
    return fresh((*input.shape[:-1], *outputs), dtype if bias is None or bias.dtype == dtype else None)


def _width_failure(input: Tensor, weight: Tensor, width: Size, features: Size) -> Failure:
    def message() -> str:
        return (
            f"linear(): the input of shape {shape_text(input.shape)} has {width} features, the layer takes "
            f"{features} (weight {shape_text(weight.shape)})"
        )

    return Failure(WIDTH, message, "RuntimeError")


@rule(f"{FUNCTIONAL}.bilinear", "torch.bilinear")
def bilinear(ctx: RuleContext, input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 @ weight[k] @ input2 for each output k."""
    require_rank(ctx, weight, (3,), "the weight of bilinear()")
    same_dtype(ctx, input1, weight, "bilinear()")
    same_dtype(ctx, input2, weight, "bilinear()")
    if input1.rank is not None and input2.rank is not None and input1.rank != input2.rank:
        ctx.fail(Failure(RANK, "bilinear() of inputs with different numbers of dimensions", "RuntimeError"))
    if input1.rank == 0:
        ctx.fail(Failure(RANK, "bilinear() of 0-d tensors", "RuntimeError"))
    for input, axis in ((input1, 1), (input2, 2)):
        width, wanted = input.size(-1), weight.size(axis)
        if width is not None and wanted is not None:
            ctx.require_equal(width, wanted, _width_failure(input, weight, width, wanted))
    outputs = weight.size(0)
    if bias is not None:
        same_dtype(ctx, bias, weight, "bilinear(): the bias")
        count = bias.size(0) if bias.shape else None
        if bias.rank == 0:
            ctx.fail(Failure(RANK, "bilinear() with a 0-d bias", "RuntimeError"))
        if count is not None and outputs is not None:
            text = f"bilinear(): {count} biases for {outputs} outputs"
            ctx.require_equal(count, outputs, Failure(WIDTH, text, "RuntimeError"))
    if input1.dims is None or input2.dims is None or outputs is None:
        return fresh(None, input1.dtype)
    for left, right in zip(input1.dims[:-1], input2.dims[:-1], strict=True):
        text = f"bilinear() of {shape_text(input1.dims)} and {shape_text(input2.dims)}"
        ctx.require_equal(left, right, Failure(MISMATCH, text, "RuntimeError"))
    made: Shape | None = (*input1.dims[:-1], outputs)
    if bias is not None:
        made = broadcast_shapes(ctx, [made, bias.shape], "bilinear(): the bias: ")
    return fresh(made, input1.dtype)


@rule(f"{FUNCTIONAL}.embedding")
def embedding(
    ctx: RuleContext, input: Tensor, weight: Tensor, padding_idx: Value = None, max_norm: Value = None,
    norm_type: Value = 2.0, scale_grad_by_freq: Value = False, sparse: Value = False,
) -> Tensor:  # fmt: skip
    """Rows of the weight by int indices."""
    require_rank(ctx, weight, (2,), "the weight of embedding()")
    if input.dtype is not None and input.dtype not in ("int64", "int32"):
        text = f"embedding() takes indices of dtype int64 or int32, not {input.dtype}"
        ctx.fail(Failure(DTYPE, text, "RuntimeError", fix="convert with .long()"))
    rows = weight.size(0)
    if isinstance(padding_idx, int) and isinstance(rows, int) and not -rows <= padding_idx < rows:
        ctx.fail(Failure(ARGUMENT, f"embedding(): padding_idx {padding_idx} of {rows} rows", "AssertionError"))
    require_places(ctx, input, rows, "embedding(): an index")
    width = weight.size(1)
    if input.shape is None:
        return fresh(None, weight.dtype)
    return fresh((*input.shape, ctx.fresh("width") if width is None else width), weight.dtype, input)


@rule(f"{FUNCTIONAL}.embedding_bag")
def embedding_bag(
    ctx: RuleContext, input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: Value = None,
    norm_type: Value = 2, scale_grad_by_freq: Value = False, mode: Value = "mean", sparse: Value = False,
    per_sample_weights: Tensor | None = None, include_last_offset: Value = False, padding_idx: Value = None,
) -> Tensor:  # fmt: skip
    """Sums or means of rows of the weight, one for each bag."""
    require_rank(ctx, input, (1, 2), "the input of embedding_bag()")
    require_rank(ctx, weight, (2,), "the weight of embedding_bag()")
    require_floating(ctx, weight, "embedding_bag(): the weight")
    if input.rank is not None and (input.rank == 1) != (offsets is not None):
        text = "embedding_bag() takes offsets for indices in a row, and only for them"
        ctx.fail(Failure(ARGUMENT, text, "ValueError"))
    if offsets is not None:
        require_rank(ctx, offsets, (1,), "the offsets of embedding_bag()")
        if kind(offsets.dtype) not in (None, 0, 1):
            ctx.fail(Failure(DTYPE, f"embedding_bag() takes int offsets, not {offsets.dtype}", "RuntimeError"))
    elif input.rank == 2:
        refuse(ctx, input, "embedding_bag()", ("bool",))
    require_places(ctx, input, weight.size(0), "embedding_bag(): an index")
    if discrete(input.dtype) is False and input.dtype is not None:
        ctx.fail(Failure(DTYPE, f"embedding_bag() takes int indices, not {input.dtype}", "RuntimeError"))
    bags = input.size(0) if input.rank == 2 else None if offsets is None else offsets.size(0)
    width = weight.size(1)
    if bags is None or width is None or include_last_offset is not False:
        return fresh((ctx.fresh("bags"), ctx.fresh("width") if width is None else width), weight.dtype)
    return fresh((bags, width), weight.dtype)


@rule(f"{FUNCTIONAL}.one_hot")
def one_hot(ctx: RuleContext, tensor: Tensor, num_classes: Value = -1) -> Tensor:
    """A new last axis with a 1 at each index."""
    if tensor.dtype not in (None, "int64"):
        ctx.fail(Failure(DTYPE, f"one_hot() takes indices of dtype int64, not {tensor.dtype}", "RuntimeError"))
    count = size_argument(ctx, num_classes, "num_classes")
    if isinstance(count, int) and count < 1:
        if count != -1:
            ctx.fail(Failure(ARGUMENT, f"one_hot() with {count} classes", "RuntimeError"))
        count = ctx.fresh("classes")
    return fresh(None if tensor.shape is None else (*tensor.shape, count), "int64", tensor)


@rule(f"{FUNCTIONAL}.scaled_dot_product_attention")
def scaled_dot_product_attention(
    ctx: RuleContext, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
    dropout_p: Value = 0.0, is_causal: Value = False, scale: Value = None, enable_gqa: Value = False,
) -> Tensor:  # fmt: skip
    """softmax(query @ key.T) @ value: (..., L, E), (..., S, E), (..., S, V) to (..., L, V)."""
    name = "scaled_dot_product_attention()"
    for tensor, word in ((query, "query"), (key, "key"), (value, "value")):
        if tensor.rank is not None and tensor.rank < 2:
            ctx.fail(Failure(RANK, f"{name}: the {word} has shape {shape_text(tensor.shape)}", "RuntimeError"))
        require_floating(ctx, tensor, f"{name}: the {word}")
    same_dtype(ctx, query, key, name)
    same_dtype(ctx, query, value, name)
    if attn_mask is not None and is_causal is True:
        ctx.fail(Failure(ARGUMENT, f"{name} with both a mask and is_causal", "RuntimeError"))
    _agree(ctx, query.size(-1), key.size(-1), f"{name}: widths of query and key", WIDTH)
    _agree(ctx, key.size(-2), value.size(-2), f"{name}: lengths of key and value", MISMATCH)
    length, source, width = query.size(-2), key.size(-2), value.size(-1)
    if query.shape is None or key.shape is None or value.shape is None or length is None or width is None:
        return fresh(None, query.dtype)
    leads = [query.shape[:-2], key.shape[:-2], value.shape[:-2]][: 1 if enable_gqa is not False else 3]
    lead = broadcast_shapes(ctx, leads, f"{name}: ")
    if attn_mask is not None and attn_mask.shape is not None and lead is not None and source is not None:
        if attn_mask.dtype not in (None, "bool", query.dtype) and query.dtype is not None:
            ctx.fail(Failure(DTYPE, f"{name}: a mask of dtype {attn_mask.dtype}", "RuntimeError"))
        if attn_mask.rank is not None and attn_mask.rank < 2:  # taken or refused by the algorithm chosen
            return fresh((*lead, length, width), None)
        scores = (*lead, length, source)
        broadcast_to(ctx, attn_mask.shape, scores, f"{name}: the mask of ", "RuntimeError", MISMATCH)
    return fresh(None if lead is None else (*lead, length, width), query.dtype).with_(layout=None)


def _agree(ctx: RuleContext, left: Size | None, right: Size | None, what: str, code: str) -> None:
    if left is not None and right is not None:
        ctx.require_equal(left, right, Failure(code, f"{what}: {left} and {right}", "RuntimeError"))


@rule(f"{FUNCTIONAL}.cosine_similarity", "torch.cosine_similarity")
def cosine_similarity(ctx: RuleContext, x1: Tensor, x2: Tensor, dim: Value = 1, eps: Value = 1e-8) -> Tensor:
    """Cosines along a dimension."""
    shape = broadcast_shapes(ctx, [x1.shape, x2.shape], "cosine_similarity(): ")
    dtype = result_dtype([x1, x2], "torch")
    if discrete(dtype):
        ctx.fail(Failure(DTYPE, f"cosine_similarity() of {dtype}", "RuntimeError"))
    joined = Tensor("torch", shape)
    place = axis_place(ctx, joined, dim, name="dim")
    return fresh(None if shape is None or place is None else shape[:place] + shape[place + 1 :], dtype)


@rule(f"{FUNCTIONAL}.pairwise_distance", "torch.pairwise_distance")
def pairwise_distance(
    ctx: RuleContext, x1: Tensor, x2: Tensor, p: Value = 2.0, eps: Value = 1e-6, keepdim: Value = False
) -> Tensor:
    """Norms of differences along the last axis."""
    for tensor in (x1, x2):
        refuse(ctx, tensor, "pairwise_distance()", ("bool",))
    shape = broadcast_shapes(ctx, [x1.shape, x2.shape], "pairwise_distance(): ")
    kept = None if shape is None else (*shape[:-1], 1) if keepdim is True else shape[:-1]
    return fresh(kept, result_dtype([x1, x2], "torch"))


@rule(f"{FUNCTIONAL}.pdist", "torch.pdist")
def pdist(ctx: RuleContext, input: Tensor, p: Value = 2.0) -> Tensor:
    """Distances between all pairs of rows."""
    require_rank(ctx, input, (2,), "the input of pdist()")
    require_floating(ctx, input, "pdist()")
    rows = input.size(0)
    return fresh((ctx.fresh("pairs") if rows is None else rows * (rows - 1) // 2,), input.dtype)


@rule(f"{FUNCTIONAL}.pad")
def pad(ctx: RuleContext, input: Tensor, pad: Value, mode: Value = "constant", value: Value = None) -> Tensor:
    """Elements added around: pairs (before, after) from the last axis on; negative ones crop."""
    if not isinstance(pad, list | tuple):
        return fresh(None if input.rank is None else tuple(ctx.fresh("padded") for _ in range(input.rank)), input.dtype)
    text = f"pad() of shape {shape_text(input.shape)} by {tuple(pad)}"
    if len(pad) % 2 or (input.rank is not None and len(pad) > 2 * input.rank):
        ctx.fail(Failure(ARGUMENT, f"{text}: pad takes two numbers for each padded axis", "RuntimeError"))
    if input.dims is None:
        return fresh(None, input.dtype)
    if isinstance(mode, str) and mode not in ("constant", "reflect", "replicate", "circular"):
        ctx.fail(Failure(ARGUMENT, f"pad() has no mode {mode!r}", "NotImplementedError"))
    if mode in ("reflect", "replicate", "circular") and len(pad) // 2 not in (len(input.dims) - 1, len(input.dims) - 2):
        ctx.fail(Failure(RANK, f"{text}: in mode {mode!r} all axes but batch and channels are padded", "RuntimeError"))
    dims = list(input.dims)
    for place in range(len(pad) // 2):
        axis = len(dims) - 1 - place
        before, after = (size_argument(ctx, pad[2 * place + side], "pad") for side in (0, 1))
        low = {"reflect": 1, "circular": 0}.get(mode) if isinstance(mode, str) else None
        for side in (before, after) if low is not None else ():
            failure = Failure(WINDOW, f"{text}: axis {axis} is too small for mode {mode!r}", "RuntimeError")
            ctx.require(AtLeast(side + (low or 0), dims[axis]), failure)
        cropped = sum((side for side in (before, after) if isinstance(side, int) and side < 0), dims[axis])
        dims[axis] = dims[axis] + before + after
        failure = Failure(WINDOW, f"{text}: axis {axis} becomes {dims[axis]}", "RuntimeError")
        ctx.require(AtLeast(0, cropped if mode == "constant" else dims[axis]), failure)
    if input.dtype == "bool" and mode in ("reflect", "replicate"):
        ctx.fail(Failure(DTYPE, f"pad() in mode {mode!r} does not take bools", "NotImplementedError"))
    crops = any(isinstance(side, int) and side < 0 for side in pad)
    dtype = None if mode != "constant" and (crops or input.dtype == "bool") else input.dtype  # not on all devices
    return fresh(tuple(dims), dtype, input)


MODES = {
    "nearest": (3, 4, 5), "nearest-exact": (3, 4, 5), "area": (3, 4, 5),
    "linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,),
}  # fmt: skip
"""Ranks of inputs that each mode of `interpolate` takes."""


@rule(f"{FUNCTIONAL}.interpolate", f"{FUNCTIONAL}.upsample")
def interpolate(
    ctx: RuleContext, input: Tensor, size: Value = None, scale_factor: Value = None, mode: Value = "nearest",
    align_corners: Value = None, recompute_scale_factor: Value = None, antialias: Value = False,
) -> Tensor:  # fmt: skip
    """Resized to a size, or by a factor, over all axes after the channels."""
    if isinstance(mode, str):
        if mode not in MODES:
            ctx.fail(Failure(ARGUMENT, f"interpolate() has no mode {mode!r}", "NotImplementedError"))
        require_rank(ctx, input, MODES[mode], f"the input of interpolate() in mode {mode!r}", "NotImplementedError")
        if mode in ("nearest", "nearest-exact", "area") and isinstance(align_corners, bool):
            text = f"interpolate(): align_corners does not go with mode {mode!r}"
            ctx.fail(Failure(ARGUMENT, text, "ValueError"))
    if (size is None) == (scale_factor is None):
        ctx.fail(Failure(ARGUMENT, "interpolate() needs either size or scale_factor", "ValueError"))
    if input.dims is None or len(input.dims) < 3:
        return fresh(None, input.dtype)
    count = len(input.dims) - 2
    if size is not None:
        if isinstance(size, list | tuple) and len(size) != count:
            ctx.fail(Failure(ARGUMENT, f"interpolate() to {len(size)} sizes of {count} axes", "ValueError"))
        places = times(ctx, size, count, "size")
    else:
        places = _scaled_sizes(ctx, input.dims[2:], scale_factor)
    for place in places:
        ctx.require(AtLeast(1, place), Failure(ARGUMENT, f"interpolate() to size {place}", "RuntimeError"))
    if input.dtype == "int64":
        ctx.fail(Failure(DTYPE, "interpolate() does not take int64", "NotImplementedError"))
    dtype = None if discrete(input.dtype) else input.dtype  # not on all devices
    return fresh((*input.dims[:2], *places), dtype, input)


def _scaled_sizes(ctx: RuleContext, sizes: tuple[Size, ...], factor: Value) -> tuple[Size, ...]:
    if isinstance(factor, list | tuple):
        if len(factor) != len(sizes):
            text = f"interpolate() by {len(factor)} factors of {len(sizes)} axes"
            ctx.fail(Failure(ARGUMENT, text, "ValueError"))
        return tuple(scaled(ctx, size, one) for size, one in zip(sizes, factor, strict=True))
    return tuple(scaled(ctx, size, factor) for size in sizes)


def scaled(ctx: RuleContext, size: Size, factor: Value) -> Size:
    """floor(size*factor), for a factor that is an int, a float or unknown."""
    if is_size(factor):
        return size * factor  # type: ignore[no-any-return]
    if not isinstance(factor, float):
        return ctx.fresh("scaled")
    if isinstance(size, int):
        return math.floor(float(size) * factor)
    if factor.is_integer():
        return size * int(factor)
    inverse = 1 / factor if factor else 0.0
    return size // int(inverse) if inverse.is_integer() and inverse > 0 else ctx.fresh("scaled")


@rule(f"{FUNCTIONAL}.pixel_shuffle", "torch.pixel_shuffle")
def pixel_shuffle(ctx: RuleContext, input: Tensor, upscale_factor: Value) -> Tensor:
    """Channels to pixels: (..., C*r*r, H, W) to (..., C, H*r, W*r)."""
    return _shuffled(ctx, input, upscale_factor, "pixel_shuffle()", True)


@rule(f"{FUNCTIONAL}.pixel_unshuffle", "torch.pixel_unshuffle")
def pixel_unshuffle(ctx: RuleContext, input: Tensor, downscale_factor: Value) -> Tensor:
    """Pixels to channels."""
    return _shuffled(ctx, input, downscale_factor, "pixel_unshuffle()", False)


def _shuffled(ctx: RuleContext, input: Tensor, factor: Value, name: str, up: bool) -> Tensor:
    if input.rank is not None and input.rank < 3:
        ctx.fail(Failure(RANK, f"{name} of shape {shape_text(input.shape)}", "RuntimeError"))
    r = size_argument(ctx, factor, "factor")
    ctx.require(AtLeast(1, r), Failure(ARGUMENT, f"{name} by {r}", "RuntimeError"))
    channels, high, wide = input.size(-3), input.size(-2), input.size(-1)
    if channels is None or high is None or wide is None or input.shape is None:
        return fresh(None, input.dtype)
    text = f"{name} of shape {shape_text(input.shape)} by {r}: "
    for size, divisor in ((channels, r * r),) if up else ((high, r), (wide, r)):
        ctx.require(
            Multiple(size, divisor), Failure(DIVIDE, f"{text}{size} does not divide by {divisor}", "RuntimeError")
        )
    sizes = (channels // (r * r), high * r, wide * r) if up else (channels * r * r, high // r, wide // r)
    return fresh((*input.shape[:-3], *sizes), input.dtype, input)


@rule(f"{FUNCTIONAL}.channel_shuffle", "torch.channel_shuffle")
def channel_shuffle(ctx: RuleContext, input: Tensor, groups: Value) -> Tensor:
    """Channels of groups interleaved."""
    if input.rank is not None and input.rank < 3:
        ctx.fail(Failure(RANK, f"channel_shuffle() of shape {shape_text(input.shape)}", "RuntimeError"))
    count, channels = size_argument(ctx, groups, "groups"), input.size(1)
    ctx.require(AtLeast(1, count), Failure(ARGUMENT, f"channel_shuffle() with {count} groups", "RuntimeError"))
    if channels is not None:
        text = f"channel_shuffle(): {channels} channels in {count} groups"
        ctx.require(Multiple(channels, count), Failure(DIVIDE, text, "RuntimeError"))
    return fresh(input.shape, input.dtype)


@rule(f"{FUNCTIONAL}.grid_sample")
def grid_sample(
    ctx: RuleContext, input: Tensor, grid: Tensor, mode: Value = "bilinear", padding_mode: Value = "zeros",
    align_corners: Value = None,
) -> Tensor:  # fmt: skip
    """Values of images at places of a grid: (N, C, H, W) at (N, h, w, 2) gives (N, C, h, w)."""
    require_rank(ctx, input, (4, 5), "the input of grid_sample()")
    if input.rank is not None:
        require_rank(ctx, grid, (input.rank,), "the grid of grid_sample()")
    same_dtype(ctx, input, grid, "grid_sample()")
    require_floating(ctx, input, "grid_sample()")
    if input.dims is None or grid.dims is None:
        return fresh(None, input.dtype)
    texts = f"grid_sample() of {shape_text(input.dims)} at {shape_text(grid.dims)}"
    ctx.require_equal(input.dims[0], grid.dims[0], Failure(MISMATCH, f"{texts}: batches differ", "RuntimeError"))
    ctx.require_equal(
        grid.dims[-1],
        len(input.dims) - 2,
        Failure(MISMATCH, f"{texts}: places need as many coordinates as there are spatial axes", "RuntimeError"),
    )
    return fresh((*input.dims[:2], *grid.dims[1:-1]), input.dtype)


@rule(f"{FUNCTIONAL}.affine_grid")
def affine_grid(ctx: RuleContext, theta: Tensor, size: Value, align_corners: Value = None) -> Tensor:
    """The grid of affine maps, for `grid_sample`."""
    if not isinstance(size, list | tuple):
        return fresh(None, theta.dtype)
    dims = tuple(size_argument(ctx, one, "size") for one in size)
    if len(dims) not in (4, 5):
        ctx.fail(Failure(ARGUMENT, f"affine_grid() for a size of {len(dims)} axes", "NotImplementedError"))
    require_floating(ctx, theta, "affine_grid()", "ValueError")
    for one in dims:
        ctx.require(AtLeast(1, one), Failure(ARGUMENT, f"affine_grid() for a size of {one}", "ValueError"))
    wanted = (dims[0], len(dims) - 2, len(dims) - 1)
    if theta.dims is not None:
        failure = Failure(
            MISMATCH, f"affine_grid(): theta has shape {shape_text(theta.dims)}, not {wanted}", "ValueError"
        )
        if len(theta.dims) != 3:
            ctx.fail(failure)
        for left, right in zip(theta.dims, wanted, strict=True):
            ctx.require_equal(left, right, failure)
    return fresh((dims[0], *dims[2:], len(dims) - 2), theta.dtype)
