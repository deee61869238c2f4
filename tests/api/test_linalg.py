"""np.linalg against NumPy."""

import numpy as np
import pytest

from .checks import check, raises, refused

rng = np.random.default_rng(5)
A = rng.normal(size=(4, 4)) + 4 * np.eye(4)
SPD = A @ A.T
TALL = rng.normal(size=(5, 3))
BATCH = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3)
V = rng.normal(size=4)
LOOSE = {"rtol": 1e-9}


def test_solve():
    check(lambda np, a, v, b: (np.linalg.solve(a, v), np.linalg.solve(a, b)), A, V, rng.normal(size=(4, 2)), **LOOSE)
    check(
        lambda np, x, b: (np.linalg.solve(x, b), np.linalg.solve(x, b[0]), np.linalg.solve(x[0], b)),
        BATCH,
        rng.normal(size=(2, 3, 2)),
        **LOOSE,
    )
    check(lambda np, a: np.linalg.solve(a, [1, 2]), np.array([[2, 1], [1, 3]]))
    raises(np.linalg.LinAlgError, lambda np, a, v: np.linalg.solve(a, v), np.ones((2, 2)), np.ones(2))
    refused(lambda np, a, v: np.linalg.solve(a, v), TALL, np.ones(5), match="square")
    refused(lambda np, a, v: np.linalg.solve(a, v), A, np.ones(3), match="rows")


def test_inverse_and_determinant():
    check(
        lambda np, a, x: (np.linalg.inv(a), np.linalg.det(a), np.linalg.slogdet(a), np.linalg.det(x), np.linalg.inv(x)),
        A,
        BATCH,
        **LOOSE,
    )
    check(lambda np, a: np.linalg.slogdet(a)[1], A, **LOOSE)
    check(lambda np, a: np.linalg.det(a), np.array([[2, 1], [1, 3]]), **LOOSE)
    raises(np.linalg.LinAlgError, lambda np, a: np.linalg.inv(a), np.zeros((2, 2)))


def test_cholesky():
    check(lambda np, a: (np.linalg.cholesky(a), np.linalg.cholesky(a, upper=True)), SPD, **LOOSE)
    raises(np.linalg.LinAlgError, lambda np, a: np.linalg.cholesky(a), -np.eye(2))


def test_eigh_and_factorisations():
    check(
        lambda np, a: (np.linalg.eigh(a), np.linalg.eigvalsh(a), np.abs(np.linalg.eigh(a, UPLO="U")[1])), SPD, **LOOSE
    )
    check(
        lambda np, a: (
            np.linalg.qr(a),
            np.linalg.qr(a, mode="r"),
            np.linalg.svd(a, full_matrices=False),
            np.linalg.svd(a, compute_uv=False),
        ),
        TALL,
        **LOOSE,
    )
    check(lambda np, a: (np.linalg.svd(a), np.linalg.svdvals(a)), A, **LOOSE)
    refused(lambda np, a: np.linalg.svd(a), TALL, match="full_matrices")
    refused(lambda np, a: np.linalg.eig(a), A, match="complex")


def test_pinv_rank_cond_lstsq():
    check(
        lambda np, a, x: (np.linalg.pinv(a), np.linalg.matrix_rank(a), np.linalg.pinv(x), np.linalg.matrix_rank(x)),
        TALL,
        BATCH,
        **LOOSE,
    )
    check(
        lambda np, a: (np.linalg.cond(a), np.linalg.cond(a, 1), np.linalg.cond(a, "fro"), np.linalg.cond(a, -2)),
        A,
        **LOOSE,
    )
    check(
        lambda np, a, v, b: (np.linalg.lstsq(a, v, rcond=None), np.linalg.lstsq(a, b)),
        TALL,
        rng.normal(size=5),
        rng.normal(size=(5, 2)),
        symbolic=False,
        **LOOSE,
    )
    check(lambda np, a: np.linalg.matrix_rank(a), np.ones((3, 3)))
    check(lambda np, a: (np.linalg.cond(a, 1), np.linalg.cond(a, "fro")), np.zeros((2, 2)))


def test_powers_and_chains():
    check(lambda np, a: [np.linalg.matrix_power(a, n) for n in (0, 1, 2, 5, -2)], A, **LOOSE)
    check(lambda np, a: np.linalg.matrix_power(a, 3), np.array([[1, 1], [1, 0]]))
    check(
        lambda np, a, v: (np.linalg.multi_dot([a, a, v]), np.linalg.multi_dot([v, a, v]), np.linalg.multi_dot([v, a])),
        A,
        V,
    )


@pytest.mark.parametrize("order", [None, 0, 1, 2, 3, -1, 0.5, np.inf, -np.inf])
def test_vector_norms(order):
    check(
        lambda np, v, x: (
            np.linalg.norm(v, order),
            np.linalg.norm(x, order, axis=1),
            np.linalg.norm(x, ord=order, axis=0, keepdims=True),
        ),
        V,
        TALL,
    )


@pytest.mark.parametrize("order", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_matrix_norms(order):
    check(
        lambda np, a, x: (
            np.linalg.norm(a, order),
            np.linalg.norm(x, order, axis=(1, 2)),
            np.linalg.norm(x, order, axis=(2, 0)),
        ),
        TALL,
        BATCH,
        **LOOSE,
    )


def test_other_norms():
    check(
        lambda np, x, v: (
            np.linalg.norm(x),
            np.linalg.norm(x, keepdims=True),
            np.linalg.vector_norm(x),
            np.linalg.matrix_norm(x),
            np.linalg.vector_norm(x, axis=(0, 1), ord=1),
            np.linalg.norm([3, 4]),
        ),
        BATCH,
        V,
    )
