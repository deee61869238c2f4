"""Tuples that are static arguments or keys of dicts are tuples like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways


class Point(NamedTuple):
    a: float
    b: int = 2


def matched(t: Any, x: Any) -> Any:
    match t:
        case Point(a, 5):
            return a * x
        case (a, b):
            return a * x + b
        case [a, *rest]:
            return a + len(rest)
    return -1.0


def joined(t: Any, x: Any) -> Any:
    for k in range(30):
        t = (t[0] + x[0], t[1]) if k % 3 else t
    return t


def as_an_index(t: Any, x: Any) -> Any:
    return np.arange(100.0).reshape(10, 10)[t[:2]], x.reshape(t[:2] and (2, 2)), t + (x[0],), {t: x}[t]


CALLS: list[Any] = [(2, 3), (2,), (2, 3, 4), Point(1, 5), Point(2), (1, (2, 0))]


@pytest.mark.parametrize("function", [matched, joined, as_an_index])
@pytest.mark.parametrize("t", CALLS)
def test_static_arguments(function: Callable[..., Any], t: Any) -> None:
    x = np.arange(4.0)
    wanted, found = ways.outcome(function, (t, x)), ways.outcome(tg.jit(function, static=0), (t, x))
    if wanted.error is None or found.error is None:
        assert compare.difference(found, wanted, 0.0) is None
    assert type(wanted.error) in type(found.error).__mro__


def keys(table: Any, x: Any) -> Any:
    out: list[Any] = []
    for key in table:
        match key:
            case (a, b):
                out.append(a + b)
            case _:
                out.append(-1)
    for key, v in table.items():
        out.append(x[key] * v)
    return out, [key[0] for key in table.keys()], max(table), table.popitem()


def test_keys() -> None:
    for table in ({(1, 2): 3.0, (0, 1): 4.0}, {Point(1): 3.0, Point(0, 1): 4.0}):
        x = np.arange(9.0).reshape(3, 3)
        wanted, found = ways.outcome(keys, (dict(table), x)), ways.outcome(tg.jit(keys), (dict(table), x))
        assert compare.difference(found, wanted, 0.0) is None


def test_a_named_tuple_is_an_index_of_several_axes() -> None:
    def f(x: Any, p: Any) -> Any:
        x[p] = 5.0
        x[p] += 1.0
        return x[p], x[Point(p.b, 0)]

    for x in (np.arange(9.0).reshape(3, 3), np.arange(400.0).reshape(20, 20)):
        wanted, found = ways.outcome(f, (x.copy(), Point(1))), ways.outcome(tg.jit(f), (x.copy(), Point(1)))
        assert compare.difference(found, wanted, 0.0) is None
