"""Containers that are compared look at who is who first: an item that is not equal to itself is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways

NAN = float("nan")


def lists(x: Any, y: Any) -> Any:
    a = x * 2
    equal = [x] == [x], (x,) == (x,), [a] == [a], [x] != [x], {"a": x} == {"a": x}, [[x]] == [[x]], x == x
    return equal, (a, y, 1) < (a, y, 2), [x] < [x], [x] == [y]


@pytest.mark.parametrize("call", [(NAN, 1.0), (1.0, NAN), (1.0, 1.0), (np.float64(NAN), 2.0)])
def test_numbers(call: Any) -> None:
    wanted, found = ways.outcome(lists, call), ways.outcome(tg.jit(lists), call)
    assert compare.difference(found, wanted, 0.0) is None


def test_arrays() -> None:
    def f(x: Any, y: Any) -> Any:
        return [x] == [x], [x, 1] == [y, 2, 3], (x,) == (x,)

    assert tg.jit(f)(np.ones(2), np.ones(2)) == f(np.ones(2), np.ones(2))


def test_what_equals_nothing_is_not_sorted() -> None:
    compiled = tg.jit(sorted)
    with pytest.raises(ValueError, match="a list with NaN in it has no order"):
        compiled(np.array([3.0, NAN, 1.0, 2.0]))
    assert compiled(np.array([3.0, 4.0, 1.0, 2.0])) == [1.0, 2.0, 3.0, 4.0]


def test_zip_asks_for_no_item_that_it_does_not_return() -> None:
    def f(x: float) -> Any:
        log = []

        def noted(v: float) -> float:
            log.append(v)
            return v * x

        return list(zip(map(noted, [1.0, 2.0]), [1])), log

    assert f(3.0)[1] == [1.0, 2.0]
    assert tg.jit(f)(3.0) == ([(3.0, 1)], [1.0])


def test_arrays_of_lists_without_items_have_the_dtype_of_items() -> None:
    def f(x: Any, n: int) -> Any:
        return np.array([v for v in x[n:n:2]])

    assert tg.jit(f)(np.ones(20, np.float32), 3).dtype == np.float32
