"""Damped, driven pendulum: a scalar ODE integrated by RK4, three parameters."""

import math

import numpy as np

from benchmarks.case import Case


def acceleration(theta, omega, p):
    return p[2] - p[0] * math.sin(theta) - p[1] * omega


def program(p, steps):
    h = 0.001
    theta, omega, total = 1.0, 0.0, 0.0
    for _ in range(steps):
        a1 = acceleration(theta, omega, p)
        w2 = omega + 0.5 * h * a1
        a2 = acceleration(theta + 0.5 * h * omega, w2, p)
        w3 = omega + 0.5 * h * a2
        a3 = acceleration(theta + 0.5 * h * w2, w3, p)
        w4 = omega + h * a3
        a4 = acceleration(theta + h * w3, w4, p)
        theta += h / 6.0 * (omega + 2.0 * w2 + 2.0 * w3 + w4)
        omega += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
        total += h * theta * theta
    return total


def inputs(steps):
    return np.array([9.81, 0.15, 0.5]), steps


def with_jax(steps):
    import jax
    import jax.numpy as jnp

    def run(p):
        h = 0.001

        def acceleration(theta, omega):
            return p[2] - p[0] * jnp.sin(theta) - p[1] * omega

        def step(state, _):
            theta, omega, total = state
            a1 = acceleration(theta, omega)
            w2 = omega + 0.5 * h * a1
            a2 = acceleration(theta + 0.5 * h * omega, w2)
            w3 = omega + 0.5 * h * a2
            a3 = acceleration(theta + 0.5 * h * w2, w3)
            w4 = omega + h * a3
            a4 = acceleration(theta + h * w3, w4)
            theta = theta + h / 6.0 * (omega + 2.0 * w2 + 2.0 * w3 + w4)
            omega = omega + h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
            return (theta, omega, total + h * theta * theta), None

        return jax.lax.scan(step, (1.0, 0.0, 0.0), None, length=steps)[0][2]

    return run


def with_torch(steps):
    import torch

    def run(p):
        h = 0.001
        one = torch.tensor(1.0, dtype=torch.float64)
        theta, omega, total = one, 0.0 * one, 0.0 * one

        def acceleration(theta, omega):
            return p[2] - p[0] * torch.sin(theta) - p[1] * omega

        for _ in range(steps):
            a1 = acceleration(theta, omega)
            w2 = omega + 0.5 * h * a1
            a2 = acceleration(theta + 0.5 * h * omega, w2)
            w3 = omega + 0.5 * h * a2
            a3 = acceleration(theta + 0.5 * h * w2, w3)
            w4 = omega + h * a3
            a4 = acceleration(theta + h * w3, w4)
            theta = theta + h / 6.0 * (omega + 2.0 * w2 + 2.0 * w3 + w4)
            omega = omega + h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
            total = total + h * theta * theta
        return total

    return run


CASE = Case(
    title="damped pendulum, RK4",
    program=program,
    helpers=(acceleration,),
    inputs=inputs,
    bench=(100_000,),
    quick=(2_000,),
    jax=with_jax,
    torch=with_torch,
)
