"""Windows that slide over the spatial axes of a batch: what convolutions and pools share.

Arrays are (batch, channels, *spatial), or (batch, *spatial, channels) with `channels_last`. A window of `sizes` with
holes (`dilation`) is laid on the input with a border of `low` and `high` every `strides` elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.graph import Value
from tangra.ops.common import require
from tangra.shapes import Size

WINDOW_ATTRS = ("strides", "low", "high", "dilation", "channels_last")
Attrs = dict[str, Any]
Shape = tuple[Size, ...]
Array = np.ndarray[Any, Any]


def channel_axis(rank: int, channels_last: bool) -> int:
    """Where the channels are."""
    return rank - 1 if channels_last else 1


def spatial(shape: Sequence[Size], channels_last: bool) -> Shape:
    """The sizes of the spatial axes."""
    return tuple(shape[1:-1]) if channels_last else tuple(shape[2:])


def arranged(batch: Size, channels: Size, sizes: Sequence[Size], channels_last: bool) -> Shape:
    """A shape from its parts."""
    return (batch, *sizes, channels) if channels_last else (batch, channels, *sizes)


def extent(sizes: Sequence[Size], attrs: Attrs) -> Shape:
    """How far a window reaches on each axis."""
    return tuple(d * (k - 1) + 1 for k, d in zip(sizes, attrs["dilation"], strict=True))


def window_places(name: str, inputs: Sequence[Size], sizes: Sequence[Size], attrs: Attrs) -> Shape:
    """How many places a window of `sizes` has on spatial axes of `inputs`."""
    rank = len(inputs)
    require(
        all(len(attrs[k]) == rank for k in ("strides", "low", "high", "dilation")), f"{name}: {attrs} of rank {rank}"
    )
    require(len(sizes) == rank, f"{name}: a window of {tuple(sizes)} over {tuple(inputs)}")
    require(all(n >= 1 for k in ("strides", "dilation") for n in attrs[k]), f"{name}: {attrs}")
    padded = [n + p + q for n, p, q in zip(inputs, attrs["low"], attrs["high"], strict=True)]
    rest = [n - e for n, e in zip(padded, extent(sizes, attrs), strict=True)]
    require(all(not isinstance(n, int) or n >= 0 for n in rest), f"{name}: a window of {tuple(sizes)} over {padded}")
    return tuple(n // s + 1 for n, s in zip(rest, attrs["strides"], strict=True))


def same_float(name: str, *operands: Value) -> None:
    """Require arrays of one float dtype and one rank of at least 3."""
    first = operands[0].array
    types = ", ".join(str(v.type) for v in operands)
    require(all(v.dtype == first.dtype and v.array.rank == first.rank for v in operands), f"{name} of {types}")
    require(first.dtype.is_float and first.rank >= 3, f"{name} of {types}")


def channels_first(x: Any, channels_last: bool) -> Array:
    """`x` with its channels as second axis."""
    return np.moveaxis(np.asarray(x), -1, 1) if channels_last else np.asarray(x)


def channels_back(x: Array, channels_last: bool) -> Array:
    """The inverse of `channels_first`, in memory of its own."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1) if channels_last else x)


def padded(x: Array, attrs: Attrs, value: float = 0) -> Array:
    """`x` (channels first) with its border."""
    widths = [(0, 0), (0, 0), *zip(attrs["low"], attrs["high"], strict=True)]
    return np.pad(x, widths, constant_values=value)


def window_view(x: Array, sizes: Sequence[int], attrs: Attrs) -> Array:
    """All windows of `x` (channels first, with its border): batch, channels, places, then the window's axes."""
    axes = tuple(range(2, x.ndim))
    reach = tuple(int(e) for e in extent(sizes, attrs))  # type: ignore[arg-type]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axes)
    steps = [slice(None, None, s) for s in attrs["strides"]]
    holes = [slice(None, None, d) for d in attrs["dilation"]]
    return view[(slice(None), slice(None), *steps, *holes)]


def part_under(offset: Sequence[int], places: Sequence[int], attrs: Attrs) -> tuple[slice, ...]:
    """The elements of the input with its border that the element at `offset` of the window meets, place by place."""
    starts = [k * d for k, d in zip(offset, attrs["dilation"], strict=True)]
    return tuple(
        slice(a, a + s * (p - 1) + 1 if p else a, s) for a, p, s in zip(starts, places, attrs["strides"], strict=True)
    )


def without_border(x: Array, shape: Sequence[int], attrs: Attrs) -> Array:
    """The inverse of `padded`: the inner part, of spatial `shape`."""
    inner = tuple(slice(p, p + n) for p, n in zip(attrs["low"], shape, strict=True))
    return x[(slice(None), slice(None), *inner)]
