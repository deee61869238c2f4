"""Linear least squares: how badly a polynomial fits the sign function at n points of [-1, 1], and the gradient.

y(x) = ½ Σ_i (sign(t_i) − Σ_j x_j t_i^j)²,    t_i = −1 + 2 i / (n − 1)
"""

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, number, numbers


def objective(x: Float[np.ndarray, "m"], n: int) -> float:
    """Half the sum of squared residuals of the polynomial with coefficients x at n ≥ 2 points."""
    total = 0.0
    for i in range(n):
        t = -1.0 + i * 2.0 / (n - 1.0)
        residual = np.sign(t)
        power = 1.0
        for j in range(x.shape[0]):
            residual -= x[j] * power
            power *= t
        total += residual * residual
    return total / 2.0


compiled_objective = tg.jit(objective)
gradient = tg.grad(objective)


def arguments(data: Json) -> tuple[Float[np.ndarray, "m"], int]:
    """Coefficients and number of points of the eval's input."""
    return np.array(data["x"], dtype=np.float64), int(data["n"])


def prepare_primal(data: Json) -> partial[Any]:
    """y(x)."""
    return partial(compiled_objective, *arguments(data))


def prepare_gradient(data: Json) -> partial[Any]:
    """∇y(x)."""
    return partial(gradient, *arguments(data))


FUNCTIONS: Functions = {"primal": Function(prepare_primal, number), "gradient": Function(prepare_gradient, numbers)}
