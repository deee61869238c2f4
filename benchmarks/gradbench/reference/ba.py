"""Bundle adjustment for many observations at once by rotation matrices, and its derivatives by complex steps."""

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References

STEP = 1e-30


def rotations(vectors: Any) -> Any:
    """Rotation matrices (p, 3, 3) for rotation vectors (p, 3), by exp of the cross-product matrix K.

    I + sin(a)/a K + (1 − cos(a))/a² K²; both factors by their series where a² is tiny.
    """
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    k = np.moveaxis(np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]), -1, 0)
    squared = x * x + y * y + z * z
    tiny = np.abs(squared) < 1e-10
    angle = np.sqrt(np.where(tiny, 1.0, squared))
    first = np.where(tiny, 1.0 - squared / 6.0, np.sin(angle) / angle)
    second = np.where(tiny, 0.5 - squared / 24.0, 2.0 * (np.sin(angle / 2.0) / angle) ** 2)
    return np.eye(3) + first[:, None, None] * k + second[:, None, None] * (k @ k)


def reprojections(views: Any, features: Any) -> Any:
    """Residuals (p, 2) of views (p, 15): camera (11), point (3), weight."""
    camera, point, weight = views[:, :11], views[:, 11:14], views[:, 14:]
    seen = np.einsum("pij,pj->pi", rotations(camera[:, :3]), point - camera[:, 3:6])
    flat = seen[:, :2] / seen[:, 2:]
    squared = np.sum(flat * flat, axis=1, keepdims=True)
    bent = flat * (1.0 + camera[:, 9:10] * squared + camera[:, 10:] * squared**2)
    return weight * (bent * camera[:, 6:7] + camera[:, 7:9] - features)


def blocks(views: Any, features: Any) -> Any:
    """The derivatives (p, 2, 15) of the residuals in the views, exact to rounding."""
    columns = []
    for k in range(15):
        moved = views.astype(np.complex128)
        moved[:, k] += 1j * STEP
        columns.append(reprojections(moved, features).imag / STEP)
    return np.stack(columns, axis=2)


def only_view(data: Json) -> tuple[Any, Any]:
    """The one view and feature that the eval repeats."""
    return np.array([[*data["cam"], *data["x"], data["w"]]]), np.array([data["feat"]])


def objective(data: Json) -> Json:
    """The eval's shortened residuals."""
    return {
        "reproj_error": {"elements": reprojections(*only_view(data))[0], "repeated": data["p"]},
        "w_err": {"element": 1.0 - data["w"] ** 2, "repeated": data["p"]},
    }


def jacobian(data: Json) -> Json:
    """The eval's shortened sparse Jacobian: 30 entries from the start and the last one of each part."""
    n, m, p = data["n"], data["m"], data["p"]
    starts = np.concatenate((15 * np.arange(2 * p + 1), 30 * p + 1 + np.arange(p)))
    weights = 11 * n + 3 * m
    row = np.concatenate((np.arange(11), 11 * n + np.arange(3), [weights]))
    return {
        "rows": np.append(starts[:30], starts[-1]),
        "cols": np.concatenate((row, row, [weights + p - 1])),
        "vals": np.append(blocks(*only_view(data))[0].ravel(), -2.0 * data["w"]),
    }


REFERENCES: References = {"objective": objective, "jacobian": jacobian}
