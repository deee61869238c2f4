"""A charged particle steered into the origin: gradient descent through an Euler solver that itself takes gradients.

The particle starts at (0, 8) with velocity (0.75, 0) and is pushed by charges at (10, 10 − w) and (10, 0); w is chosen
to minimise the square of where it crosses the x-axis. The force is the derivative of a potential, so that the descent
differentiates a derivative. Four variants: forward or reverse mode, outside and inside.
"""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

import tangra as tg
from benchmarks.gradbench.programs.descent import Derivative, descend, length
from benchmarks.gradbench.protocol import Function, Functions, Json, number

TIME_STEP = 0.1


def potential(position: Float[np.ndarray, "2"], w: float) -> np.float64:
    """The potential of the two charges at a position."""
    return 1.0 / length(position - np.array([10.0, 10.0 - w])) + 1.0 / length(position - np.array([10.0, 0.0]))


def crossing(w: float, derivative: Derivative) -> np.float64:
    """Where the particle crosses the x-axis: Euler's method, then a straight line within the last step."""
    position = np.array([0.0, 8.0])
    velocity = np.array([0.75, 0.0])
    while True:
        acceleration = -derivative(lambda p: potential(p, w))(position)
        position = position + TIME_STEP * velocity
        if position[1] <= 0.0:
            return position[0] - position[1] / velocity[1] * velocity[0]
        velocity = velocity + TIME_STEP * acceleration


def solver(outer: Derivative, inner: Derivative) -> Callable[[float], np.float64]:
    """The search for w with the derivatives given for the descent (outer) and for the force (inner)."""

    def cost(control: Float[np.ndarray, "1"]) -> np.float64:
        x = crossing(control[0], inner)
        return x * x

    def solve(w: float) -> np.float64:
        return descend(cost, outer, np.array([w]))[0]

    return solve


SOLVERS = {
    "ff": tg.jit(solver(tg.jacfwd, tg.jacfwd)),
    "fr": tg.jit(solver(tg.jacfwd, tg.grad)),
    "rf": tg.jit(solver(tg.grad, tg.jacfwd)),
    "rr": tg.jit(solver(tg.grad, tg.grad)),
}


def prepare(mode: str, data: Json) -> partial[Any]:
    """The search from the eval's w in the modes named: descent first, force second."""
    return partial(SOLVERS[mode], float(data["w"]))


FUNCTIONS: Functions = {mode: Function(partial(prepare, mode), number) for mode in SOLVERS}
