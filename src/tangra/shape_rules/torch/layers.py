"""The layers of `torch.nn` that call one function: linear maps, convolutions, poolings, normalisations and so on.

A layer's constructor checks its arguments as torch's does and keeps them as attributes, the weights as tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import require_rank, size_argument, times
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.failures import ARGUMENT, DIVIDE, RANK, Failure
from tangra.shape_rules.registry import module, rule
from tangra.shape_rules.torch import functional
from tangra.shape_rules.torch.common import default_dtype, dtype_argument
from tangra.shape_rules.torch.convolutions import convolve, spatial, transpose_convolve
from tangra.shape_rules.torch.shaping import flatten, unflatten
from tangra.shape_rules.values import UNKNOWN, DType, Shape, Tensor, Value, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def parameter(ctx: RuleContext, shape: Shape, dtype: Value = None) -> Tensor:
    """A trained tensor of a layer."""
    return Tensor("torch", shape, dtype_argument(ctx, dtype, default_dtype(ctx)), "contiguous", parameter=True)


def positive(ctx: RuleContext, value: Size, name: str, low: int = 1, error: str = "ValueError") -> None:
    """Fail for a constructor's argument below `low`."""
    ctx.require(AtLeast(low, value), Failure(ARGUMENT, f"{name} is {value}, which is below {low}", error))


class Layer:
    """Base of the layers, for `isinstance`; attributes are set by the constructors."""

    rule_names: tuple[str, ...] = ("torch.nn.Module",)
    training: Any


@module("torch.nn.Identity")
class Identity(Layer):
    """The input as it is, whatever the constructor got."""

    def __init__(self, ctx: RuleContext, *args: Value, **kwargs: Value) -> None:
        self.training = True

    def forward(self, ctx: RuleContext, input: Value) -> Value:
        return input


@module("torch.nn.Linear")
class Linear(Layer):
    """input @ weight.T + bias."""

    def __init__(
        self, ctx: RuleContext, in_features: Value, out_features: Value, bias: Value = True, device: Value = None,
        dtype: Value = None,
    ) -> None:  # fmt: skip
        self.in_features = size_argument(ctx, in_features, "in_features")
        self.out_features = size_argument(ctx, out_features, "out_features")
        for size in (self.in_features, self.out_features):
            positive(ctx, size, "a width of Linear", 0, "RuntimeError")
        self.weight = parameter(ctx, (self.out_features, self.in_features), dtype)
        self.bias = None if bias is False else parameter(ctx, (self.out_features,), dtype)

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.linear(ctx, input, self.weight, self.bias)


@module("torch.nn.Bilinear")
class Bilinear(Layer):
    """input1 @ weight[k] @ input2 + bias."""

    def __init__(
        self, ctx: RuleContext, in1_features: Value, in2_features: Value, out_features: Value, bias: Value = True,
        device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.in1_features = size_argument(ctx, in1_features, "in1_features")
        self.in2_features = size_argument(ctx, in2_features, "in2_features")
        self.out_features = size_argument(ctx, out_features, "out_features")
        positive(ctx, self.in1_features, "in1_features")
        for size in (self.in2_features, self.out_features):
            positive(ctx, size, "a width of Bilinear", 0, "RuntimeError")
        self.weight = parameter(ctx, (self.out_features, self.in1_features, self.in2_features), dtype)
        self.bias = None if bias is False else parameter(ctx, (self.out_features,), dtype)

    def forward(self, ctx: RuleContext, input1: Tensor, input2: Tensor) -> Tensor:
        return functional.bilinear(ctx, input1, input2, self.weight, self.bias)


class ConvNd(Layer):
    """What convolutions share."""

    rule_names = ("torch.nn.modules.conv._ConvNd",)
    transposed = False
    rank = 2
    bias: Tensor | None

    def __init__(
        self, ctx: RuleContext, in_channels: Value, out_channels: Value, kernel_size: Value, stride: Value = 1,
        padding: Value = 0, dilation: Value = 1, groups: Value = 1, bias: Value = True,
        padding_mode: Value = "zeros", device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        set_convolution(
            ctx, self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            False, dtype,
        )  # fmt: skip

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        name = f"Conv{self.rank}d"
        fields: Any = self
        if fields.padding_mode in ("reflect", "circular", "replicate") and isinstance(fields.padding, tuple):
            around: Value = [pad for pad in reversed(fields.padding) for _ in (0, 1)]
            spatial(ctx, input, self.rank, name)
            input = functional.pad(ctx, input, around, fields.padding_mode)
            return convolve(
                ctx, input, fields.weight, fields.bias, self.rank, name, fields.stride, 0, fields.dilation,
                fields.groups,
            )  # fmt: skip
        return convolve(
            ctx, input, fields.weight, fields.bias, self.rank, name, fields.stride, fields.padding, fields.dilation,
            fields.groups,
        )  # fmt: skip


def set_convolution(
    ctx: RuleContext, layer: Any, in_channels: Value, out_channels: Value, kernel_size: Value, stride: Value,
    padding: Value, dilation: Value, groups: Value, bias: Value, padding_mode: Value, transposed: bool,
    dtype: Value,
) -> None:  # fmt: skip
    """Check and keep a convolution's constructor arguments."""
    rank = layer.rank
    layer.in_channels = size_argument(ctx, in_channels, "in_channels")
    layer.out_channels = size_argument(ctx, out_channels, "out_channels")
    layer.groups = size_argument(ctx, groups, "groups")
    positive(ctx, layer.groups, "groups")
    for word, size in (("in_channels", layer.in_channels), ("out_channels", layer.out_channels)):
        text = f"{word} {size} must be divisible by groups {layer.groups}"
        ctx.require(Multiple(size, layer.groups), Failure(DIVIDE, text, "ValueError"))
        positive(ctx, size, word, 0, "RuntimeError")
    if isinstance(kernel_size, list | tuple) and len(kernel_size) != rank:
        text = f"kernel_size has {len(kernel_size)} numbers for {rank} axes"
        ctx.fail(Failure(ARGUMENT, text, "RuntimeError"))
    layer.kernel_size = times(ctx, kernel_size, rank, "kernel_size")
    layer.stride, layer.dilation = times(ctx, stride, rank, "stride"), times(ctx, dilation, rank, "dilation")
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            ctx.fail(Failure(ARGUMENT, f"padding is an int, 'same' or 'valid', not {padding!r}", "ValueError"))
        if padding == "same" and any(isinstance(step, int) and step != 1 for step in layer.stride):
            ctx.fail(Failure(ARGUMENT, "padding='same' goes with stride 1 only", "ValueError"))
        layer.padding = padding
    else:
        layer.padding = times(ctx, padding, rank, "padding")
    if isinstance(padding_mode, str) and padding_mode not in ("zeros", "reflect", "replicate", "circular"):
        ctx.fail(Failure(ARGUMENT, f"there is no padding mode {padding_mode!r}", "ValueError"))
    layer.padding_mode = padding_mode
    for size in layer.kernel_size:
        positive(ctx, size, "kernel_size", 1 if transposed else 0, "RuntimeError")
    if transposed:
        positive(ctx, layer.out_channels, "out_channels", 1, "RuntimeError")
    first, second = layer.out_channels, layer.in_channels // layer.groups
    if transposed:
        first, second = layer.in_channels, layer.out_channels // layer.groups
    layer.weight = parameter(ctx, (first, second, *layer.kernel_size), dtype)
    layer.bias = None if bias is False else parameter(ctx, (layer.out_channels,), dtype)


@module("torch.nn.Conv1d")
class Conv1d(ConvNd):
    """Over one axis."""

    rank = 1


@module("torch.nn.Conv2d")
class Conv2d(ConvNd):
    """Over two axes."""

    rank = 2


@module("torch.nn.Conv3d")
class Conv3d(ConvNd):
    """Over three axes."""

    rank = 3


class ConvTransposeNd(ConvNd):
    """What transposed convolutions share."""

    rule_names = ("torch.nn.modules.conv._ConvTransposeNd",)
    transposed = True

    def __init__(
        self, ctx: RuleContext, in_channels: Value, out_channels: Value, kernel_size: Value, stride: Value = 1,
        padding: Value = 0, output_padding: Value = 0, groups: Value = 1, bias: Value = True, dilation: Value = 1,
        padding_mode: Value = "zeros", device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        if isinstance(padding_mode, str) and padding_mode != "zeros":
            ctx.fail(Failure(ARGUMENT, "a transposed convolution pads with zeros only", "ValueError"))
        set_convolution(
            ctx, self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            True, dtype,
        )  # fmt: skip
        self.output_padding = times(ctx, output_padding, self.rank, "output_padding")

    def forward(self, ctx: RuleContext, input: Tensor, output_size: Value = None) -> Tensor:
        fields: Any = self
        extra = fields.output_padding if output_size is None else 0
        made = transpose_convolve(
            ctx, input, fields.weight, fields.bias, self.rank, fields.stride, fields.padding, extra, fields.groups,
            fields.dilation,
        )  # fmt: skip
        if output_size is None or made.dims is None:
            return made
        sizes = output_size if isinstance(output_size, list | tuple) else (output_size,) * self.rank
        places = tuple(size_argument(ctx, size, "output_size") for size in sizes[-self.rank :])
        return made.with_(shape=(*made.dims[: -self.rank], *places))


@module("torch.nn.ConvTranspose1d")
class ConvTranspose1d(ConvTransposeNd):
    """Over one axis."""

    rank = 1


@module("torch.nn.ConvTranspose2d")
class ConvTranspose2d(ConvTransposeNd):
    """Over two axes."""

    rank = 2


@module("torch.nn.ConvTranspose3d")
class ConvTranspose3d(ConvTransposeNd):
    """Over three axes."""

    rank = 3


@module("torch.nn.Embedding")
class Embedding(Layer):
    """Rows of a table."""

    def __init__(
        self, ctx: RuleContext, num_embeddings: Value, embedding_dim: Value, padding_idx: Value = None,
        max_norm: Value = None, norm_type: Value = 2.0, scale_grad_by_freq: Value = False, sparse: Value = False,
        _weight: Value = None, _freeze: Value = False, device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.num_embeddings = size_argument(ctx, num_embeddings, "num_embeddings")
        self.embedding_dim = size_argument(ctx, embedding_dim, "embedding_dim")
        for size in (self.num_embeddings, self.embedding_dim):
            positive(ctx, size, "a size of Embedding", 0, "RuntimeError")
        count = self.num_embeddings
        if isinstance(padding_idx, int) and isinstance(count, int) and not -count <= padding_idx < count:
            ctx.fail(Failure(ARGUMENT, f"padding_idx {padding_idx} of {count} rows", "AssertionError"))
        self.padding_idx = padding_idx
        self.weight = parameter(ctx, (count, self.embedding_dim), dtype)

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.embedding(ctx, input, self.weight)


@module("torch.nn.EmbeddingBag")
class EmbeddingBag(Layer):
    """Sums or means of rows of a table."""

    def __init__(
        self, ctx: RuleContext, num_embeddings: Value, embedding_dim: Value, max_norm: Value = None,
        norm_type: Value = 2.0, scale_grad_by_freq: Value = False, mode: Value = "mean", sparse: Value = False,
        _weight: Value = None, include_last_offset: Value = False, padding_idx: Value = None, device: Value = None,
        dtype: Value = None,
    ) -> None:  # fmt: skip
        self.num_embeddings = size_argument(ctx, num_embeddings, "num_embeddings")
        self.embedding_dim = size_argument(ctx, embedding_dim, "embedding_dim")
        self.include_last_offset = include_last_offset
        for size in (self.num_embeddings, self.embedding_dim):
            positive(ctx, size, "a size of EmbeddingBag", 0, "RuntimeError")
        self.weight = parameter(ctx, (self.num_embeddings, self.embedding_dim), dtype)

    def forward(
        self, ctx: RuleContext, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
    ) -> Tensor:
        return functional.embedding_bag(ctx, input, self.weight, offsets, include_last_offset=self.include_last_offset)


@rule("torch.nn.Embedding.from_pretrained")
def embedding_of(
    ctx: RuleContext, embeddings: Tensor, freeze: Value = True, padding_idx: Value = None, max_norm: Value = None,
    norm_type: Value = 2.0, scale_grad_by_freq: Value = False, sparse: Value = False,
) -> Value:  # fmt: skip
    """A layer with a table that is there."""
    require_rank(ctx, embeddings, (2,), "the table of Embedding.from_pretrained()", "AssertionError")
    sizes = (ctx.fresh("n"), ctx.fresh("n")) if embeddings.dims is None else embeddings.dims
    dtype = UNKNOWN if embeddings.dtype is None else DType("torch", embeddings.dtype)
    return ctx.construct("torch.nn.Embedding", *sizes, padding_idx=padding_idx, dtype=dtype)


@module("torch.nn.Flatten")
class Flatten(Layer):
    """Dimensions merged, by default all but the first."""

    def __init__(self, ctx: RuleContext, start_dim: Value = 1, end_dim: Value = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return flatten(ctx, input, self.start_dim, self.end_dim)


@module("torch.nn.Unflatten")
class Unflatten(Layer):
    """One dimension split."""

    def __init__(self, ctx: RuleContext, dim: Value, unflattened_size: Value) -> None:
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return unflatten(ctx, input, self.dim, self.unflattened_size)


@module("torch.nn.Upsample")
class Upsample(Layer):
    """Resized images."""

    def __init__(
        self, ctx: RuleContext, size: Value = None, scale_factor: Value = None, mode: Value = "nearest",
        align_corners: Value = None, recompute_scale_factor: Value = None,
    ) -> None:  # fmt: skip
        self.size, self.mode, self.align_corners = size, mode, align_corners
        self.scale_factor = scale_factor

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.interpolate(ctx, input, self.size, self.scale_factor, self.mode, self.align_corners)


@module("torch.nn.UpsamplingBilinear2d")
class Upsampling2d(Layer):
    """Resized images of two axes."""

    def __init__(self, ctx: RuleContext, size: Value = None, scale_factor: Value = None) -> None:
        self.size, self.scale_factor = size, scale_factor

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.interpolate(ctx, input, self.size, self.scale_factor, "bilinear", True)


@module("torch.nn.UpsamplingNearest2d")
class UpsamplingNearest2d(Upsampling2d):
    """Resized images, each place as the nearest one."""

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.interpolate(ctx, input, self.size, self.scale_factor, "nearest")


def check_rank(ctx: RuleContext, input: Tensor, ranks: tuple[int, ...], name: str) -> None:
    """Fail as layers do for an input with another number of dimensions."""
    if input.rank is not None and input.rank not in ranks:
        words = " or ".join(f"{rank}-D" for rank in ranks)
        text = f"{name} takes a {words} input, not shape {shape_text(input.shape)}"
        ctx.fail(Failure(RANK, text, "ValueError"))
