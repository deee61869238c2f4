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


CASE = Case(title="cloth of springs", program=program, inputs=inputs, bench=(16, 100), quick=(5, 30))
