"""Convolutions of `jax.lax`, and the places of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_sequence
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import result_dtype
from tangra.shape_rules.failures import ARGUMENT, DTYPE, RANK, WIDTH, Failure
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Tensor, Value, is_size, shape_text
from tangra.shapes import Size, ceil_div

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def windows(
    ctx: RuleContext, sizes: Sequence[Size], kernel: Sequence[Size], strides: Sequence[Size], padding: Value,
    dilation: Sequence[Size], name: str,
) -> tuple[Size, ...] | None:  # fmt: skip
    """Places of windows along each axis; `padding` is "SAME", "VALID", "CIRCULAR" or pairs."""
    word = padding.upper() if isinstance(padding, str) else padding
    if any(ctx.truth(AtLeast(number, 0)) for number in (*strides, *dilation)):
        return None
    if word in ("SAME", "CIRCULAR", "SAME_LOWER"):
        return tuple(ceil_div(size, stride) for size, stride in zip(sizes, strides, strict=True))
    if word == "VALID":
        pairs: list[tuple[Size, Size]] = [(0, 0)] * len(sizes)
    elif isinstance(word, int):
        pairs = [(word, word)] * len(sizes)
    elif isinstance(word, list | tuple) and len(word) == len(sizes):
        pairs = [(one, one) if is_size(one) else (one[0], one[1]) for one in word]
    else:
        return None
    counts: list[Size] = []
    for size, wide, stride, (low, high), spread in zip(sizes, kernel, strides, pairs, dilation, strict=True):
        extent = spread * (wide - 1) + 1
        room = size + low + high - extent
        if ctx.truth(AtLeast(room, -1)):
            counts.append(0)  # JAX gives an empty array where no window fits
        else:
            counts.append(room // stride + 1)
    return tuple(counts)


@rule("jax.lax.conv", "jax.lax.conv_with_general_padding")
def conv(
    ctx: RuleContext, lhs: Tensor, rhs: Tensor, window_strides: Value, padding: Value, lhs_dilation: Value = None,
    rhs_dilation: Value = None, dimension_numbers: Value = None, precision: Value = None,
    preferred_element_type: Value = None,
) -> Tensor:  # fmt: skip
    """(N, C, ...) with (O, C, ...)."""
    return conv_general_dilated(ctx, lhs, rhs, window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers)


@rule("jax.lax.conv_general_dilated")
def conv_general_dilated(
    ctx: RuleContext, lhs: Tensor, rhs: Tensor, window_strides: Value, padding: Value, lhs_dilation: Value = None,
    rhs_dilation: Value = None, dimension_numbers: Value = None, feature_group_count: Value = 1,
    batch_group_count: Value = 1, precision: Value = None, preferred_element_type: Value = None,
) -> Tensor:  # fmt: skip
    """A convolution with named axes: ("NHWC", "HWIO", "NHWC")."""
    dtype = result_dtype([lhs, rhs], "jax")
    if lhs.dims is None or rhs.dims is None:
        return made("jax", None, dtype)
    rank = len(lhs.dims) - 2
    if lhs.dtype is not None and rhs.dtype is not None and lhs.dtype != rhs.dtype:
        ctx.fail(Failure(DTYPE, f"a convolution of {lhs.dtype} with {rhs.dtype}", "TypeError"))
    if len(lhs.dims) != len(rhs.dims):
        text = f"a convolution of {shape_text(lhs.dims)} with {shape_text(rhs.dims)}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    strides = size_sequence(ctx, window_strides, "stride")
    dilation = (1,) * rank if rhs_dilation is None else size_sequence(ctx, rhs_dilation, "dilation")
    names = _axis_names(dimension_numbers, rank)
    if names is None or strides is None or dilation is None or lhs_dilation is not None or batch_group_count != 1:
        return made("jax", None, dtype)
    ours, kernel, out = names
    spatial = [letter for letter in out if letter not in "NC"]
    channels, wanted = lhs.dims[ours.index("C")], rhs.dims[kernel.index("I")] * feature_group_count
    text = f"a convolution of {shape_text(lhs.dims)} with {shape_text(rhs.dims)}: {channels} channels, {wanted} wanted"
    ctx.require_equal(channels, wanted, Failure(WIDTH, text, "ValueError"))
    if len(strides) != rank or len(dilation) != rank:
        ctx.fail(Failure(ARGUMENT, f"a convolution over {rank} axes with {len(strides)} strides", "ValueError"))
    sizes = [lhs.dims[ours.index(letter)] for letter in spatial]
    wide = [rhs.dims[kernel.index(letter)] for letter in spatial]
    counts = windows(ctx, sizes, wide, strides, padding, dilation, "conv")
    if counts is None:
        return made("jax", None, dtype)
    places = dict(zip(spatial, counts, strict=True)) | {
        "N": lhs.dims[ours.index("N")],
        "C": rhs.dims[kernel.index("O")],
    }
    return made("jax", tuple(places[letter] for letter in out), dtype)


def _axis_names(numbers: Value, rank: int) -> tuple[str, str, str] | None:
    letters = "HWD"[:rank] if rank < 3 else "DHW"
    if numbers is None:
        return f"NC{letters}", f"OI{letters}", f"NC{letters}"
    if isinstance(numbers, list | tuple) and len(numbers) == 3 and all(isinstance(one, str) for one in numbers):
        return numbers[0], numbers[1], numbers[2]
    return None
