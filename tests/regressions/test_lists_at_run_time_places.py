"""Lists that are indexed at run time: they stay what they are, and all names of a list see what is put into it.

To be indexed a list is stored as arrays. Its items came back as copies, so that the caller's list held other arrays
than before, and that a list was changed was not noted for others that may be the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

X = np.array([1.5, -2.0, 3.0, 0.5])


def read_once(items: list[Any], n: int) -> Any:
    return items[n].sum()


def read_in_a_loop(items: list[Any], n: int) -> Any:
    total = 0.0
    for k in range(n + 4):
        total += items[k % 2][0]
    return total


def read_on_one_path(items: list[Any], n: int) -> Any:
    if n > 0:
        return items[n][1]
    return 0.0


def read_and_returned(items: list[Any], n: int) -> Any:
    return items[n][0], items


@pytest.mark.parametrize("function", [read_once, read_in_a_loop, read_on_one_path, read_and_returned])
def test_arguments_hold_what_they_held(function: Callable[..., Any]) -> None:
    arrays = [X * 1, X * 2]
    items = list(arrays)
    compiled = tg.jit(function)
    assert difference(compiled(items, 1), function(items, 1)) is None
    assert all(a is b for a, b in zip(items, arrays, strict=True))


def test_results_hold_what_they_were_made_of() -> None:
    def function(x: Any, n: int) -> Any:
        a = x * 2
        items = [x, a, x[1:]]
        pair = [x, x * 3]
        return items[n % 2][0] + pair[n].sum(), items, a, pair

    x = X.copy()
    total, items, a, pair = tg.jit(function)(x, 1)
    assert total == function(x, 1)[0]
    assert items[0] is x
    assert items[1] is a
    assert items[2].base is x
    assert pair[0] is x


def an_item(items: list[Any], n: int) -> Any:
    return items[n]


def an_item_of_a_tuple(items: list[Any], n: int) -> Any:
    p, q = items
    return (p, q, p)[n]


def an_item_on_one_path(items: list[Any], n: int) -> Any:
    item = items[1]
    if n < 1:
        item = items[n]
    return item


def the_last_of_a_loop(items: list[Any], n: int) -> Any:
    item = items[0]
    for k in range(n + 2):
        item = items[k % 2]
    return item


@pytest.mark.parametrize("function", [an_item, an_item_of_a_tuple, an_item_on_one_path, the_last_of_a_loop])
@pytest.mark.parametrize("n", [0, 1, -1])
def test_an_item_that_is_returned_is_that_item(function: Callable[..., Any], n: int) -> None:
    items = [X * 1, X * 2]
    assert tg.jit(function)(items, n) is function(items, n)


def one_of_two(x: Any, n: int) -> Any:
    p, q = [1.0, 2.0], [3.0, 4.0]
    first = p[n - 2]
    r = p if n > 1 else q
    r[n - 3] = 77.0
    return p[0] + first


def the_other_of_two(x: Any, n: int) -> Any:
    p, q = [1.0, 2.0], [3.0, 4.0]
    first = p[n - 2]
    r = p if n > 1 else q
    p[n - 3] = 77.0
    return r[0] + first


def one_of_two_rows(x: Any, n: int) -> Any:
    rows = []
    for k in range(n):
        rows.append([x[k], x[k] * 2])
    row = rows[0] if n > 1 else rows[1]
    row[0] = x[3]
    return rows[0][0]


@pytest.mark.parametrize("function", [one_of_two, the_other_of_two, one_of_two_rows])
def test_reading_what_may_have_been_put_into_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(tg.AliasError, match="may have been changed through"):
        tg.jit(function)(X, 3)


def read_through_two_names(x: Any, n: int) -> Any:
    p, q = [1.0, 2.0], [3.0, 4.0]
    r = p if n > 1 else q
    return r[n - 2] + p[0] + q[n - 3]


def written_in_a_loop(x: Any, n: int) -> Any:
    counts, rows = [0, 0.0, 0], [[x[0], x[1]], [x[2], x[3]]]
    for k in range(n):
        counts[k % 3] += k
        rows[k % 2][1 - k % 2] -= x[k]
    return counts, rows, counts[n % 3]


@pytest.mark.parametrize("function", [read_through_two_names, written_in_a_loop])
def test_values(function: Callable[..., Any]) -> None:
    assert difference(tg.jit(function)(X, 3), function(X, 3)) is None
