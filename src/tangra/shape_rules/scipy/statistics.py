"""`scipy.stats` and `scipy.special`: functions of samples, and of each number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.failures import MISMATCH, Failure
from tangra.shape_rules.numpy.reductions import reduce_to
from tangra.shape_rules.registry import rule
from tangra.shape_rules.scipy.shared import doubled, require_vector
from tangra.shape_rules.values import Tensor, Unknown, Value, record, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

SPECIAL = "scipy.special."
UNARY = words("expit logit erf erfc gamma gammaln digamma ndtr ndtri i0 j0 log1p expm1")


@rule("scipy.stats.zscore")
def zscore(ctx: RuleContext, a: Tensor, axis: Value = 0, ddof: Value = 0, nan_policy: Value = "propagate") -> Tensor:
    """Each number, less the mean, in deviations."""
    if axis is not None:
        axis_place(ctx, a, axis, error="AxisError")
    return Tensor("numpy", a.shape, doubled(a))


def _pairs(ctx: RuleContext, x: Tensor, y: Tensor, name: str) -> None:
    """Two samples of one size."""
    require_vector(ctx, x, f"a sample of {name}")
    require_vector(ctx, y, f"a sample of {name}")
    left, right = x.size(0), y.size(0)
    if left is not None and right is not None:
        text = f"{name}: samples of {left} and of {right} values"
        ctx.broadcast(left, right, Failure(MISMATCH, text, "ValueError"))


@rule("scipy.stats.linregress")
def linregress(ctx: RuleContext, x: Tensor, y: Tensor, alternative: Value = "two-sided") -> Value:
    """The line through points."""
    _pairs(ctx, x, y, "linregress()")
    names = ("slope", "intercept", "rvalue", "pvalue", "stderr")
    return record(**dict.fromkeys(names, Unknown("float")))


@rule("scipy.stats.pearsonr")
def pearsonr(ctx: RuleContext, x: Tensor, y: Tensor) -> Value:
    """The correlation of two samples."""
    if x.rank == y.rank == 1:  # more axes are samples of their own
        _pairs(ctx, x, y, "pearsonr()")
        return record(statistic=Unknown("float"), pvalue=Unknown("float"))
    return record(statistic=Tensor("numpy"), pvalue=Tensor("numpy"))


@rule(*(SPECIAL + name for name in UNARY))
def of_one(ctx: RuleContext, x: Tensor) -> Tensor:
    """A function of each number."""
    return Tensor("numpy", x.shape, doubled(x))


@rule(SPECIAL + "xlogy", SPECIAL + "rel_entr", SPECIAL + "kl_div", SPECIAL + "beta", SPECIAL + "betaln")
def of_two(ctx: RuleContext, x: Tensor, y: Tensor) -> Tensor:
    """A function of pairs of numbers."""
    shape = broadcast_shapes(ctx, [x.shape, y.shape], "scipy.special: ", "ValueError")
    return Tensor("numpy", shape, doubled(x, y))


@rule(SPECIAL + "softmax", SPECIAL + "log_softmax")
def softmax(ctx: RuleContext, x: Tensor, axis: Value = None) -> Tensor:
    """Shares that add up to one."""
    if axis is not None and not (x.rank == 0 and axis in (0, -1)):
        axis_place(ctx, x, axis, error="AxisError")
    return Tensor("numpy", x.shape, doubled(x))


@rule(SPECIAL + "logsumexp")
def logsumexp(
    ctx: RuleContext, a: Tensor, axis: Value = None, b: Value = None, keepdims: Value = False,
    return_sign: Value = False,
) -> Tensor:  # fmt: skip
    """The logarithm of a sum of exponentials."""
    if a.rank == 0:
        return Tensor("numpy", None, doubled(a))
    return reduce_to(ctx, a, axis, keepdims, doubled(a), "logsumexp()")
