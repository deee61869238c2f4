"""torch's normalisations: widths of what they normalise, and how many values there must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, require_rank, size_argument, size_sequence
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.dtypes import discrete
from tangra.shape_rules.failures import ARGUMENT, DIVIDE, RANK, SMALL, WIDTH, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import both, default_dtype, fresh, refuse, require_floating
from tangra.shape_rules.torch.reductions import reduce_to
from tangra.shape_rules.values import Tensor, Value, shape_text
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _channel_vectors(
    ctx: RuleContext, name: str, input: Tensor, channels: Size | None, vectors: Sequence[tuple[str, Tensor | None]]
) -> None:
    """Require that each vector has one number for each channel."""
    for word, vector in vectors:
        count = None if vector is None or vector.dims is None else prod(vector.dims)
        if count is not None and channels is not None:
            text = f"{name}: the input of shape {shape_text(input.shape)} has {channels} channels, {word} {count}"
            ctx.require_equal(count, channels, Failure(WIDTH, text, "RuntimeError"))


def _result_dtype(input: Tensor, *parameters: Tensor | None, per_channel: bool = True) -> str | None:
    """The input's dtype; unknown where a parameter has another, which works on some devices only."""
    known = [one for one in parameters if one is not None]
    vectors = all(one.dtype == input.dtype and (one.rank == 1 or not per_channel) for one in known)
    return input.dtype if vectors else None


def parameter_dtype(input: Tensor) -> str | None:
    """The dtype of a layer's result, whose parameters are float32 unless it was converted."""
    return input.dtype if input.dtype == "float32" else None


def require_batch(ctx: RuleContext, input: Tensor, name: str) -> None:
    """Fail for one value per channel, which can't be normalised in training."""
    if input.dims is not None and len(input.dims) > 1:
        count = input.dims[0] * prod(input.dims[2:])
        if ctx.truth(AtLeast(count, 1)):
            text = f"{name} in training: one value per channel in a tensor of shape {shape_text(input.shape)}"
            ctx.fail(Failure(SMALL, text, "ValueError"))


@rule("torch.nn.functional.batch_norm")
def batch_norm(
    ctx: RuleContext, input: Tensor, running_mean: Tensor | None, running_var: Tensor | None,
    weight: Tensor | None = None, bias: Tensor | None = None, training: Value = False, momentum: Value = 0.1,
    eps: Value = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalised over all axes but the channels (axis 1)."""
    if input.rank is not None and input.rank < 2:
        ctx.fail(Failure(RANK, f"batch_norm() of shape {shape_text(input.shape)} without channels", "RuntimeError"))
    require_floating(ctx, input, "batch_norm()")
    if training is True:
        require_batch(ctx, input, "batch_norm()")
    if (running_mean is None) != (running_var is None):
        ctx.fail(Failure(ARGUMENT, "batch_norm() needs both running statistics or none", "ValueError"))
    vectors = [("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)]
    _channel_vectors(ctx, "batch_norm()", input, input.size(1), vectors)
    if training is False and (running_mean is None or running_var is None):
        ctx.fail(Failure(ARGUMENT, "batch_norm() without running statistics outside training", "RuntimeError"))
    return fresh(input.shape, _result_dtype(input, running_mean, running_var, weight, bias), input)


@rule("torch.nn.functional.instance_norm")
def instance_norm(
    ctx: RuleContext, input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
    weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: Value = True, momentum: Value = 0.1,
    eps: Value = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalised over the axes after the channels, for each sample."""
    if input.rank is not None and input.rank < 3:
        ctx.fail(Failure(RANK, f"instance_norm() of shape {shape_text(input.shape)}", "RuntimeError"))
    require_floating(ctx, input, "instance_norm()")
    if input.dims is not None and use_input_stats is True and ctx.truth(AtLeast(prod(input.dims[2:]), 1)):
        ctx.fail(Failure(SMALL, "instance_norm(): one value per channel and sample", "ValueError"))
    vectors = [("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)]
    _channel_vectors(ctx, "instance_norm()", input, input.size(1), vectors)
    return fresh(input.shape, _result_dtype(input, running_mean, running_var, weight, bias), input)


def _last_axes(ctx: RuleContext, input: Tensor, normalized_shape: Value, name: str) -> tuple[Size, ...] | None:
    """Require that the input's last axes are `normalized_shape`."""
    wanted = size_sequence(ctx, normalized_shape, "normalized_shape")
    if wanted == ():
        ctx.fail(Failure(ARGUMENT, f"{name} over no axes", "RuntimeError"))
    text = f"{name} over {None if wanted is None else shape_text(wanted)} of shape {shape_text(input.shape)}"
    failure = Failure(WIDTH, f"{text}: the last axes have to be these", "RuntimeError")
    if wanted is None or input.shape is None:
        return wanted
    if input.rank is not None and input.rank < len(wanted):
        ctx.fail(failure)
    for place in range(1, len(wanted) + 1):
        size = input.size(-place)
        if size is not None:
            ctx.require_equal(size, wanted[-place], failure)
    return wanted


def _same_shape(ctx: RuleContext, name: str, word: str, tensor: Tensor | None, wanted: Sequence[Size] | None) -> None:
    if tensor is None or tensor.dims is None or wanted is None:
        return
    text = f"{name}: {word} has shape {shape_text(tensor.dims)}, not {shape_text(wanted)}"
    failure = Failure(WIDTH, text, "RuntimeError")
    if len(tensor.dims) != len(wanted):
        ctx.fail(failure)
    for size, other in zip(tensor.dims, wanted, strict=True):
        ctx.require_equal(size, other, failure)


@rule("torch.nn.functional.layer_norm", "torch.layer_norm")
def layer_norm(
    ctx: RuleContext, input: Tensor, normalized_shape: Value, weight: Tensor | None = None,
    bias: Tensor | None = None, eps: Value = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalised over the last axes."""
    wanted = _last_axes(ctx, input, normalized_shape, "layer_norm()")
    require_floating(ctx, input, "layer_norm()")
    for word, tensor in (("weight", weight), ("bias", bias)):
        _same_shape(ctx, "layer_norm()", word, tensor, wanted)
    return fresh(input.shape, _result_dtype(input, weight, bias, per_channel=False), input)


@rule("torch.nn.functional.rms_norm", "torch.rms_norm")
def rms_norm(
    ctx: RuleContext, input: Tensor, normalized_shape: Value, weight: Tensor | None = None, eps: Value = None
) -> Tensor:
    """Divided by the root of the mean square over the last axes."""
    wanted = _last_axes(ctx, input, normalized_shape, "rms_norm()")
    require_floating(ctx, input, "rms_norm()")
    _same_shape(ctx, "rms_norm()", "weight", weight, wanted)
    return fresh(input.shape, _result_dtype(input, weight, per_channel=False), input)


@rule("torch.nn.functional.group_norm")
def group_norm(
    ctx: RuleContext, input: Tensor, num_groups: Value, weight: Tensor | None = None, bias: Tensor | None = None,
    eps: Value = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalised over groups of channels."""
    groups = size_argument(ctx, num_groups, "num_groups")
    if input.rank is not None and input.rank < 2:
        ctx.fail(Failure(RANK, f"group_norm() of shape {shape_text(input.shape)} without channels", "RuntimeError"))
    ctx.require(AtLeast(1, groups), Failure(ARGUMENT, f"group_norm() with {groups} groups", "RuntimeError"))
    channels = input.size(1)
    if channels is not None:
        text = f"group_norm(): {channels} channels of shape {shape_text(input.shape)} in {groups} groups"
        ctx.require(Multiple(channels, groups), Failure(DIVIDE, text, "RuntimeError"))
        if input.dims is not None and ctx.truth(
            AtLeast(input.dims[0] * (channels // groups if groups != 0 else 1) * prod(input.dims[2:]), 1)
        ):
            ctx.fail(Failure(SMALL, "group_norm(): one value per group", "ValueError"))
    require_floating(ctx, input, "group_norm()")
    for word, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None:
            require_rank(ctx, tensor, (1,), f"{word} of group_norm()")
    _channel_vectors(ctx, "group_norm()", input, channels, [("weight", weight), ("bias", bias)])
    return fresh(input.shape, _result_dtype(input, weight, bias), input)


@rule("torch.nn.functional.local_response_norm")
def local_response_norm(
    ctx: RuleContext, input: Tensor, size: Value, alpha: Value = 1e-4, beta: Value = 0.75, k: Value = 1.0
) -> Tensor:
    """Normalised over neighbouring channels."""
    if input.rank is not None and input.rank < 3:
        ctx.fail(Failure(RANK, f"local_response_norm() of shape {shape_text(input.shape)}", "ValueError"))
    refuse(ctx, input, "local_response_norm()", ("bool",))
    count = size_argument(ctx, size, "size")
    ctx.require(AtLeast(1, count), Failure(ARGUMENT, f"local_response_norm() over {count} channels", "RuntimeError"))
    return fresh(input.shape, default_dtype(ctx) if discrete(input.dtype) else input.dtype, input)


@rule("torch.nn.functional.normalize")
def normalize(ctx: RuleContext, input: Tensor, p: Value = 2.0, dim: Value = 1, eps: Value = 1e-12) -> Tensor:
    """Divided by the norm along a dimension."""
    require_floating(ctx, input, "normalize()")
    for axis in dim if isinstance(dim, list | tuple) else (dim,):
        axis_place(ctx, input, axis, name="dim")
    return fresh(input.shape, input.dtype, input)


@both("renorm")
def renorm(ctx: RuleContext, input: Tensor, p: Value, dim: Value, maxnorm: Value) -> Tensor:
    """Slices with norms of at most `maxnorm`."""
    require_floating(ctx, input, "renorm()")
    if input.rank is not None and input.rank < 2:
        ctx.fail(Failure(RANK, f"renorm() of shape {shape_text(input.shape)}", "RuntimeError"))
    if isinstance(p, int | float) and p <= 0:
        ctx.fail(Failure(ARGUMENT, f"renorm() with a norm of order {p}", "RuntimeError"))
    axis_place(ctx, input, dim, name="dim")
    return fresh(input.shape, input.dtype, input)


@rule("torch.linalg.vector_norm")
def vector_norm(
    ctx: RuleContext, x: Tensor, ord: Value = 2, dim: Value = None, keepdim: Value = False, *, dtype: Value = None
) -> Tensor:
    """A norm of vectors."""
    return _linalg_norm(ctx, x, dim, keepdim, "vector_norm()")


@rule("torch.linalg.norm")
def linalg_norm(
    ctx: RuleContext, A: Tensor, ord: Value = None, dim: Value = None, keepdim: Value = False, *, dtype: Value = None
) -> Tensor:
    """A norm of vectors or matrices."""
    if isinstance(dim, list | tuple) and len(dim) not in (1, 2):
        ctx.fail(Failure(ARGUMENT, "linalg.norm() over one or two dimensions", "RuntimeError"))
    if ord is not None and dim is None and A.rank is not None and A.rank not in (1, 2):
        ctx.fail(Failure(RANK, "linalg.norm() with ord takes vectors and matrices", "RuntimeError"))
    return _linalg_norm(ctx, A, dim, keepdim, "linalg.norm()")


@rule("torch.linalg.matrix_norm")
def matrix_norm(
    ctx: RuleContext, A: Tensor, ord: Value = "fro", dim: Value = (-2, -1), keepdim: Value = False, *,
    dtype: Value = None,
) -> Tensor:  # fmt: skip
    """A norm of matrices."""
    if A.rank is not None and A.rank < 2:
        ctx.fail(Failure(RANK, "matrix_norm() takes matrices", "RuntimeError"))
    return _linalg_norm(ctx, A, dim, keepdim, "matrix_norm()")


def _linalg_norm(ctx: RuleContext, x: Tensor, dim: Value, keepdim: Value, name: str) -> Tensor:
    from tangra.shape_rules.dtypes import real_of

    require_floating(ctx, x, name)
    return reduce_to(ctx, x, dim, keepdim, real_of(x.dtype), name)
