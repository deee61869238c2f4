"""Hand tracking with rotations as matrix products and all bones blended at once, and its Jacobian by complex steps."""

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References
from benchmarks.gradbench.reference.ba import STEP, rotations


def turn(axis: int, angle: Any) -> Any:
    """The homogeneous rotation about a coordinate axis."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(4, dtype=np.complex128)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[second, first] = np.sin(angle)
    matrix[first, second] = -np.sin(angle)
    return matrix


def posed_bones(theta: Any, model: Json) -> list[Any]:
    """What each bone does to a vertex at rest."""
    bends, spreads = np.zeros((2, len(model["parents"])), dtype=np.complex128)
    for finger, (bend, spread, second, third) in enumerate(np.reshape(theta[6:26], (5, 4))):
        joint = 4 * finger + 2
        bends[joint : joint + 3] = bend, second, third
        spreads[joint] = spread
    absolutes: list[Any] = []
    for bone, parent in enumerate(model["parents"]):
        relative = np.array(model["base_relatives"][bone]) @ turn(2, spreads[bone]) @ turn(0, bends[bone])
        absolutes.append(relative if parent == -1 else absolutes[parent] @ relative)
    return [a @ np.array(rest) for a, rest in zip(absolutes, model["inverse_base_absolutes"], strict=True)]


def residuals(theta: Any, surface: Any, data: Json) -> Any:
    """Measured points less model points, flat and complex; `surface` is empty where vertices correspond."""
    model = data["model"]
    rest, weights = np.array(model["base_positions"]), np.array(model["weights"])
    bones = np.array(posed_bones(theta, model))
    blended = np.tensordot(weights, bones, axes=1)
    posed = np.einsum("vij,vj->vi", blended[:, :3], rest) * [-1.0 if model["is_mirrored"] else 1.0, 1.0, 1.0]
    rotation = np.eye(3) if np.linalg.norm(theta[:3].real) < 1e-4 else rotations(theta[None, :3])[0]
    vertices = posed @ rotation.T + theta[3:6]
    if not surface.size:
        return (np.array(data["points"]) - vertices[data["correspondences"]]).ravel()
    corners = vertices[np.array(model["triangles"])[data["correspondences"]]]
    shares = np.column_stack((surface, 1.0 - np.sum(surface, axis=1)))
    return (np.array(data["points"]) - np.einsum("nk,nki->ni", shares, corners)).ravel()


def objective(data: Json) -> Any:
    """The residuals, real."""
    return residuals(np.array(data["theta"], dtype=np.complex128), np.array(data["us"]), data["data"]).real


def jacobian(data: Json) -> Any:
    """A column each for the two surface coordinates (if there are any), moved in all points at once, and for theta."""
    theta, surface = np.array(data["theta"], dtype=np.complex128), np.array(data["us"], dtype=np.complex128)
    columns = []
    for k in range(2 if surface.size else 0):
        moved = surface + 1j * STEP * np.eye(2)[k]
        columns.append(residuals(theta, moved, data["data"]).imag / STEP)
    for step in 1j * STEP * np.eye(theta.size):
        columns.append(residuals(theta + step, surface, data["data"]).imag / STEP)
    return np.stack(columns, axis=1)


REFERENCES: References = {"objective": objective, "jacobian": jacobian}
