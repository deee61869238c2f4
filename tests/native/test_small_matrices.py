"""Inverses and determinants of 2 by 2 matrices are written out; they must be what LAPACK gives."""

import numpy as np
import pytest

import tangra as tg


def inverse(a):
    return np.linalg.inv(a)


def determinant(a):
    return np.linalg.det(a)


inverse_native, determinant_native = tg.jit(inverse), tg.jit(determinant)


def matrices():
    rng = np.random.default_rng(0)
    for k in range(60):
        a = rng.normal(size=(2, 2)) * 10.0 ** rng.integers(-12, 12)
        if k % 10 == 0:
            a[0, 0] = 0.0
        yield a


def test_random_matrices():
    for a in matrices():
        expected = np.linalg.inv(a)
        assert np.abs(inverse_native(a) - expected).max() <= 1e-12 * np.abs(expected).max()
        assert abs(determinant_native(a) - np.linalg.det(a)) <= 1e-12 * np.abs(a).max() ** 2


def test_batches():
    a = np.random.default_rng(1).normal(size=(5, 2, 2))
    np.testing.assert_allclose(inverse_native(a), np.linalg.inv(a), rtol=1e-12)
    np.testing.assert_allclose(determinant_native(a), np.linalg.det(a), rtol=1e-12)


@pytest.mark.parametrize(
    "a", [np.zeros((2, 2)), np.array([[1.0, 2.0], [2.0, 4.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])]
)
def test_singular(a):
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        inverse_native(a)
    assert determinant_native(a) == np.linalg.det(a) == 0.0


def test_rows_are_exchanged():
    a = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert determinant_native(a) == -1.0
    assert (inverse_native(a) == a).all()


def test_not_a_number():
    a = np.array([[np.nan, 1.0], [1.0, 1.0]])
    assert np.isnan(determinant_native(a))
