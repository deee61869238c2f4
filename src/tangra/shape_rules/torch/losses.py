"""torch's losses: what shape and dtype a target must have, and what a reduction leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import require_rank
from tangra.shape_rules.broadcasting import broadcast_shapes, broadcast_to, grown, repeated
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import discrete, is_floating, kind
from tangra.shape_rules.failures import ARGUMENT, DTYPE, REPEATED, SILENT, TARGET, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import describe, fresh, require_floating, require_places
from tangra.shape_rules.values import Shape, Tensor, Unknown, Value, shape_text
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

FUNCTIONAL = "torch.nn.functional"


def reduced_loss(
    ctx: RuleContext, shape: Shape | None, reduction: Value, dtype: str | None, reduce: Value = None
) -> Tensor:
    """A loss reduced as asked: the whole shape for "none", else a number."""
    if reduce is False:
        return fresh(shape, dtype)
    if isinstance(reduction, Unknown):
        return fresh(None, dtype)
    if reduction == "none" and reduce is None:
        return fresh(shape, dtype)
    if reduction not in ("mean", "sum", "batchmean", "none"):
        ctx.fail(Failure(ARGUMENT, f"there is no reduction {reduction!r}: mean, sum and none are", "ValueError"))
    return fresh((), dtype)


def common_dtype(*tensors: Tensor) -> str | None:
    """The dtype of all tensors; unknown where they differ, which some losses take and others don't."""
    dtypes = {tensor.dtype for tensor in tensors}
    if len(dtypes) == 1:
        return tensors[0].dtype
    return None


def _warn_of_sizes(ctx: RuleContext, input: Tensor, target: Tensor, name: str) -> None:
    if grown(ctx, input, target) is not None:
        shapes = f"{shape_text(input.shape)} and {shape_text(target.shape)}"
        ctx.warn(Failure(SILENT, f"{name} of shapes {shapes}, which broadcast: every pair is compared", ""))
    elif repeated(ctx, input, target):
        shapes = f"{shape_text(input.shape)} and {shape_text(target.shape)}"
        ctx.warn(Failure(REPEATED, f"{name} of shapes {shapes}: one of them is repeated to the other's size", ""))


def _pairwise(name: str, floating: bool = False) -> Callable[..., Tensor]:
    def loss(ctx: RuleContext, input: Tensor, target: Tensor, reduction: Value, reduce: Value) -> Tensor:
        shape = broadcast_shapes(ctx, [input.shape, target.shape], f"{name}: ")
        _warn_of_sizes(ctx, input, target, name)
        dtype = common_dtype(input, target)
        if name.startswith("huber") and input.dtype != target.dtype:
            dtype = None
        if discrete(dtype) and (floating or reduction == "mean" or dtype == "bool"):
            ctx.fail(Failure(DTYPE, f"{name} of two {dtype} tensors", "RuntimeError"))
        return reduced_loss(ctx, shape, reduction, dtype, reduce)

    return loss


_MSE, _L1, _SMOOTH, _HUBER = (
    _pairwise("mse_loss()", True),
    _pairwise("l1_loss()"),
    _pairwise("smooth_l1_loss()", True),
    _pairwise("huber_loss()", True),
)


@rule(f"{FUNCTIONAL}.mse_loss")
def mse_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, size_average: Value = None, reduce: Value = None,
    reduction: Value = "mean", weight: Value = None,
) -> Tensor:  # fmt: skip
    """Mean squared difference; the two broadcast, which is hardly ever meant."""
    return _MSE(ctx, input, target, reduction, reduce)


@rule(f"{FUNCTIONAL}.l1_loss")
def l1_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, size_average: Value = None, reduce: Value = None,
    reduction: Value = "mean", weight: Value = None,
) -> Tensor:  # fmt: skip
    """Mean absolute difference."""
    return _L1(ctx, input, target, reduction, reduce)


@rule(f"{FUNCTIONAL}.smooth_l1_loss")
def smooth_l1_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, size_average: Value = None, reduce: Value = None,
    reduction: Value = "mean", beta: Value = 1.0,
) -> Tensor:  # fmt: skip
    """Squared below `beta`, absolute above."""
    return _SMOOTH(ctx, input, target, reduction, reduce)


@rule(f"{FUNCTIONAL}.huber_loss")
def huber_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, reduction: Value = "mean", delta: Value = 1.0,
    weight: Value = None,
) -> Tensor:  # fmt: skip
    """Squared below `delta`, absolute above."""
    return _HUBER(ctx, input, target, reduction, None)


def _equal_shapes(ctx: RuleContext, input: Tensor, target: Tensor, name: str) -> None:
    if input.dims is None or target.dims is None:
        return
    texts = f"{name}: the target has shape {shape_text(target.dims)}, the input {shape_text(input.dims)}"
    failure = Failure(TARGET, f"{texts}; they have to be the same", "ValueError")
    if len(input.dims) != len(target.dims):
        ctx.fail(failure)
    for left, right in zip(input.dims, target.dims, strict=True):
        ctx.require_equal(left, right, failure)


@rule(f"{FUNCTIONAL}.binary_cross_entropy")
def binary_cross_entropy(
    ctx: RuleContext, input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Value = None,
    reduce: Value = None, reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """Of probabilities and targets of one shape and float dtype."""
    _equal_shapes(ctx, input, target, "binary_cross_entropy()")
    for tensor, word in ((input, "input"), (target, "target")):
        require_floating(ctx, tensor, f"binary_cross_entropy(): the {word}")
    if input.dtype is not None and target.dtype is not None and input.dtype != target.dtype:
        text = f"binary_cross_entropy() of {input.dtype} and {target.dtype}"
        ctx.fail(Failure(DTYPE, text, "RuntimeError"))
    if weight is not None:
        broadcast_shapes(ctx, [weight.shape, target.shape], "binary_cross_entropy(): ")
    return reduced_loss(ctx, input.shape, reduction, input.dtype, reduce)


@rule(f"{FUNCTIONAL}.binary_cross_entropy_with_logits")
def bce_with_logits(
    ctx: RuleContext, input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Value = None,
    reduce: Value = None, reduction: Value = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Of logits and targets of one shape."""
    _equal_shapes(ctx, input, target, "binary_cross_entropy_with_logits()")
    require_floating(ctx, input, "binary_cross_entropy_with_logits()")
    dtype = common_dtype(input, target)
    for extra in (weight, pos_weight):
        if extra is not None:
            broadcast_shapes(ctx, [extra.shape, target.shape], "binary_cross_entropy_with_logits(): ")
    if input.dtype == "bool" or target.dtype == "bool":
        ctx.fail(Failure(DTYPE, "binary_cross_entropy_with_logits() does not take bools", "RuntimeError"))
    if discrete(target.dtype) and kind(input.dtype) == 2:
        text = f"binary_cross_entropy_with_logits(): targets have to be floats, not {target.dtype}"
        ctx.fail(Failure(DTYPE, text, "RuntimeError"))
    return reduced_loss(ctx, input.shape, reduction, dtype, reduce)


def _class_weights(ctx: RuleContext, weight: Tensor | None, classes: Value, name: str) -> None:
    if weight is None:
        return
    size = None if weight.dims is None else prod(weight.dims)
    if size is not None and classes is not None:
        text = f"{name}: {size} weights for {classes} classes"
        ctx.require_equal(size, classes, Failure(TARGET, text, "RuntimeError"))


def class_target(ctx: RuleContext, input: Tensor, target: Tensor, name: str, ignored: Value) -> Shape | None:
    """The shape of a target of class indices: the input's without the classes (axis 1, or the only one)."""
    if input.rank == 0:
        ctx.fail(Failure(TARGET, f"{name} of a 0-d input: there are no classes", "ValueError"))
    if target.dtype is not None and target.dtype not in ("int64", "uint8"):
        text = f"{name}: class indices must be int64, not {target.dtype}"
        ctx.fail(Failure(TARGET, text, "RuntimeError"))
    if input.dims is None or target.dims is None:
        return target.shape
    wanted = () if len(input.dims) == 1 else (input.dims[0], *input.dims[2:])
    if len(input.dims) == 1 and target.dims == (1,):
        if input.dims == (1,) and name.startswith("cross"):
            ctx.fail(Failure(TARGET, f"{name}: probabilities must be floats", "RuntimeError"))
        return ()

    def message() -> str:
        return (
            f"{name}: for an input of shape {shape_text(input.dims)} the target of class indices has shape "
            f"{shape_text(wanted)}, not {shape_text(target.shape)}"
        )

    failure = Failure(TARGET, message, "ValueError" if wanted[:1] != target.dims[:1] else "RuntimeError")
    if len(target.dims) != len(wanted):
        ctx.fail(failure)
    for left, right in zip(target.dims, wanted, strict=True):
        ctx.require_equal(left, right, failure)
    require_places(
        ctx, target, input.dims[0] if len(input.dims) == 1 else input.dims[1], f"{name}: a class", (ignored,)
    )
    return wanted


@rule(f"{FUNCTIONAL}.cross_entropy")
def cross_entropy(
    ctx: RuleContext, input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Value = None,
    ignore_index: Value = -100, reduce: Value = None, reduction: Value = "mean", label_smoothing: Value = 0.0,
) -> Tensor:  # fmt: skip
    """Of logits (N, C, ...) and class indices (N, ...), or probabilities of the input's shape."""
    name = "cross_entropy()"
    require_floating(ctx, input, f"{name}: the input")
    classes = input.size(0) if input.rank == 1 else input.size(1)
    _class_weights(ctx, weight, classes, name)
    if input.rank == 0:
        ctx.fail(Failure(TARGET, f"{name} of a 0-d input: there are no classes", "RuntimeError"))
    same = input.rank is not None and input.rank == target.rank
    if is_floating(target.dtype) and (same or input.rank is None or target.rank is None):
        _equal_shapes(ctx, input, target, f"{name} with probabilities")
        shape: Shape | None = (
            None if input.dims is None else (input.dims[:1] if len(input.dims) > 1 else ()) + input.dims[2:]
        )
    else:
        shape = class_target(ctx, input, target, name, ignore_index)
    if is_floating(target.dtype) and target.dtype != input.dtype:
        return reduced_loss(ctx, shape, reduction, None, reduce)
    dtype = input.dtype if weight is None or (weight.dtype == input.dtype and weight.rank == 1) else None
    return reduced_loss(ctx, shape, reduction, dtype, reduce)


@rule(f"{FUNCTIONAL}.nll_loss")
def nll_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Value = None,
    ignore_index: Value = -100, reduce: Value = None, reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """Of log-probabilities (N, C, ...) and class indices (N, ...)."""
    require_floating(ctx, input, "nll_loss(): the input")
    _class_weights(ctx, weight, input.size(0) if input.rank == 1 else input.size(1), "nll_loss()")
    shape = class_target(ctx, input, target, "nll_loss()", ignore_index)
    dtype = input.dtype if weight is None or (weight.dtype == input.dtype and weight.rank == 1) else None
    return reduced_loss(ctx, shape, reduction, dtype, reduce)


@rule(f"{FUNCTIONAL}.kl_div")
def kl_div(
    ctx: RuleContext, input: Tensor, target: Tensor, size_average: Value = None, reduce: Value = None,
    reduction: Value = "mean", log_target: Value = False,
) -> Tensor:  # fmt: skip
    """Of log-probabilities and probabilities."""
    shape = broadcast_shapes(ctx, [input.shape, target.shape], "kl_div(): ")
    _warn_of_sizes(ctx, input, target, "kl_div()")
    return reduced_loss(ctx, shape, reduction, common_dtype(input, target), reduce)


@rule(f"{FUNCTIONAL}.poisson_nll_loss")
def poisson_nll_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, log_input: Value = True, full: Value = False,
    size_average: Value = None, eps: Value = 1e-8, reduce: Value = None, reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """Of expected and observed counts."""
    shape = broadcast_shapes(ctx, [input.shape, target.shape], "poisson_nll_loss(): ")
    return reduced_loss(ctx, shape, reduction, common_dtype(input, target), reduce)


@rule(f"{FUNCTIONAL}.soft_margin_loss")
def soft_margin_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, size_average: Value = None, reduce: Value = None,
    reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """log(1 + exp(-target*input))."""
    shape = input.shape
    if shape is not None and target.shape is not None:
        broadcast_to(ctx, target.shape, shape, "soft_margin_loss(): the target of ", "RuntimeError", TARGET)
    return reduced_loss(ctx, shape, reduction, common_dtype(input, target), reduce)


@rule(f"{FUNCTIONAL}.hinge_embedding_loss")
def hinge_embedding_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, margin: Value = 1.0, size_average: Value = None,
    reduce: Value = None, reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """Of distances and signs."""
    shape = broadcast_shapes(ctx, [input.shape, target.shape], "hinge_embedding_loss(): ")
    return reduced_loss(ctx, shape, reduction, common_dtype(input, target), reduce)


@rule(f"{FUNCTIONAL}.margin_ranking_loss")
def margin_ranking_loss(
    ctx: RuleContext, input1: Tensor, input2: Tensor, target: Tensor, margin: Value = 0, size_average: Value = None,
    reduce: Value = None, reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """Of two scores and which is to be higher."""
    ranks = {tensor.rank for tensor in (input1, input2, target)} - {None}
    if len(ranks) > 1:
        text = "margin_ranking_loss(): the three tensors must have as many dimensions"
        ctx.fail(Failure(TARGET, text, "RuntimeError"))
    shape = broadcast_shapes(ctx, [input1.shape, input2.shape, target.shape], "margin_ranking_loss(): ")
    return reduced_loss(ctx, shape, reduction, common_dtype(input1, input2, target), reduce)


@rule(f"{FUNCTIONAL}.triplet_margin_loss")
def triplet_margin_loss(
    ctx: RuleContext, anchor: Tensor, positive: Tensor, negative: Tensor, margin: Value = 1.0, p: Value = 2,
    eps: Value = 1e-6, swap: Value = False, size_average: Value = None, reduce: Value = None,
    reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """Of distances of rows along the last axis."""
    ranks = {tensor.rank for tensor in (anchor, positive, negative)} - {None}
    if len(ranks) > 1 or 0 in ranks:
        text = "triplet_margin_loss(): the three tensors must have as many dimensions"
        ctx.fail(Failure(TARGET, text, "RuntimeError"))
    shape = broadcast_shapes(ctx, [anchor.shape, positive.shape, negative.shape], "triplet_margin_loss(): ")
    rows = None if shape is None else shape[:-1]
    return reduced_loss(ctx, rows, reduction, common_dtype(anchor, positive, negative), reduce)


@rule(f"{FUNCTIONAL}.cosine_embedding_loss")
def cosine_embedding_loss(
    ctx: RuleContext, input1: Tensor, input2: Tensor, target: Tensor, margin: Value = 0, size_average: Value = None,
    reduce: Value = None, reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """Of pairs of rows (N, D) and signs (N), or of two vectors and one sign."""
    require_rank(ctx, target, (0, 1), "the target of cosine_embedding_loss()")
    if target.rank is not None:
        for tensor in (input1, input2):
            require_rank(ctx, tensor, (target.rank + 1,), "an input of cosine_embedding_loss()")
    shape = broadcast_shapes(ctx, [input1.shape, input2.shape], "cosine_embedding_loss(): ")
    rows = None if shape is None else broadcast_shapes(ctx, [shape[:-1], target.shape], "cosine_embedding_loss(): ")
    return reduced_loss(ctx, rows, reduction, common_dtype(input1, input2), reduce)


@rule(f"{FUNCTIONAL}.gaussian_nll_loss")
def gaussian_nll_loss(
    ctx: RuleContext, input: Tensor, target: Tensor, var: Value, full: Value = False, eps: Value = 1e-6,
    reduction: Value = "mean",
) -> Tensor:  # fmt: skip
    """Of means, observations and variances."""
    shape = broadcast_shapes(ctx, [input.shape, target.shape], "gaussian_nll_loss(): ")
    if var is None or isinstance(var, dict | list | tuple | str):
        ctx.fail(Failure(ARGUMENT, "gaussian_nll_loss() takes variances as a tensor or a number", "TypeError"))
    if isinstance(var, Tensor) and var.dims is not None and input.dims is not None:
        _variances(ctx, input.dims, var.dims)
    return reduced_loss(ctx, shape, reduction, common_dtype(input, target))


def _variances(ctx: RuleContext, wanted: tuple[Size, ...], given: tuple[Size, ...]) -> None:
    """Require variances for each number, or for each row."""
    texts = f"gaussian_nll_loss(): variances of shape {shape_text(given)} for an input of {shape_text(wanted)}"
    failure = Failure(TARGET, texts, "ValueError")
    if len(given) == len(wanted) - 1:
        wanted = wanted[:-1]
    elif len(given) != len(wanted):
        ctx.fail(failure)
    else:
        ones = [axis for axis, (left, right) in enumerate(zip(given, wanted, strict=True)) if left != right]
        if len(ones) == 1 and given[ones[0]] == 1:
            return
    for left, right in zip(given, wanted, strict=True):
        ctx.require_equal(left, right, failure)


@rule(f"{FUNCTIONAL}.ctc_loss")
def ctc_loss(
    ctx: RuleContext, log_probs: Tensor, targets: Tensor, input_lengths: Value, target_lengths: Value,
    blank: Value = 0, reduction: Value = "mean", zero_infinity: Value = False,
) -> Tensor:  # fmt: skip
    """Of log-probabilities (T, N, C) or (T, C)."""
    require_rank(ctx, log_probs, (2, 3), "the log-probabilities of ctc_loss()")
    require_floating(ctx, log_probs, "ctc_loss(): the log-probabilities", "NotImplementedError")
    rank = log_probs.rank
    batch = log_probs.size(1) if rank == 3 else 1 if rank == 2 else None
    if targets.rank not in (None, 1, 2):
        text = f"ctc_loss() takes targets of shape (batch, length), or all in a row, not {describe(targets)}"
        ctx.fail(Failure(TARGET, text, "RuntimeError"))
    counts = {"targets": targets.size(0) if targets.rank == 2 else None}
    counts |= {"input_lengths": _count(input_lengths), "target_lengths": _count(target_lengths)}
    for word, value in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        listed = value if isinstance(value, list | tuple) else [value]
        if any(one is None or isinstance(one, float | dict | str) for one in listed):
            ctx.fail(Failure(ARGUMENT, f"ctc_loss() takes {word} as a tensor or a list of ints", "TypeError"))
        if isinstance(value, Tensor) and is_floating(value.dtype):
            ctx.fail(Failure(DTYPE, f"ctc_loss() takes {word} as ints, not {value.dtype}", "RuntimeError"))
    for word, count in counts.items():
        if count is not None and batch is not None:
            text = f"ctc_loss(): {word} has {count} entries for a batch of {batch}"
            ctx.require_equal(count, batch, Failure(TARGET, text, "RuntimeError"))
    _require_lengths(ctx, log_probs, targets, input_lengths, target_lengths)
    shape: Shape | None = None if rank is None else () if rank == 2 else log_probs.shape and log_probs.shape[1:2]
    return reduced_loss(ctx, shape, reduction, log_probs.dtype)


def _count(lengths: Value) -> Size | None:
    if isinstance(lengths, list | tuple):
        return len(lengths)
    return prod(lengths.dims) if isinstance(lengths, Tensor) and lengths.dims is not None else None


def _numbers(lengths: Value) -> list[int] | None:
    """Lengths that are all known."""
    found = lengths.elements if isinstance(lengths, Tensor) else lengths
    if not isinstance(found, list | tuple) or not all(type(number) is int for number in found):
        return None
    return [number for number in found if type(number) is int]


def _require_lengths(
    ctx: RuleContext, log_probs: Tensor, targets: Tensor, input_lengths: Value, target_lengths: Value
) -> None:
    """Require that sequences of known lengths are no longer than what holds them."""
    steps, most = log_probs.size(0), targets.size(-1)
    for length in (*(_numbers(input_lengths) or ()), *(_numbers(target_lengths) or ())):
        if length < 0:
            ctx.fail(Failure(TARGET, f"ctc_loss(): a length of {length}", "RuntimeError"))
    for length in _numbers(input_lengths) or ():
        if steps is not None:
            text = f"ctc_loss(): an input length of {length} in {steps} steps"
            ctx.require(AtLeast(length, steps), Failure(TARGET, text, "RuntimeError"))
    lengths = _numbers(target_lengths)
    if lengths is None or most is None:
        return
    if targets.rank == 1:
        failure = Failure(TARGET, f"ctc_loss(): {most} targets in a row for lengths of {sum(lengths)}", "RuntimeError")
        ctx.require_equal(most, sum(lengths), failure)
    for length in lengths:
        text = f"ctc_loss(): a target length of {length} in rows of {most}"
        ctx.require(AtLeast(length, most), Failure(TARGET, text, "RuntimeError"))
