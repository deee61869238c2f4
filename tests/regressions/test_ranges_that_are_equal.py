"""Ranges are equal where they give the same numbers; shifts reach the least number of 64 bits."""

from __future__ import annotations

from typing import Any

import pytest

import tangra as tg
from tests.fuzz import ways


def ranges(n: int, m: int, k: int) -> Any:
    some = range(n, m, k) == range(0, 9, 2), range(n, m, k) != range(n, m + 1, k), range(0) == range(3, 1)
    return some, range(n) == range(0, n, 1), range(n, n) == range(m, m, 5), range(2) == [0, 1]


def given(n: int, r: range) -> Any:
    return r == range(n), range(n) != r, r == range(3), r in [range(n), range(3)]


def shifted(a: int, b: int) -> Any:
    return a << b


CALLS: list[Any] = [
    *((ranges, call) for call in ((0, 9, 2), (0, 10, 2), (1, 9, 2), (0, 0, 1), (0, 1, 7), (5, 6, -1))),
    *((given, call) for call in ((3, range(3)), (4, range(3)), (0, range(5, 2)))),
    *((shifted, call) for call in ((-1, 63), (-1, 62), (-2, 62), (0, 500), (-3, 3))),
]


@pytest.mark.parametrize(("function", "call"), CALLS)
def test_results(function: Any, call: Any) -> None:
    wanted, found = ways.outcome(function, call), ways.outcome(tg.jit(function), call)
    assert repr(found.result) == repr(wanted.result)
    assert found.error is wanted.error is None
