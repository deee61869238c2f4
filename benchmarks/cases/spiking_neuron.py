"""Leaky integrate-and-fire neuron with adaptation: branches on state, an int counted beside floats."""

import numpy as np

from benchmarks.case import Case


def program(p, steps):
    drive, leak, jump = p[0], p[1], p[2]
    v, w, trace, spikes = 0.0, 0.0, 0.0, 0
    for t in range(steps):
        v += 0.05 * (drive - leak * v - w)
        w *= 0.98
        trace *= 0.99
        if v > 1.0:
            v = 0.1 * v
            w += jump
            trace += drive
            spikes += 1
        elif spikes > 4 and t % 7 == 0:
            trace -= 0.01 * v
    return trace + v + 0.001 * spikes


def inputs(steps):
    return np.array([1.7, 0.8, 0.05]), steps


def with_jax(steps):
    import jax
    import jax.numpy as jnp

    def run(p):
        drive, leak, jump = p[0], p[1], p[2]

        def step(state, t):
            v, w, trace, spikes = state
            v = v + 0.05 * (drive - leak * v - w)
            w = w * 0.98
            trace = trace * 0.99
            fires = v > 1.0
            late = (spikes > 4) & (t % 7 == 0)
            trace = jnp.where(fires, trace + drive, jnp.where(late, trace - 0.01 * v, trace))
            return (jnp.where(fires, 0.1 * v, v), jnp.where(fires, w + jump, w), trace, spikes + fires), None

        v, _, trace, spikes = jax.lax.scan(step, (0.0, 0.0, 0.0, 0), jnp.arange(steps))[0]
        return trace + v + 0.001 * spikes

    return run


def with_torch(steps):
    import torch

    def run(p):
        drive, leak, jump = p[0], p[1], p[2]
        v, w, trace = torch.zeros(3, dtype=torch.float64)
        spikes = 0
        for t in range(steps):
            v = v + 0.05 * (drive - leak * v - w)
            w = w * 0.98
            trace = trace * 0.99
            if v > 1.0:
                v = 0.1 * v
                w = w + jump
                trace = trace + drive
                spikes += 1
            elif spikes > 4 and t % 7 == 0:
                trace = trace - 0.01 * v
        return trace + v + 0.001 * spikes

    return run


CASE = Case(
    title="spiking neuron with adaptation",
    program=program,
    inputs=inputs,
    bench=(200_000,),
    quick=(3_000,),
    jax=with_jax,
    torch=with_torch,
)
