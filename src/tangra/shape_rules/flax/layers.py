"""The layers and functions of `flax.linen`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import axis_places, size_argument, size_sequence
from tangra.shape_rules.coercion import kind_text
from tangra.shape_rules.context import AtLeast, Equal, Multiple
from tangra.shape_rules.dtypes import discrete, float_result, kind
from tangra.shape_rules.failures import ARGUMENT, CALL, DIVIDE, DTYPE, MISMATCH, RANK, WIDTH, Failure
from tangra.shape_rules.jax.convolutions import windows
from tangra.shape_rules.numpy.common import dtype_argument, made
from tangra.shape_rules.registry import module
from tangra.shape_rules.values import Tensor, Unknown, Value, is_size, shape_text, words
from tangra.shapes import Size, dmax, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

COMMON = words(
    """
    use_bias dtype param_dtype precision kernel_init bias_init dot_general dot_general_cls promote_dtype name parent
    epsilon use_scale scale_init reduction_axes feature_axes axis_name axis_index_groups use_fast_variance
    force_float32_reductions momentum use_running_average embedding_init input_dilation feature_group_count mask
    conv_general_dilated conv_general_dilated_cls broadcast_dims rng_collection deterministic rate group_size
    axis qkv_features out_features dropout_rate broadcast_dropout decode normalize_qk num_groups kernel_dilation padding
    strides transpose_kernel attention_fn qkv_dot_general out_dot_general batch_axis force_fp32_for_softmax
    """
)
"""Fields that layers may have besides those they are declared with."""


class FlaxModule:
    """Base of flax's layers, for `isinstance`."""

    rule_names: tuple[str, ...] = ("flax.linen.Module",)
    title: str


class _OfWidth(FlaxModule):
    """A layer with a parameter that is as wide as its input's last axis."""

    def parameter_width(self, inputs: Tensor) -> Size | None:
        """The size that the parameters are made for."""
        return inputs.size(-1)


def set_fields(ctx: RuleContext, layer: Any, kwargs: dict[str, Value], **defaults: Value) -> None:
    """Keep the fields given by keyword, and defaults for the others; fails for one that no layer has."""
    for word, value in {**defaults, **kwargs}.items():
        if word not in COMMON and word not in defaults:
            ctx.fail(Failure(CALL, f"{layer.title} has no field {word}", "TypeError"))
        setattr(layer, word, value)


def float_of(layer: Any, x: Tensor) -> str | None:
    """The dtype of a layer's result: its own, or that of the input and float32 parameters."""
    own = dtype_argument(getattr(layer, "dtype", None), "jax", None)
    if own is not None:
        return own
    return "float32" if x.dtype in ("float16", "bfloat16") else float_result(x.dtype, "jax")


@module("flax.linen.Dense")
class Dense(_OfWidth):
    """The last axis to `features`."""

    def __init__(self, ctx: RuleContext, features: Value, *rest: Value, **kwargs: Value) -> None:
        set_fields(ctx, self, kwargs)
        self.features = size_argument(ctx, features, "features")

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        if inputs.rank == 0:
            ctx.fail(Failure(RANK, "Dense of a 0-d array", "IndexError"))
        text = f"Dense with {self.features} features"
        ctx.require(AtLeast(1, self.features), Failure(ARGUMENT, text, "TypeError"))
        shape = inputs.shape
        return made("jax", None if not shape else (*shape[:-1], self.features), float_of(self, inputs))


@module("flax.linen.DenseGeneral")
class DenseGeneral(FlaxModule):
    """Axes contracted and replaced by `features`."""

    def __init__(
        self, ctx: RuleContext, features: Value, axis: Value = -1, batch_dims: Value = (), *rest: Value, **kwargs: Value
    ) -> None:
        set_fields(ctx, self, kwargs)
        self.features, self.axis, self.batch_dims = features, axis, batch_dims

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        features = size_sequence(ctx, self.features, "features")
        axes = size_sequence(ctx, self.axis, "axis")
        plain = isinstance(self.batch_dims, tuple | list) and not self.batch_dims
        if inputs.dims is None or features is None or axes is None or not plain:
            return made("jax", None, float_of(self, inputs))
        places = axis_places(ctx, inputs, axes, error="TypeError")
        if places is None:
            return made("jax", None, float_of(self, inputs))
        text = f"DenseGeneral over the axes {axes} of {shape_text(inputs.dims)} to {shape_text(features)} features"
        for size in features:
            ctx.require(AtLeast(1, size), Failure(ARGUMENT, text, "TypeError"))
        if not features:  # the kernel is drawn as a matrix, which has no columns then
            contracted = prod(inputs.dims[place] for place in places)
            ctx.require(Equal(contracted, 1), Failure(ARGUMENT, text, "TypeError"))
        kept = tuple(size for place, size in enumerate(inputs.dims) if place not in places)
        return made("jax", (*kept, *features), float_of(self, inputs))


@module("flax.linen.Conv")
class Conv(_OfWidth):
    """Over the axes between batch and channels (the last)."""

    def __init__(
        self,
        ctx: RuleContext,
        features: Value,
        kernel_size: Value,
        strides: Value = 1,
        padding: Value = "SAME",
        *rest: Value,
        **kwargs: Value,
    ) -> None:
        set_fields(ctx, self, kwargs, kernel_dilation=1, feature_group_count=1)
        self.features = size_argument(ctx, features, "features")
        if is_size(kernel_size):
            ctx.fail(Failure(CALL, f"Conv takes a kernel_size such as ({kernel_size},), not an int", "TypeError"))
        self.kernel_size = size_sequence(ctx, kernel_size, "kernel_size")
        self.strides, self.padding = strides, padding

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        fields: Any = self
        if self.kernel_size is None or inputs.dims is None:
            return made("jax", None, float_of(self, inputs))
        rank = len(self.kernel_size)
        if len(inputs.dims) < rank + 1:
            text = f"a Conv over {rank} axes of an array of shape {shape_text(inputs.dims)}"
            ctx.fail(Failure(RANK, text, "ValueError"))
        if ctx.truth(AtLeast(self.features, 0)) or any(ctx.truth(AtLeast(size, 0)) for size in self.kernel_size):
            ctx.fail(Failure(ARGUMENT, f"Conv with {self.features} features, kernel {self.kernel_size}", "TypeError"))
        _divides(ctx, inputs.dims[-1], fields.feature_group_count, self.features)
        strides, dilation = _per_axis(ctx, self.strides, rank), _per_axis(ctx, fields.kernel_dilation, rank)
        sizes = inputs.dims[-rank - 1 : -1]
        counts = None
        if strides is not None and dilation is not None:
            counts = windows(ctx, sizes, self.kernel_size, strides, self.padding, dilation, "Conv")
        shape = None if counts is None else (*inputs.dims[: -rank - 1], *counts, self.features)
        return made("jax", shape, float_of(self, inputs))


def _divides(ctx: RuleContext, channels: Size, groups: Value, features: Size) -> None:
    if is_size(groups):
        for size, word in ((channels, "channels"), (features, "features")):
            text = f"Conv: {size} {word} in {groups} groups"
            ctx.require(Multiple(size, groups), Failure(DIVIDE, text, "AssertionError"))


def _per_axis(ctx: RuleContext, value: Value, rank: int) -> tuple[Size, ...] | None:
    """One number for each axis."""
    if value is None:
        return (1,) * rank
    if isinstance(value, float):
        ctx.fail(Failure(ARGUMENT, f"strides and dilations are ints, not {value}", "TypeError"))
    if is_size(value):
        return (value,) * rank
    known = isinstance(value, list | tuple) and len(value) == rank and all(map(is_size, value))
    return tuple(value) if known else None


@module("flax.linen.ConvTranspose")
class ConvTranspose(_OfWidth):
    """Over the axes between batch and channels."""

    def __init__(
        self,
        ctx: RuleContext,
        features: Value,
        kernel_size: Value,
        strides: Value = None,
        padding: Value = "SAME",
        *rest: Value,
        **kwargs: Value,
    ) -> None:
        set_fields(ctx, self, kwargs, kernel_dilation=1)
        self.features, self.kernel_size = size_argument(ctx, features, "features"), kernel_size
        self.strides, self.padding = strides, padding

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        fields: Any = self
        kernel = size_sequence(ctx, self.kernel_size, "kernel_size")
        if kernel is None or inputs.dims is None or self.padding not in ("SAME", "VALID"):
            return made("jax", None, float_of(self, inputs))
        rank, text = len(kernel), f"ConvTranspose of kernel {self.kernel_size} with strides {self.strides}"
        if len(inputs.dims) < rank + 1:
            ctx.fail(Failure(RANK, f"{text} of an array of shape {shape_text(inputs.dims)}", "ValueError"))
        failure = Failure(ARGUMENT, text, "TypeError")
        strides, dilation = _per_axis(ctx, self.strides, rank), _per_axis(ctx, fields.kernel_dilation, rank)
        if strides is None or dilation != (1,) * rank:
            return made("jax", None, float_of(self, inputs))
        for number in (self.features, *kernel, *strides):
            ctx.require(AtLeast(1, number), failure)
        counts = []
        for size, wide, stride in zip(inputs.dims[-rank - 1 : -1], kernel, strides, strict=True):
            extra = 0 if self.padding == "SAME" else dmax(wide - stride, 0)
            counts.append(size * stride + extra)
        return made("jax", (*inputs.dims[: -rank - 1], *counts, self.features), float_of(self, inputs))


def _as_many(ctx: RuleContext, numbers: Value, rank: int, failure: Failure) -> None:
    """Require a number for each axis, where several are given."""
    if isinstance(numbers, list | tuple) and len(numbers) != rank:
        ctx.fail(failure)


@module("flax.linen.Embed")
class Embed(FlaxModule):
    """Rows of a table."""

    def __init__(self, ctx: RuleContext, num_embeddings: Value, features: Value, *rest: Value, **kwargs: Value) -> None:
        set_fields(ctx, self, kwargs)
        self.num_embeddings = size_argument(ctx, num_embeddings, "num_embeddings")
        self.features = size_argument(ctx, features, "features")

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        for size in (self.num_embeddings, self.features):
            ctx.require(AtLeast(1, size), Failure(ARGUMENT, f"Embed of size {size}", "TypeError"))
        if kind(inputs.dtype) not in (None, 1):
            text = f"Embed takes indices of an int dtype, not {inputs.dtype}"
            ctx.fail(Failure(DTYPE, text, "ValueError"))
        own = dtype_argument(getattr(self, "dtype", None), "jax", "float32")
        if self.num_embeddings == 1 and inputs.rank == 0:
            return made("jax", None, own)
        return made("jax", None if inputs.shape is None else (*inputs.shape, self.features), own)

    def attend(self, ctx: RuleContext, query: Tensor) -> Tensor:
        """Scores of every row of the table."""
        width = query.size(-1)
        if width is not None:
            text = f"attend: the input of shape {shape_text(query.shape)} has {width} features, Embed {self.features}"
            ctx.require_equal(width, self.features, Failure(WIDTH, text, "TypeError"))
        return made("jax", None if not query.shape else (*query.shape[:-1], self.num_embeddings), query.dtype)


class _Norm(FlaxModule):
    """What normalisations share: the shape stays."""

    def __init__(self, ctx: RuleContext, *rest: Value, **kwargs: Value) -> None:
        set_fields(ctx, self, kwargs)

    def forward(
        self, ctx: RuleContext, x: Tensor, *rest: Value, mask: Value = None, use_running_average: Value = None
    ) -> Tensor:
        if x.rank == 0:
            ctx.fail(Failure(RANK, f"{self.title} of a 0-d array", "ValueError"))
        return made("jax", x.shape, float_of(self, x))


@module("flax.linen.LayerNorm")
class LayerNorm(_Norm):
    """Over the last axis."""


@module("flax.linen.RMSNorm")
class RMSNorm(_Norm):
    """Over the last axis."""


@module("flax.linen.BatchNorm")
class BatchNorm(_Norm):
    """Over all axes but the last."""


@module("flax.linen.InstanceNorm")
class InstanceNorm(_Norm):
    """Over the axes between batch and channels."""

    def forward(
        self, ctx: RuleContext, x: Tensor, *rest: Value, mask: Value = None, use_running_average: Value = None
    ) -> Tensor:
        if x.rank == 1:
            ctx.fail(Failure(RANK, "InstanceNorm takes a batch axis and channels, not one axis", "ValueError"))
        return super().forward(ctx, x)


@module("flax.linen.GroupNorm")
class GroupNorm(_Norm):
    """Over groups of the last axis."""

    def __init__(self, ctx: RuleContext, num_groups: Value = 32, *rest: Value, **kwargs: Value) -> None:
        set_fields(ctx, self, kwargs, group_size=None)
        self.num_groups = num_groups

    def forward(
        self, ctx: RuleContext, x: Tensor, *rest: Value, mask: Value = None, use_running_average: Value = None
    ) -> Tensor:
        channels = x.size(-1)
        if isinstance(self.num_groups, float):
            ctx.fail(Failure(ARGUMENT, f"GroupNorm with {self.num_groups} groups", "AssertionError"))
        if channels is not None and is_size(self.num_groups):
            text = f"GroupNorm: {channels} channels in {self.num_groups} groups"
            ctx.require(AtLeast(1, self.num_groups), Failure(ARGUMENT, text, "ValueError"))
            ctx.require(Multiple(channels, self.num_groups), Failure(DIVIDE, text, "ValueError"))
        return made("jax", x.shape, float_of(self, x))


@module("flax.linen.Dropout")
class Dropout(FlaxModule):
    """Elements set to 0 at random."""

    def __init__(self, ctx: RuleContext, rate: Value, *rest: Value, **kwargs: Value) -> None:
        set_fields(ctx, self, kwargs, deterministic=None)
        self.rate = rate

    def forward(self, ctx: RuleContext, inputs: Value, deterministic: Value = None, rng: Value = None) -> Value:
        fields: Any = self
        given = fields.deterministic
        if (given is None) == (deterministic is None) and not isinstance(given, Unknown):
            text = "Dropout needs `deterministic` once: when it is made, or when it is called"
            ctx.fail(Failure(CALL, text, "ValueError"))
        certain = deterministic if given is None else given
        if self.rate == 0 or certain is not False or isinstance(inputs, Unknown):
            return inputs
        if not isinstance(inputs, Tensor):
            ctx.fail(Failure(CALL, f"Dropout takes an array, not a {kind_text(inputs)}", "AttributeError"))
        if discrete(inputs.dtype):
            ctx.fail(Failure(DTYPE, f"Dropout takes floats, not {inputs.dtype}", "TypeError"))
        return inputs


@module("flax.linen.MultiHeadDotProductAttention", "flax.linen.MultiHeadAttention")
class MultiHeadDotProductAttention(FlaxModule):
    """(..., length, features) to (..., length, out_features)."""

    def __init__(self, ctx: RuleContext, num_heads: Value, *rest: Value, **kwargs: Value) -> None:
        set_fields(ctx, self, kwargs, qkv_features=None, out_features=None)
        self.num_heads = size_argument(ctx, num_heads, "num_heads")

    def forward(
        self,
        ctx: RuleContext,
        inputs_q: Tensor,
        inputs_k: Tensor | None = None,
        inputs_v: Tensor | None = None,
        **options: Value,
    ) -> Tensor:
        fields: Any = self
        width = inputs_q.size(-1)
        inner: Value = width if fields.qkv_features is None else fields.qkv_features
        if isinstance(inner, float):
            ctx.fail(Failure(ARGUMENT, f"MultiHeadDotProductAttention of {inner} features", "AssertionError"))
        if is_size(inner):
            heads_divide(ctx, "MultiHeadDotProductAttention", inner, self.num_heads, "AssertionError")
        check_inputs(ctx, inputs_q, inputs_k, inputs_v)
        last: Value = width if fields.out_features in (None, 0) else fields.out_features
        if isinstance(last, float) or (is_size(last) and ctx.truth(AtLeast(last, 0))):
            ctx.fail(Failure(ARGUMENT, f"MultiHeadDotProductAttention to {last} features", "TypeError"))
        if inputs_q.shape is None or not is_size(last):
            return made("jax", None, float_of(self, inputs_q))
        return made("jax", (*inputs_q.shape[:-1], last), float_of(self, inputs_q))


def heads_divide(ctx: RuleContext, name: str, inner: Size, heads: Size, error: str) -> None:
    """Require that features divide into heads."""
    text = f"{name}: {inner} features in {heads} heads"
    for number in (inner, heads):
        ctx.require(AtLeast(1, number), Failure(ARGUMENT, text, "TypeError"))
    ctx.require(Multiple(inner, heads), Failure(DIVIDE, text, error))


def check_inputs(
    ctx: RuleContext,
    query: Tensor,
    key: Tensor | None,
    value: Tensor | None,
    name: str = "MultiHeadDotProductAttention",
) -> None:
    """Require that attention's inputs agree in all axes but length and features, key and value in length too."""
    if key is None and value is not None:
        ctx.fail(Failure(CALL, "attention takes inputs_k where it takes inputs_v", "ValueError"))
    key = query if key is None else key
    value = key if value is None else value
    if query.dims is None or key.dims is None or value.dims is None:
        return
    shapes = ", ".join(shape_text(one.dims) for one in (query, key, value))
    failure = Failure(MISMATCH, f"{name} of inputs of shapes {shapes}", "AssertionError")
    if min(len(one.dims or ()) for one in (query, key, value)) < 2:
        ctx.fail(Failure(RANK, failure.text, "IndexError"))
    if not len(query.dims) == len(key.dims) == len(value.dims):
        ctx.fail(failure)
    for others in (key.dims, value.dims):
        for left, right in zip(query.dims[:-2], others[:-2], strict=True):
            ctx.require_equal(left, right, failure)
    ctx.require_equal(key.dims[-2], value.dims[-2], failure)
