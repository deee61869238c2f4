"""`is`, and `==` of objects that compare by identity, where the path taken decides whether two are one.

Of arrays that was refused; of lists, dicts and instances, and of the items of grown lists, the answer was False.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg


class Thing:
    def __init__(self, a: Any) -> None:
        self.a = a


def lists(n: int) -> bool:
    p, q = [1.0, 2.0], [1.0, 3.0]
    r = p if n > 0 else q
    return r is p


def dicts(n: int) -> bool:
    p, q = {"a": 1.0}, {"a": 2.0}
    r = p if n > 0 else q
    return r is not p


def instances(n: int) -> bool:
    p, q = Thing(1.0), Thing(2.0)
    for k in range(n):
        if k == 0:
            q = p
    return q is p


def equal_instances(n: int) -> bool:
    p, q = Thing(1.0), Thing(2.0)
    r = p if n > 0 else q
    return r == p


def instances_in_containers(n: int) -> bool:
    p, q = Thing(1.0), Thing(2.0)
    r = p if n > 0 else q
    return (r, 1) == (p, 1)


def members(n: int) -> bool:
    p, q = Thing(1.0), Thing(2.0)
    r = p if n > 0 else q
    return r in [p, 1.0]


def items_of_lists(n: int) -> bool:
    items = []
    for k in range(n):
        items.append(np.ones(2) * k)
    return items[0] is items[n - 1]


def items_and_names(n: int) -> bool:
    items, a = [], np.ones(2)
    for k in range(n):
        items.append(np.ones(2) * k)
    items.append(a)
    return items[-1] is a


def rows_of_lists(n: int) -> bool:
    rows = []
    for k in range(n):
        rows.append([k, k + 1])
    return rows[0] is rows[n - 1]


def items_of_rows(n: int) -> bool:
    rows = []
    for k in range(n):
        rows.append([np.ones(2) * k, np.zeros(2)])
    row = rows[0]
    return row[1] is rows[n - 1][1]


def items_of_rows_and_names(n: int) -> bool:
    rows, a = [], np.ones(2)
    for _ in range(n):
        rows.append([a])
    return rows[0][0] is a


FUNCTIONS = [
    lists, dicts, instances, equal_instances, instances_in_containers, members, items_of_lists, items_and_names,
    rows_of_lists, items_of_rows, items_of_rows_and_names,
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(tg.TypeMismatchError, match=r"whether these are the same (array|object) depends on the path"):
        tg.jit(function)(2)


def known(x: Any, n: int) -> Any:
    p, q, items = Thing(x), Thing(x), [x, x * 2]
    r = p
    if n > 0:
        r, q = p, q
    for _ in range(n):
        items.append(x * n)
    return r is p, r is q, r == p, p in [q, p], items is items, items[0] is x[1:], x[1:] is x, [p] == [r]


def test_where_it_is_known() -> None:
    x = np.ones(3)
    assert tg.jit(known)(x, 2) == known(x, 2)
