"""Least squares by the Vandermonde matrix V of the points: ½ |s − V x|², gradient −Vᵀ (s − V x)."""

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References


def fit(data: Json) -> tuple[Any, Any]:
    """The Vandermonde matrix and the residuals."""
    x, n = np.array(data["x"]), data["n"]
    t = np.arange(n) * 2.0 / (n - 1.0) - 1.0
    vandermonde = np.vander(t, x.size, increasing=True)
    return vandermonde, np.sign(t) - vandermonde @ x


def objective(data: Json) -> Any:
    """Half the squared residuals."""
    residuals = fit(data)[1]
    return residuals @ residuals / 2.0


def gradient(data: Json) -> Any:
    """The gradient in the coefficients."""
    vandermonde, residuals = fit(data)
    return -vandermonde.T @ residuals


REFERENCES: References = {"primal": objective, "gradient": gradient}
