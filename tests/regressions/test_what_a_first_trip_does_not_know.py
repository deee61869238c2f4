"""Loops that read, in a branch, what their first trip finds empty or None: earlier items of a list that they make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def the_last_item(x: Any, n: int) -> Any:
    made: list[Any] = []
    for j in range(n):
        made.append((made[-1] if j > 0 else 0.0) + x[j])
    return made


def the_item_before(x: Any, n: int) -> Any:
    made: list[Any] = []
    for j in range(n):
        w = x[j]
        if j > 0:
            w += 0.5 * made[j - 1]
        made.append(w)
    return made


def all_items_before(x: Any, n: int) -> Any:
    made: list[Any] = []
    for i in range(n):
        s = x[i]
        for k in range(i):
            s -= 0.1 * made[k] * made[i - k - 1]
        made.append(s)
    return made


def a_sum_of_items_before(x: Any, n: int) -> Any:
    made: list[Any] = []
    for i in range(n):
        made.append(x[i] + sum(made[k] for k in range(i)))
    return made


def the_one_before_the_last(x: Any, n: int) -> Any:
    made = [x[0]]
    for j in range(n):
        made.append(x[j] - (made[-2] if j > 0 else 0.0))
    return made


def the_largest_item(x: Any, n: int) -> Any:
    made: list[Any] = []
    for i in range(n):
        if i > 0 and x[i] > max(made):
            continue
        made.append(x[i])
    return made


def an_item_that_is_taken_out(x: Any, n: int) -> Any:
    made: list[Any] = []
    total = 0.0
    for j in range(n):
        if j % 3 == 2:
            total += made.pop()
        made.append(x[j])
    return total, made


def rows_before(x: Any, n: int) -> Any:
    made: list[Any] = []
    for j in range(n):
        row = x * j
        if j > 1:
            row = row + made[-1] - made[-2]
        made.append(row)
    return made


def after_a_continue(x: Any, n: int) -> Any:
    made: list[Any] = []
    for j in range(n):
        if j == 0:
            made.append((0.0, x[0]))
            continue
        a, b = made[-1]
        made.append((b, a + x[j]))
    return made


def the_value_before(x: Any, n: int) -> Any:
    previous: Any = None
    total = 0.0
    for j in range(n):
        if j > 0:
            total += x[j] - previous
        previous = 2 * x[j]
    return total


def in_a_while_loop(x: Any, n: int) -> Any:
    made: list[Any] = []
    t = 0
    while t < n:
        made.append(x[t] - (made[-1] if t > 0 else 0.0))
        t += 2
    return made


def a_direction_in_a_while_loop(x: Any, n: int) -> Any:
    p: Any = None
    r = x.copy()
    k = 0
    while k < n and np.linalg.norm(r) > 1e-8:
        if k == 0:
            p = r.copy()
        else:
            p = r + 0.3 * p
        r = r - 0.5 * p
        k += 1
        if r[0] > 1e3:
            break
    return r, k


def an_array_before(x: Any, n: int) -> Any:
    previous: Any = None
    total = 0.0
    for j in range(n):
        g = x * j
        total += 0.0 if j == 0 else (g @ g) / (previous @ previous + 1)
        previous = g
    return total


class Recorder:
    def __init__(self) -> None:
        self.previous: Any = None
        self.history: list[Any] = []
        self.count = 0

    def __call__(self, v: Any) -> Any:
        out = 0.0
        if self.count > 0:
            out = v - self.previous + 0.1 * self.history[self.count - 1]
        self.previous = v
        self.history.append(out)
        self.count += 1
        return out


def in_an_object(x: Any, n: int) -> Any:
    recorder = Recorder()
    total = 0.0
    for j in range(n):
        total += recorder(x[j])
    return total, recorder.history


LOOPS = [
    the_last_item,
    the_item_before,
    all_items_before,
    a_sum_of_items_before,
    the_one_before_the_last,
    the_largest_item,
    an_item_that_is_taken_out,
    rows_before,
    after_a_continue,
    the_value_before,
    in_a_while_loop,
    a_direction_in_a_while_loop,
    an_array_before,
    in_an_object,
]


@pytest.mark.parametrize("f", LOOPS)
def test_values(f: Any) -> None:
    x = np.sin(np.arange(20.0))
    compiled = tg.jit(f)
    for n in (0, 1, 2, 7, 20):
        assert np.allclose(np.ravel(np.array(_flat(compiled(x, n)))), np.array(_flat(f(x, n))), atol=1e-12)


def _flat(value: Any) -> list[float]:
    if isinstance(value, (list, tuple, np.ndarray)):
        return [number for part in value for number in _flat(part)]
    return [float(value)]


def total(x: Any, n: int) -> Any:
    return sum(all_items_before(x, n))


def test_derivatives() -> None:
    x, n, h = np.sin(np.arange(1.0, 8.0)), 6, 1e-6
    step = h * np.cos(np.arange(7.0))
    difference = (total(x + step, n) - total(x - step, n)) / (2 * h)
    assert np.allclose(tg.grad(total)(x, n) @ np.cos(np.arange(7.0)), difference, atol=1e-7)


def test_what_is_still_an_error_is_refused() -> None:
    def empty(x: Any, n: int) -> Any:
        made: list[Any] = []
        s = 0.0
        for j in range(n):
            if x[j] > 0:
                s += made[-1]
            s += x[j]
        return s, made

    with pytest.raises(IndexError, match="list index out of range") as caught:
        tg.jit(empty)(np.ones(3), 2)
    assert caught.value.code == "TG205"  # type: ignore[attr-defined]

    def never_set(x: Any, n: int) -> Any:
        previous: Any = None
        s = 0.0
        for i in range(n):
            for j in range(i):
                if x[j] > 0:
                    s += previous
        return s

    with pytest.raises(TypeError, match="unsupported operand"):
        tg.jit(never_set)(np.ones(3), 2)


def test_a_failure_in_the_first_trip() -> None:
    def f(x: Any, n: int) -> Any:
        made: list[Any] = []
        for j in range(n):
            if x[j] > 0:
                made.append(made[-1] + x[j])
            else:
                made.append(x[j])
        return made

    assert tg.jit(f)(np.array([-1.0, 2.0, 3.0]), 3) == f(np.array([-1.0, 2.0, 3.0]), 3)
    with pytest.raises(IndexError, match="list index out of range"):
        tg.jit(f)(np.ones(3), 3)
