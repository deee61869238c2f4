"""A list that a loop makes longer keeps its room when it is sorted by keys, though there are as many keys as items;
and what a trip appended to a list before an inner loop is no growth in that loop.

Found by event queues: the types of the loop did not settle, or the list's length was refused.
"""

from __future__ import annotations

from typing import Any

import pytest

import tangra as tg


def in_a_counted_loop(n: Any, x: Any) -> Any:
    items: list[Any] = []
    for i in range(n):
        items.append((x * i) % 7)
        items.sort(key=lambda v: -v)
    return items


def queue(n: Any, x: Any) -> Any:
    waiting, t = [x], 0.0
    while t < n:
        waiting.sort(key=lambda v: v * v)
        t = waiting.pop(0)
        waiting.append(t + 0.5)
        if t > 2:
            waiting.append(t + 0.25)
    return t, waiting


def events(n: Any, x: Any) -> Any:
    waiting, trips, t = [(x, 0), (x + 1, 1)], 0, 0.0
    while waiting and trips < 5 * n:
        trips += 1
        waiting.sort(key=lambda e: e[0])
        t, kind = waiting.pop(0)
        if kind == 0:
            waiting.append((t + 1, 1))
            waiting.append((t + 0.625, 0))
        elif t < n:
            waiting.append((t + 0.75, 2))
    return t, trips, waiting


@pytest.mark.parametrize("n", [0, 3, 6])
@pytest.mark.parametrize("f", [in_a_counted_loop, queue, events])
def test_as_python(f: Any, n: int) -> None:
    assert tg.jit(f)(n, 0.375) == f(n, 0.375)
    assert tg.jit(f, dynamic=True)(n, 2.5) == f(n, 2.5)


def test_its_derivative() -> None:
    def late(x: Any) -> Any:
        t, _, waiting = events(4, x)
        return t * t + sum(time for time, _ in waiting)

    step = 1e-6
    wanted = (late(0.375 + step) - late(0.375 - step)) / (2 * step)
    assert tg.grad(late)(0.375) == pytest.approx(wanted, rel=1e-6)


def sunk(items: Any, k: Any) -> None:
    """Move an item to where it belongs, as a heap does."""
    item = items[k]
    while k > 0 and items[(k - 1) // 2] > item:
        items[k] = items[(k - 1) // 2]
        k = (k - 1) // 2
    items[k] = item


def heap(n: Any, x: Any) -> Any:
    waiting, t = [x], 0.0
    while t < n:
        last = waiting.pop()
        t = waiting[0] if waiting else last
        if waiting:
            waiting[0] = last
        waiting.append(t + 0.5)
        sunk(waiting, len(waiting) - 1)
        if t > 2:
            waiting.append(t + 0.75)
            sunk(waiting, len(waiting) - 1)
    return t, waiting


@pytest.mark.parametrize("n", [0, 3, 6])
def test_what_was_appended_before_a_loop_is_no_growth_in_it(n: int) -> None:
    assert tg.jit(heap)(n, 0.375) == heap(n, 0.375)
