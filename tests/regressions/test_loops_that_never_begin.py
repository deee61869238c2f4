"""What is false whatever a run brings: a `while` over a list that is still empty, and `x > 0 and items` of such a list.

Found by ordinary programs, an order book among them: an IndexError was reported that Python never raises there.
"""

from __future__ import annotations

from typing import Any

import pytest

import tangra as tg

VALUES = [3, -1, 2, 0, 5, 5, -3, 4, 1, 7, 2]


def placed_upwards(values: Any, n: Any) -> Any:
    placed: list[Any] = []
    for v in values:
        i = 0
        while i < len(placed) and placed[i] > v:
            i += 1
        placed.insert(i, v)
    return placed


def placed_downwards(values: Any, n: Any) -> Any:
    placed: list[Any] = []
    for v in values:
        i = len(placed)
        while i > 0 and placed[i - 1] > v:
            i -= 1
        placed.insert(i, v)
    return placed


def matched(values: Any, n: Any) -> Any:
    waiting: list[Any] = []
    for v in values:
        if v > n:
            waiting.append(v)
        else:
            while n > 0 and waiting and waiting[0] > v:
                n -= waiting[0]
                waiting.pop(0)
    return n, waiting


def empty_beside_a_number(values: Any, n: Any) -> Any:
    items: list[Any] = []
    if n > 0 and items:
        return items[0]
    if n > 0 or not items:
        return n
    return items[1]


def asked_with_effects(values: Any, n: Any) -> Any:
    seen: list[Any] = []

    def more() -> bool:
        seen.append(n)
        return len(seen) > 3

    while more():
        n += 1
    return n, seen


PROGRAMS = [placed_upwards, placed_downwards, matched, empty_beside_a_number, asked_with_effects]


@pytest.mark.parametrize("n", [-1, 1, 4])
@pytest.mark.parametrize("values", [VALUES[:4], VALUES], ids=["few", "many"])
@pytest.mark.parametrize("f", PROGRAMS)
def test_as_python(f: Any, values: Any, n: int) -> None:
    wanted = f(list(values), n)
    assert tg.jit(f)(list(values), n) == wanted


def test_what_python_raises_is_raised() -> None:
    def first(items: Any, n: Any) -> Any:
        i = 0
        while i < n and items[i] > 0:
            i += 1
        return i

    with pytest.raises(IndexError):
        tg.jit(first)([], 2)
