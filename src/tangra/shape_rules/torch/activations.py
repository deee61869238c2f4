"""Activations and dropouts of torch: the shape stays; and `glu`, which halves an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, require_rank
from tangra.shape_rules.context import Multiple
from tangra.shape_rules.dtypes import discrete
from tangra.shape_rules.failures import ARGUMENT, DIVIDE, WIDTH, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.torch.common import CLASS, default_dtype, fresh, refuse, require_floating, same_dtype
from tangra.shape_rules.torch.elementwise import unary
from tangra.shape_rules.torch.reductions import softmax_method
from tangra.shape_rules.values import Tensor, Value, shape_text, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

FUNCTIONAL = "torch.nn.functional"

TO_FLOAT = words("softsign tanhshrink")
"""Activations that make floats of ints."""

ANY_DTYPE = (*words("relu relu6 hardtanh threshold sigmoid tanh"), *TO_FLOAT)
"""Activations that also take ints."""

PLAIN = words("relu relu6 elu selu celu gelu silu mish hardswish hardsigmoid logsigmoid softsign tanhshrink")
"""Activations without other parameters than these, positional: alpha or approximate, and inplace."""


def activated(ctx: RuleContext, name: str, input: Tensor) -> Tensor:
    """The result of an activation."""
    if name in ANY_DTYPE:
        refuse(ctx, input, f"{name}()", ("bool",))
    else:
        require_floating(ctx, input, f"{name}()")
    to_float = name in TO_FLOAT and discrete(input.dtype)
    return unary(ctx, name, input, default_dtype(ctx) if to_float else input.dtype)


def _plain(name: str) -> Callable[..., Tensor]:
    def simple(ctx: RuleContext, input: Tensor) -> Tensor:
        return activated(ctx, name, input)

    def inplace(ctx: RuleContext, input: Tensor, inplace: Value = False) -> Tensor:
        return activated(ctx, name, input)

    def scaled(ctx: RuleContext, input: Tensor, alpha: Value = 1.0, inplace: Value = False) -> Tensor:
        return activated(ctx, name, input)

    def approximated(ctx: RuleContext, input: Tensor, *, approximate: Value = "none") -> Tensor:
        if isinstance(approximate, str) and approximate not in ("none", "tanh"):
            ctx.fail(Failure(ARGUMENT, f"gelu() approximated by {approximate!r}", "RuntimeError"))
        return activated(ctx, name, input)

    if name == "gelu":
        return approximated
    if name in ("logsigmoid", "softsign", "tanhshrink"):
        return simple
    return scaled if name in ("elu", "celu") else inplace


for _name in PLAIN:
    rule(f"{FUNCTIONAL}.{_name}", f"{FUNCTIONAL}.{_name}_")(_plain(_name))
for _name in ("selu", "celu"):
    rule(f"torch.{_name}", f"torch.{_name}_")(_plain(_name))


@rule(f"{FUNCTIONAL}.leaky_relu", f"{FUNCTIONAL}.leaky_relu_")
def leaky_relu(ctx: RuleContext, input: Tensor, negative_slope: Value = 0.01, inplace: Value = False) -> Tensor:
    """x, or negative_slope*x below 0."""
    return activated(ctx, "leaky_relu", input)


@rule(f"{FUNCTIONAL}.rrelu")
def rrelu(
    ctx: RuleContext, input: Tensor, lower: Value = 0.125, upper: Value = 1 / 3, training: Value = False,
    inplace: Value = False,
) -> Tensor:  # fmt: skip
    """Leaky, with a random slope."""
    return activated(ctx, "rrelu", input)


@rule(f"{FUNCTIONAL}.hardtanh")
def hardtanh(
    ctx: RuleContext, input: Tensor, min_val: Value = -1.0, max_val: Value = 1.0, inplace: Value = False
) -> Tensor:
    """Limited to an interval."""
    return activated(ctx, "hardtanh", input)


@rule(f"{FUNCTIONAL}.softplus")
def softplus(ctx: RuleContext, input: Tensor, beta: Value = 1, threshold: Value = 20) -> Tensor:
    """log(1 + exp(beta*x))/beta."""
    return activated(ctx, "softplus", input)


@rule(f"{FUNCTIONAL}.hardshrink", f"{FUNCTIONAL}.softshrink", "torch.hardshrink")
def hardshrink(ctx: RuleContext, input: Tensor, lambd: Value = 0.5) -> Tensor:
    """0 near 0."""
    return activated(ctx, "hardshrink", input)


@rule(f"{FUNCTIONAL}.threshold", "torch.threshold")
def threshold(ctx: RuleContext, input: Tensor, threshold: Value, value: Value, inplace: Value = False) -> Tensor:
    """x above the threshold, else the value."""
    return activated(ctx, "threshold", input)


@rule(f"{FUNCTIONAL}.sigmoid", f"{FUNCTIONAL}.tanh")
def sigmoid(ctx: RuleContext, input: Tensor) -> Tensor:
    """The old names of torch.sigmoid and torch.tanh."""
    return unary(ctx, "sigmoid", input, "float32" if input.dtype in ("int64", "int32", "bool") else input.dtype)


@rule(f"{FUNCTIONAL}.prelu", "torch.prelu")
@method(CLASS, "prelu")
def prelu(ctx: RuleContext, input: Tensor, weight: Tensor) -> Tensor:
    """Leaky with one slope, or one for each channel."""
    same_dtype(ctx, input, weight, "prelu()")
    if weight.rank is not None and weight.rank > 1:
        ctx.fail(Failure(WIDTH, f"prelu(): slopes of shape {shape_text(weight.shape)}", "RuntimeError"))
    count = 1 if weight.rank == 0 else weight.size(0)
    if isinstance(count, int) and count != 1:
        if input.rank == 0:
            ctx.fail(Failure(WIDTH, f"prelu(): {count} slopes for a number", "RuntimeError"))
        channels = input.size(0) if input.rank == 1 else input.size(1)
        channels = 1 if input.rank == 1 else channels
        if channels is not None:
            text = f"prelu(): {count} slopes for {channels} channels"
            ctx.require_equal(count, channels, Failure(WIDTH, text, "RuntimeError"))
    return fresh(input.shape, input.dtype, input)


@rule(f"{FUNCTIONAL}.glu")
def glu(ctx: RuleContext, input: Tensor, dim: Value = -1) -> Tensor:
    """One half times the sigmoid of the other."""
    if input.rank == 0:
        ctx.fail(Failure(DIVIDE, "glu() of a 0-d tensor", "RuntimeError"))
    require_floating(ctx, input, "glu()")
    place = axis_place(ctx, input, dim, name="dim")
    size = None if place is None else input.size(place)
    if size is None or input.shape is None or place is None:
        return fresh(None, input.dtype)
    text = f"glu(): axis {place} of shape {shape_text(input.shape)} is odd"
    ctx.require(Multiple(size, 2), Failure(DIVIDE, text, "RuntimeError"))
    return fresh((*input.shape[:place], size // 2, *input.shape[place + 1 :]), input.dtype, input)


@rule(f"{FUNCTIONAL}.gumbel_softmax")
def gumbel_softmax(
    ctx: RuleContext, logits: Tensor, tau: Value = 1, hard: Value = False, eps: Value = 1e-10, dim: Value = -1
) -> Tensor:
    """A relaxed random choice."""
    return softmax_method(ctx, logits, dim)


def _dropout(ranks: tuple[int, ...], always: bool = True) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, input: Tensor, p: Value = 0.5, training: Value = always, inplace: Value = False
    ) -> Tensor:
        if isinstance(p, int | float) and not 0 <= p <= 1:
            ctx.fail(Failure(ARGUMENT, f"a dropout probability of {p}", "ValueError"))
        if ranks:
            require_rank(ctx, input, ranks, "the input of dropout")
        if training is True:
            require_floating(ctx, input, "dropout in training")
        return unary(ctx, "dropout", input, input.dtype)

    return apply


for _name in ("dropout", "dropout2d", "dropout3d"):
    rule(f"{FUNCTIONAL}.{_name}")(_dropout(()))
for _name in ("alpha_dropout", "feature_alpha_dropout"):
    rule(f"{FUNCTIONAL}.{_name}")(_dropout((), always=False))
rule(f"{FUNCTIONAL}.dropout1d")(_dropout((2, 3)))


@rule("torch.dropout")
def dropout(ctx: RuleContext, input: Tensor, p: Value, train: Value) -> Tensor:
    """Elements set to 0 at random."""
    if train is True:
        require_floating(ctx, input, "dropout in training")
    return unary(ctx, "dropout", input, input.dtype)
