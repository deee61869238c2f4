"""An ODE by the classical Runge–Kutta method, and the gradient of the last component.

y_0' = x_0,    y_i' = x_i y_{i−1},    y(0) = 0,    integrated to t = 2
"""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, numbers

END_TIME = 2.0


def slope(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """The right-hand side of the ODE at the state y."""
    result = np.empty_like(y)
    result[0] = x[0]
    result[1:] = x[1:] * y[:-1]
    return result


def solve(x: Float[np.ndarray, "n"], steps: int) -> Float[np.ndarray, "n"]:
    """The state at the end after the given number of equal steps."""
    h = END_TIME / steps
    y = np.zeros_like(x)
    for _ in range(steps):
        k1 = slope(x, y)
        k2 = slope(x, y + h / 2.0 * k1)
        k3 = slope(x, y + h / 2.0 * k2)
        k4 = slope(x, y + h * k3)
        y += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y


def last(x: Float[np.ndarray, "n"], steps: int) -> np.float64:
    """The last component of the state at the end."""
    return solve(x, steps)[-1]


compiled_solve = tg.jit(solve)
gradient = tg.grad(last)


def arguments(data: Json) -> tuple[Float[np.ndarray, "n"], int]:
    """Coefficients and number of steps of the eval's input."""
    return np.array(data["x"], dtype=np.float64), int(data["s"])


def prepare_primal(data: Json) -> partial[Any]:
    """y(2)."""
    return partial(compiled_solve, *arguments(data))


def prepare_gradient(data: Json) -> partial[Any]:
    """The gradient of the last component of y(2) in x."""
    return partial(gradient, *arguments(data))


FUNCTIONS: Functions = {"primal": Function(prepare_primal, numbers), "gradient": Function(prepare_gradient, numbers)}
