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


def pools(x: Array, attrs: Any) -> Iterator[tuple[Any, list[tuple[int, float]]]]:
    """(index in the result, [(place in the input, value)]) for every window; channels first."""
    window, sizes = attrs["window"], x.shape[2:]
    places = places_of(sizes, window, attrs)
    met: dict[Any, list[Any]] = {p: [] for p in np.ndindex(*places)}
    for p, _, at in meetings(sizes, window, places, attrs):
        met[p].append(at)
    for n, c in np.ndindex(*x.shape[:2]):
        for p, elements in met.items():
            yield (n, c, *p), [(int(np.ravel_multi_index(at, sizes)), x[(n, c, *at)]) for at in elements]


def pooled(x: Array, attrs: Any, value: Callable[[list[tuple[int, float]]], Any]) -> Array:
    x = first(x, attrs)
    out = np.zeros((*x.shape[:2], *places_of(x.shape[2:], attrs["window"], attrs)))
    for at, met in pools(x, attrs):
        out[at] = value(met)
    return back(out, attrs)


def largest(met: list[tuple[int, float]], empty: Any) -> Any:
    best = None
    for place, value in met:
        if best is None or (best[1] == best[1] and (value != value or value > best[1])):
            best = place, value
    return empty if best is None else best


def pool_max(x: Array, **attrs: Any) -> Array:
    return pooled(x, attrs, lambda met: largest(met, (0, -np.inf))[1])


def pool_argmax(x: Array, **attrs: Any) -> Array:
    count = int(np.prod(first(x, attrs).shape[2:]))
    return pooled(x, attrs, lambda met: largest(met, (count, 0))[0])


def pool_sum(x: Array, **attrs: Any) -> Array:
    return pooled(x, attrs, lambda met: sum(value for _, value in met))


def pool_spread(y: Array, shape: Any, **attrs: Any) -> Array:
    x, y = first(np.zeros(shape), attrs).copy(), first(y, attrs)
    for at, met in pools(x, attrs):
        for place, _ in met:
            x[(*at[:2], *np.unravel_index(place, x.shape[2:]))] += y[at]
    return back(x, attrs)


def exactly(function: Callable[..., Array]) -> Callable[..., Array]:
    """`function` of the operands as doubles."""
    return lambda *xs, **attrs: function(*(x.astype(np.float64) for x in xs), **attrs)


WHOLE = {
    name: exactly(function)
    for name, function in {
        "conv": conv,
        "conv_input": conv_input,
        "conv_kernel": conv_kernel,
        "pool_max": pool_max,
        "pool_argmax": pool_argmax,
        "pool_sum": pool_sum,
        "pool_spread": pool_spread,
    }.items()
}
