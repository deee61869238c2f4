"""Gravity between bodies, every pair at every step, softened; differentiated by where the bodies start."""

import numpy as np

from benchmarks.case import Case


def program(pos0, mass, steps):
    h = 0.001
    n = pos0.shape[0]
    pos, vel = pos0.copy(), np.zeros_like(pos0)
    for _ in range(steps):
        for i in range(n):
            acc = np.zeros(3)
            for j in range(n):
                if i == j:
                    continue
                d = pos[j] - pos[i]
                r2 = d @ d + 0.01
                acc += mass[j] / (r2 * np.sqrt(r2)) * d
            vel[i] += h * acc
        pos += h * vel
    return np.sum(vel**2) + np.linalg.norm(pos[0])


def inputs(n, steps):
    rng = np.random.default_rng(4)
    return rng.normal(size=(n, 3)), rng.uniform(0.5, 1.5, n), steps


def with_jax(mass, steps):
    import jax
    import jax.numpy as jnp

    def run(pos0):
        h = 0.001

        def step(state, _):
            pos, vel = state
            d = pos[None, :, :] - pos[:, None, :]
            r2 = jnp.sum(d * d, axis=-1) + 0.01
            vel = vel + h * jnp.sum((mass[None, :] / (r2 * jnp.sqrt(r2)))[:, :, None] * d, axis=1)
            return (pos + h * vel, vel), None

        pos, vel = jax.lax.scan(step, (pos0, jnp.zeros_like(pos0)), None, length=steps)[0]
        return jnp.sum(vel**2) + jnp.sqrt(jnp.sum(pos[0] ** 2))

    return run


def with_torch(mass, steps):
    import torch

    weights = torch.as_tensor(mass)

    def run(pos0):
        h = 0.001
        pos, vel = pos0, torch.zeros_like(pos0)
        for _ in range(steps):
            d = pos[None, :, :] - pos[:, None, :]
            r2 = torch.sum(d * d, dim=-1) + 0.01
            vel = vel + h * torch.sum((weights[None, :] / (r2 * torch.sqrt(r2)))[:, :, None] * d, dim=1)
            pos = pos + h * vel
        return torch.sum(vel**2) + torch.sqrt(torch.sum(pos[0] ** 2))

    return run


CASE = Case(
    title="n-body, softened gravity",
    program=program,
    inputs=inputs,
    bench=(16, 200),
    quick=(5, 20),
    jax=with_jax,
    torch=with_torch,
)
