"""Losses of optax: a number for each example."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.dtypes import discrete, kind
from tangra.shape_rules.failures import DTYPE, RANK, TARGET, Failure
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.numpy.elementwise import binary
from tangra.shape_rules.numpy.reductions import reduce_to
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Tensor, Value, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _names(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    return rule(*(f"{prefix}.{name}" for name in names for prefix in ("optax", "optax.losses")))


def _product(ctx: RuleContext, name: str, left: Tensor, right: Tensor) -> Tensor:
    found: Tensor = binary(ctx, name, left, right, "jax")
    return found.with_(dtype="float32" if discrete(found.dtype) else found.dtype, weak=False)


def _along_classes(ctx: RuleContext, name: str, left: Tensor, right: Tensor) -> Tensor:
    for one in (left, right) if name == "cosine_similarity()" else (left,):
        if one.rank == 0:
            ctx.fail(Failure(RANK, f"{name} of a 0-d array, which has no axis to sum over", "ValueError"))
    return _product(ctx, name, left, right)


@_names("softmax_cross_entropy", "safe_softmax_cross_entropy", "kl_divergence")
def softmax_cross_entropy(
    ctx: RuleContext, logits: Tensor, labels: Tensor, axis: Value = -1, where: Value = None
) -> Tensor:
    """Over the classes, which are the last axis; labels are probabilities of the same shape."""
    both = _along_classes(ctx, "softmax_cross_entropy()", logits, labels)
    return reduce_to(ctx, both, axis, False, both.dtype, "softmax_cross_entropy()", "ValueError").with_(weak=False)


@_names("softmax_cross_entropy_with_integer_labels")
def integer_labels(ctx: RuleContext, logits: Tensor, labels: Tensor, axis: Value = -1, where: Value = None) -> Tensor:
    """Over the classes; labels are indices of them, so they have one axis less."""
    if kind(labels.dtype) not in (None, 1):
        ctx.fail(Failure(DTYPE, f"labels are indices of an int dtype, not {labels.dtype}", "AssertionError"))
    if logits.rank == 0:
        ctx.fail(Failure(RANK, "cross entropy of logits without an axis of classes", "ValueError"))
    if axis != -1 or logits.shape is None:
        return made("jax", None, logits.dtype)
    if labels.rank is not None and logits.rank is not None and labels.rank + 1 != logits.rank:
        text = f"labels of shape {shape_text(labels.shape)} for logits of shape {shape_text(logits.shape)}"
        ctx.fail(Failure(TARGET, f"{text}: they have one axis less, without the classes", "ValueError"))
    text = f"labels of shape {shape_text(labels.shape)} for logits of shape {shape_text(logits.shape)}: "
    shape = broadcast_shapes(ctx, [logits.shape[:-1], labels.shape], text, "ValueError")
    return made("jax", shape, logits.dtype)


@_names("sigmoid_binary_cross_entropy", "hinge_loss")
def elementwise(ctx: RuleContext, logits: Tensor, labels: Tensor, *rest: Value) -> Tensor:
    """A number for each element."""
    return _product(ctx, "the loss", logits, labels)


@_names("l2_loss", "squared_error", "huber_loss", "log_cosh")
def distance(ctx: RuleContext, predictions: Tensor, targets: Tensor | None = None, *, delta: Value = 1.0) -> Tensor:
    """A number for each element of two arrays of one shape."""
    if targets is None:
        return predictions.with_(elements=None)
    if predictions.dims is not None and targets.dims is not None:
        text = f"predictions of shape {shape_text(predictions.dims)} and targets of {shape_text(targets.dims)}"
        failure = Failure(TARGET, f"{text}: they have to be the same", "AssertionError")
        if len(predictions.dims) != len(targets.dims):
            ctx.fail(failure)
        for left, right in zip(predictions.dims, targets.dims, strict=True):
            ctx.require_equal(left, right, failure)
    return _product(ctx, "the loss", predictions, targets)


@_names("cosine_similarity", "cosine_distance")
def cosine(ctx: RuleContext, predictions: Tensor, targets: Tensor, *, epsilon: Value = 0.0, axis: Value = -1) -> Tensor:
    """Angles along the last axis."""
    both = _along_classes(ctx, "cosine_similarity()", predictions, targets)
    return reduce_to(ctx, both, axis, False, both.dtype, "cosine_similarity()", "ValueError").with_(weak=False)
