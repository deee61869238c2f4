"""The functions of `flax.linen`: poolings, and activations under JAX's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import size_sequence
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import float_result
from tangra.shape_rules.failures import ARGUMENT, DTYPE, RANK, Failure
from tangra.shape_rules.flax.layers import _as_many, _per_axis
from tangra.shape_rules.jax.convolutions import windows
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.registry import find, higher_order, rule
from tangra.shape_rules.values import Tensor, Value, shape_text, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _pool(
    ctx: RuleContext,
    inputs: Tensor,
    window_shape: Value,
    strides: Value = None,
    padding: Value = "VALID",
) -> Tensor:
    """Windows over the axes before the channels (the last)."""
    window = size_sequence(ctx, window_shape, "window_shape")
    if window is None or inputs.dims is None:
        return made("jax", None, inputs.dtype)
    rank = len(window)
    if len(inputs.dims) < rank + 1:
        text = f"pooling over {rank} axes of an array of shape {shape_text(inputs.dims)}"
        ctx.fail(Failure(RANK, text, "AssertionError"))
    failure = Failure(ARGUMENT, f"pooling over windows {shape_text(window)} by strides {strides}", "AssertionError")
    if isinstance(strides, int | float) and strides:
        ctx.fail(Failure(ARGUMENT, failure.text, "TypeError"))
    _as_many(ctx, strides or None, rank, failure)
    steps = _per_axis(ctx, strides or None, rank)
    for number in (*window, *(steps or ())):
        ctx.require(AtLeast(1, number), failure)
    counts = None
    if steps is not None:
        counts = windows(ctx, inputs.dims[-rank - 1 : -1], window, steps, padding, (1,) * rank, "pool")
    shape = None if counts is None else (*inputs.dims[: -rank - 1], *counts, inputs.dims[-1])
    return made("jax", shape, inputs.dtype)


rule("flax.linen.max_pool", "flax.linen.min_pool")(_pool)


@rule("flax.linen.avg_pool")
def avg_pool(
    ctx: RuleContext, inputs: Tensor, window_shape: Value, strides: Value = None, padding: Value = "VALID",
    count_include_pad: Value = True,
) -> Tensor:  # fmt: skip
    """Means of windows."""
    if inputs.dtype == "bool":
        ctx.fail(Failure(DTYPE, "avg_pool() of bools", "TypeError"))
    return _pool(ctx, inputs, window_shape, strides, padding).with_(dtype=float_result(inputs.dtype, "jax"))


ALIASES = words(
    "relu gelu silu swish softmax log_softmax sigmoid softplus elu leaky_relu selu tanh one_hot glu relu6 hard_tanh"
)


def _alias(name: str) -> None:
    def call(ctx: RuleContext, *args: Value, **kwargs: Value) -> Value:
        entry: Any = find(f"jax.numpy.{name}" if name == "tanh" else f"jax.nn.{name}")
        return entry(ctx, *args, **kwargs)

    rule(f"flax.linen.{name}")(call)


for _name in ALIASES:
    _alias(_name)


higher_order("identity", *(f"flax.linen.{name}" for name in ("remat", "checkpoint", "jit", "compact", "nowrap")))


@rule("flax.linen.dot_product_attention")
def dot_product_attention(
    ctx: RuleContext, query: Tensor, key: Tensor, value: Tensor, bias: Value = None, mask: Value = None,
    broadcast_dropout: Value = True, dropout_rng: Value = None, dropout_rate: Value = 0.0,
    deterministic: Value = False, dtype: Value = None, precision: Value = None, module: Value = None,
    force_fp32_for_softmax: Value = False, einsum_dot_general: Value = None,
    qk_attn_weights_einsum: Value = None, attn_weights_value_einsum: Value = None,
) -> Value:  # fmt: skip
    """(..., length, heads, width) of queries; the values' width comes out."""
    given = (query, key, value)
    if any(one.dims is None for one in given):
        return Tensor("jax")
    q, k, v = (one.dims or () for one in given)
    text = f"dot_product_attention of {shape_text(q)}, {shape_text(k)} and {shape_text(v)}"
    failure = Failure(RANK, text, "AssertionError")
    if not len(q) == len(k) == len(v):
        ctx.fail(failure)
    if len(q) < 3:
        ctx.fail(Failure(RANK, text, "IndexError"))
    pairs = [(q[-1], k[-1]), (q[-2], k[-2]), (k[-2], v[-2]), (k[-3], v[-3]), *zip(q[:-3], k[:-3], strict=True)]
    pairs += zip(q[:-3], v[:-3], strict=True)
    for left, right in pairs:
        ctx.require_equal(left, right, failure)
    return made("jax", (*q[:-1], v[-1]), given[0].dtype)
