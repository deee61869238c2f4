"""`index`, `count` and `remove` by numbers of the run, and displays with lists that grew in loops."""

from __future__ import annotations

import re
from typing import Any

import pytest

import tangra as tg


def same(f: Any, *args: Any) -> None:
    """The compiled function gives what the function gives, or raises what it raises."""
    outcomes = []
    for g in (f, tg.jit(f)):
        try:
            outcomes.append(repr(g(*args)))
        except ValueError as error:
            outcomes.append(re.findall("(?:ValueError: )?(.*) not in", str(error))[0].rpartition("ValueError: ")[2])
    assert outcomes[1] == outcomes[0]


def grown(x: float, n: int) -> Any:
    items = []
    for i in range(n):
        items.append(x * i)
    return items


def in_a_grown_list(x: float, n: int, v: float) -> Any:
    items = grown(x, n)
    return items.index(v), items.count(v)


def in_a_list(x: float, n: int, v: float) -> Any:
    items = [1.0, x, x, 3.0]
    return items.index(v), items.count(v)


def in_a_tuple(x: float, n: int, v: float) -> Any:
    return (x, 3.0).index(v)


def removed(x: float, n: int, v: float) -> Any:
    items = [1.0, x, 3.0, x]
    items.remove(x)
    return items


@pytest.mark.parametrize("f", [in_a_grown_list, in_a_list, in_a_tuple, removed])
@pytest.mark.parametrize(("n", "v"), [(4, 4.0), (30, 4.0), (4, 5.0), (0, 1.0), (4, 2.0), (4, 3.0)])
def test_numbers_of_the_run(f: Any, n: int, v: float) -> None:
    same(f, 2.0, n, v)


def test_displays_with_lists_that_grew() -> None:
    def f(x: float, n: int) -> Any:
        items = grown(x, n)
        more = [0.5, *items, x, *items[:2]]
        twin = [*items]
        twin.append(1.0)
        return items, more, twin, [*range(3), x], [*(1, 2), *[x]]

    for n in (0, 4, 30):
        same(f, 2.0, n)
