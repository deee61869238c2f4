"""Trips of an outer loop ran at the same time though one wrote where the next one reads: it was enough that all
accesses began at the loop's index along one axis, also a slice that goes on from there."""

import numpy as np

import tangra as tg


def rows_ahead(x):
    for i in range(600):
        for j in range(600):
            x[i, j] = x[i, j] * 1.5 + 0.1
        x[i : i + 3, i] = x[i : i + 3, i] * 0.5 + 1.0
    return x


def test_slices_that_reach_into_other_trips():
    before, given = tg.get_threads(), np.random.default_rng(0).random((602, 600))
    compiled, expected = tg.jit(rows_ahead), rows_ahead(given.copy())
    tg.set_threads(4)
    try:
        for _ in range(5):
            np.testing.assert_allclose(compiled(given.copy()), expected, rtol=1e-12)
    finally:
        tg.set_threads(before)
