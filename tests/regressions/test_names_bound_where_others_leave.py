"""A name bound in one branch of which the others leave by different ways (`continue` in one, `break` in another) was
refused as a slip of the compiler: that they all leave was known of each way alone only."""

import numpy as np
import pytest

import tangra as tg


def two_ways(n):
    out = []
    while True:
        if n < 4:
            bit = 0
        elif n == 7:
            n += 1
            continue
        else:
            break
        out.append(bit)
        n += 2
    return out


def three_ways(n):
    total = 0
    for k in range(n):
        if k < 2:
            v = k
        elif k == 3:
            continue
        elif k == 6:
            return total, -1
        elif k == 9:
            break
        else:
            v = 10 * k
        total += v
    else:
        total += 1000
    return total, n


def of_floats(x):
    total = 0.0
    for k in range(5):
        if x[k] > 0:
            w = x[k]
        elif x[k] < -1:
            break
        else:
            if x[k] < -0.5:
                return -total
            continue
        total += w * w
    return total


@pytest.mark.parametrize("program", [two_ways, three_ways])
@pytest.mark.parametrize("dynamic", [False, True])
def test_what_is_read_behind_branches_that_leave(program, dynamic):
    call = tg.jit(program, dynamic=dynamic)
    assert [call(n) for n in range(12)] == [program(n) for n in range(12)]


def test_derivatives_behind_branches_that_leave():
    for x in np.array([[1, -0.2, 2, -2, 3], [1, 2, -0.7, 4, 5], [1, -0.1, -0.2, 3, 2.0]]):
        value, gradient = tg.value_and_grad(of_floats)(x)
        differences = [(of_floats(x + e) - of_floats(x - e)) / 2e-6 for e in 1e-6 * np.eye(5)]
        assert value == pytest.approx(of_floats(x))
        np.testing.assert_allclose(gradient, differences, atol=1e-6)
