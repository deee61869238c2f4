"""Heat in two dimensions, explicit five-point stencil in plain loops, by the conductivity of every cell."""

import numpy as np

from benchmarks.case import Case


def program(k, t0, steps):
    n, m = t0.shape
    t, new = t0.copy(), t0.copy()
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                around = t[i - 1, j] + t[i + 1, j] + t[i, j - 1] + t[i, j + 1] - 4.0 * t[i, j]
                new[i, j] = t[i, j] + k[i, j] * around
        t, new = new, t
    return np.sum(t * t)


def inputs(n, steps):
    rng = np.random.default_rng(10)
    return rng.uniform(0.05, 0.2, (n, n)), rng.uniform(0.0, 1.0, (n, n)), steps


def with_jax(t0, steps):
    import jax
    import jax.numpy as jnp

    def run(k):
        def step(t, _):
            around = t[:-2, 1:-1] + t[2:, 1:-1] + t[1:-1, :-2] + t[1:-1, 2:] - 4.0 * t[1:-1, 1:-1]
            return t.at[1:-1, 1:-1].add(k[1:-1, 1:-1] * around), None

        return jnp.sum(jax.lax.scan(step, jnp.asarray(t0), None, length=steps)[0] ** 2)

    return run


def with_torch(t0, steps):
    import torch

    start = torch.as_tensor(t0)

    def run(k):
        t = start
        for _ in range(steps):
            around = t[:-2, 1:-1] + t[2:, 1:-1] + t[1:-1, :-2] + t[1:-1, 2:] - 4.0 * t[1:-1, 1:-1]
            inner = t[1:-1, 1:-1] + k[1:-1, 1:-1] * around
            t = torch.cat((t[:1], torch.cat((t[1:-1, :1], inner, t[1:-1, -1:]), 1), t[-1:]), 0)
        return torch.sum(t**2)

    return run


CASE = Case(
    title="heat 2-D, five-point stencil",
    program=program,
    inputs=inputs,
    bench=(64, 200),
    quick=(10, 10),
    jax=with_jax,
    torch=with_torch,
)
