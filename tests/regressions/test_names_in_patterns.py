"""Names that patterns bind: when all of the pattern matches, by the alternative that does.

They were bound part by part, so that a later case, or what follows, saw what a pattern that failed at run time had
bound, and of several alternatives the last one's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg


def that_fails_later(x: float, n: int) -> float:
    a = -1.0
    match (x, n):
        case (a, 1):
            return a * 2
        case _:
            return a


def that_fails_by_its_guard(x: float, n: int) -> float:
    a = "text"
    match n:
        case 1:
            a = 2.0
        case a if a > 2:
            x = x + a
        case _:
            x = x * a
    return x + n


def alternatives(x: float, n: int) -> float:
    match (n, x, x + 1):
        case (1, a, _) | (2, _, a):
            return a
        case (a, 2.5, _) | (_, a, _):
            return -a


def in_a_loop(x: float, n: int) -> Any:
    total, v = 0.0, 7.0
    for k in range(5):
        match (k % n, x * k):
            case (v, 0.0):
                total += 1
            case (0, v):
                total += v
                continue
            case (_, w) if w > 6:
                break
        total += v
    return total, v


def a_range(x: float, n: int) -> float:
    match range(2, 5):
        case (a, b, c):
            return a * n + b * x + c
        case _:
            return 0.0


@pytest.mark.parametrize("function", [that_fails_later, that_fails_by_its_guard, alternatives, in_a_loop, a_range])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("x", [2.5, -1.0])
def test_as_python(function: Callable[..., Any], x: float, n: int) -> None:
    assert repr(tg.jit(function)(x, n)) == repr(function(x, n))


def greatest(x: Any, n: int) -> Any:
    best = None
    for i in range(n):
        if x[i] > 1.0:
            best = x[i] * 2
    match best:
        case None:
            return -1.0
        case float(v) if v > 3.0:
            return v
        case _:
            result = best + 1
    return result


def test_none_on_some_paths() -> None:
    compiled = tg.jit(greatest)
    for x, n in ((np.linspace(0, 1.8, 20), 20), (np.linspace(0, 1.2, 20), 20), (np.linspace(0, 1.8, 20), 3)):
        assert repr(compiled(x, n)) == repr(greatest(x, n))
