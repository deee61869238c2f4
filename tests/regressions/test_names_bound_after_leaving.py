"""Names bound after a `continue`, `break` or `return` under a condition, and read behind the branch that this is in.

The names that are live behind such a branch were taken to be those live behind the inner one, which what follows binds
anew, and what a name held when a trip was left counted as one of its values.
"""

from __future__ import annotations

import numpy as np
import pytest

import tangra as tg
from tests.frontend.running import check


def returned(x, s, flag):
    if flag > 0:
        if s < x[0]:
            return 1.0, 2.0
        s = 3.0
        if x[1] > 0:
            s -= 0.5 * x[1]
    return x[0], s


def continued(x):
    t = 0.0
    for v in x:
        if v > 0:
            if v > 2:
                continue
            k = v
            if v > 1:
                k = k * 2
        else:
            k = -v * v
        t += k
    return t


def broken_off(x):
    t = 0.0
    for v in x:
        if v > 0:
            if v > 2:
                break
            k = v * v
        else:
            k = -1.0
        t += k
    else:
        t *= 2.0
    return t


def arrays_in_while(x):
    t, i = 0.0, 0
    while i < len(x):
        v = x[i]
        i += 1
        if v > 0:
            if v > 2:
                continue
            a = np.ones(3) * v
        else:
            a = np.zeros(2 + 1)
        t += (a * a).sum()
    return t


def in_cases(x, n):
    t = 0.0
    for i, v in enumerate(x):
        match (n + i) % 3:
            case 0:
                if v > 2:
                    continue
                k = v
            case 1:
                if v < 0:
                    break
                k = 2.0 * v
            case _:
                k = 1.0
        t = 0.5 * t + k * k
    return t


def nested(x):
    t = 0.0
    for i in range(len(x)):
        for j in range(i + 1):
            if x[j] > 0:
                if x[i] > 2:
                    break
                k = x[j]
                if x[i] < 0:
                    continue
                k += x[i]
            else:
                if x[i] < 0:
                    continue
                k = 0.1
            t += k * x[i]
        else:
            t += 1.0
    return t


ROWS = ([1.1, 3.0, -2.0, 1.5], [3.0, 0.9, 0.5], [-1.1, 0.25, 0.75], [0.5], [1.2, -0.4, 2.5, 0.3, -3.0])
XS = [np.array(row) for row in ROWS]


@pytest.mark.parametrize("program", [continued, broken_off, arrays_in_while, nested, in_cases])
@pytest.mark.parametrize("x", XS, ids=range(len(XS)))
def test_in_loops(program, x):
    rest = (2,) if program is in_cases else ()
    check(program, (x, *rest))
    gradient = tg.grad(program)(x, *rest)
    for k in range(len(x)):
        step = np.zeros_like(x)
        step[k] = 1e-6
        expected = (program(x + step, *rest) - program(x - step, *rest)) / 2e-6
        assert gradient[k] == pytest.approx(expected, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("flag", [1, -1])
@pytest.mark.parametrize("s", [0.1, 9.0])
def test_in_a_function(s, flag):
    check(returned, (np.array([1.0, 2.0]), s, flag))
    check(returned, (np.array([1.0, -2.0]), s, flag))
