"""Methods of ufuncs whose order matters: `reduce` with a start and a mask, `at` with repeated indices, `outer`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

X = np.array([1.5, -2.25, 4.0, 3.0])
MASK = np.array([True, False, True, True])
GRID = np.array([[3.0, -4.0, 1.0], [2.0, 5.0, -1.5]])
INTS = np.array([5, -3, 0, 7])
BYTES = np.array([100, 20, -7, 3], np.int8)

FOLDS: list[Callable[[], Any]] = [
    lambda: np.subtract.reduce(X, initial=10.0),
    lambda: np.divide.reduce(X, initial=10.0, where=MASK),
    lambda: np.subtract.reduce(GRID, axis=1, initial=10.0, where=MASK[:3], keepdims=True),
    lambda: np.subtract.reduce(X[:0], initial=3.0),
    lambda: np.floor_divide.reduce(INTS[:2], initial=1000),
    lambda: np.power.reduce(np.array([3, 2, 1])),
    lambda: np.power.accumulate(np.array([3, 2, 1])),
    lambda: np.hypot.reduce(-X[:1]),
    lambda: np.hypot.reduce(GRID, axis=(0, 1), initial=3.0, where=GRID > 0),
    lambda: np.gcd.reduce(-INTS[:1]),
    lambda: np.bitwise_xor.reduce(INTS[:0]),
    lambda: np.logaddexp.reduce(X[:0]),
    lambda: np.logical_xor.reduce(X[:0]),
    lambda: np.add.outer(BYTES, 300),
    lambda: np.subtract.outer(np.float32([0.1]), 0.1),
]


@pytest.mark.parametrize("program", FOLDS)
def test_values(program: Callable[[], Any]) -> None:
    assert difference(tg.jit(program)(), program(), rtol=1e-15) is None


@pytest.mark.parametrize(
    "program",
    [
        lambda x, i, c, b: np.negative.at(x, [0, 0, 1]),
        lambda x, i, c, b: np.square.at(x, np.array([1, 1, 1])),
        lambda x, i, c, b: np.logical_not.at(b, [0, 0, 1]),
        lambda x, i, c, b: np.sqrt.at(i, [0, 0]),
        lambda x, i, c, b: np.divide.at(i, [0, 1, 1], 2),
        lambda x, i, c, b: np.hypot.at(i, [0, 1, 1], 2),
        lambda x, i, c, b: np.multiply.at(i, [0, 0, 3], 0.5),
        lambda x, i, c, b: np.power.at(i, [0, 1, 1], np.array([2, 3, 2])),
        lambda x, i, c, b: np.add.at(c, [0, 1, 1], 300),
        lambda x, i, c, b: np.maximum.at(c, [0, 1, 1], 300),
        lambda x, i, c, b: np.greater.at(x, [0, 1, 1], 0.5),
    ],
)
def test_at(program: Callable[..., Any]) -> None:
    ours, theirs = ([X.copy(), INTS.copy(), BYTES.copy(), MASK.copy()] for _ in range(2))
    program(*theirs)
    tg.jit(program)(*ours)
    assert difference(ours, theirs, rtol=1e-15) is None


@pytest.mark.parametrize(
    ("program", "match"),
    [
        (lambda: np.subtract.reduce(GRID, axis=None), "not reorderable"),
        (lambda: np.divide.reduce(GRID, axis=(0, 1)), "not reorderable"),
        (lambda: np.add.accumulate(GRID, axis=None), "multiple axes"),
        (lambda: np.maximum.reduce(X, where=MASK), "initial"),
    ],
)
def test_what_numpy_refuses(program: Callable[[], Any], match: str) -> None:
    with pytest.raises(ValueError):
        program()
    with pytest.raises(tg.TangraError, match=match):
        tg.jit(program)()


@pytest.mark.parametrize("program", [lambda: np.nanmax(X[:0]), lambda: np.sum(X[:0], initial=None)])
def test_nothing_to_reduce(program: Callable[[], Any]) -> None:
    with pytest.raises(ValueError) as wanted:
        program()
    with pytest.raises(ValueError, match=f"^{wanted.value}$"):
        tg.jit(program)()
