"""The determinant by LU factorisation; its gradient is the matrix of cofactors, det(A) A⁻ᵀ."""

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References


def matrix(data: Json) -> Any:
    """The matrix of the eval's input."""
    return np.array(data["A"]).reshape(data["ell"], data["ell"])


def gradient(data: Json) -> Any:
    """The cofactors, flat."""
    a = matrix(data)
    return (np.linalg.det(a) * np.linalg.inv(a).T).ravel()


REFERENCES: References = {"primal": lambda data: np.linalg.det(matrix(data)), "gradient": gradient}
