"""Iterators of the standard library give their items once, also those whose items are made when they are."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import tangra as tg


def same(f: Any, *args: Any) -> None:
    """The compiled function gives what the function gives, to the types of its results."""
    expected, found = f(*args), tg.jit(f)(*args)
    assert repr(found) == repr(expected)


MADE: list[Callable[[float], Any]] = [
    lambda x: filter(None, [x, 0, 1.0]),
    lambda x: itertools.chain([1], [x]),
    lambda x: itertools.chain.from_iterable([[1], [x]]),
    lambda x: itertools.accumulate([1, x]),
    lambda x: itertools.combinations([1, x, 3], 2),
    lambda x: itertools.product([1, 2], [x]),
    lambda x: itertools.zip_longest([1, 2], [x]),
    lambda x: itertools.repeat(x, 2),
    lambda x: itertools.starmap(operator.mul, [(1, x), (2, 3)]),
]


@pytest.mark.parametrize("make", MADE)
def test_a_second_loop_is_refused(make: Callable[[float], Any]) -> None:
    def once(x: float) -> Any:
        return list(make(x))

    def twice(x: float) -> Any:
        items = make(x)
        return list(items), list(items)

    same(once, 2.0)
    assert twice(2.0)[1] == []
    with pytest.raises(tg.TangraError, match="a second loop over a"):
        tg.jit(twice)(2.0)


def late_filter(x: float) -> Any:
    least, items = 1.0, [1.0, 2.0]
    found = filter(lambda v: v > least, items)
    least = 0.5
    items.append(x)
    return list(found)


def late_chain(x: float) -> Any:
    items = [1.0, 2.0]
    found = itertools.chain(items, [x])
    items.append(7.0)
    items[0] = x * 3
    return list(found)


def late_accumulate(x: float) -> Any:
    items = [1.0, 2.0]
    found = itertools.accumulate(items)
    items[0] = x
    return list(found)


def late_zip_longest(x: float) -> Any:
    items = [1.0]
    found = itertools.zip_longest(items, [x, x])
    items[0] = x * 3
    return list(found)


def late_pairwise(x: float) -> Any:
    items = [1.0, 2.0]
    found = itertools.pairwise(items)
    items.append(x)
    return list(found)


def chain_of_what_the_loop_changes(x: float) -> Any:
    a, b = [1.0, 2.0], [3.0, x]
    total = 0.0
    for v in itertools.chain(a, b):
        b[1] += v
        total += v
    return total


@pytest.mark.parametrize(
    "f",
    [late_filter, late_chain, late_accumulate, late_zip_longest, late_pairwise, chain_of_what_the_loop_changes],
)
def test_items_are_read_when_they_are_asked_for(f: Any) -> None:
    same(f, 5.0)


def pairs_of_what_the_loop_changes(x: float) -> Any:
    items, total = [1.0, 2.0, x], 0.0
    for a, b in itertools.pairwise(items):
        items[2] = 9.0
        total += a * b
    return total


def sums_of_what_the_loop_changes(x: float) -> Any:
    items, total = [1.0, 2.0, x], 0.0
    for v in itertools.accumulate(items):
        items[2] = 9.0
        total += v
    return total


@pytest.mark.parametrize("f", [pairs_of_what_the_loop_changes, sums_of_what_the_loop_changes])
def test_items_that_change_in_the_loop_over_what_is_made_of_them_are_refused(f: Any) -> None:
    with pytest.raises(tg.TangraError, match="over something that changes while a loop runs over"):
        tg.jit(f)(5.0)


def test_what_takes_items_takes_those() -> None:
    def f(x: float) -> Any:
        a, *b = itertools.chain([1], [x, 2])
        pairs = [u * v for u, v in itertools.combinations([1, x, 3], 2)]
        return a, b, pairs, max(itertools.chain([1], [x])), dict(itertools.zip_longest("ab", [x], fillvalue=0))

    same(f, 2.0)


class Point(NamedTuple):
    x: float
    y: float

    def scaled(self, k: float) -> float:
        return self.x * k


SECOND = operator.itemgetter(1)


def test_functions_of_the_module_operator() -> None:
    def f(x: float) -> Any:
        p = Point(x, 1.0)
        parts = operator.itemgetter("a")({"a": x}), SECOND([1, x]), operator.itemgetter(0, -1)([1, 2, x])
        of = operator.attrgetter("x")(p), operator.attrgetter("x", "y")(p), operator.methodcaller("scaled", 3.0)(p)
        tests = operator.truth([x]), operator.not_(x), operator.contains([1, 2], 2), operator.is_(p, None)
        items = [1.0]
        joined = operator.iadd(items, [x])
        operator.setitem(items, 0, x)
        order = sorted([p, Point(0.5, x)], key=operator.itemgetter(0))
        return parts, of, tests, items, joined is items, order, operator.abs(-x), operator.lshift(1, 2)

    same(f, 2.0)


def test_class_methods_and_last_items_of_dicts() -> None:
    def f(x: float) -> Any:
        d = dict.fromkeys("aba", x)
        last = d.popitem()
        return d, last, sorted(["b", "A"], key=str.lower)

    same(f, 2.0)
    with pytest.raises(KeyError):
        tg.jit(lambda x: {}.popitem())(2.0)


def test_a_dict_that_changes_its_size_in_a_loop_over_it() -> None:
    def f(x: float) -> Any:
        d = {"a": x}
        for k in d:
            d[k + "2"] = x
        return d

    for g in (f, tg.jit(f)):
        with pytest.raises(RuntimeError, match="changed size"):
            g(2.0)


def test_tests_ask_for_the_truth_only() -> None:
    def f(x: float, n: int) -> Any:
        stack = [x]
        k = 0
        while stack and k < n:
            v = stack.pop()
            if v > 0.5 and not (stack or v > 100):
                stack.append(v * 0.7)
            k += 1
        assert stack or k, "nothing happened"
        return k, stack, [i for i in range(3) if i and x], 1 if x or n else 0

    for args in ((2.0, 3), (0.1, 9), (2.0, 0)):
        same(f, *args)


def test_lists_of_lists_that_grew_in_loops_come_back() -> None:
    def f(x: float, n: int) -> Any:
        rows = []
        for i in range(n):
            row = []
            for j in range(n):
                row.append(x * i + j)
            rows.append((row, i))
        return rows

    for n in (1, 3, 20):
        same(f, 2.0, n)
    assert np.array_equal(tg.jit(lambda x, n: [r for r, _ in f(x, n)])(2.0, 3), [[0, 1, 2], [2, 3, 4], [4, 5, 6]])


def test_an_iterator_known_to_be_exhausted_inside_a_tuple() -> None:
    """StopIteration turned into a RuntimeError in the compiler's own generators. Found by random programs."""

    def inner(values: tuple[float, ...]) -> float:
        return float(next(iter(values)))

    def function(x: float) -> Any:
        return inner(()), x

    for way in (function, tg.jit(function)):
        with pytest.raises(StopIteration):
            way(1.0)
    with pytest.raises(tg.TangraError) as caught:
        tg.jit(function)(1.0)
    assert caught.value.code == "TG205"
    assert "inner(" in str(caught.value) or "next(iter(values))" in str(caught.value)


@pytest.mark.parametrize("take", [list, tuple, sorted])
@pytest.mark.parametrize("again", [list, sum, lambda g: next(g, -1.0)])
def test_a_generator_that_became_a_list_is_empty(take: Any, again: Any) -> None:
    """A generator gave its items again after list(), tuple() and sorted() had taken them."""

    def f(x: Any) -> Any:
        items = (2 * v for v in x)
        return take(items), again(items)

    x = np.arange(4.0)
    assert not f(x)[1] or f(x)[1] == -1.0
    with pytest.raises(tg.TangraError, match="a second loop over a generator"):
        tg.jit(f)(x)


def test_a_generator_with_a_constant_test_is_unpacked() -> None:
    """Its number of items is known, once each was asked for."""

    def f(a: float, b: float, c: float) -> Any:
        values = (a, b, c)
        first, *rest = (k * v for k, v in enumerate(values) if k != 1)
        one, two = (v for k, v in enumerate(values) if k)
        shown = [0.0, *(v for k, v in enumerate(values) if k != 2)]
        return first, rest, one, two, shown, max(*(v for k, v in enumerate(values) if k % 2 == 0))

    same(f, 1.0, 2.5, -3.0)

    def g(x: Any) -> Any:
        return max(*(v for v in x if v > 0))

    with pytest.raises(tg.TangraError, match="an iterable of known length"):
        tg.jit(g)(np.arange(25.0))


def logged_sums(x: Any) -> Any:
    log: list[Any] = []
    return [len(log) for _ in itertools.accumulate([1, 2, 3], lambda a, b: log.append(b) or a + b)]


def written_counts(x: Any) -> Any:
    y = np.zeros(3)

    def add(a: Any, b: Any) -> Any:
        y[b] += 1
        return a + b

    return [v + y[2] for v in itertools.accumulate([0, 1, 2], add)]


def noted(x: Any) -> Any:
    log: list[Any] = []

    def note(v: Any) -> Any:
        log.append(v)
        return v

    return [len(log) + b for _, b in zip((note(k) for k in range(3) if k != 1), [1, 2], strict=False)]


@pytest.mark.parametrize("f", [logged_sums, written_counts, noted])
def test_what_functions_with_effects_give_is_not_made_at_once(f: Any) -> None:
    """A loop saw the effects of all items at its first one."""
    with pytest.raises(tg.TangraError, match="whose items are made all at once"):
        tg.jit(f)(2.0)


def test_what_only_reads_is_made_at_once() -> None:
    def f(x: Any) -> Any:
        table = [1.0, 2.0, 3.0]
        total = 0.0
        for v in itertools.accumulate([0, 1, 2], lambda a, b: a + table[b]):
            total += v * x
        return total

    same(f, 2.0)
