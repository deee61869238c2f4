"""Parts of a checkpointed loop are functions that take arrays from outside, also those whose sizes are computed: the
symbols in them come as numbers, which the function's body begins with."""

import numpy as np
import pytest

import tangra as tg

X = np.arange(20.0) / 7


def of_a_slice(x, n):
    row, total = x[n : n + 2], 0.0
    for k in range(5):
        total = np.sin(total) + np.sum(row * row) * k
    return total


def of_a_grown_list(x, n):
    items, total, k = [x[0]], 0.0, 0
    while k < n:
        k += 1
        items.append(x[k] * k)
    for j in range(6):
        for v in items[1:]:
            total = total * 0.9 + v * v * j
    return total


def of_a_row(x, n):
    ends, total = np.array([1, n, -2]), 0.0
    row = x[ends[0] : ends[2]]
    for k in range(7):
        for v in row:
            total = np.cos(total) + v * k
    return total


@pytest.mark.parametrize("f", [of_a_slice, of_a_grown_list, of_a_row])
@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("options", [{"memory": 100_000}, {"policy": "sqrt"}, {"policy": "recompute"}])
def test_gradients_are_those_without(f, dynamic, options):
    kept = tg.checkpoint(f, **options)
    np.testing.assert_allclose(tg.jit(tg.grad(kept), dynamic=dynamic)(X, 5), tg.grad(f)(X, 5), rtol=1e-12)


def whole_slice(x, k):
    return np.sum(tg.checkpoint(lambda y: y**2)(x[k[0] :]) * x[k[0] :])


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_function_of_a_slice(dynamic):
    """The number that a size is, is one number around the function and in it."""
    found = tg.jit(tg.grad(whole_slice), dynamic=dynamic)(X, np.array([15]))
    np.testing.assert_allclose(found, np.where(np.arange(20) < 15, 0.0, 3 * X**2), rtol=1e-15)
    hessian = tg.hessian(whole_slice)(X, np.array([15]))
    np.testing.assert_allclose(hessian, np.diag(np.where(np.arange(20) < 15, 0.0, 6 * X)), rtol=1e-15)
