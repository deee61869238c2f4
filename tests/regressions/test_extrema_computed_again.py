"""Which element an extremum is, is decided where it is computed: elements that the backward loop computes again may be
rounded otherwise (a product and a sum in one instruction), so that none of them equalled the extremum that was kept."""

import numpy as np
import pytest

import tangra as tg

U = np.array([1.0, 0.5, -0.2])


def values(u):
    """Bellman's equation, iterated."""
    v = np.zeros(3)
    for _ in range(200):
        q = u[:, None] + 0.9 * np.stack([v, np.roll(v, 1)], axis=1)
        v = q.max(axis=1)
    return v @ np.array([1.0, 2.0, 3.0])


def until_they_stay(u):
    v, trips = np.zeros(3), 0
    while trips < 300:
        q = u[:, None] + 0.9 * np.stack([v, np.roll(v, 1)], axis=1)
        new = q.max(axis=1)
        trips += 1
        if np.abs(new - v).max() < 1e-12:
            break
        v = new
    return v @ np.array([1.0, 2.0, 3.0])


def running(u):
    v, total = np.zeros(3), 0.0
    for k in range(60):
        v = np.maximum.accumulate(u * 0.9 + 0.8 * v)
        total += v[1] * (k % 3)
    return v @ np.array([1.0, 2.0, 3.0]) + total


def of_differences(u):
    v, total = np.zeros(3), 0.0
    for _ in range(60):
        v = np.tanh(v * 0.3 + u)
        total += np.max(np.abs(u * v - 0.37 * v)) + np.min(v * u + 0.1 * u)
    return total


def under_a_condition(u):
    v, total = np.zeros(3), 0.0
    for k in range(90):
        v = u + 0.9 * np.roll(v, 1)
        if k % 3:
            total += (u * v + 0.7 * v).max()
    return total


@pytest.mark.parametrize("f", [values, until_they_stay, running, of_differences, under_a_condition])
def test_gradients_of_extrema_in_loops(f):
    gradient, h = tg.grad(f)(U), 1e-6
    expected = [(f(U + e) - f(U - e)) / (2 * h) for e in h * np.eye(3)]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(tg.jacfwd(f)(U), gradient, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(tg.vmap(tg.grad(f))(np.stack([U, U]))[1], gradient, rtol=1e-12, atol=1e-12)
