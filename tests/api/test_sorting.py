"""Sorting and searching against NumPy."""

import numpy as np

from .checks import check, raises, refused

rng = np.random.default_rng(4)
M = rng.normal(size=(4, 5))


def test_sort_and_argsort():
    check(
        lambda np, x: (np.sort(x), np.sort(x, axis=0), np.sort(x, axis=None), np.sort(x, kind="stable"), np.argsort(x)),
        M,
    )
    check(lambda np, x: (np.sort(x), np.argsort(x, kind="stable")), np.array([3, 1, 2, 1], "int8"))
    check(lambda np, x: (np.sort(x), np.argsort(x, axis=None, stable=True)), np.array([2.0, np.nan, -1.0, np.inf]))
    check(lambda np, x: (np.sort(x), np.sort(x[:0])), np.array([True, False, True]))


def test_partition_has_the_kth_in_place():
    check(lambda np, x: (np.partition(x, 2)[2], np.argpartition(x, 2)[2]), rng.normal(size=7))


def test_lexsort():
    check(lambda np, a, b: (np.lexsort((a, b)), np.lexsort([b])), np.array([2, 1, 3, 1]), np.array([1, 1, 0, 0]))


def test_searchsorted():
    table = np.array([0.0, 1.0, 1.0, 3.0])
    check(
        lambda np, t, v: (
            np.searchsorted(t, v),
            np.searchsorted(t, v, side="right"),
            np.searchsorted(t, 1.0),
            np.searchsorted(t, [1, 2]),
        ),
        table,
        M,
    )
    check(lambda np, t, o: np.searchsorted(t, 1.5, sorter=o), np.array([3.0, 1.0, 2.0]), np.array([1, 2, 0]))


def test_digitize():
    check(
        lambda np, x: (
            np.digitize(x, [0.0, 0.5, 1.0]),
            np.digitize(x, [1.0, 0.5, 0.0]),
            np.digitize(x, [0, 1], right=True),
        ),
        M,
    )
    check(
        lambda np, x, bins: (np.digitize(x, bins), np.digitize(0.3, bins), np.digitize(x, bins, right=True)),
        M,
        np.array([2.0, 0.0, -1.0]),
    )
    raises(ValueError, lambda np, x: np.digitize(x, [0, 2, 1]), np.ones(3))


def test_sizes_that_depend_on_data_are_refused():
    for name in ("nonzero", "unique", "flatnonzero", "argwhere"):
        refused(lambda np, x: getattr(np, name)(x), M, match="depends on array elements")


def test_constants_are_evaluated():
    check(
        lambda np, x: (
            np.nonzero(np.array([1, 0, 2])),
            np.flatnonzero([True, False]),
            np.unique([3, 1, 3]),
            np.unique([3, 1, 3], return_counts=True),
        ),
        M,
    )
    check(
        lambda np, x: (
            np.compress([True, False, True], x, axis=0),
            np.extract([[True, False], [True, True]], x[:2, :2]),
            x.compress([0, 1], axis=1),
        ),
        M,
    )
    refused(lambda np, x: np.compress(x[0] > 0, x, axis=1), M, match="depends on array elements")
