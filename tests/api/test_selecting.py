"""where, clip, select, choose, piecewise, nan_to_num against NumPy."""

import numpy as np

from .checks import check, raises, refused

X = np.array([[-1.5, 0.5, 2.0], [3.0, -0.2, 0.0]])


def test_where():
    check(lambda np, x: (np.where(x > 0, x, -1), np.where(x > 0, 1, 0), np.where(x > 0, x, [1.0, 2.0, 3.0])), X)
    check(lambda np, v: (np.where(v > 0, v, 2), np.where(True, 1, 2.5), np.where(v > 0, np.float32(1), 2)), 0.5)
    check(lambda np, x: np.where([True, False, True], x, np.float32(2)), np.ones(3, "float32"))
    refused(lambda np, x: np.where(x > 0), X, match="depends on the data")


def test_clip():
    check(lambda np, x: (np.clip(x, -1, 1), np.clip(x, None, 1.0), np.clip(x, 0.0, None), np.clip(x, [0, 0, 1], 2)), X)
    check(lambda np, x, out: np.clip(x, 0, 1, out=out), X, np.zeros((2, 3)))
    check(lambda np, v: (np.clip(v, 0, 1), np.clip(5, 0, 3)), 1.5)
    check(lambda np, x: (np.clip(x, 1, 3), np.clip(x, 1.5, 3)), np.arange(5))


def test_select():
    check(lambda np, x: (np.select([x < 0, x < 1], [x, x**2], 9.0), np.select([x < 0], [1])), X)
    check(lambda np, v: np.select([v < 0, v < 1], [1.0, 2.0], default=3), 0.5)
    refused(lambda np, x: np.select([x], [x]), X, match="boolean")


def test_choose():
    check(lambda np, i: (np.choose(i, [10, 20, 30]), np.choose(i, ([1.5, 2.5, 3.5], 2.0, 3.0))), np.array([0, 2, 1]))
    check(lambda np, i: (np.choose(i, [1, 2], mode="wrap"), np.choose(i, [1, 2], mode="clip")), np.array([-1, 2, 5]))
    raises(ValueError, lambda np, i: np.choose(i, [1, 2]), np.array([0, 2]))


def test_piecewise():
    check(lambda np, x: np.piecewise(x, [x < 0, x >= 0], [lambda v: -v, lambda v: v * 2]), X)
    check(lambda np, x: np.piecewise(x, [x < 0], [-1.0, 7.0]), X)


def test_nan_to_num():
    x = np.array([np.nan, np.inf, -np.inf, 1.0])
    check(lambda np, x: (np.nan_to_num(x), np.nan_to_num(x, nan=2.0, posinf=3.0, neginf=-4.0)), x)
    check(lambda np, x: np.nan_to_num(x), x.astype("float32"))
    check(lambda np, x: np.nan_to_num(x), np.arange(3))
