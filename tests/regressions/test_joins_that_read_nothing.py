"""A join stands outside its arms: it finds types of views there without reading arrays that only an arm has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.fuzz import ways
from tests.fuzz.compare import difference


def list_in_a_list_after_a_match_that_returns(x: Any, n: int) -> Any:
    if len(x) == 2:
        match n:
            case 0:
                pass
            case _:
                return x[0]
        rows = [[0.5, 0.5] for _ in range(2)]
        row = rows[n % 2]
        row[0] += 2
    return 1


def view_of_a_call_on_one_path(x: Any, n: int) -> Any:
    tail = x[:1] * 1
    if n > 0:
        tail = _tail(x, 3)
    return np.sum(tail) + n


def view_of_a_call_on_both_paths(x: Any, n: int) -> Any:
    tail = _tail(x, 3)
    if n > 0:
        tail = _tail(x * 2, 2)
    return tail * n


def _tail(x: Any, depth: int) -> Any:
    return x[1:] if depth == 0 else _tail(x, depth - 1)


FUNCTIONS = [list_in_a_list_after_a_match_that_returns, view_of_a_call_on_one_path, view_of_a_call_on_both_paths]


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_types_of_views_in_joins(function: Callable[..., Any], n: int) -> None:
    x = np.array([1.5, -2.0])
    found, wanted = (ways.outcome(way, (x.copy(), n)) for way in (ways.tangra().jit(function), function))
    assert difference(found, wanted, 1e-12) is None


@pytest.mark.parametrize("function", FUNCTIONS[:1])
def test_types_of_views_in_joins_of_lanes(function: Callable[..., Any]) -> None:
    x, n = np.arange(6.0).reshape(3, 2), np.arange(3)
    found = ways.tangra().vmap(function)(x, n)
    assert np.array_equal(found, [function(*lane) for lane in zip(x, n, strict=True)])


def test_writes_through_a_view_of_a_call_on_one_path_are_refused() -> None:
    def written(x: Any, n: int) -> Any:
        tail = _tail(x, 3)
        if n > 0:
            tail = x[:1]
        tail[0] = 1.0
        return x

    with pytest.raises(ways.tangra().AliasError, match="x may have been changed through tail"):
        ways.tangra().jit(written)(np.ones(2), 1)
