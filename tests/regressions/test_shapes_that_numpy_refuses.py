"""Shapes that NumPy refuses: weights of another length than what is counted; np.cross in the plane, since 2.5."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference


@pytest.mark.parametrize("dynamic", [False, True])
def test_weights(dynamic: bool) -> None:
    def f(x: Any, w: Any) -> Any:
        return np.bincount(x, w, minlength=25)

    compiled = tg.jit(f, dynamic=dynamic)
    x = np.arange(20)
    assert compiled(x, x * 2.0).tolist() == f(x, x * 2.0).tolist()
    for w in (np.ones(1), np.ones(19), np.ones((20, 1)), 1.0):
        with pytest.raises(ValueError):
            f(x, w)
        with pytest.raises(ValueError):
            compiled(x, w)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sizes", [(2, 2), (2, 3), (3, 2), (3, 3)])
def test_cross(sizes: tuple[int, int]) -> None:
    def f(a: Any, b: Any) -> Any:
        return np.cross(a, b)

    a, b = (np.arange(1.0, n + 1) ** k for k, n in enumerate(sizes, 1))
    problem = ""
    try:
        expected = f(a, b).tolist()
    except ValueError as error:
        problem = str(error)
    if not problem:
        assert tg.jit(f)(a, b).tolist() == expected
        return
    with pytest.raises(ValueError) as found:
        tg.jit(f)(a, b)
    assert problem in str(found.value)


PLACES = [
    lambda x, w: np.gradient(x, w),
    lambda x, w: np.histogram(x, bins=3, weights=w),
    lambda x, w: np.polyfit(x, x, 1, w=w),
    lambda x, w: np.piecewise(x, [w > 0.0], [1.0]),
    lambda x, w: np.vecdot(np.stack([x, x]), w),
]


@pytest.mark.parametrize("program", PLACES)
@pytest.mark.parametrize("count", [1, 2, 4, 20])
@pytest.mark.parametrize("dynamic", [False, True])
def test_lengths_that_do_not_fit_are_not_stretched(program: Any, count: int, dynamic: bool) -> None:
    x, w = np.array([1.0, 3.0, 2.0]), np.arange(1.0, count + 1.0)
    with pytest.raises((ValueError, TypeError, IndexError)):
        program(x, w)
    with pytest.raises((ValueError, tg.TangraError)) as refused:
        tg.jit(program, dynamic=dynamic)(x, w)
    assert not isinstance(refused.value, tg.InternalError)


@pytest.mark.parametrize("program", PLACES)
def test_lengths_that_fit(program: Any) -> None:
    x, w = np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 4.0])
    assert difference(tg.jit(program)(x, w), program(x, w), rtol=1e-9) is None


def test_coordinates_are_for_one_axis_each() -> None:
    with pytest.raises(tg.TangraError, match="invalid number of arguments"):
        tg.jit(lambda x, w: np.gradient(x, w))(np.ones((3, 3)), np.arange(3.0))


def test_what_stands_for_nan_is_written_into_the_array() -> None:
    def program(x: Any, new: Any) -> Any:
        return np.nan_to_num(x, nan=new)

    x = np.array([1.0, np.nan, 2.0])
    for new in (np.array([5.0, 6.0, 7.0]), np.array([8.0])):
        assert difference(tg.jit(program)(x, new), program(x, new), rtol=0.0) is None
    with pytest.raises(tg.ShapeMismatchError):
        tg.jit(program)(x, np.ones((2, 3)))


def test_conditions_of_the_first_axes() -> None:
    def program(x: Any, rows: Any) -> Any:
        return np.piecewise(x, [rows], [lambda q: -q, lambda q: 2.0 * q])

    x, rows = np.arange(9.0).reshape(3, 3), np.array([True, False, True])
    assert np.array_equal(tg.jit(program)(x, rows), program(x, rows))
    assert np.array_equal(tg.jit(program)(x, x > 3.0), program(x, x > 3.0))
