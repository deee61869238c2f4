"""Loops that run down from the largest 64-bit integer: turned round, to run upwards, they would end at the one after
that. They made no trips, or never ended."""

import numpy as np
import pytest

import tangra as tg

HIGH = 2**63 - 1


def known_bounds(x):
    total = 0.0
    for _ in range(9223372036854775807, 9223372036854775800, -1):
        total += x[2]
    return total


def bounds_of_the_run(x, start, stop):
    total = 0.0
    for i in range(start, stop, -1):
        total += x[i % 7]
    return total


def test_known_bounds():
    x = np.arange(7.0)
    assert tg.jit(known_bounds)(x) == known_bounds(x)


@pytest.mark.parametrize(("start", "stop"), [(HIGH, HIGH - 9), (HIGH - 1, HIGH - 30), (HIGH, HIGH), (5, -4), (-1, 3)])
def test_bounds_of_the_run(start, stop):
    x = np.arange(7.0)
    assert tg.jit(bounds_of_the_run)(x, start, stop) == bounds_of_the_run(x, start, stop)
