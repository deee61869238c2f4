"""Gaussian mixture model: the log posterior of the parameters given points, with a Wishart prior, and its gradient.

Notation and formulas are those of ADBench (arXiv:1807.10129, section 4.1) with the corrections that GradBench makes:
the precision of component k is Qᵀ Q with Q lower triangular, its diagonal exp(q_k), the rest l_k column by column.
"""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, number


class Mixture(NamedTuple):
    """The independent variables of K components in D dimensions, with T = D (D − 1) / 2."""

    alpha: Float[np.ndarray, "K"]
    mu: Float[np.ndarray, "K D"]
    q: Float[np.ndarray, "K D"]
    l: Float[np.ndarray, "K T"]  # noqa: E741 (the benchmark's name)


def log_sum_exp(x: Float[np.ndarray, "K"]) -> np.float64:
    """log Σ exp(x_k)."""
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def triangle(q: Float[np.ndarray, "D"], below: Float[np.ndarray, "T"]) -> Float[np.ndarray, "D D"]:
    """The lower triangular factor: exp(q) on the diagonal, `below` under it column by column."""
    size = q.shape[0]
    factor = np.zeros((size, size))
    at = 0
    for column in range(size):
        factor[column, column] = np.exp(q[column])
        for row in range(column + 1, size):
            factor[row, column] = below[at]
            at += 1
    return factor


def log_wishart_constant(dimension: int, m: int, gamma: float) -> float:
    """The part of the log density of one Wishart prior that no independent variable enters."""
    n = dimension + m + 1
    log_gamma = 0.25 * dimension * (dimension - 1) * math.log(math.pi)
    for j in range(dimension):
        log_gamma += math.lgamma(0.5 * (n - j))
    return n * dimension * math.log(gamma / math.sqrt(2.0)) - log_gamma


def objective(mixture: Mixture, x: Float[np.ndarray, "N D"], m: int, gamma: float) -> np.float64:
    """The log posterior; m are the prior's extra degrees of freedom, gamma its precision."""
    alpha, mu, q, below = mixture
    count, dimension = x.shape
    components = alpha.shape[0]
    beta = np.empty((components, count))
    prior = components * log_wishart_constant(dimension, m, gamma)
    for k in range(components):
        factor = triangle(q[k], below[k])
        whitened = (x - mu[k]) @ factor.T
        volume = np.sum(q[k])
        beta[k] = alpha[k] + volume - 0.5 * np.sum(whitened * whitened, axis=1)
        prior += m * volume - 0.5 * gamma * gamma * np.sum(factor * factor)
    top = np.max(beta, axis=0)
    likelihood = np.sum(top + np.log(np.sum(np.exp(beta - top), axis=0)))
    return likelihood - count * (0.5 * dimension * math.log(2.0 * math.pi) + log_sum_exp(alpha)) + prior


compiled_objective = tg.jit(objective)
gradient = tg.grad(objective)


def arguments(data: Json) -> tuple[Mixture, Float[np.ndarray, "N D"], int, float]:
    """Mixture, points and prior of the eval's input."""
    k, d = int(data["k"]), int(data["d"])
    mixture = Mixture(
        np.array(data["alpha"], dtype=np.float64),
        np.array(data["mu"], dtype=np.float64).reshape(k, d),
        np.array(data["q"], dtype=np.float64).reshape(k, d),
        np.array(data["l"], dtype=np.float64).reshape(k, d * (d - 1) // 2),
    )
    return mixture, np.array(data["x"], dtype=np.float64).reshape(-1, d), int(data["m"]), float(data["gamma"])


def prepare_objective(data: Json) -> partial[Any]:
    """The log posterior."""
    return partial(compiled_objective, *arguments(data))


def prepare_jacobian(data: Json) -> partial[Any]:
    """The gradient of the log posterior in the mixture."""
    return partial(gradient, *arguments(data))


def by_name(result: Mixture) -> Json:
    """The parts of the gradient by the names of the variables."""
    return {"alpha": result.alpha.tolist(), "mu": result.mu.tolist(), "q": result.q.tolist(), "l": result.l.tolist()}


FUNCTIONS: Functions = {
    "objective": Function(prepare_objective, number),
    "jacobian": Function(prepare_jacobian, by_name),
}
