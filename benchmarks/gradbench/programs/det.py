"""The determinant by expansion along the first row, recursively, and its gradient."""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, flat_numbers, number


def minor(a: Float[np.ndarray, "n n"], following: Int[np.ndarray, "n+1"], size: int) -> np.float64:
    """The determinant of the last `size` rows of a and of the `size` columns that are still in the list.

    `following[c]` is the column after column c, and `following[n]` the first one, so that a column leaves the list, and
    comes back into it, by one assignment. The list is as it was when the call returns.
    """
    n = a.shape[0]
    row = n - size
    column = following[n]
    if size == 1:
        return a[row, column]
    total = np.float64(0.0)
    sign = 1.0
    before = n
    for _ in range(size):
        following[before] = following[column]
        total += sign * a[row, column] * minor(a, following, size - 1)
        following[before] = column
        sign = -sign
        before = column
        column = following[column]
    return total


def determinant(a: Float[np.ndarray, "n n"]) -> np.float64:
    """The determinant of a square matrix with at least one row, in O(n!) operations."""
    n = a.shape[0]
    following = np.arange(1, n + 2)
    following[n] = 0
    return minor(a, following, n)


compiled_determinant = tg.jit(determinant)
gradient = tg.grad(determinant)


def arguments(data: Json) -> Float[np.ndarray, "n n"]:
    """The matrix of the eval's input, which comes flat in row-major order."""
    size = int(data["ell"])
    return np.array(data["A"], dtype=np.float64).reshape(size, size)


def prepare_primal(data: Json) -> partial[Any]:
    """det(A)."""
    return partial(compiled_determinant, arguments(data))


def prepare_gradient(data: Json) -> partial[Any]:
    """The gradient of det(A) in A."""
    return partial(gradient, arguments(data))


def flat(result: Any) -> list[float]:
    """A matrix as a flat list in row-major order."""
    return flat_numbers([result])


FUNCTIONS: Functions = {"primal": Function(prepare_primal, number), "gradient": Function(prepare_gradient, flat)}
