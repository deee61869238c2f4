"""An extremum shares its derivative evenly among ties. In loops that could run in vectors those of three or four
elements were made two by two, which shared otherwise, in reverse mode only."""

import numpy as np
import pytest

import tangra as tg


def largest(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += np.max(x[i])
    return total


def smallest(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += np.min(np.abs(x[i])) * i
    return total


@pytest.mark.parametrize("n", [2, 3, 4, 5])
@pytest.mark.parametrize("f", [largest, smallest])
def test_all_elements_tie(f, n):
    x = np.ones((20, n))
    expected = np.repeat([np.ones(20) if f is largest else np.arange(20.0)], n, axis=0).T / n
    for derivative in (tg.grad(f), tg.jacfwd(f), lambda x: tg.vmap(tg.grad(f))(x[None])[0]):
        np.testing.assert_allclose(derivative(x), expected, rtol=1e-14)


def test_the_value_is_computed_by_elements():
    assert "reduce_max" not in tg.jit(largest).ir(np.ones((20, 3)))


def spread(x):
    total = 0.0
    for i in range(1, x.shape[0]):
        step = x[i] - x[i - 1]
        if step[0] > 0.1:
            total += np.max(step) * np.min(np.abs(step))
        else:
            total += np.min(step)
    return total


@pytest.mark.parametrize("f", [largest, smallest, spread])
def test_what_is_kept_of_them_is_kept_by_elements(f):
    """No arrays of three are made in the loops, so that they can run in vectors."""
    x = np.random.default_rng(0).normal(size=(20, 3))
    text = tg.grad(f).ir(x)
    assert ("tape<" in text) == (f is spread), "elements of x itself are compared again"
    assert "[3] =" not in text.split("loop", 1)[1]
    expected = [(f(x + e) - f(x - e)) / 2e-6 for e in 1e-6 * np.eye(60).reshape(60, 20, 3)]
    np.testing.assert_allclose(tg.grad(f)(x).ravel(), expected, atol=1e-7)
