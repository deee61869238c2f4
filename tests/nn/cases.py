"""Calls of `tangra.nn.functional` whose answers PyTorch gave (`record`). All numbers are small integers, so that sums
are exact in any order. Arrays are channels first here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Call = tuple[str, list[tuple[int, ...]], dict[str, Any]]
"""Function, shapes of its arrays, options."""

CALLS: list[Call] = [
    ("conv1d", [(2, 3, 7), (4, 3, 3)], {}),
    ("conv1d", [(2, 4, 9), (6, 2, 2), (6,)], {"stride": 2, "padding": 1, "dilation": 3, "groups": 2}),
    ("conv1d", [(3, 8), (2, 3, 4)], {"padding": "same"}),
    ("conv2d", [(2, 3, 6, 5), (4, 3, 3, 2)], {}),
    ("conv2d", [(2, 3, 6, 5), (4, 3, 3, 2), (4,)], {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}),
    ("conv2d", [(1, 4, 5, 6), (8, 1, 3, 3), (8,)], {"padding": "same", "groups": 4}),
    ("conv2d", [(1, 4, 5, 6), (4, 1, 2, 3)], {"padding": "valid", "groups": 4, "stride": 2}),
    ("conv2d", [(3, 6, 6), (2, 3, 4, 3), (2,)], {"padding": "same", "dilation": (1, 2)}),
    ("conv2d", [(2, 5, 4, 4), (3, 5, 1, 1)], {}),
    ("conv3d", [(1, 2, 4, 3, 5), (3, 2, 2, 2, 3), (3,)], {"padding": (1, 0, 2), "stride": (2, 1, 2)}),
    ("conv_transpose1d", [(2, 3, 5), (3, 4, 3), (4,)], {"stride": 3, "padding": 1, "output_padding": 2}),
    ("conv_transpose1d", [(2, 4, 5), (4, 2, 3)], {"stride": 1, "dilation": 3, "output_padding": 2, "groups": 2}),
    ("conv_transpose2d", [(2, 3, 4, 3), (3, 2, 3, 2)], {}),
    ("conv_transpose2d", [(4, 3, 4), (4, 2, 3, 3), (4,)], {"stride": 2, "padding": (1, 0), "groups": 2}),
    (
        "conv_transpose2d",
        [(1, 2, 3, 3), (2, 3, 3, 2)],
        {"stride": (2, 3), "output_padding": (1, 0), "dilation": (2, 1)},
    ),
    ("conv_transpose3d", [(1, 2, 2, 3, 2), (2, 2, 2, 2, 3)], {"stride": 2, "padding": (0, 1, 1), "output_padding": 1}),
    ("max_pool1d", [(2, 3, 7)], {"kernel_size": 2}),
    ("max_pool1d", [(3, 8)], {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ("max_pool2d", [(2, 3, 6, 7)], {"kernel_size": (2, 3), "stride": (1, 2)}),
    (
        "max_pool2d",
        [(2, 2, 7, 6)],
        {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": (1, 2), "ceil_mode": True},
    ),
    ("max_pool3d", [(1, 2, 4, 5, 4)], {"kernel_size": 2, "padding": (1, 0, 1)}),
    ("avg_pool1d", [(2, 3, 7)], {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ("avg_pool2d", [(2, 3, 6, 7)], {"kernel_size": (2, 3)}),
    ("avg_pool2d", [(3, 6, 7)], {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    (
        "avg_pool2d",
        [(2, 3, 7, 8)],
        {"kernel_size": 3, "stride": 3, "padding": 1, "ceil_mode": True, "count_include_pad": False},
    ),
    ("avg_pool2d", [(2, 3, 6, 7)], {"kernel_size": 4, "stride": 3, "ceil_mode": True, "divisor_override": 7}),
    ("avg_pool3d", [(1, 2, 4, 5, 4)], {"kernel_size": (2, 3, 1), "padding": (1, 1, 0), "stride": 2}),
]


def numbers(shape: tuple[int, ...], step: int) -> Any:
    """Small integers in an order without pattern."""
    return ((np.arange(math.prod(shape)) * step + step // 2) % 13 - 6).astype(np.float64).reshape(shape)


def arguments(call: Call) -> list[Any]:
    """The arrays of a call."""
    return [numbers(shape, step) for shape, step in zip(call[1], (7, 5, 4), strict=False)]


def cotangent(shape: tuple[int, ...]) -> Any:
    """What the result is multiplied with to get a number."""
    return numbers(shape, 3)
