"""Bundle adjustment: reprojection errors of points seen by cameras, and their sparse Jacobian.

Every observation gives two residuals that depend on 15 numbers only (11 of the camera, 3 of the point, its weight), and
one on its weight; the Jacobian is put together from these small blocks, each by reverse derivatives of the small
function, in a compiled loop.
"""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json

BLOCK = 15
"""Columns that one observation's residuals touch."""


class Scene(NamedTuple):
    """n cameras, m points and p observations, each a pair of a camera and a point.

    A camera has a rotation vector, its centre, focal length, principal point and two coefficients of radial distortion.
    """

    cameras: Float[np.ndarray, "n 11"]
    points: Float[np.ndarray, "m 3"]
    weights: Float[np.ndarray, "p"]
    pairs: Int[np.ndarray, "p 2"]
    features: Float[np.ndarray, "p 2"]


class View(NamedTuple):
    """What one observation's reprojection depends on."""

    camera: Float[np.ndarray, "11"]
    point: Float[np.ndarray, "3"]
    weight: float


class Residuals(NamedTuple):
    """All residuals of a scene."""

    reprojection: Float[np.ndarray, "p 2"]
    weight: Float[np.ndarray, "p"]


class Sparse(NamedTuple):
    """A matrix by compressed rows: row i holds entries rows[i] to rows[i + 1]."""

    rows: Int[np.ndarray, "3*p+1"]
    columns: Int[np.ndarray, "31*p"]
    values: Float[np.ndarray, "31*p"]


def cross(a: Float[np.ndarray, "3"], b: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """The vector product."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def rotate(rotation: Float[np.ndarray, "3"], point: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """A point turned about the axis `rotation` by its length in radians (Rodrigues' formula)."""
    squared = np.sum(rotation * rotation)
    if squared == 0.0:
        return point + cross(rotation, point)
    angle = np.sqrt(squared)
    axis = rotation / angle
    cosine = np.cos(angle)
    along = np.sum(axis * point) * (1.0 - cosine)
    return point * cosine + cross(axis, point) * np.sin(angle) + axis * along


def project(camera: Float[np.ndarray, "11"], point: Float[np.ndarray, "3"]) -> Float[np.ndarray, "2"]:
    """Where a camera sees a point, in pixels."""
    seen = rotate(camera[:3], point - camera[3:6])
    flat = seen[:2] / seen[2]
    squared = np.sum(flat * flat)
    distortion = 1.0 + camera[9] * squared + camera[10] * squared * squared
    return flat * distortion * camera[6] + camera[7:9]


def reprojection_error(view: View, feature: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
    """The weighted distance between where the point is seen and where it was found."""
    return view.weight * (project(view.camera, view.point) - feature)


def weight_error(weight: float) -> float:
    """What keeps the weights near 1."""
    return 1.0 - weight * weight


def objective(scene: Scene) -> Residuals:
    """All residuals of a scene."""
    observations = scene.weights.shape[0]
    reprojection = np.empty((observations, 2))
    weight = np.empty(observations)
    for i in range(observations):
        camera, point = scene.pairs[i]
        view = View(scene.cameras[camera], scene.points[point], scene.weights[i])
        reprojection[i] = reprojection_error(view, scene.features[i])
        weight[i] = weight_error(scene.weights[i])
    return Residuals(reprojection, weight)


def jacobian(scene: Scene) -> Sparse:
    """The Jacobian of all residuals (reprojections first) in cameras, points and weights (in this order)."""
    observations = scene.weights.shape[0]
    first_point = 11 * scene.cameras.shape[0]
    first_weight = first_point + 3 * scene.points.shape[0]
    rows = np.empty(3 * observations + 1, dtype=np.int64)
    columns = np.empty((2 * BLOCK + 1) * observations, dtype=np.int64)
    values = np.empty((2 * BLOCK + 1) * observations)
    rows[0] = 0
    for i in range(observations):
        camera, point = scene.pairs[i]
        view = View(scene.cameras[camera], scene.points[point], scene.weights[i])
        block = tg.jacrev(reprojection_error)(view, scene.features[i])
        for row in range(2):
            start = BLOCK * (2 * i + row)
            values[start : start + 11] = block.camera[row]
            values[start + 11 : start + 14] = block.point[row]
            values[start + 14] = block.weight[row]
            columns[start : start + 11] = 11 * camera + np.arange(11)
            columns[start + 11 : start + 14] = first_point + 3 * point + np.arange(3)
            columns[start + 14] = first_weight + i
            rows[2 * i + row + 1] = start + BLOCK
    for i in range(observations):
        at = 2 * BLOCK * observations + i
        values[at] = tg.grad(weight_error)(scene.weights[i])
        columns[at] = first_weight + i
        rows[2 * observations + i + 1] = at + 1
    return Sparse(rows, columns, values)


compiled_objective = tg.jit(objective)
compiled_jacobian = tg.jit(jacobian)


def arguments(data: Json) -> Scene:
    """The scene of the eval's input, which gives one camera, point, weight and feature, to be repeated."""
    n, m, p = int(data["n"]), int(data["m"]), int(data["p"])
    every = np.arange(p)
    return Scene(
        np.tile(np.array(data["cam"], dtype=np.float64), (n, 1)),
        np.tile(np.array(data["x"], dtype=np.float64), (m, 1)),
        np.full(p, float(data["w"])),
        np.stack([every % n, every % m], axis=1),
        np.tile(np.array(data["feat"], dtype=np.float64), (p, 1)),
    )


def prepare_objective(data: Json) -> partial[Any]:
    """The residuals."""
    return partial(compiled_objective, arguments(data))


def prepare_jacobian(data: Json) -> partial[Any]:
    """The sparse Jacobian of the residuals."""
    return partial(compiled_jacobian, arguments(data))


def repeated(result: Residuals) -> Json:
    """The first residuals and how often they are repeated: all that the eval wants."""
    return {
        "reproj_error": {"elements": result.reprojection[0].tolist(), "repeated": result.reprojection.shape[0]},
        "w_err": {"element": float(result.weight[0]), "repeated": result.weight.shape[0]},
    }


def shortened(result: Sparse) -> Json:
    """The first 30 entries and the last of each part: all that the eval wants."""
    rows, columns, values = ([*part[: 2 * BLOCK].tolist(), part[-1].item()] for part in result)
    return {"rows": rows, "cols": columns, "vals": values}


FUNCTIONS: Functions = {
    "objective": Function(prepare_objective, repeated),
    "jacobian": Function(prepare_jacobian, shortened),
}
