"""Instances read from grown lists that change afterwards: what is set then is right, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.regressions.test_instances_in_grown_lists import shown
from tests.regressions.test_items_of_grown_lists_change import Cell, Particle, made


def inserted_before(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[0]
    ps.insert(0, Particle(x[0], x[1]))
    p.x = 9.0 * x[0]
    return ps, p.x


def put_in_order(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[0]
    ps.sort(key=lambda q: q.x)
    p.x = 9.0 * x[0]
    return ps


def turned_round(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[0]
    ps.reverse()
    p.x = 9.0 * x[0]
    return ps


def one_of_two(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[1] if x[0] > 0 else ps[2]
    p.x = 9.0 * x[0]
    return ps


def in_order(x: Any, n: int) -> Any:
    ps = made(x, n)
    for k, p in enumerate(sorted(ps, key=lambda p: p.x)):
        p.hits = k
    return ps


def first_found(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = next(p for p in ps if p.x > 0.5)
    p.x = 7.0 * x[0]
    return ps


def while_the_list_grows(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[1]
    for k in range(5):
        p.x += 0.1 * k
        if k == 3:
            ps.append(Particle(x[0], x[1]))
    return ps


def deleted_before(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[1]
    del ps[0]
    p.x = 9.0 * x[0]
    return ps


def made_longer(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[0]
    ps += made(x, 2)
    p.x = 9.0 * x[0]
    return ps


def of_a_copy(x: Any, n: int) -> Any:
    ps = made(x, n)
    qs = ps[:]
    ps[0].x = 9.0 * x[0]
    return qs[0].x


def of_a_part(x: Any, n: int) -> Any:
    ps = made(x, n)
    qs = [p for p in ps if p.x > 0]
    for q in qs:
        q.x = 9.0 * x[0]
    return ps


def twice_in_it(x: Any, n: int) -> Any:
    ps = made(x, n)
    ps.append(ps[0])
    ps[-1].x = 9.0 * x[0]
    return ps[0].x


def put_into_it(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = Particle(x[0], x[1])
    ps.append(p)
    ps[-1].x = 9.0 * x[0]
    return p.x


def swapped(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[1]
    ps[0], ps[1] = ps[1], ps[0]
    p.x = 9.0 * x[0]
    return ps


def replaced(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps[0]
    ps[0] = Particle(x[2], x[1])
    p.x = 9.0 * x[0]
    return p.x


def taken_and_put_back(x: Any, n: int) -> Any:
    ps = made(x, n)
    p = ps.pop()
    p.x = 9.0 * x[0]
    ps.append(p)
    p.x = x[1]
    return ps


def its_neighbour(x: Any, n: int) -> Any:
    ps = made(x, n)
    last = ps[0]
    for p in ps:
        last.x += p.x
        last = p
    return ps


def the_array_it_held(x: Any, n: int) -> Any:
    ps = []
    for j in range(n):
        ps.append(Particle(x[:3] * j, x[1:4] + j))
    a = ps[0].x
    ps[0].x = a + 1
    a[0] = 50.0
    return ps[0].x, a


def an_array_of_two(x: Any, n: int) -> Any:
    ps = []
    for j in range(n):
        ps.append(Particle(x[:3] * j, x[1:4] + j))
    ps[0].x = ps[1].x
    ps[1].x[0] = 50.0
    return ps[0].x


def what_it_held(x: Any, n: int) -> Any:
    cells = []
    for j in range(n):
        cells.append(Cell(j, Particle(x[j], x[j])))
    old = cells[0].inner
    cells[0].inner = Particle(x[1], x[2])
    old.x = 33.0 * x[0]
    return cells[0].inner.x


def rows(x: Any, n: int) -> Any:
    grid = []
    for j in range(n):
        row = []
        for k in range(3):
            row.append(Particle(x[j] * k, x[k]))
        grid.append(row)
    grid[0][1].x = 5.0
    other = []
    other.append(grid[0])
    return other[0][1].x


PROGRAMS = [
    inserted_before,
    put_in_order,
    turned_round,
    one_of_two,
    in_order,
    first_found,
    while_the_list_grows,
    deleted_before,
    made_longer,
    of_a_copy,
    of_a_part,
    twice_in_it,
    put_into_it,
    swapped,
    replaced,
    taken_and_put_back,
    its_neighbour,
    the_array_it_held,
    an_array_of_two,
    what_it_held,
    rows,
]


RIGHT = [replaced]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("dynamic", [False, True])
def test_right_or_refused(f: Any, dynamic: bool) -> None:
    compiled = tg.jit(f, dynamic=dynamic)
    for n in (5, 300):
        x = np.sin(np.arange(1.0, 401))
        try:
            found = shown(compiled(x.copy(), n))
        except tg.AliasError:
            assert f not in RIGHT
        else:
            assert found == shown(f(x.copy(), n))


def test_a_row_that_was_replaced_is_not_written_through() -> None:
    """Writing into a row, by the name that it had before another one took its place, changed that."""

    def f(x: Any, n: int) -> Any:
        rows = []
        for j in range(n):
            rows.append([x[j], 2.0 * j])
        row = rows[0]
        rows[0] = [1.0 * x[0], 2.0]
        row[0] = 9.0 * x[0]
        return rows

    with pytest.raises(tg.AliasError):
        tg.jit(f)(np.arange(1.0, 7.0), 5)
