"""Operands for convolutions and pools: ranks 1 to 3, strides, borders, holes, groups, both layouts, and views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tangra.ir import DType
from tangra.ops.convolution import conv_shape
from tangra.ops.pooling import pool_shape
from tests.ops.samples import Sample, draw

Rng = np.random.Generator
Case = tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]


def conv_case(x: tuple[int, ...], w: tuple[int, ...], **given: Any) -> Case:
    """Shapes of x and kernel (channels first) and all attributes."""
    rank = len(x) - 2
    attrs = {
        "strides": (1,) * rank,
        "low": (0,) * rank,
        "high": (0,) * rank,
        "dilation": (1,) * rank,
        "channels_last": False,
        "groups": 1,
        **given,
    }
    return x, w, attrs


CASES: list[Case] = [
    conv_case((2, 3, 5), (4, 3, 2)),
    conv_case((1, 1, 1), (1, 1, 1)),
    conv_case((2, 3, 6, 5), (4, 3, 3, 2)),
    conv_case((2, 3, 6, 5), (4, 3, 3, 2), strides=(2, 3), low=(1, 0), high=(2, 1)),
    conv_case((1, 2, 7, 6), (3, 2, 2, 3), dilation=(3, 2), low=(1, 1), high=(0, 1)),
    conv_case((2, 4, 5, 5), (6, 2, 3, 3), groups=2, low=(1, 1), high=(1, 1)),
    conv_case((2, 3, 5, 4), (3, 1, 3, 3), groups=3, low=(1, 1), high=(1, 1)),
    conv_case((2, 3, 6, 7), (6, 1, 3, 3), groups=3, strides=(2, 2), low=(2, 1), high=(0, 1)),
    conv_case((2, 5, 4, 3), (7, 5, 1, 1)),
    conv_case((2, 5, 4, 5), (7, 5, 1, 1), strides=(2, 2)),
    conv_case((1, 2, 3, 4), (2, 2, 3, 4)),
    conv_case((0, 2, 3, 4), (2, 2, 2, 2)),
    conv_case((2, 2, 3, 4), (0, 2, 2, 2)),
    conv_case((2, 0, 3, 4), (2, 0, 2, 2)),
    conv_case((1, 2, 3, 4, 5), (3, 2, 2, 3, 2), strides=(1, 2, 2), low=(1, 1, 1), high=(0, 1, 2)),
]


def layout(shape: tuple[int, ...], channels_last: bool) -> tuple[int, ...]:
    return (shape[0], *shape[2:], shape[1]) if channels_last else shape


def forms(rng: Rng, dtype: DType, cases: list[Case] = CASES) -> Iterator[tuple[Any, Any, Any, dict[str, Any]]]:
    """x, kernel and result of every case in both layouts, and attributes."""
    for x, w, given in cases:
        for last in (False, True):
            attrs = {**given, "channels_last": last}
            y = conv_shape(layout(x, last), w, attrs)
            parts = [draw(rng, dtype, tuple(int(n) for n in s)) for s in (layout(x, last), w, y)]  # type: ignore[call-overload]
            yield parts[0], parts[1], parts[2], attrs


def conv(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for x, w, _, attrs in forms(rng, dtype):
        yield [x, w], attrs
    x, w, attrs = conv_case((2, 3, 6, 5), (4, 3, 3, 2), low=(1, 1), high=(1, 1))
    yield [draw(rng, dtype, (6, 5, 3, 4)).T[::-2, :, ::-1, :], draw(rng, dtype, w)[::-1, ..., ::-1]], attrs
    yield [np.broadcast_to(draw(rng, dtype, (3, 1, 1)), x), draw(rng, dtype, w)], attrs


def conv_input(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for x, w, y, attrs in forms(rng, dtype):
        yield [y, w], {**attrs, "shape": x.shape}


def conv_kernel(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for x, w, y, attrs in forms(rng, dtype):
        yield [x, y], {**attrs, "shape": w.shape}


def pool_case(x: tuple[int, ...], window: tuple[int, ...], **given: Any) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Shape of x (channels first) and all attributes."""
    _, _, attrs = conv_case(x, (1, 1, *window), **given)
    del attrs["groups"]
    return x, {**attrs, "window": window}


POOLS = [
    pool_case((2, 3, 5), (2,), strides=(2,)),
    pool_case((2, 3, 6, 5), (3, 2)),
    pool_case((2, 3, 6, 5), (2, 2), strides=(2, 2)),
    pool_case((2, 2, 7, 6), (3, 3), strides=(2, 2), low=(1, 1), high=(1, 2)),
    pool_case((1, 2, 7, 6), (3, 2), dilation=(2, 3), low=(1, 1), high=(1, 1)),
    pool_case((1, 2, 1, 4), (2, 2), dilation=(2, 1), low=(1, 0), high=(1, 0)),
    pool_case((1, 2, 9, 10), (9, 10)),
    pool_case((1, 2, 3, 4, 5), (2, 2, 3), strides=(1, 2, 2), low=(1, 0, 1), high=(0, 0, 1)),
    pool_case((0, 2, 3, 4), (2, 2)),
    pool_case((2, 0, 3, 4), (2, 2)),
]


def pool(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for x, given in POOLS:
        for last in (False, True):
            yield [draw(rng, dtype, layout(x, last))], {**given, "channels_last": last}


def smooth_pool(rng: Rng, dtype: DType) -> Iterator[Sample]:
    """Without windows that meet nothing, whose maximum is not finite."""
    for operands, attrs in pool(rng, dtype):
        if attrs["dilation"] != (2, 1):
            yield operands, attrs


def pool_max(rng: Rng, dtype: DType) -> Iterator[Sample]:
    yield from pool(rng, dtype)
    for last in (False, True):
        x, attrs = pool_case((1, 1, 4, 4), (2, 2), strides=(2, 2), low=(1, 1), high=(1, 1), channels_last=last)
        specials = np.array([-np.inf, -np.inf, 1, np.nan, 2, 2, np.nan, 0, 3, 3, -np.inf, -0.0, 3, 3, -np.inf, 0.0])
        yield [specials.astype(dtype.numpy).reshape(layout(x, last))], attrs
        yield [np.full(layout(x, last), -np.inf, dtype.numpy)], attrs
        yield [draw(rng, dtype, (6, 5, 3, 2)).T[..., ::-1]], pool_case((2, 3, 5, 6), (2, 2), channels_last=False)[1]


def pool_spread(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for (x,), attrs in pool(rng, dtype):
        y = tuple(int(n) for n in pool_shape("pool", x.shape, attrs))  # type: ignore[call-overload]
        yield [draw(rng, dtype, y)], {**attrs, "shape": x.shape}
