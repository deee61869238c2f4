"""Pools: maxima and sums of the windows of an array, channel by channel.

A border holds nothing: it is below every maximum and adds nothing to a sum. `pool_sum` and `pool_spread` are each
other's transposes. A maximum is that of its first element in row-major order (a NaN counts as the largest), which
`pool_argmax` names by its place among the spatial elements, or by their number where a window meets none.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import I64, ArrayType, Type
from tangra.ops.common import quiet, require, zeros_like
from tangra.ops.windows import (
    WINDOW_ATTRS,
    Attrs,
    Shape,
    arranged,
    channel_axis,
    channels_back,
    channels_first,
    padded,
    part_under,
    same_float,
    spatial,
    window_places,
    window_view,
    without_border,
)
from tangra.shapes import prod

FAMILY = "pooling"
POOL_ATTRS = ("window", *WINDOW_ATTRS)
Terms = list[Value | None]


def pool_shape(name: str, x: Shape, attrs: Attrs) -> Shape:
    """The shape of a pool of an array of shape `x`."""
    last = attrs["channels_last"]
    places = window_places(name, spatial(x, last), attrs["window"], attrs)
    return arranged(x[0], x[channel_axis(len(x), last)], places, last)


def _infer(name: str, dtype: Any = None) -> Any:
    def infer(operands: Sequence[Value], attrs: Attrs, regions: Sequence[Any]) -> list[Type]:
        (x,) = operands
        same_float(name, x)
        return [ArrayType(dtype or x.dtype, pool_shape(name, x.shape, attrs))]

    return infer


def _infer_spread(operands: Sequence[Value], attrs: Attrs, regions: Sequence[Any]) -> list[Type]:
    (y,) = operands
    same_float("pool_spread", y)
    shape = tuple(attrs["shape"])
    require(pool_shape("pool_spread", shape, attrs) == y.shape, f"pool_spread of {y.type} to {shape}")
    return [ArrayType(y.dtype, shape)]


def _windows(x: Any, border: float, attrs: Attrs) -> np.ndarray[Any, Any]:
    """The elements of each window along one last axis; channels first."""
    first = padded(channels_first(x, attrs["channels_last"]), attrs, border)
    view = window_view(first, attrs["window"], attrs)
    return view.reshape(*view.shape[: first.ndim], int(np.prod(attrs["window"])))


def evaluate_max(x: Any, **attrs: Any) -> np.ndarray[Any, Any]:
    """The reference of `pool_max`."""
    return channels_back(_windows(x, -np.inf, attrs).max(-1, initial=-np.inf), attrs["channels_last"])


def evaluate_sum(x: Any, **attrs: Any) -> np.ndarray[Any, Any]:
    """The reference of `pool_sum`."""
    return channels_back(_windows(x, 0, attrs).sum(-1), attrs["channels_last"])


def evaluate_argmax(x: Any, **attrs: Any) -> np.ndarray[Any, Any]:
    """The reference of `pool_argmax`."""
    x = channels_first(x, attrs["channels_last"])
    plain = {**attrs, "channels_last": False}
    sizes = x.shape[2:]
    total = int(np.prod(sizes))
    places = np.arange(total).reshape(1, 1, *sizes)
    at = np.broadcast_to(_windows(places, total, plain), _windows(x, 0, plain).shape)
    values = _windows(x, -np.inf, plain)
    best = values.max(-1, initial=-np.inf, keepdims=True)
    found = (at < total) & ((values == best) | (np.isnan(values) & np.isnan(best)))
    chosen = np.take_along_axis(at, found.argmax(-1)[..., None], -1)[..., 0]
    return channels_back(np.where(found.any(-1), chosen, total), attrs["channels_last"])


def evaluate_spread(y: Any, shape: Sequence[int], **attrs: Any) -> np.ndarray[Any, Any]:
    """The reference of `pool_spread`."""
    last = attrs["channels_last"]
    y, sizes = channels_first(y, last), np.array(spatial(shape, last), int).tolist()
    x = padded(np.zeros((*y.shape[:2], *sizes), y.dtype), attrs)
    for offset in itertools.product(*(range(k) for k in attrs["window"])):
        x[(slice(None), slice(None), *part_under(offset, y.shape[2:], attrs))] += y
    return channels_back(without_border(x, sizes, attrs), last)


def _attrs(op: Op) -> Attrs:
    return {name: op.attrs[name] for name in POOL_ATTRS}


def meets_something(attrs: Attrs) -> bool:
    """Whether it is known that each window meets an element."""
    axes = zip(attrs["window"], attrs["dilation"], attrs["low"], attrs["high"], strict=True)
    return all(
        (low == 0 and high == 0) or (d == 1 and _within(low, k) and _within(high, k)) for k, d, low, high in axes
    )


def _within(border: Any, k: int) -> bool:
    return isinstance(border, int) and border < k


def _flat(b: Builder, x: Value, attrs: Attrs) -> Value:
    """`x` with one spatial axis, longer by one where a window may meet nothing."""
    last = attrs["channels_last"]
    shape = arranged(x.shape[0], x.shape[channel_axis(len(x.shape), last)], (prod(spatial(x.shape, last)),), last)
    flat = b("reshape", x, shape=shape)
    if meets_something(attrs):
        return flat
    high = (0, 1, 0) if last else (0, 0, 1)
    return b("pad", flat, b.const(0, x.dtype), low=(0, 0, 0), high=high)


def _places(b: Builder, x: Value, attrs: Attrs) -> list[Value]:
    """Index arrays of the maxima in `_flat` arrays."""
    at = b("pool_argmax", x, **attrs)
    batch, channel = (
        b("iota", dtype=I64, shape=at.shape, axis=axis)
        for axis in (0, channel_axis(len(at.shape), attrs["channels_last"]))
    )
    return [batch, at, channel] if attrs["channels_last"] else [batch, channel, at]


def _max_jvp(b: Builder, op: Op, tangents: Terms) -> Terms:
    t, attrs = tangents[0], _attrs(op)
    return [None if t is None else b("gather", _flat(b, t, attrs), *_places(b, op.operands[0], attrs))]


def _max_vjp(b: Builder, op: Op, cotangents: Terms, wanted: list[bool]) -> Terms:
    ct, x, attrs = cotangents[0], op.operands[0], _attrs(op)
    if ct is None or not wanted[0]:
        return [None]
    zeros = _flat(b, zeros_like(b, x), attrs)
    total = b("scatter_add", zeros, ct, *_places(b, x, attrs))
    if not meets_something(attrs):
        axis = 1 if attrs["channels_last"] else 2
        sizes = tuple(n - 1 if k == axis else n for k, n in enumerate(total.shape))
        total = b("index", total, *(b.int(0) for _ in sizes), sizes=sizes, steps=(1, 1, 1))
    return [b("reshape", total, shape=x.shape)]


def _sum_jvp(b: Builder, op: Op, tangents: Terms) -> Terms:
    t = tangents[0]
    return [None if t is None else b(op.name, t, **op.attrs)]


def _sum_vjp(b: Builder, op: Op, cotangents: Terms, wanted: list[bool]) -> Terms:
    ct = cotangents[0]
    if ct is None or not wanted[0]:
        return [None]
    return [b("pool_spread", ct, **op.attrs, shape=op.operands[0].shape)]


def _spread_vjp(b: Builder, op: Op, cotangents: Terms, wanted: list[bool]) -> Terms:
    ct = cotangents[0]
    return [None if ct is None or not wanted[0] else b("pool_sum", ct, **_attrs(op))]


def _declare(name: str, infer: Any, evaluate: Any, doc: str, **facts: Any) -> None:
    register(
        OpDef(
            name,
            FAMILY,
            infer,
            quiet(evaluate),
            native=name,
            doc=doc,
            source="torch.nn.functional.max_pool2d, avg_pool2d",
            **{"attrs": POOL_ATTRS, "cost": 10, "absent": {"partials": "not elementwise"}, **facts},
        )
    )


_declare("pool_max", _infer("pool_max"), evaluate_max, "the maximum of each window", jvp=_max_jvp, vjp=_max_vjp)
_declare(
    "pool_argmax",
    _infer("pool_argmax", I64),
    evaluate_argmax,
    "the place of each window's first maximum",
    zero_derivative=True,
    absent={},
)
_declare(
    "pool_sum", _infer("pool_sum"), evaluate_sum, "the sum of each window", jvp=_sum_jvp, vjp=_sum_vjp, linear=True
)
_declare(
    "pool_spread",
    _infer_spread,
    evaluate_spread,
    "the transpose of pool_sum: y added to all elements of its window",
    jvp=_sum_jvp,
    vjp=_spread_vjp,
    linear=True,
    attrs=(*POOL_ATTRS, "shape"),
)
