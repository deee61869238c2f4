"""Soft dynamic time warping between two series (Cuturi and Blondel 2017), smoothing 1."""

import math

import numpy as np

from benchmarks.case import Case


def program(x, y):
    n, m = x.shape[0], y.shape[0]
    r = np.full((n + 1, m + 1), 1e6)
    r[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a, b, c = -r[i - 1, j - 1], -r[i - 1, j], -r[i, j - 1]
            top = max(a, b, c)
            soft = -(math.log(math.exp(a - top) + math.exp(b - top) + math.exp(c - top)) + top)
            r[i, j] = (x[i - 1] - y[j - 1]) ** 2 + soft
    return r[n, m]


def inputs(n, m):
    rng = np.random.default_rng(5)
    return rng.normal(size=n), rng.normal(size=m)


def diagonals(n, m):
    """Of every antidiagonal of the table, from the second on: the place in y of each row, and which rows it has."""
    columns = np.arange(2, n + m + 1)[:, None] - np.arange(n + 1)
    inside = (columns >= 1) & (columns <= m)
    inside[:, 0] = False
    return np.clip(columns[:, 1:] - 1, 0, m - 1), inside[:, 1:]


def with_jax(y):
    import jax
    import jax.numpy as jnp

    def run(x):
        n, m = x.shape[0], y.shape[0]
        places, inside = map(jnp.asarray, diagonals(n, m))
        far = jnp.full(n + 1, 1e6)

        def step(state, diagonal):
            before, last = state
            other, rows = diagonal
            a, b, c = -before[:-1], -last[:-1], -last[1:]
            top = jnp.maximum(jnp.maximum(a, b), c)
            soft = -(jnp.log(jnp.exp(a - top) + jnp.exp(b - top) + jnp.exp(c - top)) + top)
            new = jnp.where(rows, (x - other) ** 2 + soft, 1e6)
            return (last, jnp.concatenate((far[:1], new))), None

        start = (far.at[0].set(0.0), far)
        return jax.lax.scan(step, start, (jnp.asarray(y)[places], inside))[0][1][n]

    return run


def with_torch(y):
    import torch

    def run(x):
        n, m = x.shape[0], y.shape[0]
        places, inside = map(torch.as_tensor, diagonals(n, m))
        far = torch.full((n + 1,), 1e6, dtype=torch.float64)
        before, last = far.clone(), far
        before[0] = 0.0
        for other, rows in zip(torch.as_tensor(y)[places], inside, strict=True):
            shifted = torch.stack((-before[:-1], -last[:-1], -last[1:]))
            new = torch.where(rows, (x - other) ** 2 - torch.logsumexp(shifted, 0), 1e6)
            before, last = last, torch.cat((far[:1], new))
        return last[n]

    return run


CASE = Case(
    title="soft-DTW of two series",
    program=program,
    inputs=inputs,
    bench=(200, 180),
    quick=(20, 17),
    jax=with_jax,
    torch=with_torch,
)
