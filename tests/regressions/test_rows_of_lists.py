"""Lists of lists that are indexed at run time: tables that are filled, rows with other names, rows of other kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.regressions.test_instances_in_grown_lists import shown


def time_warping(x: Any, n: int) -> Any:
    m = 12
    table = [[float("inf")] * (m + 1) for _ in range(m + 1)]
    table[0][0] = 0.0
    for i in range(1, m + 1):
        for j in range(1, m + 1):
            cost = abs(x[i] - x[j + 3])
            table[i][j] = cost + min(table[i - 1][j], table[i][j - 1], table[i - 1][j - 1])
    return table[m][m]


def sums_by_place(x: Any, n: int) -> Any:
    rows = [[0.0, 0.0] for _ in range(3)]
    for i in range(n):
        rows[i % 3][i % 2] += x[i]
    return rows


def ints_that_become_floats(x: Any, n: int) -> Any:
    rows = [[0, 0] for _ in range(3)]
    for i in range(n):
        rows[i % 3][i % 2] += 0.5
        rows[i % 3][0] += x[i]
    return rows


def of_three_axes(x: Any, n: int) -> Any:
    blocks = [[[0.0] * 2 for _ in range(2)] for _ in range(2)]
    for i in range(n):
        blocks[i % 2][(i // 2) % 2][i % 2] += x[i]
    return blocks


def beside_numbers(x: Any, n: int) -> Any:
    rows = [([0.0, 0.0], i) for i in range(3)]
    for i in range(n):
        row, k = rows[i % 3]
        row[i % 2] += x[i] * k
    return rows


def grown(x: Any, n: int) -> Any:
    rows = []
    for _ in range(n):
        rows.append([0.0, 1.0])
    for i in range(n):
        for k in range(2):
            rows[i][k] = rows[i - 1][k] * 0.5 + x[i]
    return rows


def by_a_function(x: Any, n: int) -> Any:
    rows = [[0.0, 0.0] for _ in range(3)]

    def add(row: list[Any], v: Any) -> None:
        row[0] += v
        row[1] -= v

    for i in range(n):
        add(rows[i % 3], x[i])
    return rows


def smoothed(x: Any, n: int) -> Any:
    m = 8
    table = [[0.0] * m for _ in range(m)]
    for _ in range(n % 5):
        new = [[0.0] * m for _ in range(m)]
        for i in range(1, m - 1):
            for j in range(1, m - 1):
                new[i][j] = 0.25 * (table[i - 1][j] + table[i + 1][j] + table[i][j - 1]) + x[i] * x[j]
        table = new
    return table[5][6], sum(sum(row) for row in table)


def cholesky(x: Any, n: int) -> Any:
    m = 6
    low = [[0.0] * m for _ in range(m)]
    a = [[x[i] * x[j] * 0.1 + (2.0 if i == j else 0.0) for j in range(m)] for i in range(m)]
    for i in range(m):
        for j in range(i + 1):
            s = a[i][j]
            for k in range(j):
                s -= low[i][k] * low[j][k]
            if i == j:
                low[i][j] = np.sqrt(s)
            else:
                low[i][j] = s / low[j][j]
    return low[5][3], low[5][5]


def an_old_array(x: Any, n: int) -> Any:
    arrays = []
    for j in range(n + 1):
        arrays.append(x[:2] * (j + 1))
    old = arrays[n // 2]
    arrays[n // 2] = x[2:4] * 3
    return old, arrays


RIGHT = [
    time_warping,
    sums_by_place,
    ints_that_become_floats,
    of_three_axes,
    beside_numbers,
    grown,
    by_a_function,
    smoothed,
    cholesky,
    an_old_array,
]


@pytest.mark.parametrize("f", RIGHT)
@pytest.mark.parametrize("dynamic", [False, True])
def test_values(f: Any, dynamic: bool) -> None:
    compiled = tg.jit(f, dynamic=dynamic)
    for n in (6, 1, 300):
        x = np.sin(np.arange(1.0, 401))
        assert shown(compiled(x.copy(), n)) == shown(f(x.copy(), n))


def test_derivatives() -> None:
    def loss(x: Any) -> Any:
        low = cholesky(x, 0)
        return time_warping(x, 0) + low[0] * low[1]

    x, direction, h = np.sin(np.arange(1.0, 18.0)), np.cos(np.arange(17.0)), 1e-6
    difference = (loss(x + h * direction) - loss(x - h * direction)) / (2 * h)
    assert tg.grad(loss)(x) @ direction == pytest.approx(difference, abs=1e-8)


def a_row_of_two_names(x: Any, n: int) -> Any:
    row = [0.0, 0.0]
    rows = [row, [1.0, 1.0]]
    rows[n % 2][0] = x[0]
    return row


def one_row_twice(x: Any, n: int) -> Any:
    row = [0.0, 0.0]
    rows = [row, row]
    rows[n % 2][0] = x[0]
    return rows[1 - n % 2]


def rows_of_a_copy(x: Any, n: int) -> Any:
    rows = [[0.0, 0.0] for _ in range(3)]
    other = rows[:]
    rows[n % 3][0] = x[0]
    return other


def another_row_meanwhile(x: Any, n: int) -> Any:
    rows = [[0.0, 0.0] for _ in range(3)]
    row, other = rows[n % 3], rows[(n + 1) % 3]
    row[0] = x[0]
    before = other[0]
    other[1] = x[1]
    return rows, before


def a_row_that_was_replaced(x: Any, n: int) -> Any:
    rows = [[0.0, 0.0] for _ in range(3)]
    row = rows[n % 3]
    rows[n % 3] = [5.0, 6.0]
    row[0] = x[0]
    return rows


def shared_and_moved(x: Any, n: int) -> Any:
    arrays = []
    for j in range(n):
        arrays.append(x[:2] * j)
    arrays.append(arrays[0])
    arrays.insert(1, x[2:4] * 1)
    arrays[0][0] = 50.0
    return arrays[-1]


def an_array_that_was_replaced(x: Any, n: int) -> Any:
    arrays = []
    for j in range(n):
        arrays.append(x[:2] * (j + 1))
    old, other = arrays[0], arrays[1]
    arrays[0] = x[2:4] * 3
    old[0] = 9.0
    other[1] = 8.0
    return arrays


@pytest.mark.parametrize(
    "f",
    [
        a_row_of_two_names,
        one_row_twice,
        rows_of_a_copy,
        another_row_meanwhile,
        a_row_that_was_replaced,
        shared_and_moved,
        an_array_that_was_replaced,
    ],
)
def test_right_or_refused(f: Any) -> None:
    for n in (3, 4):
        x = np.sin(np.arange(1.0, 401))
        try:
            found = shown(tg.jit(f)(x.copy(), n))
        except tg.AliasError:
            continue
        assert found == shown(f(x.copy(), n))
