"""Products and einsum against NumPy."""

import numpy as np
import pytest

from .checks import check, refused

rng = np.random.default_rng(3)
A, B, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=4)
BATCH = rng.normal(size=(2, 3, 4))


def test_matmul():
    check(lambda np, a, b, v: (a @ b, a @ v, v @ b, v @ v, np.matmul(a, b)), A, B, V)
    check(
        lambda np, x, b, v: (
            x @ b,
            x @ v,
            x @ np.transpose(x, (0, 2, 1)),
            np.matmul(v, np.swapaxes(x, 1, 2)),
            np.ones((6, 3)) @ x,
        ),
        BATCH,
        B,
        V,
    )
    check(lambda np, x, b: np.matmul(np.expand_dims(x, 1), np.expand_dims(np.transpose(x, (0, 2, 1)), 0)), BATCH, B)
    check(lambda np, a: (a @ [[1, 2], [3, 4]], np.matmul(a, [1, 2], dtype=float)), np.arange(6).reshape(3, 2))
    check(lambda np, a: a @ a, np.array([[True, False], [True, True]]))
    refused(lambda np, a, b: a @ b, A, A, match="columns")
    refused(lambda np, a: a @ 2.0, A)


def test_dot_inner_outer():
    check(
        lambda np, a, b, v: (np.dot(a, b), np.dot(a, v), np.dot(v, v), np.dot(a, 2.0), np.dot(2, 3), np.inner(a, v)),
        A,
        B,
        V,
    )
    check(
        lambda np, x, b, v: (
            np.dot(x, b),
            np.inner(x, x),
            np.vdot(x, x),
            np.outer(v, x),
            np.inner(2.0, v),
            np.outer(v, v),
        ),
        BATCH,
        B,
        V,
    )
    check(lambda np, x: (np.dot(x, x), np.inner(x, x), np.vdot(x, x)), np.arange(3))
    check(lambda np, x: (np.dot(x, 2.0), np.outer(x, 2.0), np.kron(x, 2.0), np.inner(x, 2)), np.ones(3, "float32"))
    refused(lambda np, a: np.dot(a, a), A, match="aligned")


def test_tensordot_and_kron():
    check(
        lambda np, x, y: (
            np.tensordot(x, y, 1),
            np.tensordot(x, x, ((0, 1), (0, 1))),
            np.tensordot(x, x, 3),
            np.tensordot(x, y, 0),
            np.tensordot(x, y, axes=([2], [0])),
            np.tensordot(x, x, axes=(-1, -1)),
        ),
        BATCH,
        B,
    )
    check(lambda np, a, v: (np.kron(a, a), np.kron(a, v), np.kron(v, v), np.kron(2.0, v)), A, V)


def test_cross_and_trace():
    x, y = rng.normal(size=(4, 3)), rng.normal(size=3)
    check(
        lambda np, x, y: (np.cross(x, y), np.cross(y, x), np.cross(y, y), np.linalg.cross(x, y)), x, y, symbolic=False
    )
    check(
        lambda np, x, y: (np.cross(x, y), np.cross(x, x, axis=0)),
        np.ones((3, 3)) * np.arange(3),
        np.arange(3),
        symbolic=False,
    )
    check(
        lambda np, a, x: (
            np.trace(a),
            np.trace(a, 1),
            np.trace(a, -1),
            np.trace(x, axis1=1, axis2=2),
            np.linalg.trace(x),
        ),
        A,
        BATCH,
    )
    check(lambda np, a: np.trace(a), np.arange(9, dtype="int8").reshape(3, 3))


def test_vector_products_over_axes():
    check(lambda np, x, y: (np.vecdot(x, y), np.linalg.vecdot(x, x, axis=0), np.vecdot(y, y)), BATCH, V)
    check(lambda np, x, y: (np.matvec(x, y), np.vecmat(y, np.swapaxes(x, 1, 2))), BATCH, V)


EINSUMS = [
    "ij,jk->ik",
    "ij,jk",
    "ij->ji",
    "ij->",
    "ij->i",
    "ij,ij->",
    "ij,kj->ik",
    "ij,jk,k->i",
    "...j,j->...",
    "ij,jk->ki",
]


@pytest.mark.parametrize("text", EINSUMS)
def test_einsum(text):
    operands = {
        2: [A, B if "jk" in text else A if "ij,ij" in text else rng.normal(size=(6, 4)) if "kj" in text else V],
        1: [A],
        3: [A, B, rng.normal(size=5)],
    }[text.count(",") + 1]
    check(lambda np, *xs: np.einsum(text, *xs), *operands)


def test_einsum_forms():
    sq = rng.normal(size=(4, 4))
    check(
        lambda np, x, v: (
            np.einsum("ii", x),
            np.einsum("ii->i", x),
            np.einsum("ij,j,i->", x, v, v),
            np.einsum("i,j->ij", v, v),
        ),
        sq,
        V,
    )
    check(
        lambda np, x: (
            np.einsum("bij,bkj->bik", x, x),
            np.einsum("...ij->...ji", x),
            np.einsum("bij,bij->b", x, x, optimize=True),
        ),
        BATCH,
    )
    check(lambda np, x, v: (np.einsum(x, [0, 1], v, [1], [0]), np.einsum("ij,jk->ik", x, x, dtype=float)), sq, V)
    check(lambda np, x: (np.einsum("iij->j", x), np.einsum("i...->...", x)), rng.normal(size=(3, 3, 2)))
    check(lambda np, x: np.einsum("ij,ij->ij", x, x), np.arange(6).reshape(2, 3))
    check(lambda np, v, w: np.einsum("i,j,k->kij", v, w, v), V, np.ones(2))
    refused(lambda np, a, b: np.einsum("ij,jk->ik", a, b), A, A, match="label")
