"""A tridiagonal system solved by Thomas's algorithm, differentiated by its diagonal."""

import numpy as np

from benchmarks.case import Case


def program(b, a, c, d):
    n = b.shape[0]
    cp = np.empty(n)
    dp = np.empty(n)
    u = np.empty(n)
    cp[0] = c[0] / b[0]
    dp[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    u[n - 1] = dp[n - 1]
    for i in range(n - 2, -1, -1):
        u[i] = dp[i] - cp[i] * u[i + 1]
    return np.sum(u * u)


def inputs(n):
    rng = np.random.default_rng(3)
    return 4.0 + rng.uniform(size=n), rng.uniform(-1, 1, n), rng.uniform(-1, 1, n), rng.normal(size=n)


def with_jax(a, c, d):
    import jax
    import jax.numpy as jnp

    a, c, d = jnp.asarray(a), jnp.asarray(c), jnp.asarray(d)

    def run(b):
        def forward(state, row):
            ai, bi, ci, di = row
            m = bi - ai * state[0]
            state = (ci / m, (di - ai * state[1]) / m)
            return state, state

        def backward(after, row):
            u = row[1] - row[0] * after
            return u, u

        first = (c[0] / b[0], d[0] / b[0])
        _, (cp, dp) = jax.lax.scan(forward, first, (a[1:], b[1:], c[1:], d[1:]))
        rows = (jnp.append(first[0], cp), jnp.append(first[1], dp))
        return jnp.sum(jax.lax.scan(backward, 0.0, rows, reverse=True)[1] ** 2)

    return run


def with_torch(a, c, d):
    import torch

    a, c, d = torch.as_tensor(a), torch.as_tensor(c), torch.as_tensor(d)

    def run(b):
        cp, dp = [c[0] / b[0]], [d[0] / b[0]]
        for ai, bi, ci, di in zip(a[1:], b[1:], c[1:], d[1:], strict=True):
            m = bi - ai * cp[-1]
            dp.append((di - ai * dp[-1]) / m)
            cp.append(ci / m)
        u = dp[-1]
        total = u * u
        for ci, di in zip(cp[-2::-1], dp[-2::-1], strict=True):
            u = di - ci * u
            total = total + u * u
        return total

    return run


CASE = Case(
    title="Thomas's tridiagonal solver",
    program=program,
    inputs=inputs,
    bench=(50_000,),
    quick=(1_000,),
    jax=with_jax,
    torch=with_torch,
)
