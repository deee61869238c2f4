"""Functions of parts of arrays whose sizes only the run tells: nothing at all, one variable, sizes that differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

X = np.array([0.5, 1.25, 2.0, 3.5, 4.0, 7.5])
Y = np.array([1.0, -2.0, 0.5, 3.0, -1.5, 2.5])
M = np.arange(20.0).reshape(4, 5) ** 2
PARTS = [(1, 4), (2, 2), (0, 6), (3, 1), (0, 1), (-3, -1), (6, 9)]


@pytest.mark.parametrize(
    "program",
    [
        lambda x, y, m, a, b: np.resize(x[a:b], 4),
        lambda x, y, m, a, b: np.interp(1.0, x[a:b], y[a:b]),
        lambda x, y, m, a, b: np.interp(x, x[a:b], y[a:b], period=3.0),
        lambda x, y, m, a, b: np.convolve(x[a:b], y),
        lambda x, y, m, a, b: np.array_equal(x[a:b], x),
        lambda x, y, m, a, b: np.array_equal(x[a:b], y[:b]),
        lambda x, y, m, a, b: np.array_equal(m[a:b], m, equal_nan=True),
    ],
)
def test_as_numpy(program: Callable[..., Any]) -> None:
    compiled = tg.jit(program)
    for part in PARTS:
        try:
            with np.errstate(all="ignore"):
                wanted = program(X, Y, M, *part)
        except ValueError as e:
            with pytest.raises(ValueError, match=f"^{re.escape(str(e))}$"):
                compiled(X, Y, M, *part)
        else:
            assert difference(compiled(X, Y, M, *part), wanted) is None, part


@pytest.mark.parametrize("function", [np.cov, np.corrcoef])
def test_one_variable(function: Any) -> None:
    """Its covariance is an array without axes, which is another type."""
    compiled = tg.jit(lambda m, k: function(m[:k]))
    assert difference(compiled(M, 3), function(M[:3])) is None
    with pytest.raises(ValueError, match="one variable"):
        compiled(M, 1)


def test_first_coefficients_that_are_zero() -> None:
    """NumPy leaves them out, so that the result is shorter."""
    assert difference(tg.jit(lambda: np.polymul([0, 1, 2], [0, 0, 3.0]))(), np.polymul([0, 1, 2], [0, 0, 3.0])) is None
    compiled = tg.jit(lambda x, y: np.polymul(x, y))
    assert difference(compiled(X, Y), np.polymul(X, Y)) is None
    with pytest.raises(ValueError, match="first coefficient"):
        compiled(X - 0.5, Y)


def test_matrices_that_are_not_square() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="must be square"):
        tg.jit(lambda m, k: np.linalg.inv(m[:k, :4]))(M, 3)


@pytest.mark.parametrize("edge", ["append", "prepend"])
def test_differences_with_an_edge_whose_size_is_found_equal_at_run_time(edge: str) -> None:
    """It failed with an error of the compiler's own."""

    def f(x: Any, y: Any) -> Any:
        return np.diff(y, axis=0, **{edge: x[None]})

    compiled = tg.jit(f, dynamic=True)
    for rows, n in ((20, 21), (18, 30)):
        x, y = np.sin(np.arange(float(n))), np.cos(np.arange(float(rows * n))).reshape(rows, n)
        assert difference(compiled(x, y), f(x, y)) is None
    with pytest.raises(ValueError, match=r"axis 1: .* differ"):
        compiled(x[:17], y)
