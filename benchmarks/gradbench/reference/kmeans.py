"""k-means in closed form: the Newton direction of a centroid is the centroid less the mean of its points."""

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References


def squared_distances(data: Json) -> Any:
    """The squared distance of every centroid (rows) to every point (columns)."""
    points, centroids = np.array(data["points"]), np.array(data["centroids"])
    return np.array([np.sum((points - centroid) ** 2, axis=1) for centroid in centroids])


def cost(data: Json) -> Any:
    """The summed squared distances to the nearest centroids."""
    return np.sum(np.min(squared_distances(data), axis=0))


def direction(data: Json) -> Any:
    """Centroids less the means of their clusters."""
    points, centroids = np.array(data["points"]), np.array(data["centroids"])
    cluster = np.argmin(squared_distances(data), axis=0)
    return np.array([centroid - points[cluster == k].mean(axis=0) for k, centroid in enumerate(centroids)])


REFERENCES: References = {"cost": cost, "dir": direction}
