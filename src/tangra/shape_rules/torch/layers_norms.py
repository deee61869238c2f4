"""Normalisation, pooling and padding layers of `torch.nn`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import size_argument, size_sequence, whole
from tangra.shape_rules.context import Multiple
from tangra.shape_rules.failures import DIVIDE, WIDTH, Failure
from tangra.shape_rules.registry import module
from tangra.shape_rules.torch import convolutions, functional, norms
from tangra.shape_rules.torch.common import fresh, require_floating
from tangra.shape_rules.torch.layers import Layer, check_rank, parameter, positive
from tangra.shape_rules.values import Tensor, Unknown, Value, is_size, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def again(value: Value) -> Value:
    """Another tensor like this one: what is the same object is one parameter."""
    return value.with_() if isinstance(value, Tensor) else value


def _set_norm(
    ctx: RuleContext, layer: Any, num_features: Value, eps: Value, momentum: Value, affine: Value, track: Value
) -> None:
    layer.num_features = num_features
    if affine is not False or track is not False:
        layer.num_features = size_argument(ctx, num_features, "num_features")
        positive(ctx, layer.num_features, "num_features", 0, "RuntimeError")
    layer.eps, layer.momentum, layer.affine, layer.track_running_stats = eps, momentum, affine, track
    width = (layer.num_features,) if is_size(layer.num_features) else None
    layer.weight = (
        Unknown() if width is None or not isinstance(affine, bool) else parameter(ctx, width) if affine else None
    )
    layer.bias = again(layer.weight)
    layer.running_mean = None if track is False else Tensor("torch", width, "float32", "contiguous")
    layer.running_var = layer.running_mean
    layer.num_batches_tracked = None if track is False else Tensor("torch", (), "int64", "contiguous")
    layer.training = True


class BatchNorm(Layer):
    """What batch normalisations share; `training` is read if the evaluator knows it."""

    rule_names = ("torch.nn.modules.batchnorm._BatchNorm",)
    ranks: tuple[int, ...] = (2, 3)
    label = "BatchNorm1d"

    def __init__(
        self, ctx: RuleContext, num_features: Value, eps: Value = 1e-5, momentum: Value = 0.1, affine: Value = True,
        track_running_stats: Value = True, device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        _set_norm(ctx, self, num_features, eps, momentum, affine, track_running_stats)

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        fields: Any = self
        check_rank(ctx, input, self.ranks, self.label)
        check_width(ctx, input, fields.num_features, self.label)
        training = fields.training if fields.track_running_stats is True else True
        if training is True:
            norms.require_batch(ctx, input, self.label)
        require_floating(ctx, input, self.label)
        plain = fields.affine is False and fields.track_running_stats is False
        return fresh(input.shape, input.dtype if plain else norms.parameter_dtype(input), input)


def check_width(ctx: RuleContext, input: Tensor, wanted: Value, label: str) -> None:
    """Require that the channels (axis 1) are as many as the layer was built for."""
    have = input.size(1)
    if have is not None and is_size(wanted):
        text = f"{label}({wanted}) gets {have} channels: its input has shape {shape_text(input.shape)}"
        ctx.require_equal(have, wanted, Failure(WIDTH, text, "RuntimeError"))


@module("torch.nn.BatchNorm1d")
class BatchNorm1d(BatchNorm):
    """Of (N, C) or (N, C, L)."""


@module("torch.nn.BatchNorm2d")
class BatchNorm2d(BatchNorm):
    """Of (N, C, H, W)."""

    ranks, label = (4,), "BatchNorm2d"


@module("torch.nn.BatchNorm3d")
class BatchNorm3d(BatchNorm):
    """Of (N, C, D, H, W)."""

    ranks, label = (5,), "BatchNorm3d"


@module("torch.nn.SyncBatchNorm")
class SyncBatchNorm(BatchNorm):
    """Of at least (N, C)."""

    ranks, label = tuple(range(2, 64)), "SyncBatchNorm"


class InstanceNorm(Layer):
    """What instance normalisations share; the batch axis may be missing."""

    rule_names = ("torch.nn.modules.instancenorm._InstanceNorm",)
    rank, label = 1, "InstanceNorm1d"

    def __init__(
        self, ctx: RuleContext, num_features: Value, eps: Value = 1e-5, momentum: Value = 0.1, affine: Value = False,
        track_running_stats: Value = False, device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        _set_norm(ctx, self, num_features, eps, momentum, affine, track_running_stats)

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        fields: Any = self
        check_rank(ctx, input, (self.rank + 1, self.rank + 2), self.label)
        require_floating(ctx, input, self.label)
        if input.dims is not None:
            batched = input.with_(shape=(1, *input.dims)) if len(input.dims) == self.rank + 1 else input
            if fields.affine is True or fields.track_running_stats is True:
                check_width(ctx, batched, fields.num_features, self.label)
            norms.instance_norm(ctx, batched)
        plain = fields.affine is False and fields.track_running_stats is False
        return fresh(input.shape, input.dtype if plain else norms.parameter_dtype(input), input)


@module("torch.nn.InstanceNorm1d")
class InstanceNorm1d(InstanceNorm):
    """Of (N, C, L) or (C, L)."""


@module("torch.nn.InstanceNorm2d")
class InstanceNorm2d(InstanceNorm):
    """Of (N, C, H, W) or (C, H, W)."""

    rank, label = 2, "InstanceNorm2d"


@module("torch.nn.InstanceNorm3d")
class InstanceNorm3d(InstanceNorm):
    """Of (N, C, D, H, W) or (C, D, H, W)."""

    rank, label = 3, "InstanceNorm3d"


@module("torch.nn.LayerNorm")
class LayerNorm(Layer):
    """Normalised over the last axes."""

    def __init__(
        self, ctx: RuleContext, normalized_shape: Value, eps: Value = 1e-5, elementwise_affine: Value = True,
        bias: Value = True, device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        found = size_sequence(ctx, normalized_shape, "normalized_shape")
        self.normalized_shape: Value = Unknown() if found is None else found
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = None if found is None or elementwise_affine is not True else parameter(ctx, found, dtype)
        self.bias = again(self.weight) if bias is not False else None

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return norms.layer_norm(ctx, input, self.normalized_shape, self.weight)


@module("torch.nn.RMSNorm")
class RMSNorm(Layer):
    """Divided by the root mean square over the last axes."""

    def __init__(
        self, ctx: RuleContext, normalized_shape: Value, eps: Value = None, elementwise_affine: Value = True,
        device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        found = size_sequence(ctx, normalized_shape, "normalized_shape")
        self.normalized_shape: Value = Unknown() if found is None else found
        self.weight = None if found is None or elementwise_affine is not True else parameter(ctx, found, dtype)

    def forward(self, ctx: RuleContext, x: Tensor) -> Tensor:
        return norms.rms_norm(ctx, x, self.normalized_shape, self.weight)


@module("torch.nn.GroupNorm")
class GroupNorm(Layer):
    """Normalised over groups of channels."""

    def __init__(
        self, ctx: RuleContext, num_groups: Value, num_channels: Value, eps: Value = 1e-5, affine: Value = True,
        device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.num_groups = size_argument(ctx, num_groups, "num_groups")
        self.num_channels = size_argument(ctx, num_channels, "num_channels")
        self.affine = affine
        if self.num_groups == 0:
            positive(ctx, self.num_groups, "num_groups", 1, "ZeroDivisionError")
        text = f"num_channels {self.num_channels} must be divisible by num_groups {self.num_groups}"
        ctx.require(Multiple(self.num_channels, self.num_groups), Failure(DIVIDE, text, "ValueError"))
        positive(ctx, self.num_channels, "num_channels", 0, "RuntimeError")
        self.weight = parameter(ctx, (self.num_channels,), dtype) if affine is True else None
        self.bias = again(self.weight)

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        if self.affine is True and input.least_rank > 1:
            check_width(ctx, input, self.num_channels, "GroupNorm")
        return norms.group_norm(ctx, input, self.num_groups, self.weight)


@module("torch.nn.LocalResponseNorm")
class LocalResponseNorm(Layer):
    """Normalised over neighbouring channels."""

    def __init__(self, ctx: RuleContext, size: Value, alpha: Value = 1e-4, beta: Value = 0.75, k: Value = 1.0) -> None:
        self.size = size

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return norms.local_response_norm(ctx, input, self.size)


# --------------------------------------------------------------------------------------------------- pooling, padding


class MaxPool(Layer):
    """What max poolings share."""

    rank = 1

    def __init__(
        self, ctx: RuleContext, kernel_size: Value, stride: Value = None, padding: Value = 0, dilation: Value = 1,
        return_indices: Value = False, ceil_mode: Value = False,
    ) -> None:  # fmt: skip
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, ctx: RuleContext, input: Tensor) -> Value:
        made = convolutions.pooled(
            ctx, input, self.rank, f"MaxPool{self.rank}d", self.kernel_size, self.stride, self.padding, self.dilation,
            self.ceil_mode,
        )  # fmt: skip
        return (made, made.with_(dtype="int64")) if self.return_indices is True else made


class AvgPool(Layer):
    """What mean poolings share."""

    rank = 1

    def __init__(
        self, ctx: RuleContext, kernel_size: Value, stride: Value = None, padding: Value = 0, ceil_mode: Value = False,
        count_include_pad: Value = True, divisor_override: Value = None,
    ) -> None:  # fmt: skip
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        if self.rank == 3:
            convolutions.inside_only(ctx, input, self.kernel_size)
        return convolutions.pooled(
            ctx, input, self.rank, f"AvgPool{self.rank}d", self.kernel_size, self.stride, self.padding, 1,
            self.ceil_mode,
        )  # fmt: skip


class AdaptiveAvgPool(Layer):
    """What mean poolings to a size share."""

    rank = 1

    def __init__(self, ctx: RuleContext, output_size: Value) -> None:
        self.output_size = output_size

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return convolutions.adaptive(ctx, input, self.rank, self.output_size, f"AdaptiveAvgPool{self.rank}d")


class AdaptiveMaxPool(Layer):
    """What max poolings to a size share."""

    rank = 1

    def __init__(self, ctx: RuleContext, output_size: Value, return_indices: Value = False) -> None:
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, ctx: RuleContext, input: Tensor) -> Value:
        made = convolutions.adaptive(ctx, input, self.rank, self.output_size, f"AdaptiveMaxPool{self.rank}d")
        return (made, made.with_(dtype="int64")) if self.return_indices is True else made


class Pad(Layer):
    """What padding layers share."""

    rank, mode = 1, "constant"

    def __init__(self, ctx: RuleContext, padding: Value) -> None:
        count = 2 * self.rank
        self.padding: Value = (padding,) * count if is_size(padding) else padding
        if not isinstance(padding, list | tuple):
            whole(ctx, padding, "padding")

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.pad(ctx, input, self.padding, self.mode)


class ConstantPad(Pad):
    """Padding with a number."""

    def __init__(self, ctx: RuleContext, padding: Value, value: Value) -> None:
        Pad.__init__(self, ctx, padding)


def _declare(rank: int) -> None:
    for pool in (MaxPool, AvgPool, AdaptiveAvgPool, AdaptiveMaxPool):
        name = f"{pool.__name__}{rank}d"
        module(f"torch.nn.{name}")(type(name, (pool,), {"rank": rank, "__doc__": pool.__doc__}))
    modes = (("Constant", "constant"), ("Zero", "constant"), ("Reflection", "reflect"), ("Replication", "replicate"))
    for word, mode in (*modes, ("Circular", "circular")):
        name = f"{word}Pad{rank}d"
        base = ConstantPad if word == "Constant" else Pad
        module(f"torch.nn.{name}")(type(name, (base,), {"rank": rank, "mode": mode, "__doc__": Pad.__doc__}))


for _rank in (1, 2, 3):
    _declare(_rank)
