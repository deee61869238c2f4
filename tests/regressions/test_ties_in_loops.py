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
