"""Lotka-Volterra by RK4 with arrays of two, squared distance to data, four parameters."""

import numpy as np

from benchmarks.case import Case


def rhs(y, p):
    return np.array([p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]])


def program(p, data, every):
    h = 0.001
    y = np.array([1.0, 0.5])
    loss = 0.0
    for i in range(data.shape[0]):
        for _ in range(every):
            k1 = rhs(y, p)
            k2 = rhs(y + 0.5 * h * k1, p)
            k3 = rhs(y + 0.5 * h * k2, p)
            k4 = rhs(y + h * k3, p)
            y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        error = y - data[i]
        loss += error[0] ** 2 + error[1] ** 2
    return loss


def inputs(points, every):
    data = 1.0 + np.random.default_rng(2).uniform(size=(points, 2))
    return np.array([1.1, 0.4, 0.1, 0.4]), data, every


def with_jax(data, every):
    import jax
    import jax.numpy as jnp

    def run(p):
        h = 0.001

        def rhs(y):
            return jnp.array([p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]])

        def step(y, _):
            k1 = rhs(y)
            k2 = rhs(y + 0.5 * h * k1)
            k3 = rhs(y + 0.5 * h * k2)
            k4 = rhs(y + h * k3)
            return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), None

        def point(y, target):
            y = jax.lax.scan(step, y, None, length=every)[0]
            return y, jnp.sum((y - target) ** 2)

        return jnp.sum(jax.lax.scan(point, jnp.array([1.0, 0.5]), jnp.asarray(data))[1])

    return run


def with_torch(data, every):
    import torch

    targets = torch.as_tensor(data)

    def run(p):
        h = 0.001

        def rhs(y):
            return torch.stack((p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]))

        y = torch.tensor([1.0, 0.5], dtype=torch.float64)
        loss = torch.zeros((), dtype=torch.float64)
        for target in targets:
            for _ in range(every):
                k1 = rhs(y)
                k2 = rhs(y + 0.5 * h * k1)
                k3 = rhs(y + 0.5 * h * k2)
                k4 = rhs(y + h * k3)
                y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
            loss = loss + torch.sum((y - target) ** 2)
        return loss

    return run


CASE = Case(
    title="Lotka-Volterra, RK4 with arrays of 2",
    program=program,
    helpers=(rhs,),
    inputs=inputs,
    bench=(100, 200),
    quick=(20, 20),
    jax=with_jax,
    torch=with_torch,
)
