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


CASE = Case(title="PID-controlled plant", program=program, inputs=inputs, bench=(100_000,), quick=(5_000,))
