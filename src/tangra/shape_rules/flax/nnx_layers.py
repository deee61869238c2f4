"""The layers and functions of `flax.nnx`: those of `flax.linen`, built for inputs of a known width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import size_argument, size_sequence
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.failures import CALL, DIVIDE, RANK, WIDTH, Failure
from tangra.shape_rules.flax import functions
from tangra.shape_rules.flax import layers as linen
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.registry import Rule, find, higher_order, module, rule
from tangra.shape_rules.values import Tensor, Value, is_size, shape_text, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

N = "flax.nnx."
COMMON = words(
    """
    use_bias dtype param_dtype precision kernel_init bias_init dot_general promote_dtype preferred_element_type rngs
    kernel_metadata bias_metadata scale_metadata embedding_metadata embedding_init epsilon use_scale scale_init
    axis_name axis_index_groups use_fast_variance reduction_axes feature_axes momentum use_running_average axis mask
    padding strides input_dilation kernel_dilation feature_group_count conv_general_dilated transpose_kernel
    broadcast_dims rate rng_collection deterministic num_groups group_size gate_fn activation_fn
    recurrent_kernel_init carry_init keep_rngs recurrent_kernel_metadata residual
    """
)


class NnxLayer:
    """Base of nnx's layers, which are no modules of linen's."""

    rule_names: tuple[str, ...] = ("flax.nnx.Module",)
    title: str
    axis: Value = -1
    feature_axes: Value = -1
    reduction_axes: Value = None
    num_groups: Value = 32
    group_size: Value = None


def _fields(ctx: RuleContext, layer: Any, kwargs: dict[str, Value]) -> None:
    for word, value in kwargs.items():
        if word not in COMMON:
            ctx.fail(Failure(CALL, f"{layer.title} takes no argument {word}", "TypeError"))
        setattr(layer, word, value)


def _takes(ctx: RuleContext, x: Tensor, wanted: Value, name: str, word: str, error: str = "TypeError") -> None:
    """Require the last axis to be as wide as the layer was built for."""
    width = x.size(-1)
    if x.rank == 0:
        ctx.fail(Failure(RANK, f"{name} of a 0-d array", error))
    if width is not None and is_size(wanted):
        text = f"{name}: the input of shape {shape_text(x.shape)} has {width} {word}, the layer takes {wanted}"
        ctx.require_equal(width, wanted, Failure(WIDTH, text, error))


@module(N + "Linear")
class Linear(NnxLayer):
    """The last axis from `in_features` to `out_features`."""

    def __init__(self, ctx: RuleContext, in_features: Value, out_features: Value, **kwargs: Value) -> None:
        _fields(ctx, self, kwargs)
        self.in_features = size_argument(ctx, in_features, "in_features")
        self.out_features = size_argument(ctx, out_features, "out_features")
        self.kernel = made("jax", (self.in_features, self.out_features), "float32")

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        _takes(ctx, inputs, self.in_features, "Linear", "features")
        shape = inputs.shape
        return made("jax", None if not shape else (*shape[:-1], self.out_features), linen.float_of(self, inputs))


class _Convolution(NnxLayer):
    """Over the axes between batch and channels (the last), as `of`, linen's layer."""

    of: Any
    kernel_dilation: Value = 1
    feature_group_count: Value = 1

    def __init__(
        self,
        ctx: RuleContext,
        in_features: Value,
        out_features: Value,
        kernel_size: Value,
        strides: Value = None,
        padding: Value = "SAME",
        **kwargs: Value,
    ) -> None:
        _fields(ctx, self, kwargs)
        self.in_features = size_argument(ctx, in_features, "in_features")
        self.features = size_argument(ctx, out_features, "out_features")
        self.kernel_size = size_sequence(ctx, (kernel_size,) if is_size(kernel_size) else kernel_size, "kernel_size")
        self.strides, self.padding = strides, padding

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        _takes(ctx, inputs, self.in_features, self.title, "channels")
        found: Tensor = self.of.forward(self, ctx, inputs)
        return found


@module(N + "Conv")
class Conv(_Convolution):
    """A convolution."""

    of = linen.Conv


@module(N + "ConvTranspose")
class ConvTranspose(_Convolution):
    """A transposed convolution."""

    of = linen.ConvTranspose


@module(N + "Embed")
class Embed(NnxLayer):
    """Rows of a table."""

    def __init__(self, ctx: RuleContext, num_embeddings: Value, features: Value, **kwargs: Value) -> None:
        _fields(ctx, self, kwargs)
        self.num_embeddings = size_argument(ctx, num_embeddings, "num_embeddings")
        self.features = size_argument(ctx, features, "features")

    def forward(self, ctx: RuleContext, inputs: Tensor) -> Tensor:
        return linen.Embed.forward(self, ctx, inputs)  # type: ignore[arg-type]

    def attend(self, ctx: RuleContext, query: Tensor) -> Tensor:
        """Scores of every row of the table."""
        _takes(ctx, query, self.features, "attend", "features")
        return made("jax", None if not query.shape else (*query.shape[:-1], self.num_embeddings), query.dtype)


class _Norm(NnxLayer):
    def __init__(self, ctx: RuleContext, num_features: Value, **kwargs: Value) -> None:
        _fields(ctx, self, kwargs)
        self.num_features = size_argument(ctx, num_features, "num_features")

    def forward(self, ctx: RuleContext, x: Tensor, *, mask: Value = None, use_running_average: Value = None) -> Tensor:
        if self.axis == -1 and self.feature_axes == -1 and self.reduction_axes in (-1, None):
            _takes(ctx, x, self.num_features, self.title, "features")
        return made("jax", x.shape, linen.float_of(self, x))


@module(N + "BatchNorm")
class BatchNorm(_Norm):
    """Over all axes but the last."""


@module(N + "LayerNorm")
class LayerNorm(_Norm):
    """Over the last axis."""


@module(N + "RMSNorm")
class RMSNorm(_Norm):
    """Over the last axis."""


@module(N + "InstanceNorm")
class InstanceNorm(_Norm):
    """Over the axes between batch and channels."""


@module(N + "GroupNorm")
class GroupNorm(_Norm):
    """Over groups of the last axis."""

    def __init__(self, ctx: RuleContext, num_features: Value, num_groups: Value = 32, **kwargs: Value) -> None:
        _Norm.__init__(self, ctx, num_features, **kwargs)
        self.num_groups = num_groups
        if is_size(num_groups) and self.group_size is None:
            text = f"GroupNorm: {self.num_features} features in {num_groups} groups"
            ctx.require(AtLeast(1, num_groups), Failure(DIVIDE, text, "ValueError"))
            ctx.require(Multiple(self.num_features, num_groups), Failure(DIVIDE, text, "ValueError"))


@module(N + "Dropout")
class Dropout(NnxLayer):
    """Elements set to 0 at random."""

    def __init__(self, ctx: RuleContext, rate: Value, **kwargs: Value) -> None:
        _fields(ctx, self, kwargs)
        self.rate = rate

    def forward(self, ctx: RuleContext, inputs: Tensor, *, deterministic: Value = None, rngs: Value = None) -> Tensor:
        return inputs.with_(elements=None)


@module(N + "MultiHeadAttention")
class MultiHeadAttention(NnxLayer):
    """(..., length, in_features) to (..., length, out_features)."""

    def __init__(
        self,
        ctx: RuleContext,
        num_heads: Value,
        in_features: Value,
        qkv_features: Value = None,
        out_features: Value = None,
        **kwargs: Value,
    ) -> None:
        self.num_heads = size_argument(ctx, num_heads, "num_heads")
        self.in_features = size_argument(ctx, in_features, "in_features")
        self.qkv_features = self.in_features if qkv_features is None else qkv_features
        self.out_features = self.in_features if out_features is None else out_features
        if is_size(self.qkv_features):
            linen.heads_divide(ctx, "MultiHeadAttention", self.qkv_features, self.num_heads, "ValueError")

    def forward(
        self,
        ctx: RuleContext,
        inputs_q: Tensor,
        inputs_k: Tensor | None = None,
        inputs_v: Tensor | None = None,
        **options: Value,
    ) -> Tensor:
        for given in (inputs_q, inputs_k, inputs_v):
            if given is not None:
                _takes(ctx, given, self.in_features, "MultiHeadAttention", "features", "ValueError")
        linen.check_inputs(ctx, inputs_q, inputs_k, inputs_v, "MultiHeadAttention")
        if inputs_q.shape is None or not is_size(self.out_features):
            return made("jax", None, linen.float_of(self, inputs_q))
        return made("jax", (*inputs_q.shape[:-1], self.out_features), linen.float_of(self, inputs_q))


class _Cell(NnxLayer):
    """A step of a recurrent layer: (carry, inputs) to (carry, output)."""

    pair = False

    def __init__(self, ctx: RuleContext, in_features: Value, hidden_features: Value, **kwargs: Value) -> None:
        _fields(ctx, self, kwargs)
        self.in_features = size_argument(ctx, in_features, "in_features")
        self.hidden_features = size_argument(ctx, hidden_features, "hidden_features")

    def forward(self, ctx: RuleContext, carry: Value, inputs: Tensor) -> Value:
        name = self.title
        _takes(ctx, inputs, self.in_features, name, "features")
        lead = None if not inputs.shape else inputs.shape[:-1]
        for state in carry if isinstance(carry, list | tuple) else (carry,):
            if isinstance(state, Tensor):
                _takes(ctx, state, self.hidden_features, f"{name}'s state", "features")
                other = None if not state.shape else state.shape[:-1]
                text = f"{name}, a state of shape {shape_text(state.shape)} with inputs of {shape_text(inputs.shape)}: "
                lead = broadcast_shapes(ctx, [lead, other], text, "TypeError")
        if inputs.dtype not in (None, "float32"):
            return (made("jax", None, None),) * 2
        new = made("jax", None if lead is None else (*lead, self.hidden_features), "float32")
        return ((new, new) if self.pair else new), new

    def initialize_carry(self, ctx: RuleContext, input_shape: Value, rngs: Value = None) -> Value:
        """The first state for inputs of a shape."""
        known = isinstance(input_shape, list | tuple) and all(map(is_size, input_shape)) and input_shape
        new = made("jax", (*input_shape[:-1], self.hidden_features) if known else None, "float32")
        return (new, new) if self.pair else new


@module(N + "GRUCell")
class GRUCell(_Cell):
    """A gated recurrent unit."""


@module(N + "SimpleCell")
class SimpleCell(_Cell):
    """A plain recurrent unit."""


@module(N + "LSTMCell", N + "OptimizedLSTMCell")
class LSTMCell(_Cell):
    """A long short-term memory; its carry is a pair."""

    pair = True


# ----------------------------------------------------------------------------------------------------------- functions

higher_order("identity", N + "jit", N + "remat", N + "checkpoint")
higher_order("grad", N + "grad")
higher_order("value_and_grad", N + "value_and_grad")
higher_order("vmap", N + "vmap", N + "pmap")

SAME_AS_LINEN = words("max_pool min_pool avg_pool make_causal_mask make_attention_mask combine_masks")


for _name in (*functions.ALIASES, *SAME_AS_LINEN):
    _entry = find(f"flax.linen.{_name}")
    if isinstance(_entry, Rule):
        rule(N + _name)(_entry.function)
