"""Names that a loop binds in one trip and reads in a later one, under a condition, while they are unbound before it.

The first evaluation of the body, in which nothing had bound them yet, took reading them for a certain error.
"""

from __future__ import annotations

import numpy as np
import pytest

import tangra as tg
from tangra.errors import TangraError
from tests.frontend.running import check

X = np.array([0.1, 0.75, -0.3, 0.4, 2.0, 0.6])


def left_by_continue(x):
    t, mode = 0.0, 0
    for v in x:
        if mode == 0:
            if v > 0.5:
                mode, start = 1, v
            continue
        t += v * start * start
    return t


def read_first(x):
    t, mode = 0.0, 0
    for v in x:
        if mode != 0:
            t += v * start
        if v > 0.5:
            mode, start = 1, v
    return t


def previous_items(x):
    t, i = 0.0, 0
    while i < len(x):
        if i:
            t += last * x[i] - pair[1]
        last, pair = x[i], (i, x[i] ** 2)
        i += 1
    return t


def inner_loops(x):
    t = 0.0
    for i in range(len(x)):
        for j in range(i):
            t += before * x[j]
        before = x[i]
    return t


def arrays(x):
    t = 0.0
    for v in x:
        if v < 0:
            t += (w * w).sum()
        w = np.ones(2) * v
    return t


def through_a_closure(x):
    def use():
        return start

    t, started = 0.0, False
    for v in x:
        if started:
            t += use() * v
        if v > 0.5:
            start, started = v, True
    return t


@pytest.mark.parametrize(
    "program", [left_by_continue, read_first, previous_items, inner_loops, arrays, through_a_closure]
)
def test_names_of_earlier_trips(program):
    check(program, (X,))
    gradient = tg.grad(program)(X)
    for k in range(len(X)):
        step = np.zeros_like(X)
        step[k] = 1e-6
        expected = (program(X + step) - program(X - step)) / 2e-6
        assert gradient[k] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_a_name_that_no_trip_bound():
    def rarely(x):
        t = 0.0
        for v in x:
            if v > 0.5:
                t += z
            if v > 100:
                z = v
        return t

    check(rarely, (np.array([0.25, 0.5]),))
    check(rarely, (np.array([101.0, 0.75]),))
    with pytest.raises(UnboundLocalError, match="'z'"):
        tg.jit(rarely)(X)


def test_a_name_that_is_certainly_unbound():
    def always(x):
        t = 0.0
        for v in x:
            t += y
            y = v
        return t

    with pytest.raises(UnboundLocalError):
        always(X)
    with pytest.raises(TangraError, match="UnboundLocalError: cannot access local variable 'y'"):
        tg.jit(always)(X)
