"""k-means: the summed squared distance of points to their nearest centroids, and a Newton direction for the centroids.

A point pulls only on its nearest centroid, so the Hessian is diagonal and its product with a vector of ones is its
diagonal: one forward derivative of the gradient gives both.
"""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, number, numbers


def cost(centroids: Float[np.ndarray, "k d"], points: Float[np.ndarray, "n d"]) -> float:
    """The sum over points of the squared distance to the nearest centroid."""
    total = 0.0
    for i in range(points.shape[0]):
        nearest = np.inf
        for j in range(centroids.shape[0]):
            difference = points[i] - centroids[j]
            distance = np.sum(difference * difference)
            if distance < nearest:
                nearest = distance
        total += nearest
    return total


def direction(centroids: Float[np.ndarray, "k d"], points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "k d"]:
    """The gradient of the cost in the centroids divided by the Hessian's diagonal; no cluster may be empty."""
    ones = np.ones_like(centroids)
    gradient, diagonal = tg.jvp(lambda c: tg.grad(cost)(c, points), (centroids,), (ones,))
    return gradient / diagonal


compiled_cost = tg.jit(cost)
compiled_direction = tg.jit(direction)


def arguments(data: Json) -> tuple[Float[np.ndarray, "k d"], Float[np.ndarray, "n d"]]:
    """Centroids and points of the eval's input."""
    return np.array(data["centroids"], dtype=np.float64), np.array(data["points"], dtype=np.float64)


def prepare_cost(data: Json) -> partial[Any]:
    """The cost of the centroids."""
    return partial(compiled_cost, *arguments(data))


def prepare_direction(data: Json) -> partial[Any]:
    """The direction in which to move the centroids."""
    return partial(compiled_direction, *arguments(data))


FUNCTIONS: Functions = {"cost": Function(prepare_cost, number), "dir": Function(prepare_direction, numbers)}
