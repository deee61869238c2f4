"""Convolutions: PyTorch's functions over NumPy arrays, with two layouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from tangra.ops.convolution import evaluate_conv, evaluate_conv_input
from tangra.ops.windows import extent
from tangra.primitives.planning import (
    Attrs,
    BadArgument,
    Batch,
    batch,
    borders,
    channels_last,
    check_kernel,
    check_places,
    grown,
    integer,
    kernel_rank,
    per_axis,
)
from tangra.primitives.precision import factor, for_bytes, for_floats, of_bytes, result
from tangra.shapes import ConvError, Shape, ShapeError, prod, shape_text
from tangra.shapes.deciding import Judge

P = TypeVar("P")
Array = np.ndarray[Any, Any]
Numbers = int | tuple[int, ...]
Padding = str | int | tuple[int | tuple[int, int], ...]


@dataclass(frozen=True)
class Plan:
    """A checked call: the input's batch, the operation's attributes, and by how much the result is extended by zeros at
    the end of each spatial axis."""

    batch: Batch
    attrs: Attrs
    extra: tuple[int, ...] = ()


def plan_conv(
    name: str, rank: int, judge: Judge, shapes: tuple[Shape, Shape, Shape | None], options: tuple[Any, ...], layout: Any
) -> Plan:
    """A call of `conv1d` … `conv3d`; `shapes` are those of input, weight and bias."""
    x, w, bias = shapes
    stride, padding, dilation, groups = options
    last = channels_last(name, layout, rank)
    strides, holes = per_axis(name, "stride", stride, rank, 1), per_axis(name, "dilation", dilation, rank, 1)
    count = integer(name, "groups", groups, 1)
    given = batch(name, "input", x, rank, last)
    kernel_rank(name, w, rank)
    attrs: Attrs = {"strides": strides, "dilation": holes, "channels_last": last, "groups": count}
    attrs["low"], attrs["high"] = borders(name, padding, rank, extent(w[2:], attrs), strides)
    check_kernel(name, judge, given.shape, w, bias, count, last)
    check_places(name, judge, given.shape, w[2:], attrs, (("input", x), ("weight", w)))
    return Plan(given, attrs)


def plan_transposed(
    name: str, rank: int, judge: Judge, shapes: tuple[Shape, Shape, Shape | None], options: tuple[Any, ...], layout: Any
) -> Plan:
    """A call of `conv_transpose1d` …: `conv_input` with `shape` among its attributes."""
    x, w, bias = shapes
    stride, padding, output_padding, groups, dilation = options
    last = channels_last(name, layout, rank)
    strides, holes = per_axis(name, "stride", stride, rank, 1), per_axis(name, "dilation", dilation, rank, 1)
    low, count = per_axis(name, "padding", padding, rank, 0), integer(name, "groups", groups, 1)
    more = per_axis(name, "output_padding", output_padding, rank, 0)
    if any(m >= max(s, d) for m, s, d in zip(more, strides, holes, strict=True)):
        limits = f"stride {strides} or dilation {holes}"
        raise BadArgument(f"{name}: output_padding {more} must be smaller than {limits}")
    given = batch(name, "input", x, rank, last)
    kernel_rank(name, w, rank)
    check_kernel(name, judge, given.shape, w, bias, count, last, transposed=True)
    attrs: Attrs = {"strides": strides, "dilation": holes, "channels_last": last, "groups": count}
    attrs["low"] = attrs["high"] = low
    reach, places = extent(w[2:], attrs), given.shape[1:-1] if last else given.shape[2:]
    within = tuple(m % s for m, s in zip(more, strides, strict=True))
    axes = zip(places, reach, strides, low, low, within, strict=True)
    sizes = tuple(grown(*axis) for axis in axes)
    for axis, (size, n) in enumerate(zip(sizes, places, strict=True)):

        def wrong(axis: int = axis) -> ConvError:
            text = f"the border leaves nothing of the result on spatial axis {axis}"
            return ConvError(f"{name} of input of shape {shape_text(x)} and weight of shape {shape_text(w)}: {text}")

        judge.at_least(1, n, f"{name}: size of the input", wrong)
        judge.at_least(1, size + more[axis] - within[axis], f"{name}: size of the result", wrong)
        judge.at_least(0, size, f"{name}: size of the result", wrong)
    channels = w[1] * count
    attrs["shape"] = (given.shape[0], *sizes, channels) if last else (given.shape[0], channels, *sizes)
    return Plan(given, attrs, tuple(m - k for m, k in zip(more, within, strict=True)))


def checked_arrays(name: str, *given: Any) -> list[Array]:
    """Arrays (None: none given) of their common dtype, float32 or float64."""
    arrays = [np.asarray(a) for a in given if a is not None]
    dtype = np.result_type(*arrays)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{name} needs arrays of float32 or float64, not {dtype}")
    return [a.astype(dtype, copy=False) for a in arrays]


def with_errors(plan: Callable[..., P], *args: Any) -> P:
    """The plan of an uncompiled call; arrays that don't fit are a ValueError, as in NumPy."""
    try:
        return plan(*args)
    except ShapeError as error:
        raise ValueError(str(error)) from None


def _finished(y: Array, plan: Plan, bias: list[Array], last: bool) -> Array:
    """The result extended, with its bias, and without the batch axis if none was given."""
    rank = y.ndim - 2
    if any(plan.extra):
        more = [(0, n) for n in plan.extra]
        y = np.pad(y, [(0, 0), *more, (0, 0)] if last else [(0, 0), (0, 0), *more])
    for vector in bias:
        y = y + (vector if last else vector.reshape(-1, *(1,) * rank))
    return y[0] if plan.batch.single else y


def _conv(
    name: str,
    rank: int,
    x: Any,
    w: Any,
    bias: Any,
    options: tuple[Any, ...],
    layout: str,
    precision: str | None,
    transposed: bool = False,
) -> Array:
    given = [np.asarray(a) for a in (x, w, bias) if a is not None]
    shapes = given[0].shape, given[1].shape, given[2].shape if len(given) > 2 else None
    types = [str(a.dtype) for a in given]
    bytes = of_bytes(types) and not transposed
    arrays = given if bytes else checked_arrays(name, x, w, bias)
    plan = with_errors(plan_transposed if transposed else plan_conv, name, rank, Judge(), shapes, options, layout)
    how = (
        for_bytes(name, types, precision, prod(shapes[1][1:]))
        if bytes
        else for_floats(name, str(arrays[0].dtype), precision)
    )
    evaluate = evaluate_conv_input if transposed else evaluate_conv
    image, kernel = (factor(a, how) for a in arrays[:2])
    y = result(evaluate(image[None] if plan.batch.single else image, kernel, **plan.attrs), how)
    return _finished(y, plan, arrays[2:], plan.attrs["channels_last"])


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Numbers = 1,
    padding: Padding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
    *,
    layout: str = "NCW",
    precision: str | None = None,
) -> Array:
    """The cross-correlation of signals with the windows of a kernel, as `torch.nn.functional.conv1d`.

    input: (batch, channels, width), or (batch, width, channels) with `layout="NWC"`; the batch may be missing.
    weight: (outputs, channels / groups, width) in either layout. bias: (outputs,). stride, dilation: positive,
    one for all axes or one for each. padding: zeros at both ends of each axis: a number, one for each axis, pairs
    (before, after), "valid" (none) or "same" (the result has the input's sizes; strides of 1 only). groups: input
    and output channels are divided into that many, each its own convolution. All arrays are float32 or float64,
    and are promoted to what they have in common. Or input is of integers of 8 bits and weight of int8: the
    result, and a bias, is int32, exact. precision: None, or "bfloat16", see `tangra.nn.functional.matmul`.

    Returns (batch, outputs, *places) (layout "NWC": (batch, *places, outputs)) with places = (size + before + after -
    dilation*(window - 1) - 1)//stride + 1 on each axis.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    return _conv("conv1d", 1, input, weight, bias, (stride, padding, dilation, groups), layout, precision)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Numbers = 1,
    padding: Padding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
    *,
    layout: str = "NCHW",
    precision: str | None = None,
) -> Array:
    """The cross-correlation of images with the windows of a kernel, as `torch.nn.functional.conv2d`.

    input: (batch, channels, height, width), or (batch, height, width, channels) with `layout="NHWC"`; the batch
    may be missing. weight: (outputs, channels / groups, height, width) in either layout. bias: (outputs,).
    stride, dilation: positive, one for all axes or one for each. padding: zeros at both ends of each axis: a
    number, one for each axis, pairs (before, after), "valid" (none) or "same" (the result has the input's sizes;
    strides of 1 only). groups: input and output channels are divided into that many, each its own convolution.
    All arrays are float32 or float64, and are promoted to what they have in common. Or input is of integers of 8
    bits and weight of int8: the result, and a bias, is int32, exact. precision: None, or "bfloat16", see
    `tangra.nn.functional.matmul`.

    Returns (batch, outputs, *places) (layout "NHWC": (batch, *places, outputs)) with places = (size + before + after
    - dilation*(window - 1) - 1)//stride + 1 on each axis.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    return _conv("conv2d", 2, input, weight, bias, (stride, padding, dilation, groups), layout, precision)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Numbers = 1,
    padding: Padding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
    *,
    layout: str = "NCDHW",
    precision: str | None = None,
) -> Array:
    """The cross-correlation of volumes with the windows of a kernel, as `torch.nn.functional.conv3d`.

    input: (batch, channels, depth, height, width), or (batch, depth, height, width, channels) with
    `layout="NDHWC"`; the batch may be missing. weight: (outputs, channels / groups, depth, height, width) in
    either layout. bias: (outputs,). stride, dilation: positive, one for all axes or one for each. padding: zeros
    at both ends of each axis: a number, one for each axis, pairs (before, after), "valid" (none) or "same" (the
    result has the input's sizes; strides of 1 only). groups: input and output channels are divided into that
    many, each its own convolution. All arrays are float32 or float64, and are promoted to what they have in
    common. Or input is of integers of 8 bits and weight of int8: the result, and a bias, is int32, exact.
    precision: None, or "bfloat16", see `tangra.nn.functional.matmul`.

    Returns (batch, outputs, *places) (layout "NDHWC": (batch, *places, outputs)) with places = (size + before + after
    - dilation*(window - 1) - 1)//stride + 1 on each axis.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    return _conv("conv3d", 3, input, weight, bias, (stride, padding, dilation, groups), layout, precision)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
    *,
    layout: str = "NCW",
    precision: str | None = None,
) -> Array:
    """The transpose of `conv1d` as a linear function of its input, as `torch.nn.functional.conv_transpose1d`.

    input: (batch, channels, width), or (batch, width, channels) with `layout="NWC"`; the batch may be missing.
    weight: (channels, outputs / groups, width). bias: (outputs,). stride, padding, dilation, groups: those of the
    convolution it is the transpose of, numbers only. output_padding: elements that the result is longer by at the
    end of each axis; smaller than stride or dilation. All arrays are float32 or float64, and are promoted to what
    they have in common. precision: None, or "bfloat16", see `tangra.nn.functional.matmul`.

    Returns (batch, outputs, *sizes) (layout "NWC": (batch, *sizes, outputs)) with size = (places - 1)*stride -
    2*padding + dilation*(window - 1) + output_padding + 1 on each axis.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options = stride, padding, output_padding, groups, dilation
    return _conv("conv_transpose1d", 1, input, weight, bias, options, layout, precision, transposed=True)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
    *,
    layout: str = "NCHW",
    precision: str | None = None,
) -> Array:
    """The transpose of `conv2d` as a linear function of its input, as `torch.nn.functional.conv_transpose2d`.

    input: (batch, channels, height, width), or (batch, height, width, channels) with `layout="NHWC"`; the batch
    may be missing. weight: (channels, outputs / groups, height, width). bias: (outputs,). stride, padding,
    dilation, groups: those of the convolution it is the transpose of, numbers only. output_padding: elements that
    the result is longer by at the end of each axis; smaller than stride or dilation. All arrays are float32 or
    float64, and are promoted to what they have in common. precision: None, or "bfloat16", see
    `tangra.nn.functional.matmul`.

    Returns (batch, outputs, *sizes) (layout "NHWC": (batch, *sizes, outputs)) with size = (places - 1)*stride -
    2*padding + dilation*(window - 1) + output_padding + 1 on each axis.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options = stride, padding, output_padding, groups, dilation
    return _conv("conv_transpose2d", 2, input, weight, bias, options, layout, precision, transposed=True)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
    *,
    layout: str = "NCDHW",
    precision: str | None = None,
) -> Array:
    """The transpose of `conv3d` as a linear function of its input, as `torch.nn.functional.conv_transpose3d`.

    input: (batch, channels, depth, height, width), or (batch, depth, height, width, channels) with
    `layout="NDHWC"`; the batch may be missing. weight: (channels, outputs / groups, depth, height, width). bias:
    (outputs,). stride, padding, dilation, groups: those of the convolution it is the transpose of, numbers only.
    output_padding: elements that the result is longer by at the end of each axis; smaller than stride or
    dilation. All arrays are float32 or float64, and are promoted to what they have in common. precision: None, or
    "bfloat16", see `tangra.nn.functional.matmul`.

    Returns (batch, outputs, *sizes) (layout "NDHWC": (batch, *sizes, outputs)) with size = (places - 1)*stride -
    2*padding + dilation*(window - 1) + output_padding + 1 on each axis.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    options = stride, padding, output_padding, groups, dilation
    return _conv("conv_transpose3d", 3, input, weight, bias, options, layout, precision, transposed=True)
