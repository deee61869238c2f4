"""An attribute that is None in the class and something else in some instances, on some paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways


class Search:
    best: Any = None

    def see(self, v: Any) -> None:
        if self.best is None or v > self.best:
            self.best = v


def made_inside(o: Any, x: Any, n: int) -> Any:
    search = Search()
    for i in range(n):
        search.see(x[i])
    return search.best if search.best is not None else -1.0


def given(o: Any, x: Any, n: int) -> Any:
    if x[n] > 1:
        o.best = x[n]
    result = 0.0
    if o.best is None:
        result = 1.0
        o.best = 7.0
    else:
        result = o.best
        o.best = o.best + 1
    return result, o.best


def matched(o: Any, x: Any, n: int) -> Any:
    for i in range(n):
        if x[i] > 1.5 and (o.best is None or x[i] > o.best):
            o.best = x[i]
    match o.best:
        case None:
            return -1.0
        case v:
            return v


def deleted(o: Any, x: Any, n: int) -> Any:
    if x[n] > 1:
        o.best = x[n]
    if o.best is None:
        return 0.0
    del o.best
    return -1.0 if o.best is None else 1.0


@pytest.mark.parametrize("function", [made_inside, given, matched, deleted])
def test_results(function: Callable[..., Any]) -> None:
    compiled = tg.jit(function)
    for n in (0, 3, 15, 19):
        x = np.linspace(0.0, 2.0, 20)
        wanted, found = ways.outcome(function, (Search(), x, n)), ways.outcome(compiled, (Search(), x, n))
        assert compare.difference(found, wanted, 0.0) is None


def test_the_class_gets_another_value() -> None:
    def f(o: Any, x: float) -> Any:
        if x > 0:
            o.best = x
        return 0.0 if o.best is None else o.best

    cls = type("Other", (Search,), {"best": None})
    compiled = tg.jit(f)
    assert [compiled(cls(), -1.0), compiled(cls(), 1.0)] == [0.0, 1.0]
    cls.best = 9.0  # type: ignore[attr-defined]
    assert [compiled(cls(), -1.0), compiled(cls(), 1.0)] == [9.0, 1.0]
