"""Kalman filter of a point moving in the plane (4 states, 2 measured): negative log likelihood by the log noises."""

import numpy as np

from benchmarks.case import Case


def program(p, f, h, seen):
    q = np.exp(p[0]) * np.eye(4)
    r = np.exp(p[1]) * np.eye(2)
    mean, cov = np.zeros(4), np.eye(4)
    total = 0.0
    for t in range(seen.shape[0]):
        mean = f @ mean
        cov = f @ cov @ f.T + q
        s = h @ cov @ h.T + r
        inv = np.linalg.inv(s)
        gain = cov @ h.T @ inv
        y = seen[t] - h @ mean
        mean = mean + gain @ y
        cov = (np.eye(4) - gain @ h) @ cov
        total += 0.5 * (np.log(np.linalg.det(s)) + y @ inv @ y)
    return total


def inputs(steps):
    f = np.eye(4) + 0.1 * np.eye(4, k=2)
    h = np.eye(2, 4)
    seen = np.cumsum(np.random.default_rng(7).normal(size=(steps, 2)), axis=0)
    return np.array([-2.0, -0.5]), f, h, seen


CASE = Case(title="Kalman filter, 4 states", program=program, inputs=inputs, bench=(2_000,), quick=(50,))
