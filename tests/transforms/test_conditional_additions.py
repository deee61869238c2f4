"""Gradients of loops that read under a condition: what is read there exists or not, and is added to or not."""

import numpy as np
import pytest

import tangra as tg


def neighbours(x, y):
    """Elements that don't exist where the condition doesn't hold."""
    total = 0.0
    n = x.shape[0]
    for j in range(n):
        if j > 0:
            total += x[j - 1] * x[j - 1] * y[j]
        if j < n - 1:
            total += x[j + 1] / y[j]
    return total


def all_but_one(x, y):
    """Pairs, among them what the inner loop doesn't change."""
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[0]):
            if i != j:
                total += y[j] / (1.0 + (x[i] - x[j]) ** 2)
    return total


def chosen(x, y):
    """Elements of a matrix by numbers that are the same in every trip, on both sides of a condition."""
    m = np.outer(x, y)
    total = 0.0
    for k in range(x.shape[0]):
        for j in range(y.shape[0]):
            if y[j] > 1.0:
                total += m[k, j] * m[k, 0]
            else:
                total -= m[0, j] * x[k]
    return total


def never(x, y):
    """A condition that never holds, in front of what would fail or be infinite."""
    total = 0.0
    for k in range(x.shape[0]):
        if y[k] < 0.0:
            total += np.sqrt(y[k]) * x[k + 1] / (y[k] - y[k])
        total += x[k]
    return total


PROGRAMS = (neighbours, all_but_one, chosen, never)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
@pytest.mark.parametrize("n", [1, 2, 5, 33])
def test_values_and_gradients(program, n):
    rng = np.random.default_rng(n)
    args = [rng.normal(size=n), rng.uniform(0.5, 1.5, n)]
    value, found = tg.value_and_grad(program, argnums=(0, 1))(*args)
    assert value == pytest.approx(program(*args), rel=1e-12)
    for k, exact in enumerate(found):
        for place in range(n):
            ahead, behind = [a.copy() for a in args], [a.copy() for a in args]
            ahead[k][place] += 1e-6
            behind[k][place] -= 1e-6
            assert exact[place] == pytest.approx((program(*ahead) - program(*behind)) / 2e-6, rel=1e-5, abs=1e-7)


def test_no_trips():
    for program in PROGRAMS:
        value, found = tg.value_and_grad(program, argnums=(0, 1))(np.empty(0), np.empty(0))
        assert value == 0.0
        assert [g.shape for g in found] == [(0,), (0,)]
