"""Array creation: from shapes, from values, from other arrays; zero-size and 0-d results."""

import numpy as np

from .registry import program

rng = np.random.default_rng(9)


@program(3, 2, grad=False, more=[(1, 4), (0, 2)])
def from_shapes(n, m):
    a = np.zeros((n, m))
    b = np.ones(n, dtype=int)
    c = np.full((m,), 7)
    d = np.full((n, m), 0.5, dtype=np.float32)
    return a, b, c, d, np.zeros(n).shape, np.eye(n), np.eye(n, m, k=1), np.identity(m), np.ones((n, m), bool)


@program(np.array([1.0, 2.0]))
def from_values(x):
    a = np.array([x[0], 2, x[1]])
    b = np.array([[x[0], 1.0], [0, x[1]]])
    c = np.array([x, 2 * x, [1, x[0]]])
    d = np.asarray((x[1], x[0]))
    return a.sum() + b[1, 1] ** 2 + (c * d).sum()


@program(0.5, 4, argnums=0)
def ranges_and_grids(x, n):
    a = np.arange(n) * x
    b = np.linspace(x, 2 * x, n)
    c = np.linspace(0, 1, n, endpoint=False)
    d = np.arange(1.0, 2.0, 0.25)
    e = np.logspace(0, 1, n, base=2.0)
    f = np.geomspace(1.0, 8.0, n)
    return a @ b + c @ d * x + e @ f * x**2


@program(5, grad=False, more=[(1,), (0,)])
def integer_ranges(n):
    return (
        np.arange(n),
        np.arange(1, n, 2),
        np.arange(n, 0, -1),
        np.arange(n, dtype=float),
        np.arange(0.0, n),
        np.arange(-2, 3),
    )


@program(np.array([[1.0, 2.0], [3.0, 4.0]]), grad=False)
def like_another(x):
    a, b, c = np.zeros_like(x), np.ones_like(x, dtype=int), np.full_like(x, 3)
    d = np.empty_like(x)
    d[:] = 1
    e = np.full_like(np.arange(3), 2.7)
    return a, b, c, d, e, np.zeros(x.shape), np.zeros_like(x[0])


@program(np.array([1.0, 2.0, 3.0]))
def meshes(x):
    a, b = np.meshgrid(x, x[:2])
    c, d = np.meshgrid(x, x**2, indexing="ij")
    i, j = np.indices((3, 3))
    return (a * b).sum() + (c[1] * d[:, 2]).sum() + (np.outer(x, x) * (i - j)).sum() + (x[i] * j).sum()


@program(np.array([1.0, 2.0, 3.0]))
def diagonals_and_triangles(x):
    a = np.diag(x) + np.diag(x[:2], k=1) + np.diag(x[1:], -1)
    return (a @ a).sum() + np.tri(3)[2] @ x + np.vander(x, 3)[1] @ x + np.diagflat(x)[2, 2]


@program(2.0, grad=False)
def zero_dimensional_arrays(x):
    a = np.array(x)
    b = np.zeros(())
    b[()] = x + 1
    c = np.full((), 2)
    return a, b, c, a + b, a * 2.0, b.item(), a.shape, float(b), np.asarray(3), np.float64(4.0), np.ones(3).sum()


@program(np.zeros((0, 3)), grad=False, more=[(np.ones((2, 3)),)])
def zero_size_arrays(x):
    return (
        x.sum(),
        x.sum(axis=0),
        x.sum(axis=1),
        x.T,
        x * 2,
        x.shape,
        x @ np.ones((3, 2)),
        np.concatenate([x, x]),
        x.prod(),
    )


@program(np.zeros(0), grad=True)
def gradient_of_nothing(x):
    total = 0.0
    for v in x:
        total += v
    return total + x.sum()


@program(np.array([1.0, 2.0, 3.0]))
def from_comprehensions(x):
    a = np.array([v * k for k, v in enumerate(x)])
    b = np.array([[v + w for w in x] for v in x])
    c = np.array(list(map(np.sin, x)))
    d = np.fromiter((v * 2 for v in x), dtype=float)
    return a.sum() + b.prod() ** 0.1 + c @ d


@program(np.array([3, 1, 2]), grad=False)
def dtype_of_created(n):
    a = np.array([1, 2])
    b = np.array([1, 2.0])
    c = np.array([True, 2])
    d = np.array([1, 2], dtype=np.float32)
    e = np.array(n, dtype=float)
    f = np.array([n[0], 1.5])
    g = np.array([])
    return a, b, c, d, e, f, g, np.array([n, n], dtype=np.int8), np.array([True, False])


@program(np.array([1.0, 2.0, 3.0]), 2)
def copies_of_creation(x, k):
    a = np.array(x, copy=True)
    b = np.array([x, x])
    a[k] = 0.0
    b[0] = a
    return b[0].sum() + 2 * b[1].sum() * x[k]


@program(np.array([1.0, 2.0]))
def windows(x):
    n = 5
    k = np.arange(n)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * k / (n - 1))
    return x[0] * hann.sum() + x[1] * (hann * np.hanning(n)).sum()


@program(np.array([1.0, 2.0]))
def matrix_by_function_of_index(x):
    i = np.arange(3)[:, None]
    j = np.arange(3)[None, :]
    hilbert = x[0] / (i + j + x[1])
    return np.linalg.norm(hilbert) + np.where(i == j, hilbert, 0).sum()
