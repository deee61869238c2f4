"""A cloth of springs hung by its upper edge, with damping; mean height by the stiffness of every spring."""

import numpy as np

from benchmarks.case import Case


def program(stiffness, pos0, springs, rest, free, steps):
    h = 0.002
    pos, vel = pos0.copy(), np.zeros_like(pos0)
    for _ in range(steps):
        force = np.zeros_like(pos)
        force[:, 2] = -9.81
        for s in range(springs.shape[0]):
            i, j = springs[s, 0], springs[s, 1]
            d = pos[j] - pos[i]
            length = np.sqrt(d @ d)
            pull = stiffness[s] * (1.0 - rest[s] / length) * d
            force[i] += pull
            force[j] -= pull
        for i in range(pos.shape[0]):
            vel[i] = 0.995 * (vel[i] + h * free[i] * force[i])
            pos[i] += h * vel[i]
    return np.mean(pos[:, 2] ** 2)


def inputs(side, steps):
    number = np.arange(side * side).reshape(side, side)
    across = np.stack((number[:, :-1].ravel(), number[:, 1:].ravel()), axis=1)
    down = np.stack((number[:-1].ravel(), number[1:].ravel()), axis=1)
    springs = np.concatenate((across, down))
    pos = np.zeros((side * side, 3))
    pos[:, 0], pos[:, 1] = (number % side).ravel() * 0.1, (number // side).ravel() * 0.1
    pos += 0.01 * np.random.default_rng(14).normal(size=pos.shape)
    free = (np.arange(side * side) >= side).astype(float)
    return np.full(len(springs), 800.0), pos, springs, np.full(len(springs), 0.1), free, steps


def with_jax(pos0, springs, rest, free, steps):
    import jax
    import jax.numpy as jnp

    i, j = jnp.asarray(springs[:, 0]), jnp.asarray(springs[:, 1])
    rest, moves = jnp.asarray(rest), jnp.asarray(free)[:, None]
    start = jnp.asarray(pos0)

    def run(stiffness):
        h = 0.002

        def step(state, _):
            pos, vel = state
            d = pos[j] - pos[i]
            length = jnp.sqrt(jnp.sum(d * d, axis=1))
            pull = (stiffness * (1.0 - rest / length))[:, None] * d
            force = jnp.zeros_like(pos).at[:, 2].set(-9.81).at[i].add(pull).at[j].add(-pull)
            vel = 0.995 * (vel + h * moves * force)
            return (pos + h * vel, vel), None

        pos = jax.lax.scan(step, (start, jnp.zeros_like(start)), None, length=steps)[0][0]
        return jnp.mean(pos[:, 2] ** 2)

    return run


def with_torch(pos0, springs, rest, free, steps):
    import torch

    i, j = torch.as_tensor(springs[:, 0]), torch.as_tensor(springs[:, 1])
    rest, moves = torch.as_tensor(rest), torch.as_tensor(free)[:, None]
    weight = torch.zeros(pos0.shape, dtype=torch.float64)
    weight[:, 2] = -9.81

    def run(stiffness):
        h = 0.002
        pos, vel = torch.as_tensor(pos0), torch.zeros(pos0.shape, dtype=torch.float64)
        for _ in range(steps):
            d = pos[j] - pos[i]
            length = torch.sqrt(torch.sum(d * d, dim=1))
            pull = (stiffness * (1.0 - rest / length))[:, None] * d
            force = weight.index_add(0, i, pull).index_add(0, j, -pull)
            vel = 0.995 * (vel + h * moves * force)
            pos = pos + h * vel
        return torch.mean(pos[:, 2] ** 2)

    return run


CASE = Case(
    title="cloth of springs",
    program=program,
    inputs=inputs,
    bench=(16, 100),
    quick=(5, 30),
    jax=with_jax,
    torch=with_torch,
)
