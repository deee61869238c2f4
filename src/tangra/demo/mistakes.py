"""The demo's model with two faults that Tangra refuses: a transposed array, and a construct outside the language."""

import numpy as np
from jaxtyping import Float

from .model import simulate


def transposed(p: Float[np.ndarray, "6"], pelts: Float[np.ndarray, "years 2"]) -> float:
    """`loss` with species and years the wrong way round on one side."""
    q = np.exp(p)
    fitted = simulate(q[:4], q[4:], pelts.shape[0], 1.0)
    return float(np.mean((np.log(fitted.T) - np.log(pelts)) ** 2))


def guarded(p: Float[np.ndarray, "6"], pelts: Float[np.ndarray, "years 2"]) -> float:
    """`loss` that catches an overflowing simulation, which compiled code has no exceptions for."""
    q = np.exp(p)
    try:
        fitted = simulate(q[:4], q[4:], pelts.shape[0], 1.0)
    except FloatingPointError:
        return np.inf
    return float(np.mean((np.log(fitted) - np.log(pelts)) ** 2))
