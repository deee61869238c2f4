"""Pools: PyTorch's functions over NumPy arrays, with two layouts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra.ops.pooling import evaluate_argmax, evaluate_max, evaluate_sum
from tangra.ops.windows import spatial
from tangra.primitives.convolution import Array, Numbers, checked_arrays, with_errors
from tangra.primitives.planning import (
    Attrs,
    BadArgument,
    Batch,
    batch,
    channels_last,
    check_places,
    integer,
    per_axis,
)
from tangra.shapes import Shape, Size, ceil_div, dmax, dmin
from tangra.shapes.deciding import Judge


@dataclass(frozen=True)
class PoolPlan:
    """A checked call: the input's batch and the operation's attributes. `padding` is the border that was asked for.
    Sums are divided by `divisor`, or by the elements of the window, which may or may not be those in that border."""

    batch: Batch
    attrs: Attrs
    padding: tuple[int, ...]
    border_counts: bool = True
    divisor: int | None = None


def plan_pool(name: str, rank: int, judge: Judge, x: Shape, options: dict[str, Any], layout: Any) -> PoolPlan:
    """A call of a pool."""
    last = channels_last(name, layout, rank)
    window = per_axis(name, "kernel_size", options["kernel_size"], rank, 1)
    stride = options["stride"]
    strides = window if stride is None or stride == () else per_axis(name, "stride", stride, rank, 1)
    padding = per_axis(name, "padding", options["padding"], rank, 0)
    holes = per_axis(name, "dilation", options.get("dilation", 1), rank, 1)
    given = batch(name, "input", x, rank, last)
    attrs: Attrs = {"window": window, "strides": strides, "dilation": holes, "channels_last": last}
    reach = tuple(d * (k - 1) + 1 for k, d in zip(window, holes, strict=True))
    if any(2 * p > n for p, n in zip(padding, reach, strict=True)):
        raise BadArgument(f"{name}: padding {padding} must be at most half of the window, {reach}")
    attrs["low"] = attrs["high"] = padding
    check_places(name, judge, given.shape, window, attrs, (("input", x),))
    if options["ceil_mode"]:
        sizes = spatial(given.shape, last)
        axes = zip(sizes, strides, reach, padding, strict=True)
        attrs["high"] = tuple(_rounded_up(*axis) for axis in axes)
    divisor = options.get("divisor_override")
    if divisor is not None:
        divisor = integer(name, "divisor_override", divisor, 1)
    return PoolPlan(given, attrs, padding, bool(options.get("count_include_pad", True)), divisor)


def _rounded_up(size: Size, stride: int, reach: int, padding: int) -> Size:
    """The border after an axis with which a last window that hangs over the end has its place too, if it begins before
    the end of the asked border."""
    places = dmin(ceil_div(size + 2 * padding - reach, stride) + 1, ceil_div(size + padding, stride))
    return dmax((places - 1) * stride + reach - size - padding, padding)


def divisors(plan: PoolPlan, axis: int, size: int, count: int) -> Array:
    """What the windows at the `count` places of an axis count for."""
    attrs, padding = plan.attrs, plan.padding[axis]
    start = np.arange(count) * attrs["strides"][axis] - padding
    low, high = (-padding, size + padding) if plan.border_counts else (0, size)
    length: Array = np.minimum(start + attrs["window"][axis], high) - np.maximum(start, low)
    return length


def even(plan: PoolPlan) -> bool:
    """Whether all windows count for the same: all their elements."""
    return plan.attrs["high"] == plan.padding and (plan.border_counts or not any(plan.padding))


def whole_window(plan: PoolPlan) -> int:
    """How many elements a window has."""
    return int(np.prod(plan.attrs["window"]))


def _max(name: str, rank: int, x: Any, options: dict[str, Any], indices: bool, layout: str) -> Any:
    (array,) = checked_arrays(name, x)
    plan = with_errors(plan_pool, name, rank, Judge(), array.shape, options, layout)
    array = array[None] if plan.batch.single else array
    found = [evaluate_max(array, **plan.attrs)]
    if indices:
        found.append(evaluate_argmax(array, **plan.attrs))
    found = [y[0] if plan.batch.single else y for y in found]
    return (found[0], found[1]) if indices else found[0]


def _average(name: str, rank: int, x: Any, options: dict[str, Any], layout: str) -> Array:
    (array,) = checked_arrays(name, x)
    plan = with_errors(plan_pool, name, rank, Judge(), array.shape, options, layout)
    y = evaluate_sum(array[None] if plan.batch.single else array, **plan.attrs)
    y /= np.asarray(_counts(plan, plan.batch.shape, y.shape)).astype(y.dtype)
    return y[0] if plan.batch.single else y


def _counts(plan: PoolPlan, x: Any, y: tuple[int, ...]) -> Any:
    if plan.divisor is not None or even(plan):
        return plan.divisor or whole_window(plan)
    last = plan.attrs["channels_last"]
    total: Any = 1
    rank = len(y) - 2
    for axis, (size, count) in enumerate(zip(spatial(x, last), spatial(y, last), strict=True)):
        shape = [1] * (rank + 2)
        shape[axis + (1 if last else 2)] = -1
        total = total * divisors(plan, axis, int(size), int(count)).reshape(shape)  # type: ignore[arg-type]
    return total


def max_pool1d(
    input: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    layout: str = "NCW",
) -> Any:
    """The largest element of each window, channel by channel, as `torch.nn.functional.max_pool1d`.

    input: (batch, channels, width), or channels last with `layout="NWC"`; the batch may be missing; float32 or
    float64. kernel_size, dilation: positive, one for all axes or one for each. stride: likewise, by default that of
    the window. padding: a border that is below every element, at most half of the window. ceil_mode: windows that
    hang over the end have their place too.

    Returns the maxima, and with return_indices also the places of the first of them (int64) among the spatial
    elements in row-major order. A NaN counts as the largest. The derivative goes to the first maximum of a window.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return _max("max_pool1d", 1, input, {**options, "ceil_mode": ceil_mode}, return_indices, layout)


def max_pool2d(
    input: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    layout: str = "NCHW",
) -> Any:
    """The largest element of each window, channel by channel, as `torch.nn.functional.max_pool2d`.

    input: (batch, channels, height, width), or channels last with `layout="NHWC"`; the batch may be missing; float32
    or float64. kernel_size, dilation: positive, one for all axes or one for each. stride: likewise, by default that
    of the window. padding: a border that is below every element, at most half of the window. ceil_mode: windows that
    hang over the end have their place too.

    Returns the maxima, and with return_indices also the places of the first of them (int64) among the spatial
    elements in row-major order. A NaN counts as the largest. The derivative goes to the first maximum of a window.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return _max("max_pool2d", 2, input, {**options, "ceil_mode": ceil_mode}, return_indices, layout)


def max_pool3d(
    input: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    layout: str = "NCDHW",
) -> Any:
    """The largest element of each window, channel by channel, as `torch.nn.functional.max_pool3d`.

    input: (batch, channels, depth, height, width), or channels last with `layout="NDHWC"`; the batch may be missing;
    float32 or float64. kernel_size, dilation: positive, one for all axes or one for each. stride: likewise, by
    default that of the window. padding: a border that is below every element, at most half of the window. ceil_mode:
    windows that hang over the end have their place too.

    Returns the maxima, and with return_indices also the places of the first of them (int64) among the spatial
    elements in row-major order. A NaN counts as the largest. The derivative goes to the first maximum of a window.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return _max("max_pool3d", 3, input, {**options, "ceil_mode": ceil_mode}, return_indices, layout)


def avg_pool1d(
    input: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    *,
    layout: str = "NCW",
) -> Array:
    """The mean of each window, channel by channel, as `torch.nn.functional.avg_pool1d`.

    input: (batch, channels, width), or channels last with `layout="NWC"`; the batch may be missing; float32 or
    float64. kernel_size: positive, one for all axes or one for each. stride: likewise, by default that of the window.
    padding: a border of zeros, at most half of the window. ceil_mode: windows that hang over the end have their place
    too; what they have beyond the border does not count. count_include_pad: whether the border counts as elements.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    options |= {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    return _average("avg_pool1d", 1, input, options, layout)


def avg_pool2d(
    input: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    layout: str = "NCHW",
) -> Array:
    """The mean of each window, channel by channel, as `torch.nn.functional.avg_pool2d`.

    input: (batch, channels, height, width), or channels last with `layout="NHWC"`; the batch may be missing; float32
    or float64. kernel_size: positive, one for all axes or one for each. stride: likewise, by default that of the
    window. padding: a border of zeros, at most half of the window. ceil_mode: windows that hang over the end have
    their place too; what they have beyond the border does not count. count_include_pad: whether the border counts as
    elements. divisor_override: what sums are divided by instead.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    options |= {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    options["divisor_override"] = divisor_override
    return _average("avg_pool2d", 2, input, options, layout)


def avg_pool3d(
    input: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    layout: str = "NCDHW",
) -> Array:
    """The mean of each window, channel by channel, as `torch.nn.functional.avg_pool3d`.

    input: (batch, channels, depth, height, width), or channels last with `layout="NDHWC"`; the batch may be missing;
    float32 or float64. kernel_size: positive, one for all axes or one for each. stride: likewise, by default that of
    the window. padding: a border of zeros, at most half of the window. ceil_mode: windows that hang over the end have
    their place too; what they have beyond the border does not count. count_include_pad: whether the border counts as
    elements. divisor_override: what sums are divided by instead.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    options |= {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    options["divisor_override"] = divisor_override
    return _average("avg_pool3d", 3, input, options, layout)
