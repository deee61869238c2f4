"""`min`, `max` and `sorted` with a key, over arrays and ranges of any length: each key is asked for once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways


def numbers(x: Any) -> Any:
    return min(x, key=lambda a: a * a), max(x, key=lambda a: -a), min(x, key=abs), max(x, key=lambda a: (int(a) % 3, a))


def calls(x: Any) -> Any:
    count = 0

    def key(a: float) -> float:
        nonlocal count
        count += 1
        return a % 2

    return max(x, key=key), count


def items_of_others(x: Any) -> Any:
    pairs = max(enumerate(x), key=lambda p: p[1]), max(zip(x, x), key=lambda p: p[0] * p[1])
    return min(range(len(x)), key=lambda i: x[i]), pairs, min((v * 2 for v in x if v > -3), key=lambda v: (v - 1) ** 2)


def rows(x: Any) -> Any:
    return max(x.reshape(-1, 2), key=lambda r: r[0] * r[1])


def nothing(x: Any) -> Any:
    found = max([v for v in x if v > 100], key=abs, default=None)
    return min(x[len(x) :], key=abs, default=7.0), found is None


def nothing_without_default(x: Any) -> Any:
    return min(x[len(x) :], key=abs)


def order_by_keys(x: Any) -> Any:
    count = 0.0

    def key(v: float) -> float:
        nonlocal count
        count = count * 0.5 + 1
        return v * count

    some = [x[1], x[0], x[2]]
    some.sort(key=key, reverse=True)
    return some, count, sorted(x, key=lambda v: key(0.0) + v), count, sorted([3, 1, 2], key=key), count


FUNCTIONS = [order_by_keys, numbers, calls, items_of_others, rows, nothing, nothing_without_default]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_results(function: Callable[[Any], Any], dynamic: bool, dtype: Any) -> None:
    compiled = tg.jit(function, dynamic=dynamic)
    for count in (4, 18, 40):
        x = ((np.arange(count) * 7) % 19 - 6).astype(dtype)
        wanted, found = ways.outcome(function, (x,)), ways.outcome(compiled, (x,))
        assert compare.difference(found, wanted, 0.0) is None


def test_gradients() -> None:
    def f(x: Any) -> Any:
        return max(x, key=lambda a: a * a) * 2.0

    for count in (4, 18):
        x = np.sin(np.arange(float(count)))
        wanted = np.zeros(count)
        wanted[np.argmax(x * x)] = 2.0
        np.testing.assert_array_equal(tg.grad(f)(x), wanted)
