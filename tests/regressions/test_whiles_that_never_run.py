"""A `while` whose test fails at once: nothing in its body is an error, for instance an index into an empty list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def place(items: list[Any], v: Any) -> int:
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if v < items[middle]:
            high = middle
        else:
            low = middle + 1
    return low


def sorted_one_by_one(x: Any, n: int) -> Any:
    items = []
    for k in range(3):
        items.insert(place(items, x[k]), x[k])
    return items


def put_before_the_first_that_is_larger(x: Any, n: int) -> Any:
    items = []
    for k in range(3):
        m = 0
        while m < len(items):
            if x[k] < items[m]:
                break
            m += 1
        else:
            m = len(items)
        items.insert(m, x[k])
    return items


def with_an_else(x: Any, n: int) -> Any:
    items, m = [], 0
    while (m := m + 1) < len(items):
        x[m] = items[m]
    else:
        x[0] = 7.0
    return m, x


@pytest.mark.parametrize("f", [sorted_one_by_one, put_before_the_first_that_is_larger, with_an_else])
def test_values(f: Any) -> None:
    x = np.sin(np.arange(1.0, 9.0))
    found, wanted = tg.jit(f)(x.copy(), 5), f(x.copy(), 5)
    assert type(found) is type(wanted)
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
