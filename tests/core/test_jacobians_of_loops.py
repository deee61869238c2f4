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


def by_rows(f, x, *rest):
    """A Jacobian from one gradient for each result, which has no lanes."""
    count = np.asarray(f(x, *rest)).size
    part = tg.grad(lambda x, k, *rest: f(x, *rest).ravel()[k], argnums=0)
    return np.stack([part(x, k, *rest) for k in range(count)])


def by_columns(f, x, *rest):
    """A Hessian from one product with each unit vector, which has no lanes."""
    return np.stack([tg.hvp(lambda y: f(y, *rest), (x,), (e,)) for e in np.eye(x.size)], axis=-1)


def decayed(x, trips):
    """Ends by itself, works on a condition, and keeps whole rows."""
    u, k = x * 1.5, 0
    while np.sum(u * u) > 0.3 and k < trips:
        u *= 0.9
        if u[0] > 0.5:
            u[1:] = np.sin(u[:-1]) * u[1:]
        else:
            u[0] += u[-1] * u[-1]
        for i in range(u.shape[0] - 1):
            u[i] = 0.8 * u[i] + 0.1 * u[i + 1] * u[i]
        k += 1
    return u


@pytest.mark.parametrize("size", [5, 17, 40, 70])
def test_rows_together_are_those_one_by_one(size):
    x = np.cos(np.arange(size))
    np.testing.assert_allclose(tg.jacrev(decayed)(x, 6), by_rows(decayed, x, 6), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("size", [5, 17, 70])
def test_columns_of_a_hessian_together_are_those_one_by_one(size):
    def f(x, trips):
        return np.sum(decayed(x, trips) ** 3)

    x = np.cos(np.arange(size))
    hessian = tg.hessian(f)(x, 6)
    np.testing.assert_allclose(hessian, by_columns(f, x, 6), rtol=1e-10, atol=1e-13)
    e, at, gradient = 1e-6, size // 2, tg.grad(f)
    step = e * np.eye(size)[at]
    column = (gradient(x + step, 6) - gradient(x - step, 6)) / (2 * e)
    np.testing.assert_allclose(hessian[:, at], column, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("bound", [{"memory": 4_000}, {"policy": "sqrt"}, {"policy": "recompute"}])
def test_hessians_of_checkpointed_loops(bound):
    def f(x, trips):
        s = x[0]
        for i in range(trips):
            s = s * np.cos(x[1] * s) + 0.1 * x[i % 3]
        return s

    x = np.array([0.9, 0.4, -0.2])
    wanted = by_columns(f, x, 100)
    np.testing.assert_allclose(tg.hessian(tg.checkpoint(f, **bound))(x, 100), wanted, rtol=1e-9, atol=1e-12)


def test_third_derivatives():
    def f(x, trips):
        s = x[0]
        for i in range(trips):
            s = s * np.cos(x[1] * s) + 0.1 * x[i % 3] * x[0]
        return s

    x, e = np.array([0.9, 0.4, -0.2]), 1e-5
    third = tg.jacfwd(tg.hessian(f))(x, 5)
    for k in range(3):
        step = e * np.eye(3)[k]
        change = (tg.hessian(f)(x + step, 5) - tg.hessian(f)(x - step, 5)) / (2 * e)
        np.testing.assert_allclose(third[..., k], change, rtol=1e-6, atol=1e-8)
