"""LogSumExp: log Σ exp(x_i), shifted by the maximum so that nothing overflows, and its gradient."""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, number, numbers


def log_sum_exp(x: Float[np.ndarray, "n"]) -> np.float64:
    """The logarithm of the sum of the exponentials of x."""
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


compiled_log_sum_exp = tg.jit(log_sum_exp)
gradient = tg.grad(log_sum_exp)


def arguments(data: Json) -> Float[np.ndarray, "n"]:
    """The vector x of the eval's input."""
    return np.array(data["x"], dtype=np.float64)


def prepare_primal(data: Json) -> partial[Any]:
    """LSE(x)."""
    return partial(compiled_log_sum_exp, arguments(data))


def prepare_gradient(data: Json) -> partial[Any]:
    """∇LSE(x)."""
    return partial(gradient, arguments(data))


FUNCTIONS: Functions = {"primal": Function(prepare_primal, number), "gradient": Function(prepare_gradient, numbers)}
