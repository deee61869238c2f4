"""Convolutions and pools as loops over single elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def meetings(x: tuple[int, ...], window: tuple[int, ...], places: tuple[int, ...], attrs: Any) -> Iterator[Any]:
    """(place, offset in the window, position in x) wherever a window meets an element of spatial shape `x`."""
    for p in np.ndindex(*places):
        for k in np.ndindex(*window):
            at = tuple(
                i * s + j * d - low
                for i, s, j, d, low in zip(p, attrs["strides"], k, attrs["dilation"], attrs["low"], strict=True)
            )
            if all(0 <= i < n for i, n in zip(at, x, strict=True)):
                yield p, k, at


def first(x: Array, attrs: Any) -> Array:
    return np.moveaxis(x, -1, 1) if attrs["channels_last"] else x


def back(x: Array, attrs: Any) -> Array:
    return np.moveaxis(x, 1, -1) if attrs["channels_last"] else x


def trilinear(x: Array, w: Array, y: Array, attrs: Any, out: str) -> None:
    """Add to the one named `out` what the other two say; all channels first."""
    outputs, inputs = w.shape[:2]
    for p, k, at in meetings(x.shape[2:], w.shape[2:], y.shape[2:], attrs):
        for o in range(outputs):
            start = o // (outputs // attrs["groups"]) * inputs
            channels = (slice(None), slice(start, start + inputs), *at)
            place, offset = (slice(None), o, *p), (o, slice(None), *k)
            if out == "y":
                y[place] += x[channels] @ w[offset]
            elif out == "x":
                x[channels] += np.outer(y[place], w[offset])
            else:
                w[offset] += y[place] @ x[channels]


def places_of(x: tuple[int, ...], window: tuple[int, ...], attrs: Any) -> tuple[int, ...]:
    return tuple(
        (n + low + high - d * (k - 1) - 1) // s + 1
        for n, k, s, low, high, d in zip(
            x, window, attrs["strides"], attrs["low"], attrs["high"], attrs["dilation"], strict=True
        )
    )


def conv(x: Array, w: Array, **attrs: Any) -> Array:
    x = first(x, attrs)
    y = np.zeros((x.shape[0], w.shape[0], *places_of(x.shape[2:], w.shape[2:], attrs)))
    trilinear(x, w, y, attrs, "y")
    return back(y, attrs)


def conv_input(y: Array, w: Array, shape: Any, **attrs: Any) -> Array:
    x = np.zeros((shape[0], shape[-1], *shape[1:-1])) if attrs["channels_last"] else np.zeros(shape)
    trilinear(x, w, first(y, attrs), attrs, "x")
    return back(x, attrs)


def conv_kernel(x: Array, y: Array, shape: Any, **attrs: Any) -> Array:
    w = np.zeros(shape)
    trilinear(first(x, attrs), w, first(y, attrs), attrs, "w")
    return w


def exactly(function: Callable[..., Array]) -> Callable[..., Array]:
    """`function` of the operands as doubles."""
    return lambda *xs, **attrs: function(*(x.astype(np.float64) for x in xs), **attrs)


WHOLE = {"conv": exactly(conv), "conv_input": exactly(conv_input), "conv_kernel": exactly(conv_kernel)}
