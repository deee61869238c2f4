"""`scipy.ndimage`: filters of images with any number of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.failures import ARGUMENT, RANK, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import UNKNOWN, Tensor, Value, is_size, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

IMAGE = "scipy.ndimage."


def _per_axis(ctx: RuleContext, input: Tensor, value: Value, name: str) -> None:
    """A number for all axes, or one for each."""
    if isinstance(value, list | tuple) and input.rank not in (None, len(value)):
        text = f"{name}: {len(value)} numbers for the {input.rank} axes of {shape_text(input.shape)}"
        ctx.fail(Failure(ARGUMENT, text, "RuntimeError"))


@rule(IMAGE + "gaussian_filter")
def gaussian_filter(
    ctx: RuleContext, input: Tensor, sigma: Value, order: Value = 0, output: Value = None, mode: Value = "reflect",
    cval: Value = 0.0, truncate: Value = 4.0,
) -> Value:  # fmt: skip
    """A blurred image."""
    _per_axis(ctx, input, sigma, "gaussian_filter(): sigma")
    return Tensor("numpy", input.shape, input.dtype) if output is None else UNKNOWN


@rule(IMAGE + "median_filter")
def median_filter(ctx: RuleContext, input: Tensor, size: Value = None, footprint: Value = None) -> Tensor:
    """The median of each window."""
    for one in size if isinstance(size, list | tuple) else (size,):
        if isinstance(one, float):
            ctx.fail(Failure(ARGUMENT, f"a window of {one} elements", "TypeError"))
        if is_size(one):
            ctx.require(AtLeast(1, one), Failure(ARGUMENT, f"a window of {one} elements", "ValueError"))
    return windowed(ctx, input, size)


@rule(IMAGE + "uniform_filter", IMAGE + "maximum_filter", IMAGE + "minimum_filter")
def windowed(ctx: RuleContext, input: Tensor, size: Value = 3) -> Tensor:
    """A number of each window."""
    _per_axis(ctx, input, size, "the filter's size")
    return Tensor("numpy", input.shape, input.dtype)


def _along(ctx: RuleContext, input: Tensor, axis: Value, output: Value) -> Value:
    axis_place(ctx, input, axis, error="ValueError")
    return Tensor("numpy", input.shape, input.dtype) if output is None else UNKNOWN


@rule(IMAGE + "sobel", IMAGE + "prewitt")
def sobel(
    ctx: RuleContext, input: Tensor, axis: Value = -1, output: Value = None, mode: Value = "reflect", cval: Value = 0.0
) -> Value:
    """Differences along an axis."""
    return _along(ctx, input, axis, output)


@rule(IMAGE + "gaussian_filter1d", IMAGE + "uniform_filter1d")
def filter1d(ctx: RuleContext, input: Tensor, sigma: Value, axis: Value = -1, output: Value = None) -> Value:
    """A filter along one axis."""
    return _along(ctx, input, axis, output)


@rule(IMAGE + "convolve", IMAGE + "correlate")
def convolve(
    ctx: RuleContext, input: Tensor, weights: Tensor, output: Value = None, mode: Value = "reflect", cval: Value = 0.0,
    origin: Value = 0,
) -> Value:  # fmt: skip
    """Weighted sums of windows."""
    if input.rank is not None and weights.rank is not None and input.rank != weights.rank:
        shapes = f"{shape_text(input.shape)} with weights of shape {shape_text(weights.shape)}"
        ctx.fail(Failure(RANK, f"convolve() of {shapes}: as many axes are needed", "RuntimeError"))
    return Tensor("numpy", input.shape, input.dtype) if output is None else UNKNOWN


@rule(IMAGE + "label")
def label(ctx: RuleContext, input: Tensor, structure: Value = None) -> Value:
    """The number of the connected part that each element is in, and how many there are."""
    return Tensor("numpy", input.shape, "int32"), ctx.fresh("labels")
