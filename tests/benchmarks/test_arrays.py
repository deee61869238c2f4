"""The array programs: each says the same in NumPy and compiled, and the comparison's arithmetic."""

import math

import numpy as np
import pytest

import tangra as tg
from benchmarks.arrays.cases import CASES
from benchmarks.arrays.run import agree, best, ratio
from benchmarks.arrays.worker import summary

SMALLER = 24


def small(x):
    """The first elements along every axis."""
    return np.ascontiguousarray(x[tuple(slice(SMALLER) for _ in x.shape)])


SIMPLE = sorted(name for name in CASES if not name.endswith(("4096", "256")))


@pytest.mark.parametrize("name", SIMPLE)
def test_programs_on_small_arrays(name):
    case = CASES[name]
    args = tuple(map(small, case.inputs(np.random.default_rng(7))))
    expected, single = case.program(*args), args[0].dtype == np.float32
    result = tg.jit(case.program)(*args)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result, expected, rtol=2e-6 if single else 1e-10, atol=1e-12)

    def loss(*args):
        return np.sum(case.program(*args) ** 2)

    direction = np.random.default_rng(1).normal(size=args[0].shape)
    gradient = tg.grad(loss)(*args)
    step, args = 1e-6, tuple(a.astype(float) for a in args)
    ends = [loss(args[0] + s * step * direction, *args[1:]) for s in (1.0, -1.0)]
    slope = (ends[0] - ends[1]) / (2 * step)
    assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-4, abs=1e-4 * math.sqrt(gradient.size))


def test_results_that_differ_anywhere_looked_at_are_told_apart():
    x = np.linspace(1.0, 2.0, 40).reshape(4, 10)
    changed = x.copy()
    changed[2, 3] += 1e-6
    assert agree(summary(x), summary(x * (1 + 1e-13)))
    assert not agree(summary(changed), summary(x))
    assert not agree(summary(x.T), summary(x))
    assert agree(summary(np.float64(3.0)), summary(np.float64(3.0)))


def test_the_best_is_another_library():
    times = {"tangra": [1.0, 3.0], "copy": [0.1, 0.1], "jax": [2.0, 4.0], "torch": [9.0, 9.0]}
    assert best(times) == "jax"
    assert ratio(times, "tangra", "jax") == 0.625
    assert ratio(times, "numpy", "jax") is None
