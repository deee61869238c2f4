"""Kalman filter of a point moving in the plane (4 states, 2 measured): negative log likelihood by the log noises."""

import numpy as np

from benchmarks.case import Case


def program(p, f, h, seen):
    q = np.exp(p[0]) * np.eye(4)
    r = np.exp(p[1]) * np.eye(2)
    mean, cov = np.zeros(4), np.eye(4)
    total = 0.0
    for t in range(seen.shape[0]):
        mean = f @ mean
        cov = f @ cov @ f.T + q
        s = h @ cov @ h.T + r
        inv = np.linalg.inv(s)
        gain = cov @ h.T @ inv
        y = seen[t] - h @ mean
        mean = mean + gain @ y
        cov = (np.eye(4) - gain @ h) @ cov
        total += 0.5 * (np.log(np.linalg.det(s)) + y @ inv @ y)
    return total


def inputs(steps):
    f = np.eye(4) + 0.1 * np.eye(4, k=2)
    h = np.eye(2, 4)
    seen = np.cumsum(np.random.default_rng(7).normal(size=(steps, 2)), axis=0)
    return np.array([-2.0, -0.5]), f, h, seen


def with_jax(f, h, seen):
    import jax
    import jax.numpy as jnp

    f, h = jnp.asarray(f), jnp.asarray(h)

    def run(p):
        q, r = jnp.exp(p[0]) * jnp.eye(4), jnp.exp(p[1]) * jnp.eye(2)

        def step(state, measured):
            mean, cov = state
            mean = f @ mean
            cov = f @ cov @ f.T + q
            s = h @ cov @ h.T + r
            inv = jnp.linalg.inv(s)
            gain = cov @ h.T @ inv
            y = measured - h @ mean
            mean = mean + gain @ y
            cov = (jnp.eye(4) - gain @ h) @ cov
            return (mean, cov), 0.5 * (jnp.log(jnp.linalg.det(s)) + y @ inv @ y)

        return jnp.sum(jax.lax.scan(step, (jnp.zeros(4), jnp.eye(4)), jnp.asarray(seen))[1])

    return run


def with_torch(f, h, seen):
    import torch

    f, h, seen = torch.as_tensor(f), torch.as_tensor(h), torch.as_tensor(seen)
    four, two = torch.eye(4, dtype=torch.float64), torch.eye(2, dtype=torch.float64)

    def run(p):
        q, r = torch.exp(p[0]) * four, torch.exp(p[1]) * two
        mean, cov = torch.zeros(4, dtype=torch.float64), four
        total = torch.zeros((), dtype=torch.float64)
        for measured in seen:
            mean = f @ mean
            cov = f @ cov @ f.T + q
            s = h @ cov @ h.T + r
            inv = torch.linalg.inv(s)
            gain = cov @ h.T @ inv
            y = measured - h @ mean
            mean = mean + gain @ y
            cov = (four - gain @ h) @ cov
            total = total + 0.5 * (torch.log(torch.linalg.det(s)) + y @ inv @ y)
        return total

    return run


CASE = Case(
    title="Kalman filter, 4 states",
    program=program,
    inputs=inputs,
    bench=(2_000,),
    quick=(50,),
    jax=with_jax,
    torch=with_torch,
)
