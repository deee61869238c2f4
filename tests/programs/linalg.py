"""Products and `np.linalg`: matmul in all ranks, dot, inner, outer, tensordot, einsum, kron, solve, inv, det, ..."""

import numpy as np

from .registry import program

rng = np.random.default_rng(13)
SPD = rng.normal(size=(4, 4))
SPD = SPD @ SPD.T + 4 * np.eye(4)


@program(rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=4))
def matmul_of_every_rank(a, b, v):
    c = a @ b
    d = a @ v
    e = v @ b
    f = v @ v
    batch = np.stack([a, a * 2]) @ b
    pairs = np.stack([a, -a]) @ np.stack([b, b + 1])
    return (c * c).sum() + d.sum() * e.sum() + f + batch[1].sum() + pairs.prod(axis=0).sum() + np.matmul(a, v)[0]


@program(rng.normal(size=(2, 1, 3, 4)), rng.normal(size=(5, 4, 2)), argnums=1)
def matmul_broadcasts_batches(a, b):
    return np.tanh(a @ b).sum() + (a[0] @ b[0]).sum() ** 2


@program(rng.normal(size=(3, 4)), rng.normal(size=(4, 2)))
def dot_inner_outer_vdot(a, b):
    x, y = a[0], b[:, 1]
    s = (
        np.dot(a, b).sum()
        + a.dot(b)[1, 1]
        + np.dot(x, y) * np.inner(x, y)
        + np.vdot(a, b.T.repeat(2)[:12].reshape(3, 4))
    )
    return s + np.outer(x, y)[1, 2] + np.inner(a, a)[0, 2] + np.dot(2.0, x)[0]


@program(rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 3, 2)))
def tensordot_axes(a, b):
    p = np.tensordot(a, b, axes=([1, 2], [1, 0]))
    q = np.tensordot(a, b, axes=1)
    return (p * p).sum() + q[0, 1, 2, 1] + np.tensordot(a, a, axes=3) + np.tensordot(a[0, 0], b[:, 0, 0], axes=0).sum()


@program(rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 3)))
def einsum_forms(a, b):
    s = np.einsum("bij,jk->bik", a, b).sum() + np.einsum("ij->ji", b)[1, 2] * np.einsum("ij,ij->", b, b)
    t = np.einsum("bij,ji->b", a, b).prod() + np.einsum("ii", b[:3]) + np.einsum("ii->i", b[1:])[2]
    u = (
        np.einsum("i,j->ij", b[0], b[:, 0]).max()
        + np.einsum("b...j,j->b...", a, b[:, 1]).sum()
        + np.einsum("bij->j", a)[3]
    )
    return s + t + u + np.einsum("ij,jk,kl->il", b.T, b, b.T)[0, 1]


@program(rng.normal(size=(3, 3)), rng.normal(size=(2, 2)))
def kron_trace_diag_triangles(a, b):
    k = np.kron(a, b)
    d = np.diag(a) * np.diagonal(a, offset=0) + np.diag(np.diag(a)).sum(axis=0)
    return np.trace(k) + k[4, 1] + d.sum() + np.tril(a).sum() * np.triu(a, 1).max() + np.trace(a, offset=1) + a.trace()


@program(SPD, rng.normal(size=(4, 2)))
def solve_and_inverse(a, b):
    x = np.linalg.solve(a, b)
    y = np.linalg.solve(a, b[:, 0])
    return (x**2).sum() + y @ b[:, 1] + np.linalg.inv(a)[1, 2] + np.linalg.inv(a + np.eye(4)).trace()


@program(rng.normal(size=(4, 4)), rng.normal(size=(4, 2)), argnums=1)
def solve_by_right_hand_side(a, b):
    return np.linalg.solve(a, b).sum() ** 2 + np.linalg.solve(a.T, b).max()


@program(SPD)
def determinants(a):
    sign, logdet = np.linalg.slogdet(a)
    return np.linalg.det(a / 4) + sign * logdet + np.linalg.det(a[:2, :2])


@program(-rng.normal(size=(3, 3)))
def slogdet_as_named_result(a):
    result = np.linalg.slogdet(a)
    return result.logabsdet * 2 + result.sign


@program(SPD)
def cholesky_factor(a):
    low = np.linalg.cholesky(a)
    return (low * np.arange(16.0).reshape(4, 4)).sum() + np.log(np.diag(low)).sum()


@program(rng.normal(size=(3, 4)))
def norms(a):
    v = a[0]
    s = (
        np.linalg.norm(a)
        + np.linalg.norm(v, 1) * np.linalg.norm(v, np.inf)
        + np.linalg.norm(v, 3)
        + np.linalg.norm(v, -np.inf)
    )
    t = np.linalg.norm(a, axis=1).sum() + np.linalg.norm(a, axis=0, keepdims=True).max() + np.linalg.norm(a, "fro") ** 2
    return s + t + np.linalg.norm(a, 1) + np.linalg.norm(a, np.inf, axis=1).sum() + np.linalg.norm(a, ord=np.inf)


@program(SPD + np.arange(2).reshape(2, 1, 1) * np.eye(4), rtol=1e-8)
def batched_linear_algebra(a):
    b = np.linalg.solve(a, np.ones((2, 4, 1)))
    return (
        b.sum()
        + np.linalg.inv(a)[1, 0, 0]
        + np.linalg.slogdet(a)[1].sum()
        + np.linalg.cholesky(a)[0, 3, 1]
        + np.linalg.det(a / 5)[1]
    )


@program(rng.normal(size=(3, 3)))
def matrix_powers(a):
    return (
        np.linalg.matrix_power(a, 3).trace()
        + np.linalg.matrix_power(a, 0)[1, 1]
        + np.linalg.multi_dot([a, a.T, a])[0, 1]
    )


@program(rng.normal(size=(6, 3)), rng.normal(size=6), rtol=1e-8)
def least_squares_by_normal_equations(a, y):
    coef = np.linalg.solve(a.T @ a, a.T @ y)
    residual = y - a @ coef
    return residual @ residual + coef.sum()


@program(rng.normal(size=(4, 4)))
def power_iteration(a):
    m = a @ a.T + np.eye(4)
    v = np.ones(4)
    for _ in range(12):
        v = m @ v
        v /= np.linalg.norm(v)
    return v @ m @ v


@program(SPD, np.ones(4), rtol=1e-8)
def conjugate_gradients(a, b):
    x, r = np.zeros(4), b.copy()
    p, rs = r.copy(), r @ r
    for _ in range(3):
        ap = a @ p
        alpha = rs / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        rs_new = r @ r
        p = r + (rs_new / rs) * p
        rs = rs_new
    return x @ x + r @ r


@program(rng.normal(size=(5, 3)), rng.normal(size=(4, 3)))
def pairwise_distances(a, b):
    d2 = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.maximum(d2, 1e-12)).sum() + ((a[:, None] - b) ** 2).sum(-1).min(axis=1).sum()


@program(np.array([0.1, 0.2, 0.3]))
def matrix_exponential_by_series(w):
    skew = np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])
    term, total = np.eye(3), np.eye(3)
    for k in range(1, 10):
        term = term @ skew / k
        total = total + term
    return total[0, 1] + total[2] @ np.array([1.0, 2.0, 3.0])


@program(rng.normal(size=(0, 3)), grad=False, more=[(rng.normal(size=(2, 3)),)])
def products_of_empty(a):
    return a.T @ a, a @ np.ones(3), np.dot(a, a.T), np.einsum("ij,ik->jk", a, a), np.linalg.norm(a)


@program(np.arange(6).reshape(2, 3), np.arange(3), grad=False)
def integer_products(a, v):
    return (
        a @ v,
        v @ v,
        np.dot(a, a.T),
        a.T @ a.astype(np.float32),
        np.outer(v, v),
        np.inner(v, 2),
        (a > 2) @ v,
        np.kron(v, v),
    )
