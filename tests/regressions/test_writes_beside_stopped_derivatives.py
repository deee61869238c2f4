"""`tg.stop_gradient(x)` is `x` itself. In compiled code it was a copy: writes to one did not reach the other."""

import numpy as np
import pytest

import tangra as tg

X = np.array([1.0, 2.0, 3.0, 4.0])


def written_through(x):
    y = tg.stop_gradient(x)
    y[0] = 5.0
    return x[0] + x[1] ** 2


def written_behind(x):
    y = tg.stop_gradient(x)
    x[0] = 5.0
    return y[0] * x[1] + y[1]


def in_a_loop(x):
    y = tg.stop_gradient(x)
    for i in range(x.shape[0]):
        y[i] = x[i] * 2.0
        x[i] += 1.0
    return np.sum(x * y)


def through_a_view(x):
    y = tg.stop_gradient(x.reshape(-1)).reshape(2, 2)
    y[0, 1] = 7.0
    return x[1] * x[0] + y[1, 1] * x[2]


def elements_exchanged(x):
    y = tg.stop_gradient(x)[1:]
    y[0], y[1] = y[1], x[0]
    return np.sum(x * x)


def in_a_list(x):
    (y,) = tg.stop_gradient([x])
    y[[0, 2]] = x[[1, 3]]
    return np.sum(x * x)


EXPECTED = {
    written_through: [0.0, 4.0, 0.0, 0.0],
    written_behind: [0.0, 5.0, 0.0, 0.0],
    in_a_loop: [6.0, 10.0, 14.0, 18.0],
    through_a_view: [7.0, 0.0, 4.0, 0.0],
    elements_exchanged: [4.0, 0.0, 0.0, 8.0],
    in_a_list: [0.0, 8.0, 0.0, 16.0],
}


@pytest.mark.parametrize("f", EXPECTED, ids=lambda f: f.__name__)
def test_writes(f):
    given, expected = X.copy(), X.copy()
    assert tg.jit(f)(given) == f(expected)
    np.testing.assert_array_equal(given, expected)
    np.testing.assert_array_equal(tg.grad(f)(X), EXPECTED[f])
    np.testing.assert_array_equal(tg.jacfwd(f)(X), EXPECTED[f])


def returned(x):
    return tg.stop_gradient(x), tg.stop_gradient(x)[1:]


def test_results():
    x = X.copy()
    whole, part = tg.jit(returned)(x)
    assert whole is x
    assert np.shares_memory(part, x)
