"""A second-order plant under a PID controller whose output saturates: cost by the three gains."""

import numpy as np

from benchmarks.case import Case


def program(p, steps):
    h, limit = 0.001, 4.0
    kp, ki, kd = p[0], p[1], p[2]
    x, v, total, last, cost = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(steps):
        goal = 1.0 if i // 2000 % 2 == 0 else -0.5
        e = goal - x
        total += h * e
        u = kp * e + ki * total + kd * (e - last) / h
        u = max(-limit, min(limit, u))
        last = e
        v += h * (u - 0.8 * v - 1.5 * x)
        x += h * v
        cost += h * (e * e + 0.001 * u * u)
    return cost


def inputs(steps):
    return np.array([6.0, 1.2, 0.4]), steps


def with_jax(steps):
    import jax
    import jax.numpy as jnp

    def run(p):
        h, limit = 0.001, 4.0

        def step(state, i):
            x, v, total, last, cost = state
            e = jnp.where(i // 2000 % 2 == 0, 1.0, -0.5) - x
            total = total + h * e
            u = jnp.clip(p[0] * e + p[1] * total + p[2] * (e - last) / h, -limit, limit)
            v = v + h * (u - 0.8 * v - 1.5 * x)
            return (x + h * v, v, total, e, cost + h * (e * e + 0.001 * u * u)), None

        return jax.lax.scan(step, (0.0, 0.0, 0.0, 0.0, 0.0), jnp.arange(steps))[0][4]

    return run


def with_torch(steps):
    import torch

    def run(p):
        h, limit = 0.001, 4.0
        kp, ki, kd = p[0], p[1], p[2]
        zero = torch.zeros((), dtype=torch.float64)
        x, v, total, last, cost = zero, zero, zero, zero, zero
        for i in range(steps):
            e = (1.0 if i // 2000 % 2 == 0 else -0.5) - x
            total = total + h * e
            u = torch.clip(kp * e + ki * total + kd * (e - last) / h, -limit, limit)
            last = e
            v = v + h * (u - 0.8 * v - 1.5 * x)
            x = x + h * v
            cost = cost + h * (e * e + 0.001 * u * u)
        return cost

    return run


CASE = Case(
    title="PID-controlled plant",
    program=program,
    inputs=inputs,
    bench=(100_000,),
    quick=(5_000,),
    jax=with_jax,
    torch=with_torch,
)
