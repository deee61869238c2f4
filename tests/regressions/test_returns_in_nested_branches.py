"""A name that is bound behind an early exit in a nested block is still there behind that block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def in_a_constant_branch(x: Any, n: Any, b: Any) -> Any:
    if 1:
        if n:
            return 4
        n = 4
    return x + n


def in_a_branch(x: Any, n: Any, b: Any) -> Any:
    if b:
        if n:
            return 4
        n = 4
    return x + n


def in_two(x: Any, n: Any, b: Any) -> Any:
    if x > 0:
        if b:
            if n:
                return 4.0
            n = 4
            y = n * x
        else:
            y = 1.0
        x += n
    else:
        if n:
            if b:
                return 1.0
            y = 3.0
        y = 2.0
    return x + y + n


def in_a_loop(x: Any, n: Any, b: Any) -> Any:
    k = -1
    for i in range(5):
        if b:
            if i > n:
                break
            if i == 1:
                continue
            k = i * 2
        k = k + 1
    return k + x


def in_a_match(x: Any, n: Any, b: Any) -> Any:
    match n:
        case 0:
            if b:
                return 5.0
            y = 6
        case _:
            y = 8
    return y + x


def searched(x: Any, n: Any, b: Any) -> Any:
    for k in range(6):
        if k * k > abs(x):
            return k, x
        if n and b:
            x = x * 1.5
    else:
        raise RuntimeError("nothing found")


def in_the_else_of_a_loop(x: Any, n: Any, b: Any) -> Any:
    """A loop that is left by `return` only, with an `else` that raises, ends in a value on all paths."""
    k, y = searched(x, n, b)
    return k + y


def counted_down(x: Any, n: Any, b: Any) -> Any:
    while n > 0:
        if x > 1:
            return n, x
        if b and n == 2:
            break
        n = n - 1
    else:
        return -1, x * 2
    return -2, x


def in_the_else_of_a_while(x: Any, n: Any, b: Any) -> Any:
    k, y = counted_down(x, n, b)
    return k * y


def romberg(f: Any, a: Any, b: Any) -> Any:
    """Rows of different lengths, in a loop that is left early: nobody reads the table on that path."""
    table = [[0.5 * (b - a) * (f(a) + f(b))]]
    h = b - a
    for k in range(1, 5):
        h /= 2
        row = [0.5 * table[-1][0] + h * sum(f(a + (2 * i - 1) * h) for i in range(1, 2 ** (k - 1) + 1))]
        for j in range(1, k + 1):
            row.append(row[j - 1] + (row[j - 1] - table[-1][j - 1]) / (4**j - 1))
        table.append(row)
        if abs(table[k][k] - table[k - 1][k - 1]) < 1e-2:
            return table[k][k]
    return table[-1][-1] * 2


def out_of_an_unrolled_loop(x: Any, n: Any, b: Any) -> Any:
    return romberg(lambda t: np.sin(x * t), 0.0, 1.0 + n) + b


def keeping_what_it_made(x: Any, n: Any, b: Any) -> Any:
    def first(kept: Any) -> Any:
        made = {"count": 0}
        rows = [x]
        for k in range(4):
            made[f"row{k}"] = k
            rows.append(x * k)
            if rows[k] > n:
                return made["count"] + sum(rows)
        kept.append(rows)
        return len(made)

    kept: list[Any] = []
    return first(kept) * x


NESTED = [in_a_constant_branch, in_a_branch, in_two, in_a_loop, in_a_match]


@pytest.mark.parametrize(
    "f", [*NESTED, in_the_else_of_a_loop, in_the_else_of_a_while, out_of_an_unrolled_loop, keeping_what_it_made]
)
@pytest.mark.parametrize("x", [1.5, -2.0, np.float64(2.0)])
@pytest.mark.parametrize("n", [0, 3])
@pytest.mark.parametrize("b", [True, False])
def test_values(f: Any, x: Any, n: int, b: bool) -> None:
    assert repr(tg.jit(f)(x, n, b)) == repr(f(x, n, b))
