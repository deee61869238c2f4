"""Convolutions and pools of `tangra.nn.functional` as plain loops: what random programs are compared with.

Input without a batch, channels first: (channels, length) or (channels, height, width). Sums are of float64, results
of the dtype that the operands have in common.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def _both(n: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    return (n,) * rank if isinstance(n, int) else tuple(n)


def _framed(x: Array, padding: tuple[int, ...], value: float) -> Array:
    """`x` in a border of `value`."""
    sizes = [n + 2 * p for n, p in zip(x.shape[1:], padding, strict=True)]
    out = np.full((x.shape[0], *sizes), value)
    out[(slice(None), *(slice(p, p + n) for n, p in zip(x.shape[1:], padding, strict=True)))] = x
    return out


def _places(sizes: tuple[int, ...], window: tuple[int, ...], stride: tuple[int, ...], hole: tuple[int, ...]) -> Any:
    counts = [(n - h * (k - 1) - 1) // s + 1 for n, k, s, h in zip(sizes, window, stride, hole, strict=True)]
    return counts, itertools.product(*map(range, counts))


def _conv(x: Array, w: Array, bias: Array | None, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    rank = x.ndim - 1
    stride, padding, dilation = (_both(v, rank) for v in (stride, padding, dilation))
    dtype = np.result_type(x, w)
    x = _framed(x, padding, 0.0)
    counts, places = _places(x.shape[1:], w.shape[2:], stride, dilation)
    out = np.zeros((w.shape[0], *counts))
    inputs, outputs = w.shape[1], w.shape[0] // groups
    for p in places:
        for o in range(w.shape[0]):
            total = 0.0 if bias is None else float(bias[o])
            for c in range(inputs):
                for k in itertools.product(*map(range, w.shape[2:])):
                    at = tuple(i * s + j * d for i, s, j, d in zip(p, stride, k, dilation, strict=True))
                    total += w[(o, c, *k)] * x[(o // outputs * inputs + c, *at)]
            out[(o, *p)] = total
    return out.astype(dtype)


def conv1d(
    x: Array, w: Array, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Array:
    return _conv(x, w, bias, stride, padding, dilation, groups)


conv2d = conv1d


def conv_transpose1d(x: Array, w: Array, bias: Any = None, stride: int = 1, padding: int = 0) -> Array:
    """Every element puts its multiple of the kernel into the result."""
    out = np.zeros((w.shape[1], (x.shape[1] - 1) * stride + w.shape[2]))
    for c, o, i, k in itertools.product(*map(range, (x.shape[0], w.shape[1], x.shape[1], w.shape[2]))):
        out[o, i * stride + k] += x[c, i] * w[c, o, k]
    out = out[:, padding : out.shape[1] - padding].astype(np.result_type(x, w))
    return out if bias is None else out + np.asarray(bias)[:, None]


def _pooled(x: Array, window: Any, stride: Any, padding: Any, border: float, value: Any) -> Array:
    rank = x.ndim - 1
    window, padding = _both(window, rank), _both(padding, rank)
    stride, dtype = window if stride is None else _both(stride, rank), x.dtype
    x = _framed(x, padding, border)
    counts, places = _places(x.shape[1:], window, stride, (1,) * rank)
    out = np.zeros((x.shape[0], *counts))
    for p in places:
        part = tuple(slice(i * s, i * s + k) for i, s, k in zip(p, stride, window, strict=True))
        for c in range(x.shape[0]):
            out[(c, *p)] = value(list(x[(c, *part)].reshape(-1)))
    return out.astype(dtype)


def max_pool1d(x: Array, window: Any, stride: Any = None, padding: Any = 0) -> Array:
    return _pooled(x, window, stride, padding, -np.inf, max)


max_pool2d = max_pool1d


def avg_pool1d(x: Array, window: Any, stride: Any = None, padding: Any = 0) -> Array:
    return _pooled(x, window, stride, padding, 0.0, lambda items: sum(items) / len(items))


avg_pool2d = avg_pool1d
