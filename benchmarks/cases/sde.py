"""Cox-Ingersoll-Ross interest rate by Euler-Maruyama with given noise: discount factor by the three parameters."""

import math

import numpy as np

from benchmarks.case import Case


def program(p, noise):
    h = 0.001
    root = math.sqrt(h)
    kappa, level, sigma = p[0], p[1], p[2]
    r, total = 0.04, 0.0
    for i in range(noise.shape[0]):
        r += kappa * (level - r) * h + sigma * math.sqrt(r) * noise[i] * root
        r = max(r, 1e-4)
        total += r * h
    return math.exp(-0.01 * total)


def inputs(steps):
    return np.array([0.9, 0.05, 0.12]), np.random.default_rng(11).normal(size=steps)


def with_jax(noise):
    import jax
    import jax.numpy as jnp

    def run(p):
        h = 0.001
        root = math.sqrt(h)

        def step(state, w):
            r, total = state
            r = r + p[0] * (p[1] - r) * h + p[2] * jnp.sqrt(r) * w * root
            r = jnp.maximum(r, 1e-4)
            return (r, total + r * h), None

        return jnp.exp(-0.01 * jax.lax.scan(step, (0.04, 0.0), jnp.asarray(noise))[0][1])

    return run


def with_torch(noise):
    import torch

    def run(p):
        h = 0.001
        root = math.sqrt(h)
        r, total = torch.tensor(0.04, dtype=torch.float64), torch.tensor(0.0, dtype=torch.float64)
        floor = torch.tensor(1e-4, dtype=torch.float64)
        for w in noise:
            r = r + p[0] * (p[1] - r) * h + p[2] * torch.sqrt(r) * w * root
            r = torch.maximum(r, floor)
            total = total + r * h
        return torch.exp(-0.01 * total)

    return run


CASE = Case(
    title="SDE, Euler-Maruyama",
    program=program,
    inputs=inputs,
    bench=(100_000,),
    quick=(2_000,),
    jax=with_jax,
    torch=with_torch,
)
