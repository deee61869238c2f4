"""Functions that index, round and compare, against NumPy."""

import numpy as np

from .checks import check, raises

rng = np.random.default_rng(7)
M = rng.normal(size=(3, 4))
CUBE = rng.normal(size=(2, 3, 4))


def test_take():
    check(
        lambda np, x, i: (
            np.take(x, i),
            np.take(x, i, axis=0),
            np.take(x, [[0, 1], [2, -1]], axis=1),
            np.take(x, 1, axis=0),
        ),
        M,
        np.array([0, 2, -1]),
    )
    check(lambda np, x, i: (np.take(x, i, mode="wrap"), np.take(x, i, axis=1, mode="clip")), M, np.array([-20, 40]))
    check(lambda np, x: (np.take(x, [0, 1], axis=2), np.take(x, 0, axis=1)), CUBE)
    raises(IndexError, lambda np, x, i: np.take(x, i, axis=0), M, np.array([5]))


def test_along_axis():
    check(
        lambda np, x: (
            np.take_along_axis(x, np.argsort(x, axis=1), axis=1),
            np.take_along_axis(x, np.argmax(x, axis=0, keepdims=True), axis=0),
        ),
        M,
    )
    check(lambda np, x: np.take_along_axis(x, np.array([0, 3]), axis=None), M)
    check(lambda np, x: np.take_along_axis(x, np.array([[[1]]]), axis=1), CUBE)

    def program(np, x):
        np.put_along_axis(x, np.argmax(x, axis=1, keepdims=True), 99.0, axis=1)
        np.put_along_axis(x, np.array([[0, 1], [1, 0], [2, 3]]), [[1.0], [2.0], [3.0]], axis=1)

    check(program, M.copy())


def test_put_and_copies():
    def program(np, x, y):
        np.put(x, [0, 5, -1], [1.0, 2.0])
        np.put(x, [2], 7)
        np.copyto(y, x)
        np.copyto(y, 5, where=x > 1)
        np.putmask(x, x < 0, 0.0)
        np.fill_diagonal(x, 4.0)
        np.fill_diagonal(y, [1.0, 2.0, 3.0])

    check(program, M.copy(), np.zeros((3, 4)))


def test_ix_and_positions():
    check(lambda np, x: x[np.ix_([0, 2], [1, 3])], M)
    check(
        lambda np, i: (
            np.unravel_index(i, (3, 4)),
            np.unravel_index(5, (3, 4)),
            np.ravel_multi_index((i % 3, i % 4), (3, 4)),
        ),
        np.array([0, 7, 11]),
    )
    raises(ValueError, lambda np, i: np.unravel_index(i, (3, 4)), np.array([12]))
    raises(ValueError, lambda np, i: np.ravel_multi_index((i, i), (3, 4)), np.array([3]))


def test_isin():
    check(
        lambda np, x: (np.isin(x, [1, 3]), np.isin(x, [1, 3], invert=True), np.isin(2, [1, 2]), np.isin(x, [])),
        np.arange(6).reshape(2, 3),
    )


def test_rounding():
    x = np.array([0.5, 1.5, -2.5, 2.345, 1234.567, np.nan, np.inf])
    check(lambda np, x: (np.round(x), np.round(x, 2), np.around(x, -2), np.fix(x), np.rint(x)), x)
    check(lambda np, n: (np.round(n), np.round(n, -1), np.round(n, 2)), np.array([15, 25, -35]))
    check(lambda np, v: (np.round(v, 1), np.round(v), np.round(3)), 2.25)


def test_other_elementwise_functions():
    x = np.array([-2.0, -0.0, 0.0, 0.3, 4.0])
    check(
        lambda np, x: (
            np.sinc(x),
            np.real(x),
            np.imag(x),
            np.angle(x),
            np.angle(x, deg=True),
            np.isposinf(x),
            np.isneginf(x),
            np.isreal(x),
        ),
        x,
    )
    check(lambda np, x: (np.isscalar(3.0), np.isscalar(x), np.isrealobj(x), np.iscomplexobj(x), np.sinc(2)), x)
    check(
        lambda np, p: (np.unwrap(p), np.unwrap(p, period=3.0), np.unwrap(p, discont=4.0)),
        np.array([0.0, 3.0, 6.5, 0.1, -3.0, 3.1]),
    )
    check(lambda np, p: np.unwrap(p, axis=0), rng.normal(size=(4, 3)) * 5)


def test_closeness():
    y = M + 1e-7
    check(
        lambda np, x, y: (np.isclose(x, y), np.isclose(x, y, rtol=0, atol=1e-9), np.allclose(x, y), np.allclose(x, 0)),
        M,
        y,
    )
    z = np.array([np.nan, np.inf, -np.inf, 1.0])
    check(
        lambda np, x, y: (np.isclose(x, y), np.isclose(x, y, equal_nan=True), np.allclose(x, y, equal_nan=True)),
        z,
        z.copy(),
    )
    check(
        lambda np, x, y: (
            np.array_equal(x, y),
            np.array_equal(x, x + 0),
            np.array_equal(x, y[0]),
            np.array_equiv(x, x[0]),
        ),
        M,
        y,
    )


def test_dtype_questions():
    check(
        lambda np, x: (
            np.result_type(x, 1.0),
            np.result_type(np.int8, 3),
            np.finfo(np.float64).eps,
            np.iinfo(np.int8).max,
            np.dtype("int32"),
            np.can_cast(np.int8, np.int16),
        ),
        np.ones(2, "float32"),
    )
