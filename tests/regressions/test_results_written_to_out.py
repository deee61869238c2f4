"""`out=` of reductions: it takes part in the choice of the dtype that is summed in, and has the result's shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

LARGE = np.array([2**40, 2**40, 3])
SINGLE = np.array([1.0, 1e8, -1e8, 7.1, 0.3], np.float32)
GRID = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "program",
    [
        lambda: np.prod(LARGE, out=np.zeros(())),
        lambda: np.cumprod(LARGE, out=np.zeros(3)),
        lambda: np.sum(SINGLE, out=np.zeros(())),
        lambda: np.mean(SINGLE, out=np.zeros(())),
        lambda: np.std(SINGLE, out=np.zeros(())),
        lambda: np.var(SINGLE.reshape(5, 1), axis=0, out=np.zeros(1)),
        lambda: np.cumsum(SINGLE, out=np.zeros(5)),
        lambda: np.trace(SINGLE[:4].reshape(2, 2), out=np.zeros(())),
        lambda: np.sum(LARGE.astype(np.int8), out=np.zeros((), np.int8)),
        lambda: np.max(LARGE, out=np.zeros(())),
        lambda: np.any(GRID, axis=1, out=np.zeros(3, int)),
    ],
)
def test_values(program: Callable[[], Any]) -> None:
    assert difference(tg.jit(program)(), program(), rtol=1e-14) is None


@pytest.mark.parametrize(
    "program",
    [
        lambda: np.sum(GRID, out=np.zeros((3, 4))),
        lambda: np.max(GRID, axis=0, out=np.zeros((3, 4))),
        lambda: np.mean(GRID, axis=0, out=np.zeros(5)),
        lambda: np.argmax(GRID, axis=0, out=np.zeros((3, 4), int)),
        lambda: np.median(GRID, axis=0, out=np.zeros((2, 4))),
        lambda: np.take(GRID, [0], out=np.zeros(4)),
        lambda: np.concatenate((GRID[0], GRID[1]), out=np.zeros((2, 8))),
        lambda: np.cumsum(GRID[0], out=np.zeros((3, 4))),
        lambda: np.dot(GRID[0], GRID[1], out=np.zeros(3)),
    ],
)
def test_shapes(program: Callable[[], Any]) -> None:
    with pytest.raises(ValueError):
        program()
    with pytest.raises(tg.TangraError, match=r"out="):
        tg.jit(program)()
