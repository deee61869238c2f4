"""Creation of arrays against NumPy."""

import numpy as np

from .checks import check, raises, refused


def test_from_values():
    check(lambda np, x, v: np.array([v, 2, 3.0]), np.ones(3), 0.5)
    check(lambda np, x: np.array([x, 2 * x]), np.ones(3))
    check(lambda np, x: (np.array(x), np.array(x, dtype=np.float32), np.array(x, ndmin=3)), np.arange(3))
    check(lambda np, x: np.array([[1, 2], [3, 4]], dtype=float), 1.0)
    check(lambda np, v: (np.array(v), np.asarray(v), np.array([])), 2.5)
    check(lambda np, v: np.array([v, 1], dtype=np.int8), 3)
    raises(OverflowError, lambda np, v: np.array([v, 300], dtype=np.int8), 3)


def test_asarray_is_the_array_itself():
    def program(np, x):
        y = np.asarray(x)
        y[0] = 9
        z = np.array(x)
        z[1] = 9
        w = np.asarray(x, dtype=np.float32)
        w[1] = 7
        return y, z, w

    check(program, np.arange(3.0))


def test_from_shapes():
    check(lambda np, n: (np.zeros(n), np.ones((n, 2), dtype=int), np.full((2, n), 7), np.full(n, 0.5, np.float32)), 3)
    check(lambda np, n: (np.zeros((2, 3), bool), np.ones(()), np.zeros([2]), np.empty((0, 2)), np.full((), 2)), 3)
    check(lambda np, x: (np.zeros_like(x), np.ones_like(x, dtype=float), np.full_like(x, 2.7)), np.arange(4))
    check(lambda np, x: (np.zeros_like(x, shape=(2, 2)), np.zeros_like(3.0), np.zeros_like([1, 2])), np.arange(4))
    check(lambda np, x: np.full((2, 3), [1, 2, 3]), 1.0)
    raises(ValueError, lambda np, n: np.zeros(n), -1)


def test_arange():
    check(lambda np, n: (np.arange(n), np.arange(1, n), np.arange(n, 0, -1), np.arange(1, n, 2)), 7)
    check(lambda np, n: (np.arange(n), np.arange(n, dtype=float), np.arange(0.0, n), np.arange(n, -n, -3)), 5)
    check(lambda np, n: (np.arange(n), np.arange(3, n)), 0)
    check(lambda np, n: (np.arange(0, 1, 0.1), np.arange(1.0, 2.0, 0.25), np.arange(-2, 3), np.arange(5.0)), 0)
    check(lambda np, n: (np.arange(5, dtype=np.int8), np.arange(5, 1, -2), np.arange(4, 1), np.arange(0.5, 3)), 0)
    check(lambda np, n: np.arange(5000) * 1.0, 0)
    refused(lambda np, v: np.arange(0.0, v), 2.5, match="run-time float")


def test_linspace():
    check(lambda np, a, b: (np.linspace(a, b, 7), np.linspace(a, b, 5, endpoint=False), np.linspace(0, 1)), 0.3, 2.7)
    check(lambda np, a, n: (np.linspace(a, 2, n), np.linspace(a, 2, n, endpoint=False)), 0.1, 4)
    check(lambda np, a, n: np.linspace(a, 2, n), 0.1, 1)
    check(lambda np, a: (np.linspace(a, 2, 0), np.linspace(a, 2, 1), np.linspace(a, 1, 4, retstep=True)), 0.1)
    check(lambda np, a: np.linspace(0, 10, 4, dtype=int), 0.1)
    check(lambda np, a, b: (np.linspace(a, b, 3), np.linspace(a, b, 3, axis=-1)), np.arange(2.0), np.arange(2.0) + 3)
    check(lambda np, a: np.linspace(np.float32(0), np.float32(1), 3), 1.0)


def test_logspace_and_geomspace():
    check(lambda np, a: (np.logspace(0, a, 5), np.logspace(a, 1, 4, base=2.0)), 2.0)
    check(lambda np, a: (np.geomspace(1.0, 8.0, 4), np.geomspace(a, 200, 5), np.geomspace(-a, -3, 4)), 2.0)
    check(lambda np, a, n: np.geomspace(a, 8.0, n), 2.0, 5)
    raises(ValueError, lambda np, a: np.geomspace(a, 3.0), 0.0)


def test_dtype_constructors():
    check(lambda np, v: (np.float64(v), np.float32(v), np.int32(v), np.bool_(v), np.uint8(v)), 3.7)
    check(lambda np, v: (np.float64(v), np.int8(v), np.uint64(v), np.bool(v)), 5)
    check(lambda np, v: (np.int64(v), np.uint8(v)), np.int64(300))
    check(lambda np, x: (np.float32(x), np.int64([1.5, 2.5]), np.float64(3), np.int16()), np.arange(3))
    raises(OverflowError, lambda np, v: np.uint8(v), 300)
    raises(OverflowError, lambda np, v: np.uint8(300), 1)
    raises(ValueError, lambda np, v: np.int64(v), float("nan"))


def test_refused_dtypes():
    refused(lambda np, v: np.zeros(3, dtype=complex), 1.0, match="complex128")
    refused(lambda np, v: np.zeros(3, dtype=np.float16), 1.0, match="float16")
    refused(lambda np, v: np.zeros(3, dtype=object), 1.0, match="object")
    refused(lambda np, v: np.zeros((3, 2), order="F"), 1.0, match="order")


def test_floats_as_integers():
    check(lambda np, v: (np.full(2, v, np.int8), np.full(2, 300.0, np.uint8), np.full_like([1], v)), 3.7)
    check(lambda np, v: (np.array([v, 1], dtype=int), np.array(3.7, dtype=int), np.array(v, dtype=np.int8)), -2.5)
    for bad in (float("nan"), float("inf"), 300.0):
        error = ValueError if bad != bad else OverflowError
        raises(error, lambda np, v: np.array([v], dtype=np.int8), bad)
        raises(error, lambda np, v: np.array([bad], dtype=np.int8), 1.0)

    def assigned(np, x, v):
        x[0] = v

    raises(OverflowError, assigned, np.zeros(2, "int8"), 300.0)
    check(assigned, np.zeros(2, "int8"), 100.7)
    refused(lambda np, x: np.copyto(x, 2.5), np.arange(3), match="Cannot cast")
