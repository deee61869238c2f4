"""Items taken out of a list of numbers, and put into it, at places that only the run tells; and `next` of an object.

Found by ordinary programs: a nearest-neighbour tour (`left.remove(nearest)`), and a generator of random numbers with
`__next__`, which was said to be no iterator.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import tangra as tg


def popped(items: Any, k: Any) -> Any:
    return items.pop(k), items


def inserted(items: Any, k: Any) -> Any:
    items.insert(k, 7.5)
    return items


def deleted(items: Any, k: Any) -> Any:
    other = items
    del items[k]
    return other, len(items), other is items


def removed(items: Any, k: Any) -> Any:
    items.remove(items[k])
    return items


def missing(items: Any, k: Any) -> Any:
    items.remove(k + 100)
    return items


def turned(items: Any, k: Any) -> Any:
    pairs = [(v, i) for i, v in enumerate(items)]
    first = pairs.pop(k)
    pairs.insert(k, (9.0, 9))
    for _ in range(3):
        items.insert(k, items.pop(0))
    return first, pairs, items


def tour(items: Any, k: Any) -> Any:
    left, found = list(range(len(items))), []
    while left:
        nearest = min(left, key=lambda j: abs(items[j] - k))
        left.remove(nearest)
        found.append(nearest)
    return found


def outcome(call: Any, items: Any, k: Any) -> Any:
    items = copy.deepcopy(items)
    try:
        return call(items, k), items
    except (IndexError, ValueError) as error:
        return repr(error), items


@pytest.mark.parametrize("k", [0, 2, -1, 7])
@pytest.mark.parametrize("f", [popped, inserted, deleted, removed, missing, turned, tour])
def test_as_python(f: Any, k: int) -> None:
    def by_element(items: Any, places: Any) -> Any:
        return f(items, int(places[0]))

    for items in ([4.0, 2.0, 8.0, 1.0, 5.5], [1.0, 4.0]):
        assert outcome(tg.jit(by_element), items, np.array([k, 1])) == outcome(f, items, k)


def test_arrays_stay_who_they_are() -> None:
    def taken(arrays: Any, k: Any) -> Any:
        arrays.pop(int(k[0]))
        return arrays

    with pytest.raises(tg.TangraError, match="run-time data"):
        tg.jit(taken)([np.ones(2), np.zeros(2)], np.array([1, 0]))


def test_slices_are_refused_by_name() -> None:
    def reversed_from(items: Any, places: Any) -> Any:
        k = int(places[0])
        items[k] = 0.0
        items[k:] = items[k:][::-1]
        return items

    with pytest.raises(tg.UnsupportedError, match="assigning to a slice"):
        tg.jit(reversed_from)([1.0, 2.0, 3.0], np.array([1]))


class Numbers:
    """A generator of numbers as people write it."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def __iter__(self) -> Numbers:
        return self

    def __next__(self) -> float:
        self.state = (1103515245 * self.state + 12345) % 2**31
        return self.state / 2**31


def drawn(seed: Any, n: Any) -> Any:
    numbers = Numbers(seed)
    total = next(numbers)
    for _ in range(n):
        total += next(numbers) * next(iter([1.0]))
    return total, numbers.state


def test_next_of_an_object() -> None:
    assert tg.jit(drawn)(7, 5) == drawn(7, 5)
    with pytest.raises(tg.UnsupportedError, match="with a default"):
        tg.jit(lambda seed: next(Numbers(seed), 0.0))(3)
