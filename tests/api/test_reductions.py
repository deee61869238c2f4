"""Reductions and running results against NumPy."""

import numpy as np
import pytest

from .checks import check, raises, refused

rng = np.random.default_rng(1)
CUBE = rng.normal(size=(3, 4, 2))
DTYPES = ["bool", "int8", "int32", "int64", "uint8", "uint32", "uint64", "float32", "float64"]


@pytest.mark.parametrize(
    "name",
    [
        "sum",
        "prod",
        "max",
        "min",
        "any",
        "all",
        "mean",
        "std",
        "var",
        "argmax",
        "argmin",
        "cumsum",
        "cumprod",
        "count_nonzero",
        "median",
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_accumulation_dtypes(name, dtype):
    x = np.array([[3, 1, 2], [0, 5, 1]]).astype(dtype)
    check(lambda np, x: (getattr(np, name)(x), getattr(np, name)(x, axis=1)), x)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all", "mean", "std", "var", "ptp"])
def test_axes_and_keepdims(name):
    def program(np, x):
        f = getattr(np, name)
        return f(x, axis=(0, 2)), f(x, axis=-1, keepdims=True), f(x, keepdims=True), f(x, axis=(1,)), f(x[0, 0], axis=0)

    check(program, CUBE)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_positions(name):
    def program(np, x, y):
        f = getattr(np, name)
        return f(x), f(x, axis=1), f(x, axis=-1, keepdims=True), f(x, keepdims=True), f(y)

    check(program, CUBE, np.array([1.0, np.nan, 3.0, np.nan]))
    raises(ValueError, lambda np, x: getattr(np, name)(x), np.zeros(0))


def test_where_and_initial():
    mask = rng.random((3, 4, 2)) > 0.4
    check(lambda np, x, m: (np.sum(x, where=m), np.sum(x, axis=1, where=m, initial=2.5)), CUBE, mask)
    check(lambda np, x, m: (np.max(x, axis=0, where=m, initial=-9.0), np.min(x, where=m, initial=9.0)), CUBE, mask)
    check(lambda np, x, m: (np.mean(x, axis=1, where=m), np.std(x, where=m), np.prod(x, where=m)), CUBE, mask)
    check(lambda np, x, m: (np.any(x > 1, axis=1, where=m), np.all(x > -2, where=m)), CUBE, mask)
    check(lambda np, x: (np.sum(x, initial=5), np.max(x, initial=3), np.prod(x, initial=2)), np.arange(1, 5))
    check(lambda np, x: np.max(x, initial=-1.0), np.zeros(0))
    refused(lambda np, x, m: np.max(x, where=m), CUBE, mask, match="initial")


def test_out_and_dtype():
    check(lambda np, x, out: np.sum(x, axis=0, out=out), np.ones((2, 3)), np.zeros(3))
    check(
        lambda np, x: (np.sum(x, dtype=np.float32), np.sum(x, dtype=int), np.mean(x, dtype=np.float64)),
        np.ones(3, "float32"),
    )
    check(lambda np, x: (np.sum(x, dtype=np.int8), np.prod(x, dtype=float)), np.array([100, 100]))


def test_ddof():
    check(lambda np, x: (np.var(x, ddof=1), np.std(x, axis=0, ddof=2), np.std(x, correction=1)), CUBE)


def test_empty():
    check(
        lambda np, x: (np.sum(x), np.sum(x, axis=0), np.sum(x, axis=1), np.prod(x), np.any(x), np.all(x)),
        np.zeros((0, 3)),
    )
    check(lambda np, x: (np.mean(x), np.max(x, axis=1), np.std(x)), np.zeros((0, 3)))
    raises(ValueError, lambda np, x: np.max(x), np.zeros(0))
    raises(ValueError, lambda np, x: np.min(x, axis=0), np.zeros((0, 3)))


def test_numbers_and_lists():
    check(lambda np, v: (np.sum(v), np.max(v), np.mean(v), np.sum([v, 2]), np.mean([1, 2])), 3)
    check(lambda np, v: (np.sum((v, v)), np.min([v, 1.5]), np.argmax([1, v, 2]), np.std(v)), 0.5)


def test_ufunc_methods():
    def program(np, x):
        return (
            np.add.reduce(x),
            np.multiply.reduce(x, axis=1),
            np.maximum.reduce(x, axis=None),
            np.minimum.reduce(x),
            np.logaddexp.reduce(x),
            np.subtract.reduce(x, axis=-1),
            np.fmax.reduce(x),
            np.hypot.reduce(x),
            np.logical_or.reduce(x > 0),
            np.add.accumulate(x),
            np.maximum.accumulate(x, axis=1),
            np.subtract.accumulate(x),
            np.add.reduce(x, axis=(0, 1), keepdims=True),
        )

    check(program, CUBE)
    check(
        lambda np, x: (np.bitwise_or.reduce(x), np.bitwise_and.reduce(x), np.bitwise_xor.reduce(x), np.gcd.reduce(x)),
        np.array([12, 6, 30]),
    )
    check(
        lambda np, x, y: (np.multiply.outer(x, y), np.add.outer(x, 2.0), np.less.outer(x, y)),
        np.ones(3),
        np.ones((2, 2)),
    )


def test_at():
    def program(np, x, i, v):
        np.add.at(x, i, v)
        np.subtract.at(x, i, 0.5)
        np.maximum.at(x, i, v)
        np.multiply.at(x, i, 2.0)
        np.add.at(x, 0, 3.0)
        np.add.at(x, slice(1, 3), 1.0)

    check(program, np.arange(5.0), np.array([0, 1, 1, -1]), np.array([1.0, 2.0, 3.0, 4.0]))
    check(lambda np, x, i, j: np.add.at(x, (i, j), 1.0), np.zeros((3, 4)), np.array([0, 0, 2]), np.array([1, 1, 3]))
    check(lambda np, x, i: np.add.at(x, i, [[1.0], [2.0]]), np.zeros((3, 4)), np.array([0, 2]))
    check(lambda np, x, i: np.minimum.at(x, (i, i), 1.5), np.full((3, 3), 9.0), np.array([0, 0, 2]))


def test_running():
    check(
        lambda np, x: (np.cumsum(x), np.cumsum(x, axis=1), np.cumprod(x, axis=-1), np.cumsum(x, dtype=np.float32)), CUBE
    )
    check(lambda np, x: (np.nancumsum(x), np.nancumprod(x)), np.array([1.0, np.nan, 2.0]))
    check(
        lambda np, x: (np.cumsum(x), np.add.accumulate(x), np.cumulative_sum(x, include_initial=True)),
        np.array([100, 100], "int8"),
    )


def test_differences():
    check(
        lambda np, x: (np.diff(x), np.diff(x, axis=0), np.diff(x, n=2), np.diff(x, n=0), np.diff(x, axis=1, prepend=0)),
        CUBE,
    )
    check(lambda np, x: (np.diff(x, prepend=1, append=[5, 6]), np.diff(x > 2)), np.arange(5))
    check(lambda np, x: (np.ediff1d(x), np.ediff1d(x, to_begin=1, to_end=[2, 3])), np.arange(5) ** 2)
    check(lambda np, x: (np.diff(x), np.diff(x, n=3)), np.ones(1))


def test_gradient():
    t = np.array([0.0, 1.0, 1.5, 3.5, 4.0])
    check(
        lambda np, x, t: (np.gradient(x), np.gradient(x, 0.5), np.gradient(x, t), np.gradient(x, t, edge_order=2)),
        t**2,
        t,
    )
    check(
        lambda np, x: (*np.gradient(x), np.gradient(x, axis=0), *np.gradient(x, 0.5, 2.0, edge_order=2)),
        rng.normal(size=(4, 5)),
    )
    check(lambda np, x: np.gradient(x), np.arange(4))


def test_trapezoid():
    check(
        lambda np, y, x: (np.trapezoid(y), np.trapezoid(y, x), np.trapezoid(y, dx=0.5)),
        rng.normal(size=6),
        np.arange(6.0) ** 2,
    )
    check(
        lambda np, y: (np.trapezoid(y, axis=0), np.trapezoid(y, [0, 1, 3], axis=0), np.trapezoid(y, dx=2)),
        rng.normal(size=(3, 4)),
    )
    check(lambda np, y: np.trapezoid(y), np.arange(4))


def test_sizes():
    check(lambda np, x: (np.size(x), np.size(x, 1), np.ndim(x), np.ndim(3), np.size([1, 2])), CUBE)
