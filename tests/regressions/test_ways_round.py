"""Refusals that say what to do instead."""

from __future__ import annotations

import functools
import math
from collections import deque
from typing import Any

import pytest

import tangra as tg


def one_of_two_functions(x: float) -> Any:
    f = math.sin if x > 3 else math.cos
    return f(x)


def one_of_two_lambdas(x: float) -> Any:
    f = (lambda v: v * 2) if x > 3 else (lambda v: v + 1)
    return f(x)


def finally_(x: float) -> Any:
    items = []
    try:
        items.append(x)
    finally:
        items.append(1.0)
    return items


@functools.cache
def remembered(n: int) -> int:
    return n * 2


def of_a_cache(x: float) -> Any:
    return remembered(3) * x


def of_a_deque(x: float) -> Any:
    return deque([x])


@pytest.mark.parametrize(
    ("f", "says"),
    [
        (one_of_two_functions, "f is one function on one path and another on the other"),
        (one_of_two_lambdas, "call each of them in its own branch"),
        (finally_, "try/finally: not supported in compiled code"),
        (of_a_cache, "call what it wraps"),
        (of_a_deque, "use a list, a dict or a NamedTuple"),
    ],
)
def test_ways_round(f: Any, says: str) -> None:
    with pytest.raises(tg.TangraError) as e:
        tg.jit(f)(2.0)
    assert says in str(e.value)


def test_the_way_round_a_cache() -> None:
    assert tg.jit(lambda x: remembered.__wrapped__(3) * x)(2.0) == 12.0
