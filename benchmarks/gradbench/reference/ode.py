"""Runge–Kutta's method with every stage's state kept, and its adjoint by hand."""

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References

STAGES = np.array([0.0, 0.5, 0.5, 1.0])
SHARES = np.array([1.0, 2.0, 2.0, 1.0]) / 6.0


def shifted(y: Any) -> Any:
    """The factors that x is multiplied with in the right-hand side: 1, then all of y but its last."""
    return np.concatenate(([1.0], y[:-1]))


def trajectory(data: Json) -> tuple[Any, list[Any]]:
    """The state at the end, and the states at which the right-hand side was evaluated, four a step."""
    x, steps = np.array(data["x"]), data["s"]
    y, h, states = np.zeros_like(x), 2.0 / steps, []
    for _ in range(steps):
        increment, k = np.zeros_like(x), np.zeros_like(x)
        for stage, share in zip(STAGES, SHARES, strict=True):
            states.append(y + h * stage * k)
            k = x * shifted(states[-1])
            increment = increment + share * k
        y = y + h * increment
    return y, states


def gradient(data: Json) -> Any:
    """The gradient of the last component of the state at the end: the steps run backwards."""
    x, h = np.array(data["x"]), 2.0 / data["s"]
    states = trajectory(data)[1]
    x_bar, y_bar = np.zeros_like(x), np.zeros_like(x)
    y_bar[-1] = 1.0
    while states:
        step_bar, later_bar = y_bar.copy(), np.zeros_like(x)
        for share, following in zip(SHARES[::-1], [0.0, *STAGES[:0:-1]], strict=True):
            k_bar = h * share * step_bar + h * following * later_bar
            state = states.pop()
            x_bar += k_bar * shifted(state)
            later_bar = np.concatenate(((k_bar * x)[1:], [0.0]))
            y_bar = y_bar + later_bar
    return x_bar


REFERENCES: References = {"primal": lambda data: trajectory(data)[0], "gradient": gradient}
