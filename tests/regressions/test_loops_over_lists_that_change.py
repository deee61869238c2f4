"""Loops over lists that get longer or shorter meanwhile; they had as many trips as the list had items before."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.regressions.test_instances_in_grown_lists import shown


def grown(x: Any, n: int) -> list[Any]:
    items = []
    for j in range(n):
        items.append(x[j])
    return items


def breadth_first(x: Any, n: int) -> Any:
    queue, seen, order = [0], [False] * 8, []
    seen[0] = True
    for u in queue:
        order.append(u)
        for w in ((2 * u + 1) % 8, (3 * u + 1) % 8):
            if not seen[w]:
                seen[w] = True
                queue.append(w)
    return order


def longer(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in items:
        if len(items) < n + 3:
            items.append(v * 0.5)
        total += v
    return total, items


def longer_from_two(x: Any, n: int) -> Any:
    items, total = [x[0], x[1]], 0.0
    for v in items:
        if len(items) < 7:
            items.append(v * 0.5)
        total += v
    return total, items


def shorter(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in items:
        total += v
        items.pop()
    return total, items


def without_some(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in items:
        if v < 0:
            items.pop(0)
        total += v
    return total, items


def one_taken_out(x: Any, n: int) -> Any:
    items, total = [1.0, 2.0, 3.0], 0.0
    for v in items:
        if v == 2.0:
            items.pop(0)
        total += v * x[0]
    return total, items


def counted(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for k, v in enumerate(items):
        if k < 3:
            items.append(v * 0.5)
        total += k * v
    return total, items


def two_at_once(x: Any, n: int) -> Any:
    items, others, total = grown(x, n), grown(x, n), 0.0
    for v, w in zip(items, others, strict=False):
        if len(items) < n + 2:
            items.append(v)
            others.append(w * 2)
        total += v * w
    return total


def mapped(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in map(lambda t: t * 2, items):
        if len(items) < n + 3:
            items.append(v)
        total += v
    return total, items


def filtered(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in filter(lambda t: t > 0, items):
        if len(items) < n + 3:
            items.append(v)
        total += v
    return total, items


def generated(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in (2 * w for w in items):
        if len(items) < n + 3:
            items.append(v)
        total += v
    return total, items


def iterated(x: Any, n: int) -> Any:
    items, total = grown(x, n + 1), 0.0
    it = iter(items)
    first = next(it)
    for v in it:
        if len(items) < n + 3:
            items.append(v)
        total += v
    return first, total, items


def by_a_function(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0

    def add(v: Any) -> None:
        if len(items) < n + 3:
            items.append(v)

    for v in items:
        add(v * 0.5)
        total += v
    return total, items


def left_early(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in items:
        total += v
        if len(items) < n + 4:
            items.append(total)
            continue
        if total > 1.5:
            break
    else:
        total *= 2
    return total, items


def returned_early(items: list[Any]) -> Any:
    for v in items:
        if v > 0.9:
            return v
        if len(items) < 500:
            items.append(v + 0.1)
    return -1.0


def from_inside(x: Any, n: int) -> Any:
    items = grown(x, n)
    return returned_early(items), len(items)


def split(x: Any, n: int) -> Any:
    parts, out = [(0, n)], []
    for low, high in parts:
        if high - low <= 1:
            out.append(x[low])
        else:
            middle = (low + high) // 2
            parts.append((low, middle))
            parts.append((middle, high))
    return out, len(parts)


def of_arrays(x: Any, n: int) -> Any:
    rows = [x[:2] * 1]
    for row in rows:
        if len(rows) < 6:
            rows.append(row + 1)
        row[0] = 0
    return rows


class Pile:
    def __init__(self) -> None:
        self.items: list[Any] = []

    def push(self, v: Any) -> None:
        self.items.append(v)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, k: int) -> Any:
        if k >= len(self.items):
            raise IndexError
        return self.items[k]


class Iterated(Pile):
    def __iter__(self) -> Any:
        return iter(self.items)


def of_an_object(x: Any, n: int) -> Any:
    found = []
    for pile in (Pile(), Iterated()):
        total = 0.0
        for j in range(n):
            pile.push(x[j])
        for v in pile:
            if len(pile) < n + 3:
                pile.push(v)
            total += v
        found.append((total, len(pile)))
    return found


def extended_by_itself(x: Any, n: int) -> Any:
    items = grown(x, n)
    items.extend(items)
    items += items
    return items


PROGRAMS = [
    breadth_first,
    longer,
    longer_from_two,
    shorter,
    without_some,
    one_taken_out,
    counted,
    two_at_once,
    mapped,
    filtered,
    generated,
    iterated,
    by_a_function,
    left_early,
    from_inside,
    split,
    of_arrays,
    of_an_object,
    extended_by_itself,
]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("dynamic", [False, True])
def test_values(f: Any, dynamic: bool) -> None:
    compiled = tg.jit(f, dynamic=dynamic)
    for n in (5, 1, 300):
        x = np.sin(np.arange(1.0, 401))
        assert shown(compiled(x.copy(), n)) == shown(f(x.copy(), n))


def backwards(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in reversed(items):
        if len(items) < n + 3:
            items.append(v)
        total += v
    return total


def of_a_part(x: Any, n: int) -> Any:
    items, total = grown(x, n), 0.0
    for v in itertools.islice(items, n + 2):
        if len(items) < n + 3:
            items.append(v)
        total += v
    return total


@pytest.mark.parametrize("f", [backwards, of_a_part])
def test_others_are_refused(f: Any) -> None:
    with pytest.raises(tg.TangraError, match="a list that changes its length while a loop runs over it"):
        tg.jit(f)(np.sin(np.arange(1.0, 401)), 5)


def test_derivatives() -> None:
    def loss(x: Any) -> Any:
        total, items = longer(x, 5)
        return total * items[-1]

    x, direction, h = np.sin(np.arange(1.0, 8.0)), np.cos(np.arange(7.0)), 1e-6
    difference = (loss(x + h * direction) - loss(x - h * direction)) / (2 * h)
    assert tg.grad(loss)(x) @ direction == pytest.approx(difference, abs=1e-8)


def test_unpacking_a_grown_list_is_refused_with_what_is_true() -> None:
    """It said that Python would raise a TypeError."""

    def f(x: Any, n: int) -> Any:
        a, b, *rest = grown(x, n)
        return a, b, rest

    with pytest.raises(tg.TangraError, match="the number of values to unpack is only known at run time"):
        tg.jit(f)(np.arange(9.0), 5)
