"""A list from outside that a transformed function only read, at a place that a run tells, counted as written."""

import numpy as np
import pytest

import tangra as tg

NUMBERS = [1.0, 2.0, 3.0]
ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
ARRAYS = [np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, 6.0])]
TABLES = {"numbers": NUMBERS, "rows": ROWS}


def of_globals(v):
    k = int(v * 2.0)
    return v * v * NUMBERS[k] * ROWS[k][1] * ARRAYS[k][k] + v * TABLES["numbers"][k]


def in_a_loop(v):
    found = 0.0
    for k in range(20):
        if v * k > 2.0:
            found += v * v * ROWS[int(v * k) % 3][k % 2]
    return found


def of_one_that_is_written_later(x):
    rows = [[x, 2.0], [x * x, 3.0], [1.0, x]]
    second = rows[1]
    found = tg.grad(lambda v: v * v * rows[int(x * 2.0)][0])(x)
    second[0] = 7.0
    return found, tg.grad(lambda v: v * v * rows[int(x * 2.0)][0])(x), rows[1][0]


@pytest.mark.parametrize("f", [of_globals, in_a_loop])
@pytest.mark.parametrize("dynamic", [False, True])
def test_derivatives(f, dynamic):
    wanted = (f(0.73 + 1e-6) - f(0.73 - 1e-6)) / 2e-6
    assert tg.jit(tg.grad(f), dynamic=dynamic)(0.73) == pytest.approx(wanted)
    assert tg.jvp(f, (0.73,), (1.0,))[1] == pytest.approx(wanted)
    assert tg.grad(tg.checkpoint(f))(0.73) == pytest.approx(wanted)
    np.testing.assert_allclose(tg.vmap(f)(np.array([0.1, 0.73])), [f(0.1), f(0.73)])


def test_lists_of_the_compiled_function():
    assert tg.jit(of_one_that_is_written_later)(0.73) == pytest.approx((2 * 0.73**3, 14 * 0.73, 7.0))


def writes_an_item(v):
    numbers = [v, 2.0]

    def f(u):
        numbers[int(u)] = 3.0
        return u

    return tg.grad(f)(v)


def writes_to_a_row(v):
    rows = [[v, 2.0], [1.0, 1.0]]

    def f(u):
        rows[int(u)][0] = 3.0
        return u

    return tg.grad(f)(v)


def writes_to_a_part(v):
    arrays = [np.ones(2), np.ones(2)]

    def f(u):
        arrays[int(u)][1:] += 3.0
        return u

    return tg.grad(f)(v)


@pytest.mark.parametrize("f", [writes_an_item, writes_to_a_row, writes_to_a_part])
def test_what_is_written_is_refused(f):
    with pytest.raises(tg.TangraError, match="TG812"):
        tg.jit(f)(0.73)
