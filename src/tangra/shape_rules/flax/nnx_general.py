"""Layers of `flax.nnx` over several axes: `LinearGeneral` and `Einsum`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_places, size_sequence
from tangra.shape_rules.failures import RANK, WIDTH, Failure
from tangra.shape_rules.flax import layers as linen
from tangra.shape_rules.flax.nnx_layers import N, NnxLayer, _fields
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.products import einsum_shape
from tangra.shape_rules.registry import module
from tangra.shape_rules.values import Tensor, Value, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@module(N + "LinearGeneral")
class LinearGeneral(NnxLayer):
    """Axes of `in_features` contracted and replaced by `out_features`."""

    def __init__(
        self, ctx: RuleContext, in_features: Value, out_features: Value, *, axis: Value = -1, batch_axis: Value = None,
        **kwargs: Value,
    ) -> None:  # fmt: skip
        _fields(ctx, self, kwargs)
        self.in_features = size_sequence(ctx, in_features, "in_features")
        self.out_features = size_sequence(ctx, out_features, "out_features")
        self.axis, self.batch_axis = axis, batch_axis
        axes = size_sequence(ctx, axis, "axis")
        if axes is not None and self.in_features is not None and len(axes) != len(self.in_features):
            text = f"LinearGeneral takes {len(self.in_features)} in_features along {len(axes)} axes"
            ctx.fail(Failure(RANK, text, "ValueError"))

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        dtype = linen.float_of(self, inputs)
        axes = size_sequence(ctx, self.axis, "axis")
        if inputs.dims is None or axes is None or self.in_features is None or self.out_features is None:
            return made("jax", None, dtype)
        places = axis_places(ctx, inputs, axes, error="IndexError")
        if places is None or self.batch_axis:
            return made("jax", None, dtype)
        for place, wanted in zip(places, self.in_features, strict=False):
            text = f"LinearGeneral: axis {place} of the input of shape {shape_text(inputs.dims)} has to be {wanted}"
            ctx.require_equal(inputs.dims[place], wanted, Failure(WIDTH, text, "TypeError"))
        rest = tuple(size for place, size in enumerate(inputs.dims) if place not in places)
        return made("jax", (*rest, *self.out_features), dtype)


@module(N + "Einsum")
class Einsum(NnxLayer):
    """An einsum of the input and a kernel."""

    def __init__(
        self, ctx: RuleContext, einsum_str: Value, kernel_shape: Value, bias_shape: Value = None, **kwargs: Value
    ) -> None:
        _fields(ctx, self, kwargs)
        self.einsum_str, self.bias_shape = einsum_str, bias_shape
        self.kernel_shape = size_sequence(ctx, kernel_shape, "kernel_shape")
        self.kernel = made("jax", self.kernel_shape, "float32")

    def forward(self, ctx: RuleContext, inputs: Tensor, einsum_str: Value = None) -> Tensor:
        text = self.einsum_str if einsum_str is None else einsum_str
        kernel = made("jax", self.kernel_shape, "float32")
        if not isinstance(text, str):
            return made("jax", None, linen.float_of(self, inputs))
        return made("jax", einsum_shape(ctx, text, (inputs, kernel), "ValueError"), linen.float_of(self, inputs))
