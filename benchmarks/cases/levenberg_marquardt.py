"""Levenberg-Marquardt fit of a decay with offset; length of the fitted parameters by every data point."""

import math

import numpy as np

from benchmarks.case import Case


def cost(p, ts, ys):
    total = 0.0
    for i in range(ts.shape[0]):
        r = ys[i] - (p[0] * math.exp(-p[1] * ts[i]) + p[2])
        total += r * r
    return total


def solve(a, b):
    n = b.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            for j in range(k, n):
                a[i, j] -= factor * a[k, j]
            b[i] -= factor * b[k]
    for k in range(n - 1, -1, -1):
        for j in range(k + 1, n):
            b[k] -= a[k, j] * b[j]
        b[k] /= a[k, k]
    return b


def program(ys, ts, start, rounds):
    p = start.copy()
    damping = 0.01
    best = cost(p, ts, ys)
    for _ in range(rounds):
        a, b = np.zeros((3, 3)), np.zeros(3)
        for i in range(ts.shape[0]):
            e = math.exp(-p[1] * ts[i])
            r = ys[i] - (p[0] * e + p[2])
            row = np.array([e, -p[0] * ts[i] * e, 1.0])
            a += np.outer(row, row)
            b += r * row
        for k in range(3):
            a[k, k] *= 1.0 + damping
        trial = p + solve(a, b)
        new = cost(trial, ts, ys)
        if new < best:
            p, best = trial, new
            damping *= 0.3
        else:
            damping *= 5.0
    return p @ p


def inputs(points, rounds):
    ts = np.linspace(0.0, 3.0, points)
    ys = 2.5 * np.exp(-1.3 * ts) + 0.5 + 0.05 * np.random.default_rng(13).normal(size=points)
    return ys, ts, np.array([1.0, 0.5, 0.0]), rounds


def with_jax(ts, start, rounds):
    import jax
    import jax.numpy as jnp

    ts = jnp.asarray(ts)

    def run(ys):
        def cost(p):
            return jnp.sum((ys - (p[0] * jnp.exp(-p[1] * ts) + p[2])) ** 2)

        def attempt(state, _):
            p, best, damping = state
            e = jnp.exp(-p[1] * ts)
            r = ys - (p[0] * e + p[2])
            rows = jnp.stack((e, -p[0] * ts * e, jnp.ones_like(e)))
            a = rows @ rows.T
            a = a + damping * jnp.diag(jnp.diag(a))
            trial = p + jnp.linalg.solve(a, rows @ r)
            new = cost(trial)
            better = new < best
            kept = (jnp.where(better, trial, p), jnp.where(better, new, best))
            return (*kept, damping * jnp.where(better, 0.3, 5.0)), None

        first = jnp.asarray(start)
        p = jax.lax.scan(attempt, (first, cost(first), 0.01), None, length=rounds)[0][0]
        return p @ p

    return run


def with_torch(ts, start, rounds):
    import torch

    ts = torch.as_tensor(ts)

    def run(ys):
        def cost(p):
            return torch.sum((ys - (p[0] * torch.exp(-p[1] * ts) + p[2])) ** 2)

        p, damping = torch.as_tensor(start), 0.01
        best = cost(p)
        for _ in range(rounds):
            e = torch.exp(-p[1] * ts)
            r = ys - (p[0] * e + p[2])
            rows = torch.stack((e, -p[0] * ts * e, torch.ones_like(e)))
            a = rows @ rows.T
            a = a + damping * torch.diag(torch.diag(a))
            trial = p + torch.linalg.solve(a, rows @ r)
            new = cost(trial)
            if new < best:
                p, best = trial, new
                damping *= 0.3
            else:
                damping *= 5.0
        return p @ p

    return run


CASE = Case(
    title="Levenberg-Marquardt fit",
    program=program,
    helpers=(cost, solve),
    inputs=inputs,
    bench=(1_000, 6),
    quick=(40, 6),
    jax=with_jax,
    torch=with_torch,
)
