"""Factorisations and solvers written out in loops, with in-place updates, pivoting and early exits."""

import numpy as np

from .registry import program

rng = np.random.default_rng(14)
SPD = rng.normal(size=(4, 4))
SPD = SPD @ SPD.T + 4 * np.eye(4)


@program(SPD, rtol=1e-8)
def cholesky_by_hand(a):
    n = a.shape[0]
    low = np.zeros_like(a)
    for j in range(n):
        s = a[j, j]
        for k in range(j):
            s -= low[j, k] ** 2
        low[j, j] = np.sqrt(s)
        for i in range(j + 1, n):
            low[i, j] = (a[i, j] - low[i, :j] @ low[j, :j]) / low[j, j]
    return np.sum(low) + np.log(low[2, 2])


@program(rng.normal(size=(4, 4)), rng.normal(size=4), rtol=1e-8)
def gaussian_elimination_with_pivoting(a, b):
    m, y = a.copy(), b.copy()
    n = len(y)
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(m[i, k]) > abs(m[p, k]):
                p = i
        if p != k:
            m[[k, p]] = m[[p, k]]
            y[k], y[p] = y[p], y[k]
        for i in range(k + 1, n):
            factor = m[i, k] / m[k, k]
            m[i, k:] -= factor * m[k, k:]
            y[i] -= factor * y[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - m[i, i + 1 :] @ x[i + 1 :]) / m[i, i]
    return x @ np.arange(1.0, 5.0)


@program(rng.normal(size=(4, 3)), rtol=1e-8)
def gram_schmidt(a):
    q = np.zeros_like(a)
    r = np.zeros((3, 3))
    for j in range(3):
        v = a[:, j].copy()
        for i in range(j):
            r[i, j] = q[:, i] @ v
            v -= r[i, j] * q[:, i]
        r[j, j] = np.sqrt(v @ v)
        q[:, j] = v / r[j, j]
    return r.sum() + q[0, 2] * q[3, 1]


@program(rng.normal(size=(4, 3)), rtol=1e-8)
def householder_triangle(a):
    r = a.copy()
    m, n = r.shape
    for k in range(n):
        x = r[k:, k]
        v = x.copy()
        v[0] += np.copysign(np.linalg.norm(x), x[0])
        v /= np.linalg.norm(v)
        r[k:, k:] -= 2 * np.outer(v, v @ r[k:, k:])
    return np.abs(np.diag(r)).sum() + r[0, 2] ** 2


@program(rng.normal(size=(4, 4)) + 4 * np.eye(4), rtol=1e-8)
def lu_in_place(a):
    lu = a.copy()
    for k in range(3):
        lu[k + 1 :, k] /= lu[k, k]
        lu[k + 1 :, k + 1 :] -= np.outer(lu[k + 1 :, k], lu[k, k + 1 :])
    return np.log(np.abs(lu.diagonal())).sum() + lu[3, 0]


@program(np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]), 4, rtol=1e-8)
def jacobi_eigenvalues(a, sweeps):
    m = a.copy()
    for _ in range(sweeps):
        for p in range(2):
            for q in range(p + 1, 3):
                if abs(m[p, q]) < 1e-10:
                    continue
                theta = 0.5 * np.arctan2(2 * m[p, q], m[q, q] - m[p, p])
                c, s = np.cos(theta), np.sin(theta)
                rot = np.eye(3)
                rot[p, p] = rot[q, q] = c
                rot[p, q], rot[q, p] = s, -s
                m = rot.T @ m @ rot
    return m[0, 0] * 3 + m[1, 1]


@program(rng.normal(size=5) + 4, rng.normal(size=4), rng.normal(size=5), rtol=1e-8)
def tridiagonal_determinant(diagonal, off, rhs):
    f_prev, f = 1.0, diagonal[0]
    for i in range(1, 5):
        f_prev, f = f, diagonal[i] * f - off[i - 1] ** 2 * f_prev
    return f * rhs[0]


@program(rng.normal(size=(3, 4)), rng.normal(size=(4, 2)))
def matrix_product_three_loops(a, b):
    n, m = a.shape
    p = b.shape[1]
    c = np.zeros((n, p))
    for i in range(n):
        for j in range(p):
            for k in range(m):
                c[i, j] += a[i, k] * b[k, j]
    return np.sum(c**2)


@program(rng.normal(size=(3, 3)))
def determinant_by_minors(a):
    def det(m):
        n = m.shape[0]
        if n == 1:
            return m[0, 0]
        total, sign = 0.0, 1
        for j in range(n):
            minor = np.concatenate([m[1:, :j], m[1:, j + 1 :]], axis=1)
            total += sign * m[0, j] * det(minor)
            sign = -sign
        return total

    return det(a)


@program(SPD, np.array([1.0, -1.0, 0.5, 2.0]), rtol=1e-8)
def gauss_seidel_until_converged(a, b):
    x = np.zeros(4)
    trips = 0
    while np.abs(a @ x - b).max() > 1e-12 and trips < 200:
        for i in range(4):
            x[i] += (b[i] - a[i] @ x) / a[i, i]
        trips += 1
    return x @ x


@program(rng.normal(size=(3, 3)), rtol=1e-8)
def gauss_jordan_inverse(a):
    n = a.shape[0]
    w = np.hstack([a, np.eye(n)])
    for k in range(n):
        w[k] /= w[k, k]
        for i in range(n):
            if i != k:
                w[i] -= w[i, k] * w[k]
    return w[:, n:].sum()
