"""Arrays in grown lists that are something else as well: another list's item, an array with a name, an item taken out.

A grown list holds copies of them. That one of them is written is noted, and reading another afterwards is refused, but
that they are the same was forgotten where lists were copied, popped from, joined, or given the same array.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg

X = np.array([1.5, -2.0, 3.0, 0.5])


def _multiples(x: Any, n: int) -> list[Any]:
    items = []
    for k in range(n):
        items.append(x * k)
    return items


def an_item_and_the_one_popped(x: Any, n: int) -> Any:
    items = _multiples(x, n)
    last = items[-1]
    popped = items.pop()
    popped[0] = 77.0
    return last


def the_one_popped_and_an_item(x: Any, n: int) -> Any:
    items = _multiples(x, n)
    last = items[-1]
    popped = items.pop()
    last[0] = 77.0
    return popped


def the_one_popped_and_a_name(x: Any, n: int) -> Any:
    items, a = _multiples(x, n), x * 9
    items.append(a)
    popped = items.pop()
    popped[0] = 77.0
    return a


def the_one_popped_and_an_argument(x: Any, n: int) -> Any:
    items = [x]
    for k in range(n):
        items.append(x * k)
    while len(items) > 0:
        item = items.pop()
        item[0] += 1.0
    return n


def a_copy_and_a_name(x: Any, n: int) -> Any:
    items, a = _multiples(x, n), x * 9
    items.append(a)
    copied = items.copy()
    copied[-1][0] = 5.0
    return a


def a_slice_and_a_name(x: Any, n: int) -> Any:
    items, a = _multiples(x, n), x * 9
    items.append(a)
    part = items[1:]
    part[-1][0] = 5.0
    return a


def a_comprehension_and_a_name(x: Any, n: int) -> Any:
    items, a = _multiples(x, n), x * 9
    items.append(a)
    same = [item for item in items]
    same[-1][0] = 5.0
    return a


def two_lists(x: Any, n: int) -> Any:
    one, two = [], []
    for k in range(n):
        a = x * k
        one.append(a)
        two.append(a)
    one[0][0] = 99.0
    return two[0]


def two_lists_in_a_branch(x: Any, n: int) -> Any:
    one, two = [], []
    if n > 1:
        a = x * 2
        one.append(a)
        two.append(a)
    one[0][0] = 99.0
    return two[0]


def a_list_and_a_name_in_branches(x: Any, n: int) -> Any:
    items = []
    if n > 1:
        a = x * 2
        items.append(a)
    else:
        a = x * 3
        items += [a, x]
    a[0] = 99.0
    return items[0][0]


def a_sorted_list(x: Any, n: int) -> Any:
    items = _multiples(x, n)
    ordered = sorted(items, key=lambda item: item[0])
    ordered[0][0] = 99.0
    return items[0]


def rows_in_two_lists(x: Any, n: int) -> Any:
    rows = []
    for k in range(n):
        rows.append([x[k], x[k] * 2])
    same = list(rows)
    same[0][0] = 5.0
    return rows[0]


def another_item_in_its_place(x: Any, n: int) -> Any:
    items = _multiples(x, n)
    last = items[-1]
    items.pop()
    items.append(x * 100)
    return last


def other_items_after_clearing(x: Any, n: int) -> Any:
    items, total = _multiples(x, n), 0.0
    for k in range(n):
        first = items[0]
        items.clear()
        items.append(x * 100)
        total += first[0]
    return total


SHARED = [
    an_item_and_the_one_popped, the_one_popped_and_an_item, the_one_popped_and_a_name, the_one_popped_and_an_argument,
    a_copy_and_a_name, a_slice_and_a_name, a_comprehension_and_a_name, two_lists, two_lists_in_a_branch,
    a_list_and_a_name_in_branches, a_sorted_list, rows_in_two_lists, another_item_in_its_place,
    other_items_after_clearing,
]  # fmt: skip


@pytest.mark.parametrize("function", SHARED)
def test_reading_one_after_a_write_to_another_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(tg.AliasError, match="may have been changed through"):
        tg.jit(function)(X.copy(), 3)


def read_only_items(x: Any, n: int) -> Any:
    items = []
    for k in range(n):
        items.append(np.broadcast_to(x[k], 3))
    items[0][0] = 1.0
    return items[0]


def read_only_items_at_places(x: Any, n: int) -> Any:
    item = [np.broadcast_to(x[0], 3), np.broadcast_to(x[1], 3), x[:3] * 1][n - 2]
    item[0] = 1.0
    return item


def read_only_items_in_a_branch(x: Any, n: int) -> Any:
    items = [x]
    if n > 2:
        items.append(np.diag(np.outer(x, x)))
    items[-1][0] = 1.0
    return items[-1]


@pytest.mark.parametrize("function", [read_only_items, read_only_items_at_places, read_only_items_in_a_branch])
def test_items_that_may_be_read_only_are_not_written_to(function: Callable[..., Any]) -> None:
    with pytest.raises(tg.AliasError, match="may or may not be a read-only array"):
        tg.jit(function)(X.copy(), 3)


def one_after_another(x: Any, n: int) -> Any:
    stack, total = [x * 1.0], 0.0
    while len(stack) > 0:
        item = stack.pop()
        item[0] += n
        total += item.sum()
        if n > 0:
            stack.append(item * 0.5)
            stack.append(item * 0.25)
            n -= 1
    return total


def looked_at_and_taken(x: Any, n: int) -> Any:
    stack, total = _multiples(x, n), 0.0
    while len(stack) > 1:
        item = stack[-1]
        stack.pop()
        total += item.sum()
        item[0] = total
        total += item[0] + stack[0][1]
    return total


def read_after_copying(x: Any, n: int) -> Any:
    items = _multiples(x, n)
    copied, rest = items.copy(), items[1:]
    items[0] = x
    return sum(a.sum() for a in copied) + sum(a[0] for a in rest) + items[0][0]


def copied_deeply(x: Any, n: int) -> Any:
    items = _multiples(x, n)
    copied = copy.deepcopy(items)
    items[1][0] = 5.0
    copied[0][1] = 7.0
    return items[0][1] + copied[1][0] + items[1][0]


@pytest.mark.parametrize("function", [one_after_another, looked_at_and_taken, read_after_copying, copied_deeply])
def test_what_nobody_shares_is_written_to(function: Callable[..., Any]) -> None:
    assert tg.jit(function)(X.copy(), 4) == pytest.approx(function(X.copy(), 4), rel=1e-12)
