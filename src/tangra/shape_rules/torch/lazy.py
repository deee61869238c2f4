"""Layers of torch that learn their width from the first input: `LazyLinear`, `LazyConv2d`, `LazyBatchNorm1d` …

Until then they have no weights; afterwards they are the layers that they stand for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.registry import module
from tangra.shape_rules.torch import layers, layers_norms
from tangra.shape_rules.torch.convolutions import spatial
from tangra.shape_rules.torch.layers import Layer, check_rank
from tangra.shape_rules.values import Tensor, Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def build(ctx: RuleContext, layer: Any, cls: type[Layer], input: Tensor, axis: int) -> bool:
    """Make the layer one of `cls` for the width of its first input; whether that is known."""
    if layer.built is True:
        return True
    width = input.size(axis)
    if layer.built is not False or width is None:
        return False
    options = dict(layer.options)
    build_as: Any = cls.__init__
    build_as(layer, ctx, width, *options.pop("args"), **options)
    layer.built = True
    return True


@module("torch.nn.LazyLinear")
class LazyLinear(layers.Linear):
    """A linear layer for the last axis of the first input."""

    def __init__(
        self, ctx: RuleContext, out_features: Value, bias: Value = True, device: Value = None, dtype: Value = None
    ) -> None:
        self.out_features, self.built = out_features, False
        self.options: Any = {"args": (out_features,), "bias": bias, "dtype": dtype}

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        if not build(ctx, self, layers.Linear, input, -1):
            return Tensor("torch", None, input.dtype)
        return layers.Linear.forward(self, ctx, input)


class LazyConvNd(layers.ConvNd):
    """A convolution for the channels of the first input."""

    base: Any = layers.Conv2d

    def __init__(
        self, ctx: RuleContext, out_channels: Value, kernel_size: Value, stride: Value = 1, padding: Value = 0,
        dilation: Value = 1, groups: Value = 1, bias: Value = True, padding_mode: Value = "zeros",
        device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.out_channels, self.built = out_channels, False
        rest = (stride, padding, dilation, groups, bias, padding_mode)
        self.options: Any = {"args": (out_channels, kernel_size, *rest), "dtype": dtype}

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        spatial(ctx, input, self.rank, f"LazyConv{self.rank}d")
        if not build(ctx, self, self.base, input, -self.rank - 1):
            return Tensor("torch", None, input.dtype)
        made: Tensor = self.base.forward(self, ctx, input)
        return made


class LazyConvTransposeNd(layers.ConvTransposeNd):
    """A transposed convolution for the channels of the first input."""

    base: Any = layers.ConvTranspose2d

    def __init__(
        self, ctx: RuleContext, out_channels: Value, kernel_size: Value, stride: Value = 1, padding: Value = 0,
        output_padding: Value = 0, groups: Value = 1, bias: Value = True, dilation: Value = 1,
        padding_mode: Value = "zeros", device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.out_channels, self.built = out_channels, False
        rest = (stride, padding, output_padding, groups, bias, dilation, padding_mode)
        self.options: Any = {"args": (out_channels, kernel_size, *rest), "dtype": dtype}

    def forward(self, ctx: RuleContext, input: Tensor, output_size: Value = None) -> Tensor:
        spatial(ctx, input, self.rank, f"LazyConvTranspose{self.rank}d")
        if not build(ctx, self, self.base, input, -self.rank - 1):
            return Tensor("torch", None, input.dtype)
        made: Tensor = self.base.forward(self, ctx, input, output_size)
        return made


def _declare_norm(name: str) -> None:
    base: Any = getattr(layers_norms, name)

    class Lazy(base):  # type: ignore[misc]
        """A normalisation for the channels of the first input."""

        def __init__(
            self, ctx: RuleContext, eps: Value = 1e-5, momentum: Value = 0.1, affine: Value = True,
            track_running_stats: Value = True, device: Value = None, dtype: Value = None,
        ) -> None:  # fmt: skip
            self.built = False
            self.options: Any = {"args": (eps, momentum, affine, track_running_stats), "dtype": dtype}
            self.training = True

        def forward(self, ctx: RuleContext, input: Tensor) -> Value:
            if name.startswith("Batch"):
                check_rank(ctx, input, self.ranks, self.label)
            if not build(ctx, self, base, input, 1):
                return Tensor("torch", None, input.dtype)
            return base.forward(self, ctx, input)

    Lazy.__name__ = Lazy.__qualname__ = f"Lazy{name}"
    module(f"torch.nn.Lazy{name}")(Lazy)


for _rank in (1, 2, 3):
    for _cls, _word in ((LazyConvNd, "Conv"), (LazyConvTransposeNd, "ConvTranspose")):
        _base = getattr(layers, f"{_word}{_rank}d")
        _fields = {"rank": _rank, "base": _base, "__doc__": _cls.__doc__}
        module(f"torch.nn.Lazy{_word}{_rank}d")(type(f"Lazy{_word}{_rank}d", (_cls, _base), _fields))
    _declare_norm(f"BatchNorm{_rank}d")
    _declare_norm(f"InstanceNorm{_rank}d")
