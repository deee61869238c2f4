"""Poolings turned back in torch (`MaxUnpool2d`), poolings of powers, and fractional ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_sequence, times
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.failures import ARGUMENT, DTYPE, MISMATCH, Failure
from tangra.shape_rules.registry import find, module, rule
from tangra.shape_rules.torch.common import fresh
from tangra.shape_rules.torch.convolutions import spatial
from tangra.shape_rules.torch.layers import Layer
from tangra.shape_rules.values import Tensor, Value, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def unpooled(
    ctx: RuleContext, input: Tensor, indices: Tensor, rank: int, kernel_size: Value, stride: Value, padding: Value,
    output_size: Value,
) -> Tensor:  # fmt: skip
    """Maxima back at the places that a max pooling took them from."""
    name = f"max_unpool{rank}d()"
    if indices.dtype not in (None, "int64"):
        ctx.fail(Failure(DTYPE, f"{name}: the indices are {indices.dtype}, not int64", "RuntimeError"))
    found = spatial(ctx, input, rank, name)
    if input.dims is not None and indices.dims is not None:
        text = f"{name} of shape {shape_text(input.dims)} at indices of shape {shape_text(indices.dims)}"
        failure = Failure(MISMATCH, text, "RuntimeError")
        if len(input.dims) != len(indices.dims):
            ctx.fail(failure)
        for left, right in zip(input.dims, indices.dims, strict=True):
            ctx.require_equal(left, right, failure)
    kernel = times(ctx, kernel_size, rank, "kernel_size")
    steps = kernel if stride is None else times(ctx, stride, rank, "stride")
    around = times(ctx, padding, rank, "padding")
    if found is None or input.shape is None:
        return fresh(None, input.dtype)
    rows = zip(found[1], kernel, steps, around, strict=True)
    usual: tuple[Size, ...] = tuple((size - 1) * step - 2 * pad + wide for size, wide, step, pad in rows)
    least = (1 if rank == 3 else -(2**31),) * rank
    for low, size in (*zip(least, steps, strict=True), *((0, size) for size in usual)):
        text = f"{name} of shape {shape_text(input.shape)} with kernel {kernel} and stride {steps}"
        ctx.require(AtLeast(low, size), Failure(ARGUMENT, text, "ValueError"))
    if output_size is not None:
        wanted = size_sequence(ctx, output_size, "output_size")
        if wanted is None:
            return fresh(None, input.dtype)
        wanted = wanted[-rank:]
        for size, middle, step in zip(wanted, usual, steps, strict=False):
            text = f"{name}: output_size {wanted} is not within a stride of {usual}"
            for least_size, most in ((middle - step + 1, size), (size, middle + step - 1)):
                ctx.require(AtLeast(least_size, most), Failure(ARGUMENT, text, "ValueError"))
        usual = wanted
    return fresh((*input.shape[:-rank], *usual), input.dtype, input)


def _function(rank: int) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, input: Tensor, indices: Tensor, kernel_size: Value, stride: Value = None, padding: Value = 0,
        output_size: Value = None,
    ) -> Tensor:  # fmt: skip
        return unpooled(ctx, input, indices, rank, kernel_size, stride, padding, output_size)

    return apply


class MaxUnpool(Layer):
    """What max poolings turned back share."""

    rank = 1

    def __init__(self, ctx: RuleContext, kernel_size: Value, stride: Value = None, padding: Value = 0) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def forward(self, ctx: RuleContext, input: Tensor, indices: Tensor, output_size: Value = None) -> Tensor:
        return unpooled(
            ctx, input, indices, self.rank, self.kernel_size, self.stride, self.padding, output_size
        )  # fmt: skip


class LPPool(Layer):
    """What poolings of powers share."""

    rank = 1

    def __init__(
        self, ctx: RuleContext, norm_type: Value, kernel_size: Value, stride: Value = None, ceil_mode: Value = False
    ) -> None:
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, ctx: RuleContext, input: Tensor) -> Value:
        function = find(f"torch.nn.functional.lp_pool{self.rank}d")
        assert callable(function)
        return function(ctx, input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class FractionalMaxPool(Layer):
    """What poolings to a size or to a share of it have in common."""

    rank = 2

    def __init__(
        self, ctx: RuleContext, kernel_size: Value, output_size: Value = None, output_ratio: Value = None,
        return_indices: Value = False, _random_samples: Value = None,
    ) -> None:  # fmt: skip
        self.kernel_size, self.output_size, self.output_ratio = kernel_size, output_size, output_ratio
        self.return_indices = return_indices
        if (output_size is None) == (output_ratio is None):
            text = f"FractionalMaxPool{self.rank}d takes one of output_size and output_ratio"
            ctx.fail(Failure(ARGUMENT, text, "ValueError"))

    def forward(self, ctx: RuleContext, input: Tensor) -> Value:
        found = spatial(ctx, input, self.rank, f"FractionalMaxPool{self.rank}d")
        if found is None or input.shape is None or self.output_size is None:
            return fresh(None, input.dtype)
        sizes = times(ctx, self.output_size, self.rank, "output_size")
        kernel = times(ctx, self.kernel_size, self.rank, "kernel_size")
        edge, smallest = (1, -(2**31)) if self.rank == 2 else (0, 1)
        for size, wide, have in zip(sizes, kernel, found[1], strict=True):
            text = f"FractionalMaxPool{self.rank}d to {sizes} of windows of {kernel} in shape {shape_text(input.shape)}"
            for low, high in ((0, size), (smallest, wide), (size + wide - edge, have)):
                ctx.require(AtLeast(low, high), Failure(ARGUMENT, text, "RuntimeError"))
        made = fresh((*input.shape[: -self.rank], *sizes), input.dtype, input)
        return (made, made.with_(dtype="int64")) if self.return_indices is True else made


for _rank in (1, 2, 3):
    rule(f"torch.nn.functional.max_unpool{_rank}d")(_function(_rank))
    for _cls, _low in ((MaxUnpool, 1), (LPPool, 1), (FractionalMaxPool, 2)):
        if _rank >= _low:
            _name = f"{_cls.__name__}{_rank}d"
            module(f"torch.nn.{_name}")(type(_name, (_cls,), {"rank": _rank, "__doc__": _cls.__doc__}))
