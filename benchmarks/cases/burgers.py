"""Burgers' equation in one dimension by finite volumes with Rusanov's flux, by the initial values."""

import numpy as np

from benchmarks.case import Case


def program(u0, steps):
    ratio = 0.2
    n = u0.shape[0]
    u = u0.copy()
    flux = np.empty(n + 1)
    for _ in range(steps):
        flux[0] = 0.5 * u[0] * u[0]
        flux[n] = 0.5 * u[n - 1] * u[n - 1]
        for i in range(1, n):
            a, b = u[i - 1], u[i]
            speed = max(abs(a), abs(b))
            flux[i] = 0.25 * (a * a + b * b) - 0.5 * speed * (b - a)
        for i in range(n):
            u[i] -= ratio * (flux[i + 1] - flux[i])
    return np.sum(u * u)


def inputs(n, steps):
    x = np.linspace(0.0, 1.0, n)
    return np.sin(2.0 * np.pi * x) + 0.3 + 0.1 * np.random.default_rng(9).normal(size=n), steps


def with_jax(steps):
    import jax
    import jax.numpy as jnp

    def run(u0):
        def step(u, _):
            a, b = u[:-1], u[1:]
            speed = jnp.maximum(jnp.abs(a), jnp.abs(b))
            inner = 0.25 * (a * a + b * b) - 0.5 * speed * (b - a)
            flux = jnp.concatenate((0.5 * u[:1] * u[:1], inner, 0.5 * u[-1:] * u[-1:]))
            return u - 0.2 * (flux[1:] - flux[:-1]), None

        return jnp.sum(jax.lax.scan(step, u0, None, length=steps)[0] ** 2)

    return run


def with_torch(steps):
    import torch

    def run(u0):
        u = u0
        for _ in range(steps):
            a, b = u[:-1], u[1:]
            speed = torch.maximum(torch.abs(a), torch.abs(b))
            inner = 0.25 * (a * a + b * b) - 0.5 * speed * (b - a)
            flux = torch.cat((0.5 * u[:1] * u[:1], inner, 0.5 * u[-1:] * u[-1:]))
            u = u - 0.2 * (flux[1:] - flux[:-1])
        return torch.sum(u * u)

    return run


CASE = Case(
    title="Burgers, finite volumes 1-D",
    program=program,
    inputs=inputs,
    bench=(300, 500),
    quick=(40, 30),
    jax=with_jax,
    torch=with_torch,
)
