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


CASE = Case(title="Burgers, finite volumes 1-D", program=program, inputs=inputs, bench=(300, 500), quick=(40, 30))
