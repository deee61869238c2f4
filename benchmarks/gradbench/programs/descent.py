"""Gradient descent with a step size that doubles after ten improvements and halves after a failure.

The minimiser of Siskind and Pearlmutter's nested-derivative examples (doi:10.1007/978-3-540-68942-3_8). The derivative
transformation is an argument, so that each example runs in forward and in reverse mode; this stays a plain program.
"""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

Vector = Float[np.ndarray, "n"]
Cost = Callable[[Any], Any]
Derivative = Callable[[Cost], Callable[[Any], Any]]

TOLERANCE = 1e-5


def length(v: Vector) -> np.float64:
    """The Euclidean norm."""
    return np.sqrt(np.sum(v * v))


def descend(cost: Cost, derivative: Derivative, start: Vector) -> Vector:
    """A point where the cost is near a local minimum, from `start`.

    The search ends where the gradient or the next step is no longer than 1e-5.
    """
    gradient = derivative(cost)
    point = start
    value = cost(point)
    slope = gradient(point)
    rate = 1e-5
    improvements = 0
    while length(slope) > TOLERANCE:
        if improvements == 10:
            rate *= 2.0
            improvements = 0
        candidate = point - rate * slope
        if length(point - candidate) <= TOLERANCE:
            break
        candidate_value = cost(candidate)
        if candidate_value < value:
            point = candidate
            value = candidate_value
            slope = gradient(point)
            improvements += 1
        else:
            rate /= 2.0
            improvements = 0
    return point


def ascend(cost: Cost, derivative: Derivative, start: Vector) -> Vector:
    """A point where the cost is near a local maximum, from `start`."""
    return descend(lambda point: -cost(point), derivative, start)
