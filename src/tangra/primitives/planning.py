"""Arguments of convolutions and pools as the operations want them, checked; for known sizes and for symbols."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

from tangra.ops.windows import arranged, channel_axis, extent, spatial
from tangra.shapes import ConvError, Shape, Size, shape_text
from tangra.shapes.deciding import Judge

LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}
"""Layouts by the number of spatial axes: channels first, channels last."""
Attrs = dict[str, Any]


class BadArgument(ValueError):
    """An argument that the function does not take, whatever the arrays."""


@dataclass(frozen=True)
class Batch:
    """The shape of an array with a batch axis, which was added where it was `single`."""

    shape: Shape
    single: bool


def channels_last(name: str, layout: Any, rank: int) -> bool:
    """Whether `layout` has the channels last."""
    if layout not in LAYOUTS[rank]:
        raise BadArgument(f"{name}: layout must be {' or '.join(map(repr, LAYOUTS[rank]))}, not {layout!r}")
    return bool(layout == LAYOUTS[rank][1])


def integer(name: str, what: str, value: Any, least: int) -> int:
    """An int of at least `least`."""
    if isinstance(value, bool):
        raise BadArgument(f"{name}: {what} must be an integer, not {value!r}")
    try:
        number = operator.index(value)
    except TypeError:
        raise BadArgument(f"{name}: {what} must be an integer, not {value!r}") from None
    if number < least:
        raise BadArgument(f"{name}: {what} must be at least {least}, not {number}")
    return number


def per_axis(name: str, what: str, value: Any, rank: int, least: int) -> tuple[int, ...]:
    """An int for all axes, or one for each."""
    items = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(items) not in (1, rank):
        raise BadArgument(f"{name}: {what} must be an integer or {rank} of them, not {value!r}")
    numbers = tuple(integer(name, what, item, least) for item in items)
    return numbers if len(numbers) == rank else numbers * rank


def borders(name: str, padding: Any, rank: int, reach: Shape, strides: tuple[int, ...]) -> tuple[Shape, Shape]:
    """The border before and after each axis: numbers, pairs, "valid" (none), or "same" (as many places as elements; of
    an odd number of elements the larger part comes after)."""
    if padding == "valid":
        return (0,) * rank, (0,) * rank
    if padding == "same":
        if any(s != 1 for s in strides):
            raise BadArgument(f"{name}: padding='same' needs a stride of 1, not {strides}")
        low = tuple((n - 1) // 2 for n in reach)
        return low, tuple(n - 1 - p for n, p in zip(reach, low, strict=True))
    if isinstance(padding, str):
        raise BadArgument(f"{name}: padding must be numbers, 'same' or 'valid', not {padding!r}")
    if isinstance(padding, (tuple, list)) and any(isinstance(p, (tuple, list)) for p in padding):
        pairs = [p if isinstance(p, (tuple, list)) else (p, p) for p in padding]
        if len(pairs) != rank or any(len(p) != 2 for p in pairs):
            raise BadArgument(f"{name}: padding must be {rank} numbers or pairs of them, not {padding!r}")
        sides = [tuple(integer(name, "padding", p[side], 0) for p in pairs) for side in (0, 1)]
        return sides[0], sides[1]
    numbers = per_axis(name, "padding", padding, rank, 0)
    return numbers, numbers


def batch(name: str, what: str, shape: Shape, rank: int, last: bool) -> Batch:
    """`shape` with a batch axis. Raises ConvError unless it has `rank` spatial axes, channels, and maybe a batch."""
    if len(shape) not in (rank + 1, rank + 2):
        layout = LAYOUTS[rank][last]
        axes = f"{rank + 2} axes ({layout}), or {rank + 1} without a batch"
        raise ConvError(f"{name}: {what} of shape {shape_text(shape)} needs {axes}", shapes=(shape,))
    single = len(shape) == rank + 1
    return Batch((1, *shape) if single else tuple(shape), single)


def check_places(
    name: str, judge: Judge, shape: Shape, window: Shape, attrs: Attrs, shown: tuple[tuple[str, Shape], ...]
) -> None:
    """Require the window to fit into the input of `shape` with its border; `shown` are the arrays for the message."""
    sides = zip(spatial(shape, attrs["channels_last"]), attrs["low"], attrs["high"], strict=True)
    arrays = " and ".join(f"{what} of shape {shape_text(s)}" for what, s in shown)
    for axis, ((n, low, high), reach) in enumerate(zip(sides, extent(window, attrs), strict=True)):
        size = n + low + high

        def wrong(axis: int = axis, size: Size = size, reach: Size = reach) -> ConvError:
            text = f"a window of {reach} does not fit into {size} elements (border included) on spatial axis {axis}"
            return ConvError(f"{name} of {arrays}: {text}", left=size, right=reach)

        judge.at_least(reach, size, f"{name}: the window has to fit into the input", wrong)


def check_kernel(
    name: str, judge: Judge, x: Shape, w: Shape, bias: Shape | None, groups: int, last: bool, transposed: bool = False
) -> None:
    """Require the channels of the input (of the output, if `transposed`: then w is (inputs, outputs / groups, …)), the
    weight and the bias to belong together."""
    at = channel_axis(len(x), last)
    arrays = f"input of shape {shape_text(x)} and weight of shape {shape_text(w)}"
    takes = w[0] if transposed else w[1] * groups
    within = f" in {groups} groups" if groups != 1 else ""

    def wrong() -> ConvError:
        text = f"the input has {x[at]} channels, the weight takes {takes}{within}"
        return ConvError(f"{name} of {arrays}: {text}", left=x[at], right=takes, shapes=(x, w))

    judge.equal(x[at], takes, f"{name}: channels of the input and of the weight", wrong)

    def uneven() -> ConvError:
        return ConvError(f"{name} of {arrays}: {w[0]} channels can't be divided into {groups} groups", shapes=(x, w))

    judge.equal(w[0] % groups, 0, f"{name}: channels of the weight modulo groups", uneven)
    if bias is not None:
        gives = w[1] * groups if transposed else w[0]
        if len(bias) != 1:
            raise ConvError(f"{name}: bias of shape {shape_text(bias)} needs one axis", shapes=(bias,))

        def other() -> ConvError:
            text = f"bias of shape {shape_text(bias)} for the {gives} channels of the result"
            return ConvError(f"{name} of {arrays}: {text}", left=bias[0], right=gives, shapes=(x, w, bias))

        judge.equal(bias[0], gives, f"{name}: sizes of the bias and of the result's channels", other)


def kernel_rank(name: str, w: Shape, rank: int) -> None:
    """Require a weight of `rank` spatial axes."""
    if len(w) != rank + 2:
        raise ConvError(f"{name}: weight of shape {shape_text(w)} needs {rank + 2} axes", shapes=(w,))
    if any(isinstance(k, int) and k < 1 for k in w[2:]):
        raise ConvError(f"{name}: weight of shape {shape_text(w)} has a window without elements", shapes=(w,))


def grown(size: Size, reach: Size, stride: int, low: Size, high: Size, more: int) -> Size:
    """The size of a transposed convolution's result on an axis."""
    return (size - 1) * stride - low - high + reach + more


def channels_shape(count: Size, rank: int, last: bool) -> Shape:
    """The shape in which a vector of channels meets a batch."""
    return arranged(1, count, (1,) * rank, last)
