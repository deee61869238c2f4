"""In-place operators on parts of arrays whose sizes only the run compares with those of the other operand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import ways


def behind_the_first(x: Any, y: Any) -> None:
    x[1:] += y[0]
    x[:-1] *= y[1][::-1]


def by_another_name(x: Any, y: Any) -> Any:
    v = x[1:]
    v -= y.sum(axis=0)
    return x


def in_a_loop(x: Any, y: Any) -> Any:
    for k in range(len(y)):
        x[::-1][1:] += y[k]
    return x[1:] @ y[0]


def of_a_matrix(x: Any, y: Any) -> None:
    y.T[...] += x[1:, None]


@pytest.mark.parametrize("function", [behind_the_first, by_another_name, in_a_loop, of_a_matrix])
def test_sizes_known_at_run_time(function: Callable[..., Any]) -> None:
    compiled = tg.jit(function, dynamic=True)
    for n in (18, 20, 2):

        def fresh(n: int = n) -> tuple[Any, ...]:
            return np.arange(float(n)), np.linspace(-1.0, 1.0, 2 * n - 2).reshape(2, n - 1)

        assert ways.one_call(function, compiled, fresh, False, True) == ways.AGREE
    wrong = (np.arange(20.0), np.ones((2, 18)))
    assert isinstance(ways.outcome(compiled, wrong).error, ValueError)
