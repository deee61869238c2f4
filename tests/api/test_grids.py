"""Matrices and grids of known pattern against NumPy."""

import numpy as np

from .checks import check, refused

rng = np.random.default_rng(8)
M = rng.normal(size=(3, 4))


def test_eye_and_triangles():
    check(
        lambda np, n, k: (
            np.eye(n),
            np.eye(n, 5),
            np.eye(n, k=1),
            np.eye(n, k=k, dtype=int),
            np.identity(n),
            np.tri(n),
            np.tri(n, 4, -1),
        ),
        3,
        -1,
    )
    check(lambda np, x: (np.tril(x), np.triu(x, 1), np.tril(x, -1), np.triu(x[0]), np.tril([[1, 2], [3, 4]])), M)
    check(lambda np, x: np.triu(x), rng.normal(size=(2, 3, 3)))


def test_diag():
    check(
        lambda np, v, x: (np.diag(v), np.diag(v, 1), np.diag(v, -2), np.diag(x), np.diag(x, 2), np.diagflat(x, 1)),
        np.arange(3),
        M,
    )


def test_index_arrays():
    check(
        lambda np, x: (
            np.tril_indices(3),
            np.triu_indices(3, 1),
            np.tril_indices(3, m=4),
            np.diag_indices(3),
            np.diag_indices(2, 3),
        ),
        M,
    )
    check(
        lambda np, x: (
            np.triu_indices_from(x),
            np.tril_indices_from(x, -1),
            x[np.triu_indices(3)],
            np.diag_indices_from(x[:, :3]),
        ),
        M,
        symbolic=False,
    )
    check(lambda np, n: (np.indices((2, n)), np.indices((n,), dtype=float), np.indices((2, 3), sparse=True)), 3)
    refused(lambda np, n: np.triu_indices(n), 3, match="compile time")


def test_meshgrid_and_vander():
    check(
        lambda np, x, y: (
            np.meshgrid(x, y),
            np.meshgrid(x, y, indexing="ij"),
            np.meshgrid(x, y, x),
            np.meshgrid(x, y, sparse=True),
            np.meshgrid(x),
        ),
        np.arange(3.0),
        np.arange(4),
    )
    check(
        lambda np, x: (np.vander(x), np.vander(x, 2), np.vander(x, 4, increasing=True), np.vander(x, 0)),
        np.array([2.0, 3.0, 0.5]),
    )
    check(lambda np, x: np.vander(x, 3), np.array([2, 3], "int32"))


def test_fromfunction_and_windows():
    check(lambda np, n: np.fromfunction(lambda i, j: i + 2 * j, (3, n)), 2)
    check(lambda np, n: np.fromfunction(lambda i, j: i == j, (3, 3), dtype=int), 2)
    check(
        lambda np, n: (
            np.hanning(n),
            np.hamming(n),
            np.blackman(n),
            np.bartlett(n),
            np.hanning(6),
            np.bartlett(1),
            np.hamming(0),
        ),
        5,
    )
    check(lambda np, n: (np.hanning(n), np.bartlett(n)), 1)


def test_objects_by_subscription():
    check(
        lambda np, n: (
            np.mgrid[0:n, 0:4],
            np.mgrid[0:1:0.25],
            np.mgrid[1:3, 0:1:0.5],
            np.ogrid[0:n, 0:4],
            np.ogrid[0:3],
        ),
        3,
    )
    check(
        lambda np, x: (np.r_[x, 0, 1:4], np.r_[1.5, 2], np.c_[x, x], np.c_[x, np.ones((3, 2))], np.r_[0:1:0.5, x]),
        np.arange(3),
    )
    check(lambda np, x: (x[np.s_[1:3]], x[np.index_exp[0]]), np.arange(4.0))
    refused(lambda np, x: np.r_["0,2", x], np.arange(3.0), match="directive")
