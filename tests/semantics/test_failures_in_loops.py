"""Failures that no trip of a loop decides: raised if the loop runs, with what was changed before them, in order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg

Array = np.ndarray[Any, Any]


def root_first(y: Array, a: float, n: int) -> Any:
    y[0] = 5.0
    for i in range(n):
        y[i] += math.sqrt(a)
    return y[1]


def written_first(y: Array, a: float, n: int) -> Any:
    for i in range(n):
        y[i] = i
        y[2] += math.sqrt(a)
    return y[1]


def in_order(y: Array, a: float, n: int) -> Any:
    for i in range(n, 0, -1):
        if y[i] > 3.0:
            raise KeyError(i)
        y[i] = math.exp(1000.0 * abs(a)) + math.sqrt(a)
    return y[1]


def nested(y: Array, a: float, n: int) -> Any:
    for i in range(4):
        y[i] += 1.0
        for j in range(n - i):
            y[j] += math.log(a) * y[3]
    return y[1]


def until(y: Array, a: float, n: int) -> Any:
    k = 0
    while k < n:
        y[k] *= math.sqrt(a) + math.sin(y[3])
        k += 1
    return y[k]


def after_a_loop_that_may_fail(y: Array, a: float, n: int) -> Any:
    for _ in range(n):
        for j in range(3):
            if y[j] > 3.5:
                raise KeyError("in the inner loop")
        y[1] = math.sqrt(a)
    return y[1]


PROGRAMS = [root_first, written_first, in_order, nested, until, after_a_loop_that_may_fail]


def outcome(f: Callable[..., Any], y: Array, a: float, n: int) -> tuple[Any, list[float]]:
    """The exception, if there was one, and the result and what `y` holds."""
    held = y.copy()
    try:
        return None, [f(held, a, n), *held]
    except Exception as error:
        return (type(error), str(error)), [*held]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_in_python(program: Callable[..., Any]) -> None:
    compiled = tg.jit(program)
    for y in (np.array([1.0, 2.0, 1.5, 0.5, 1.0]), np.array([1.0, 2.0, 4.0, 0.5, 1.0])):
        for a in (0.25, -1.0):
            for n in (0, 1, 3):
                found, wanted = outcome(compiled, y, a, n), outcome(program, y, a, n)
                assert found[0] == wanted[0]
                assert found[1] == pytest.approx(wanted[1], rel=1e-14)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients_of_what_is_read_before_the_loop(program: Callable[..., Any]) -> None:
    y, e = np.array([1.0, 2.0, 1.5, 0.5, 1.0]), 1e-6
    for n in (0, 3):
        by_y, by_a = tg.grad(program, argnums=(0, 1))(y, 0.001, n)
        for k in range(5):
            up, down = (program(y + d * np.eye(5)[k], 0.001, n) for d in (e, -e))
            assert by_y[k] == pytest.approx((up - down) / (2 * e), rel=1e-6, abs=1e-8)
        up, down = (program(y.copy(), 0.001 + d, n) for d in (1e-8, -1e-8))
        assert by_a == pytest.approx((up - down) / 2e-8, rel=1e-5, abs=1e-7)
