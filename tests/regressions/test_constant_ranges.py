"""Ranges between constants are NumPy's to the last bit: a multiply-add would leave -6e-17 where NumPy has 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg

RANGES: list[Callable[[], Any]] = [
    lambda: np.linspace(-1, 1, 19),
    lambda: np.linspace(0, 1, 5, False),
    lambda: np.linspace(3.5, -2, 7),
    lambda: np.linspace(1, 1, 1),
    lambda: np.linspace(0, 1, 0),
    lambda: np.linspace(0, 1, 3, dtype=np.float32),
    lambda: np.linspace(0, 5, 4, dtype=int),
    lambda: np.arange(-1.0, 1.0, 0.1),
]


@pytest.mark.parametrize("make", RANGES)
def test_every_bit(make: Callable[[], Any]) -> None:
    compiled = tg.jit(make)
    for _ in range(2):
        expected, found = make(), compiled()
        assert found.dtype == expected.dtype
        assert found.tobytes() == expected.tobytes()
        found[...] = 7  # the array is the caller's
