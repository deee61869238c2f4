"""Lennard-Jones particles with a neighbour list that is rebuilt every ten steps, by where the particles start."""

import numpy as np

from benchmarks.case import Case


def build(pos, reach, neighbours, counts):
    n = pos.shape[0]
    for i in range(n):
        count = 0
        for j in range(i + 1, n):
            d = pos[i] - pos[j]
            if d @ d < reach * reach:
                neighbours[i, count] = j
                count += 1
        counts[i] = count


def program(pos0, steps):
    h, cutoff = 0.001, 2.5
    n = pos0.shape[0]
    pos, vel = pos0.copy(), np.zeros_like(pos0)
    neighbours = np.zeros((n, n), dtype=np.int64)
    counts = np.zeros(n, dtype=np.int64)
    for step in range(steps):
        if step % 10 == 0:
            build(pos, cutoff + 0.3, neighbours, counts)
        force = np.zeros_like(pos)
        for i in range(n):
            for k in range(counts[i]):
                j = neighbours[i, k]
                d = pos[i] - pos[j]
                r2 = d @ d
                if r2 < cutoff * cutoff:
                    inv2 = 1.0 / r2
                    inv6 = inv2 * inv2 * inv2
                    push = 24.0 * inv2 * inv6 * (2.0 * inv6 - 1.0) * d
                    force[i] += push
                    force[j] -= push
        vel += h * force
        pos += h * vel
    return np.sum(vel**2) + np.linalg.norm(pos[0])


def inputs(side, steps):
    grid = 1.15 * np.stack(np.meshgrid(*[np.arange(float(side))] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    return grid + 0.05 * np.random.default_rng(12).normal(size=grid.shape), steps


def with_jax(steps):
    import jax
    import jax.numpy as jnp

    def run(pos0):
        h, cutoff = 0.001, 2.5
        n = pos0.shape[0]

        def near(pos, reach):
            d = pos[:, None, :] - pos[None, :, :]
            r2 = jnp.sum(d * d, axis=-1)
            return d, r2, (r2 < reach * reach) & ~jnp.eye(n, dtype=bool)

        def step(state, number):
            pos, vel, listed = state
            listed = jax.lax.cond(number % 10 == 0, lambda: near(pos, cutoff + 0.3)[2], lambda: listed)
            d, r2, inside = near(pos, cutoff)
            inside &= listed
            inv2 = 1.0 / jnp.where(inside, r2, 1.0)
            inv6 = inv2 * inv2 * inv2
            push = jnp.where(inside, 24.0 * inv2 * inv6 * (2.0 * inv6 - 1.0), 0.0)
            vel = vel + h * jnp.sum(push[:, :, None] * d, axis=1)
            return (pos + h * vel, vel, listed), None

        start = (pos0, jnp.zeros_like(pos0), jnp.zeros((n, n), dtype=bool))
        pos, vel, _ = jax.lax.scan(step, start, jnp.arange(steps))[0]
        return jnp.sum(vel**2) + jnp.sqrt(jnp.sum(pos[0] ** 2))

    return run


def with_torch(steps):
    import torch

    def run(pos0):
        h, cutoff = 0.001, 2.5
        pos, vel = pos0, torch.zeros_like(pos0)
        for step in range(steps):
            if step % 10 == 0:
                apart = torch.triu(torch.cdist(pos.detach(), pos.detach()) < cutoff + 0.3, 1)
                i, j = torch.nonzero(apart, as_tuple=True)
            d = pos[i] - pos[j]
            r2 = torch.sum(d * d, dim=1)
            inv2 = 1.0 / r2
            inv6 = inv2 * inv2 * inv2
            push = torch.where(r2 < cutoff * cutoff, 24.0 * inv2 * inv6 * (2.0 * inv6 - 1.0), 0.0)[:, None] * d
            vel = vel + h * torch.zeros_like(pos).index_add(0, i, push).index_add(0, j, -push)
            pos = pos + h * vel
        return torch.sum(vel**2) + torch.linalg.norm(pos[0])

    return run


CASE = Case(
    title="molecular dynamics, neighbour list",
    program=program,
    helpers=(build,),
    inputs=inputs,
    bench=(4, 40),
    quick=(2, 20),
    jax=with_jax,
    torch=with_torch,
)
