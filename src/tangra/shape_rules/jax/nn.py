"""`jax.nn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, size_argument, size_sequence
from tangra.shape_rules.broadcasting import broadcast_to
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.dtypes import discrete, float_result
from tangra.shape_rules.failures import ARGUMENT, DIVIDE, DTYPE, MISMATCH, RANK, Failure
from tangra.shape_rules.numpy.common import dtype_argument, made
from tangra.shape_rules.numpy.reductions import reduce_to
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import UNKNOWN, Shape, Tensor, Value, shape_text, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

ACTIVATIONS = words(
    """
    sigmoid softplus silu swish log_sigmoid soft_sign hard_sigmoid hard_silu hard_swish mish selu gelu elu celu relu6
    leaky_relu log1mexp sparse_plus sparse_sigmoid squareplus tanh
    """
)
KEEPING = words("relu hard_tanh")


def _activation(name: str) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, x: Tensor, alpha: Value = 1.0, *, approximate: Value = True, negative_slope: Value = 0.01
    ) -> Tensor:
        if name in ("log_sigmoid", "log1mexp") and x.dtype == "bool":
            ctx.fail(Failure(DTYPE, f"{name}() does not take bools", "TypeError"))
        if name in ("sigmoid", "silu", "swish") and discrete(x.dtype):
            ctx.fail(Failure(DTYPE, f"{name}() takes floats, not {x.dtype}", "TypeError"))
        if name in KEEPING and x.dtype == "bool":
            return made("jax", x.shape, None)
        dtype = x.dtype if name in KEEPING else float_result(x.dtype, "jax")
        return made("jax", x.shape, dtype).with_(weak=x.weak)

    return apply


for _name in (*ACTIVATIONS, *KEEPING):
    rule(f"jax.nn.{_name}")(_activation(_name))


@rule("jax.nn.softmax", "jax.nn.log_softmax")
def softmax(ctx: RuleContext, x: Tensor, axis: Value = -1, where: Value = None) -> Tensor:
    """Softmax along an axis or several."""
    if axis is not None:
        axis_places(ctx, x, axis, error="ValueError")
    if x.dtype == "bool":
        ctx.fail(Failure(DTYPE, "softmax() does not take bools", "TypeError"))
    return made("jax", x.shape, float_result(x.dtype, "jax"))


@rule("jax.nn.logsumexp", "jax.scipy.special.logsumexp")
def logsumexp(
    ctx: RuleContext, a: Tensor, axis: Value = None, b: Value = None, keepdims: Value = False, where: Value = None
) -> Tensor:
    """log(sum(exp(a)))."""
    return reduce_to(ctx, a, axis, keepdims, float_result(a.dtype, "jax"), "logsumexp()", "ValueError")


@rule("jax.nn.identity")
def identity(ctx: RuleContext, x: Tensor) -> Tensor:
    """The array as it is."""
    return x


@rule("jax.nn.one_hot")
def one_hot(ctx: RuleContext, x: Tensor, num_classes: Value, *, dtype: Value = None, axis: Value = -1) -> Tensor:
    """A new axis with a 1 at each index."""
    count = size_argument(ctx, num_classes, "num_classes")
    ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"one_hot() with {count} classes", "TypeError"))
    place = axis_place(ctx, x, axis, error="ValueError", added=1)
    if x.dtype == "bool":
        return made("jax", None, None)
    if x.shape is None or place is None:
        return made("jax", None, dtype_argument(dtype, "jax", "float32"))
    return made("jax", (*x.shape[:place], count, *x.shape[place:]), dtype_argument(dtype, "jax", "float32"))


@rule("jax.nn.glu")
def glu(ctx: RuleContext, x: Tensor, axis: Value = -1) -> Tensor:
    """One half times the sigmoid of the other."""
    place = axis_place(ctx, x, axis, error="ValueError")
    if x.rank == 0:
        ctx.fail(Failure(RANK, "glu() of a 0-d array", "ValueError"))
    if discrete(x.dtype):
        ctx.fail(Failure(DTYPE, f"glu() takes floats, not {x.dtype}", "TypeError"))
    size = None if place is None else x.size(place)
    if size is None or place is None or x.shape is None:
        return made("jax", None, x.dtype)
    text = f"glu(): axis {place} of shape {shape_text(x.shape)} is odd"
    ctx.require(Multiple(size, 2), Failure(DIVIDE, text, "AssertionError"))
    return made("jax", (*x.shape[:place], size // 2, *x.shape[place + 1 :]), float_result(x.dtype, "jax"))


@rule("jax.nn.standardize")
def standardize(
    ctx: RuleContext, x: Tensor, axis: Value = -1, mean: Value = None, variance: Value = None, epsilon: Value = 1e-5,
    where: Value = None, algorithm: Value = "fast",
) -> Tensor:  # fmt: skip
    """Mean 0 and variance 1 along an axis."""
    axis_places(ctx, x, axis, error="ValueError")
    return made("jax", x.shape, float_result(x.dtype, "jax"))


@rule("jax.nn.dot_product_attention")
def dot_product_attention(
    ctx: RuleContext,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None = None,
    mask: Tensor | None = None,
    *,
    scale: Value = None,
    is_causal: Value = False,
    query_seq_lengths: Value = None,
    key_value_seq_lengths: Value = None,
    local_window_size: Value = None,
    implementation: Value = None,
    return_residual: Value = False,
) -> Value:
    """(B, T, N, H), (B, S, K, H) to (B, T, N, H), with N a multiple of K; first axes may be missing."""
    result = made("jax", query.shape, query.dtype)
    text = "dot_product_attention() of query, key and value"
    shapes = f"{text} of shapes {', '.join(shape_text(one.shape) for one in (query, key, value))}"
    failure = Failure(MISMATCH, shapes, "ValueError")
    if len({one.dtype for one in (query, key, value) if one.dtype is not None}) > 1:
        dtypes = ", ".join(str(one.dtype) for one in (query, key, value))
        ctx.fail(Failure(DTYPE, f"{text} of dtypes {dtypes}", "ValueError"))
    for one in (query, key, value):
        if one.rank is not None and one.rank > 4:
            ctx.fail(failure)
    if query.dims is not None and key.dims is not None and value.dims is not None:
        q, k, v = ((1,) * (4 - len(one)) + one for one in (query.dims, key.dims, value.dims))
        for left, right in (*zip(k, v, strict=True), (q[0], k[0]), (q[3], k[3])):
            ctx.require_equal(left, right, failure)
        ctx.require(Multiple(q[2], k[2]), failure)
        for extra, name in ((bias, "bias"), (mask, "mask")):
            if extra is not None and extra.shape is not None:
                _check_extra(ctx, extra, (q[0], q[2], q[1], k[1]), name)
    if mask is not None and mask.dtype not in (None, "bool"):
        ctx.fail(Failure(DTYPE, f"dot_product_attention() with a mask of {mask.dtype}, not bool", "ValueError"))
    return result if return_residual is False else UNKNOWN


def _check_extra(ctx: RuleContext, extra: Tensor, goal: Shape, name: str) -> None:
    """Require that the axes of a bias or mask broadcast to the logits'."""
    if extra.shape is not None:
        broadcast_to(ctx, extra.shape, goal, f"dot_product_attention(): a {name}: ", "ValueError")


@rule("jax.nn.initializers.zeros", "jax.nn.initializers.ones")
def initial(ctx: RuleContext, key: Value, shape: Value, dtype: Value = None, out_sharding: Value = None) -> Tensor:
    """Zeros or ones, as parameters begin."""
    return made("jax", size_sequence(ctx, shape, "shape"), dtype_argument(dtype, "jax", "float32"))
