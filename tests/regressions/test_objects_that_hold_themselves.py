"""Objects that a loop makes refer to themselves or to one another: what was there before the loop stays what it is."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tangra as tg


def itself(s: Any, n: int) -> None:
    for _ in range(n):
        s.me = s
        s.a = s.b


def one_another(s: Any, n: int) -> None:
    for i in range(n):
        s.other = s.inner
        s.inner.other = s
        s.other.v += i


def new_ones(s: Any, n: int) -> None:
    for i in range(n):
        made = SimpleNamespace(v=1.0 * i, up=s)
        made.me = made
        s.child = made


def in_containers(s: Any, n: int) -> None:
    for i in range(n):
        s.table = {"s": s, "a": s.a}
        s.table["a"][1] += i
        s.pair = (s, s.inner)


def nested(s: Any, n: int) -> None:
    for i in range(n):
        s.x = s.a
        for j in range(i):
            s.y = s
            s.x[0] += j


FUNCTIONS: list[Callable[[Any, int], None]] = [itself, one_another, new_ones, in_containers, nested]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_results(function: Callable[[Any, int], None]) -> None:
    compiled = tg.jit(function)
    for n in (5, 0, 20):
        mine, theirs = (SimpleNamespace(a=np.ones(2), b=np.zeros(2), inner=SimpleNamespace(v=1.0)) for _ in range(2))
        compiled(mine, n)
        function(theirs, n)
        assert repr(mine) == repr(theirs)
        assert getattr(mine, "me", mine) is mine
