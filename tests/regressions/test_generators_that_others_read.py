"""Items of generator expressions are made when they are asked for, also by zip, enumerate, map and filter."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways


def elements_that_the_loop_changes(x: Any) -> Any:
    out = []
    for i, v in enumerate(x[k] for k in range(4)):
        x[(i + 1) % 4] += v
        out.append(v)
    return out


def names_that_the_loop_changes(x: Any) -> Any:
    total, factor = 0.0, 2.0
    for i, v in zip(range(len(x)), (factor * a for a in x)):
        factor += 1 + i
        total += v
    return total, factor


def calls_in_turn(x: Any) -> Any:
    log = []

    def noted(v: Any) -> Any:
        log.append(v)
        return v

    for i, _ in enumerate(noted(k) for k in [1, 2, 3]):
        log.append(10 + i)
        if i == 1:
            break
    for v in map(noted, (noted(k + 5) for k in [1, 2])):
        log.append(20 + v)
    for v in filter(lambda v: noted(v) > 31, [31, 32, 33]):
        log.append(50 + v)
    return log


def the_greatest_so_far(x: Any) -> Any:
    best = -5.0
    for v in filter(lambda a: a > best, x):
        best = v
    return best


def a_counter(x: Any) -> Any:
    n, total = 0, 0.0

    def counted(v: float) -> float:
        nonlocal n
        n += 1
        return n * v

    for i, v in enumerate(counted(a) for a in x):
        n += 10
        total += i * v
    return total, n


def lists_of_generators(x: Any) -> Any:
    made = [(v * i for v in x) for i in range(3)]
    return [sum(g) for g in made]


def lists_that_grow_by_what_they_hold(x: Any) -> Any:
    items: list[Any] = []
    items.extend(len(items) for _ in range(3))
    items += (len(items) * x[0] for _ in range(2))
    items.extend(map(lambda v: v + len(items), [1, 2]))
    table: dict[str, int] = {}
    table.update((k, len(table)) for k in "ab")
    return items, table


def items_of_which_some_are_left_out(x: Any) -> Any:
    total = 0.0
    for i, v in enumerate(v for v in x if v > 0):
        if i == 5:
            break
        for j, w in enumerate(u for u in x if u > v):
            total += w * j
    pairs = [a * b for a, b in zip((v for v in x if v > 0), (v * 2 for v in x if v < 0.7))]
    numbered = enumerate(v for v in x if v > 0)
    return total, pairs, next(numbered), next(numbered, None) is None, max(map(abs, (v for v in x if v < 0)))


FUNCTIONS: list[Callable[[Any], Any]] = [
    elements_that_the_loop_changes,
    names_that_the_loop_changes,
    calls_in_turn,
    the_greatest_so_far,
    a_counter,
    lists_of_generators,
    lists_that_grow_by_what_they_hold,
    items_of_which_some_are_left_out,
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("count", [4, 20])
@pytest.mark.parametrize("dynamic", [False, True])
def test_results(function: Callable[[Any], Any], count: int, dynamic: bool) -> None:
    x = np.sin(np.arange(float(count)))
    wanted = ways.outcome(function, (x.copy(),))
    found = ways.outcome(tg.jit(function, dynamic=dynamic), (x.copy(),))
    assert compare.difference(found, wanted, 1e-12) is None


def pairs_of_two_clauses(x: Any) -> Any:
    total, factor = 0.0, 2.0
    for v, w in zip([1.0, 2.0, 3.0, 4.0], (factor * a * b for a in [1.0, 2.0] for b in [3.0, 4.0])):
        factor += 1
        total += v * w
    return total


def sums_of_a_function_that_changes(x: Any) -> Any:
    total, factor = 0.0, 2.0
    for v in itertools.accumulate([1.0, 2.0, 3.0], lambda a, b: a + b * factor):
        factor += 1
        total += v
    return total


@pytest.mark.parametrize("function", [pairs_of_two_clauses, sums_of_a_function_that_changes])
def test_items_made_at_once_of_what_the_loop_changes_are_refused(function: Callable[[Any], Any]) -> None:
    with pytest.raises(tg.TangraError, match="over something that changes while a loop runs over it"):
        tg.jit(function)(np.ones(2))


def test_iterators_that_give_no_items_backwards() -> None:
    for make in (lambda x: zip(x, x), lambda x: map(abs, x), lambda x: (v for v in x), lambda x: enumerate(x), iter):
        with pytest.raises(TypeError, match="object is not reversible"):
            tg.jit(lambda x, make=make: list(reversed(make(x))))(np.ones(3))


def test_one_iterator_read_in_two_places() -> None:
    def f(x: Any) -> Any:
        it = iter(x)
        return list(zip(it, (2 * a for a in it)))

    with pytest.raises(tg.TangraError, match="in two places at once"):
        tg.jit(f)(np.ones(4))
