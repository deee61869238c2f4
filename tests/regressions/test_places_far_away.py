"""Ends and steps of slices near the ends of 64 bits: sums of them wrapped, and memory beside the array was read."""

import itertools

import numpy as np
import pytest

import tangra as tg

LOW, HIGH = -(2**63), 2**63 - 1
STARTS = (LOW, LOW + 1, -(2**62), HIGH, 2**62, 0, 3, -1, -6)
STOPS = (LOW, LOW + 3, HIGH, 0, -2, -7, 4)


@pytest.mark.parametrize("step", [1, -1, 2, -3, 2**62, LOW, HIGH])
def test_slices_by_a_constant_step(step):
    def picked(x, a, b):
        return x[a:b:step].sum()

    compiled, x = tg.jit(picked), np.arange(5.0) + 1
    for a, b in itertools.product(STARTS, STOPS):
        assert compiled(x, a, b) == picked(x, a, b), (a, b)


def test_slices_by_a_step_of_the_run():
    def picked(x, a, b, steps):
        total = 0.0
        for c in steps:
            total += x[a:b:c].sum()
        return total

    compiled, x = tg.jit(picked), np.arange(5.0) + 1
    steps = np.array([1, -1, 2, -3, 2**62, LOW, HIGH])
    for a, b in itertools.product(STARTS, STOPS):
        assert compiled(x, a, b, steps) == picked(x, a, b, steps), (a, b)
