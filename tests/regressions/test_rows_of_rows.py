"""Rows of tables that are rows of lists: replaced, exchanged, put elsewhere, changed through several names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.regressions.test_instances_in_grown_lists import shown

X = np.sin(np.arange(1.0, 401))


def tables(x: Any, n: int) -> Any:
    t = []
    for i in range(n):
        t.append([[x[i], 1.0], [2.0 * x[i], 3.0]])
    return t


def rows(x: Any, n: int) -> Any:
    t = []
    for i in range(n):
        t.append([x[i], 1.0, 2.0 * x[i]])
    return t


def a_row_that_was_replaced(x: Any, n: int) -> Any:
    t = tables(x, n)
    k = int(abs(x[0]) * n)
    old = t[k][1]
    t[k][1] = [7.0, 8.0]
    return old[0], old, t


def through_another_name(x: Any, n: int) -> Any:
    t = tables(x, n)
    old = t[n // 2][1]
    table = t[n // 2]
    table[1] = [7.0, 8.0]
    return old[0], table[1][0], t


def one_that_a_loop_replaces(x: Any, n: int) -> Any:
    t = tables(x, n)
    out = 0.0
    for i in range(n):
        old = t[i][0]
        t[i][0] = [2.0 * v for v in old]
        out += t[i][0][0] - old[0]
    return out, t


def of_a_list_of_known_length(x: Any, n: int) -> Any:
    t = [[[x[i], 1.0], [3.0, 4.0]] for i in range(4)]
    k = int(abs(x[0]) * 4)
    old = t[k][1]
    t[k][1] = [7.0, 8.0]
    return old[0], t[k][1][0]


def an_array_in_a_table(x: Any, n: int) -> Any:
    t = []
    for i in range(n):
        t.append([np.array([x[i], 1.0]), np.array([2.0 * x[i], 3.0])])
    old = t[n // 2][1]
    t[n // 2][1] = np.array([5.0, 6.0])
    return old[0], t


def in_a_dict(x: Any, n: int) -> Any:
    t = tables(x, n)
    named = {"row": t[1][0], "table": t[1]}
    named["table"][0] = [3.0, 3.0]
    return named["row"][0], t[1][0][0]


def a_table_with_a_name(x: Any, n: int) -> Any:
    t = tables(x, n)
    table = t[n // 2]
    table[1][0] = 5.0
    t[n // 2][1][1] = 6.0
    return table[1][0], table[1][1], t


def a_row_with_a_name(x: Any, n: int) -> Any:
    t = rows(x, n)
    for i in range(n):
        row = t[i]
        row[0] = 1.0
        t[0][1] += 2.0
        row[1] += row[0]
    return t


def rows_unpacked(x: Any, n: int) -> Any:
    t = tables(x, n)
    s = 0.0
    for a, b in t:
        a[0] = b[1]
        s += a[0] * b[0]
    return s, t


def elimination(x: Any, n: int) -> Any:
    m = [[float(i + j) * x[(i + j) % 5] for j in range(n)] for i in range(n)]
    for i in range(n):
        p = i
        for k in range(i + 1, n):
            if abs(m[k][i]) > abs(m[p][i]):
                p = k
        m[i], m[p] = m[p], m[i]
        for k in range(i + 1, n):
            f = m[k][i] / (1.0 + m[i][i] ** 2)
            for j in range(i, n):
                m[k][j] -= f * m[i][j]
    return m


def of_known_length(x: Any, n: int) -> Any:
    m = [[x[3 * i + j] for j in range(3)] for i in range(3)]
    k = int(abs(x[0]) * 3)
    m[0], m[k] = m[k], m[0]
    m[0][1] = 99.0
    return m


def arrays_exchanged(x: Any, n: int) -> Any:
    t = []
    for i in range(n):
        t.append(np.array([x[i], 1.0]))
    for i in range(n - 1):
        if t[i][0] > t[i + 1][0]:
            t[i], t[i + 1] = t[i + 1], t[i]
        t[i][1] -= t[i + 1][0]
    return t


class Particle:
    def __init__(self, at: float, speed: float) -> None:
        self.at, self.speed = at, speed


class Swarm:
    def __init__(self, x: Any, n: int) -> None:
        self.members = []
        for i in range(n):
            self.members.append(Particle(x[i], 1.0))

    def sort(self) -> None:
        for i in range(len(self.members)):
            for j in range(len(self.members) - 1 - i):
                if self.members[j].at > self.members[j + 1].at:
                    self.members[j], self.members[j + 1] = self.members[j + 1], self.members[j]


def instances_exchanged(x: Any, n: int) -> Any:
    swarm = Swarm(x, n % 20)
    swarm.sort()
    for i, p in enumerate(swarm.members):
        p.speed = float(i)
    return [(p.at, p.speed) for p in swarm.members]


def within_tables(x: Any, n: int) -> Any:
    t = tables(x, n)
    for i in range(n):
        t[i][0], t[i][1] = t[i][1], t[i][0]
        t[i][0][1] *= 2.0
    return t


def from_both_ends(x: Any, n: int) -> Any:
    t = rows(x, n)
    i, j = 0, n - 1
    while i < j:
        t[i], t[j] = t[j], t[i]
        i += 1
        j -= 1
    t[-1], t[len(t) // 2] = t[len(t) // 2], t[-1]
    t[0][0] = 5.0
    return t


def in_dicts_and_tuples(x: Any, n: int) -> Any:
    held = {"rows": (rows(x, n), 1)}
    key = "rows"
    for i in range(n - 1):
        if x[i] > 0:
            held["rows"][0][i], held["rows"][0][i + 1] = held["rows"][0][i + 1], held["rows"][0][i]
        held[key][0][i][0] += 1.0
    return held


def names_of_what_was_exchanged(x: Any, n: int) -> Any:
    t = rows(x, n)
    row = t[0]
    t[0], t[-1] = t[-1], t[0]
    return row[0], t[0][0], t


def in_three_steps(x: Any, n: int) -> Any:
    t = rows(x, n)
    for i in range(n - 1):
        if t[i][0] > t[i + 1][0]:
            held = t[i]
            t[i] = t[i + 1]
            t[i + 1] = held
        else:
            t[i][1] += 1.0
    t[0][2] = 5.0
    return t


def in_steps_that_are_no_exchange(x: Any, n: int) -> Any:
    t = rows(x, n)
    k = 0
    k = t[k]
    t[0] = t[1]
    t[1] = k
    return k[0], t


def sorted_rows(x: Any, n: int) -> Any:
    t = []
    for i in range(n):
        t.append([float(int(3 * x[i])), float(-i), 2.0 * x[i]])
    u = sorted(t)
    t.sort(key=lambda row: row[2])
    return sorted(u, reverse=True), t


def by_keys_of_two_kinds(x: Any, n: int) -> Any:
    t = []
    for i in range(n):
        t.append([x[i], 1.0])
    t.sort(key=lambda row: row[0])
    t[0][1] = 4.0
    return t


RIGHT: list[Callable[..., Any]] = [
    a_row_that_was_replaced,
    through_another_name,
    one_that_a_loop_replaces,
    of_a_list_of_known_length,
    an_array_in_a_table,
    in_a_dict,
    a_table_with_a_name,
    a_row_with_a_name,
    rows_unpacked,
    elimination,
    of_known_length,
    arrays_exchanged,
    instances_exchanged,
    within_tables,
    from_both_ends,
    in_dicts_and_tuples,
    names_of_what_was_exchanged,
    in_three_steps,
    in_steps_that_are_no_exchange,
    sorted_rows,
    by_keys_of_two_kinds,
]


@pytest.mark.parametrize("f", RIGHT)
@pytest.mark.parametrize("dynamic", [False, True])
def test_values(f: Any, dynamic: bool) -> None:
    compiled = tg.jit(f, dynamic=dynamic)
    for n in (3, 30):
        assert shown(compiled(X.copy(), n)) == shown(f(X.copy(), n))


def test_derivatives() -> None:
    def loss(x: Any) -> Any:
        m = elimination(x, 5)
        t = within_tables(x, 5)
        return m[3][4] + m[1][2] * t[2][0][1] + a_row_that_was_replaced(x, 5)[0]

    x, direction = X[:8].copy(), np.cos(np.arange(8.0))
    _, slope = tg.jvp(loss, (x,), (direction,))
    near = (loss(x + 1e-6 * direction) - loss(x - 1e-6 * direction)) / 2e-6
    assert slope == pytest.approx(near, rel=1e-7)
    assert np.sum(tg.grad(loss)(x) * direction) == pytest.approx(near, rel=1e-7)


def a_row_in_two_places(x: Any, n: int) -> Any:
    t = tables(x, n)
    t[1][0] = t[0][0]
    t[0][0][0] = 5.0
    return t[1][0][0]


def one_within_a_table(x: Any, n: int) -> Any:
    t = tables(x, n)
    t[1][0] = t[1][1]
    t[1][0][1] = 5.0
    return t[1][1][1]


def an_array_in_two_places(x: Any, n: int) -> Any:
    t = []
    for i in range(n):
        t.append([np.array([x[i], 1.0]), np.array([0.0, 2.0])])
    t[1][0] = t[1][1]
    t[1][0][1] = 5.0
    return t[1][1][1]


def one_that_was_put_in(x: Any, n: int) -> Any:
    t = tables(x, n)
    row = [8.0, 9.0]
    t[1][0] = row
    row[0] = 5.0
    return t[1][0][0]


def written_in_its_table(x: Any, n: int) -> Any:
    t = tables(x, n)
    row = [8.0, 9.0]
    t[1][0] = row
    t[1][0][1] = 5.0
    return row[1]


def put_in_twice(x: Any, n: int) -> Any:
    t = tables(x, n)
    row = [8.0, 9.0]
    t[1][0] = row
    t[2][1] = row
    t[1][0][1] = 5.0
    return t[2][1][1]


def a_list_of_rows(x: Any, n: int) -> Any:
    t = tables(x, n)
    firsts = [table[0] for table in t]
    firsts[1][0] = 99.0
    return t[1][0][0]


def a_copy_of_a_table(x: Any, n: int) -> Any:
    t = tables(x, n)
    q = t[n // 2][:]
    t[n // 2][0][0] = 5.0
    return q[0][0]


def turned_round(x: Any, n: int) -> Any:
    t = tables(x, n)
    t[n // 2][1].reverse()
    return t[n // 2][1][0]


def exchanged_item_by_item(x: Any, n: int) -> Any:
    t = tables(x, n)
    held = t[1][0]
    t[1][0] = t[1][1]
    t[1][1] = held
    return t[1][0][0], t[1][1][0]


REFUSED: list[Callable[..., Any]] = [
    a_row_in_two_places,
    one_within_a_table,
    an_array_in_two_places,
    one_that_was_put_in,
    written_in_its_table,
    put_in_twice,
    a_list_of_rows,
    a_copy_of_a_table,
    turned_round,
]


@pytest.mark.parametrize("f", [*REFUSED, exchanged_item_by_item])
def test_never_wrong(f: Any) -> None:
    """Rows in two places may be refused; what is computed is right."""
    try:
        found = tg.jit(f)(X.copy(), 5)
    except tg.AliasError:
        return
    assert shown(found) == shown(f(X.copy(), 5))


@pytest.mark.parametrize("f", REFUSED)
def test_says_so(f: Any) -> None:
    """A write to what may be in two places is refused today."""
    with pytest.raises(tg.AliasError, match="may have been changed through"):
        tg.jit(f)(X.copy(), 5)
