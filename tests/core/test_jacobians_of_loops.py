"""Jacobians of programs with loops: several tangents together against reverse mode, and in nested derivatives."""

import numpy as np
import pytest

import tangra as tg


def orbit(theta, y0, steps):
    y, out = y0.copy(), np.empty((steps, 2))
    for i in range(steps):
        if y[0] > 1.2:
            y[1] -= 0.01 * theta[2]
        y += 0.05 * np.array([theta[0] * y[0] - y[0] * y[1], theta[1] * y[0] * y[1] - y[1]])
        out[i] = y
    return out


def walk(points, weights):
    total = np.zeros((points.shape[0], 3))
    for k in range(weights.shape[0]):
        total += weights[k] * np.tanh(points @ np.diag(weights[:3]) + k)
    while total[0, 0] > 0.5:
        total *= 0.5
    return total.ravel()


ORBIT = (np.array([1.1, 0.9, 0.3]), np.array([1.3, 0.8]), 30)
WALK = (np.random.default_rng(2).normal(size=(7, 3)), np.array([0.4, -0.3, 0.8, 0.2]))


@pytest.mark.parametrize("f, args, argnums", [(orbit, ORBIT, 0), (orbit, ORBIT, (0, 1)), (walk, WALK, 1)])
def test_forward_against_reverse(f, args, argnums):
    forward = tg.jacfwd(f, argnums=argnums)(*args)
    backward = tg.jacrev(f, argnums=argnums)(*args)
    pairs = zip(forward, backward, strict=True) if isinstance(argnums, tuple) else [(forward, backward)]
    for a, b in pairs:
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def end(theta, y0, steps):
    return np.sum(orbit(theta, y0, steps)[-1] ** 2)


def test_second_derivatives():
    expected = tg.jacrev(tg.grad(end))(*ORBIT)
    for outer, inner in ((tg.jacfwd, tg.jacfwd), (tg.jacfwd, tg.grad), (tg.jacrev, tg.jacfwd)):
        np.testing.assert_allclose(outer(inner(end))(*ORBIT), expected, rtol=1e-9, atol=1e-10)


def test_a_column_that_no_tangent_reaches():
    def f(x, n):
        y = np.zeros(4)
        for i in range(n):
            y[i % 2] += x[0] * x[1]
        return y

    jacobian = tg.jacfwd(f)(np.array([2.0, 3.0, 5.0]), 4)
    np.testing.assert_array_equal(jacobian, [[6.0, 4.0, 0.0], [6.0, 4.0, 0.0], [0.0] * 3, [0.0] * 3])


def relaxed(x, trips):
    u = x.copy()
    for _ in range(trips):
        u[1:-1] += 0.1 * (u[:-2] - 2.0 * u[1:-1] + u[2:]) * np.sin(u[1:-1])
    return u[::2]


@pytest.mark.parametrize("size", [17, 64, 65, 80, 100])
def test_many_columns_in_rounds(size):
    x = np.linspace(0.0, 2.0, size) ** 2
    np.testing.assert_allclose(tg.jacfwd(relaxed)(x, 5), tg.jacrev(relaxed)(x, 5), rtol=1e-11, atol=1e-14)


def test_columns_of_a_matrix_in_rounds():
    def f(a, n):
        b = a.copy()
        for _ in range(n):
            b = 0.1 * b @ b + np.tanh(b)
        return np.sum(b, axis=0)

    a = np.random.default_rng(3).normal(size=(9, 9)) / 3
    np.testing.assert_allclose(tg.jacfwd(f)(a, 3), tg.jacrev(f)(a, 3), rtol=1e-10, atol=1e-13)
