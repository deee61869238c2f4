"""Every function of every eval, compiled, against the reference: 1e-8 relative where the suite asks for 1e-4."""

from typing import Any

import numpy as np
import pytest

from benchmarks.gradbench.reference import TOLERANCE, error_of, relative_error
from tests.gradbench.inputs import INPUTS, Json, program, reference, rng

CASES = [
    pytest.param(name, function, data, id=f"{name}-{function}-{i}")
    for name, inputs in INPUTS.items()
    for function in reference(name).REFERENCES
    for i, data in enumerate(inputs)
]


@pytest.mark.parametrize(("name", "function", "data"), CASES)
def test_compiled_function(name: str, function: str, data: Json) -> None:
    entry = program(name).FUNCTIONS[function]
    call = entry.prepare(data)
    output = entry.present(call())
    assert error_of(name, function, data, output) <= TOLERANCE
    assert entry.present(call()) == output


def random_scene() -> Any:
    """3 cameras, 4 points and 7 observations, all different; the first camera is not turned."""
    draw = rng()
    ba = program("ba")
    centre = np.array([0, 0, 0, 0.2, -0.1, 0.4, 300, 4, -6, 0.05, 0.002])
    cameras = centre + np.array([1, 1, 1, 1, 1, 1, 50, 1, 1, 0.01, 0.001]) * draw.normal(size=(3, 11))
    cameras[0, :3] = 0.0
    points = np.array([0.0, 0.0, 8.0]) + draw.normal(size=(4, 3))
    pairs = np.column_stack((draw.integers(0, 3, size=7), draw.integers(0, 4, size=7)))
    pairs[0, 0] = 0
    return ba.Scene(cameras, points, draw.uniform(0.2, 1.0, size=7), pairs, 100.0 * draw.normal(size=(7, 2)))


def test_sparse_jacobian_of_a_scene_of_different_observations() -> None:
    scene = random_scene()
    jacobian = program("ba").compiled_jacobian(scene)
    camera, point = scene.pairs.T
    views = np.column_stack((scene.cameras[camera], scene.points[point], scene.weights))
    dense = np.zeros((21, 33 + 12 + 7))
    for i, block in enumerate(reference("ba").blocks(views, scene.features)):
        columns = [*range(11 * camera[i], 11 * camera[i] + 11), *range(33 + 3 * point[i], 36 + 3 * point[i]), 45 + i]
        dense[2 * i : 2 * i + 2, columns] = block
    dense[14:, 45:] = np.diag(-2.0 * scene.weights)
    found = np.zeros_like(dense)
    for row, (start, end) in enumerate(zip(jacobian.rows[:-1], jacobian.rows[1:], strict=True)):
        found[row, jacobian.columns[start:end]] = jacobian.values[start:end]
    for expected, actual in zip(dense, found, strict=True):
        assert relative_error(expected, actual) <= TOLERANCE


def test_residuals_of_a_scene_of_different_observations() -> None:
    scene = random_scene()
    residuals = program("ba").compiled_objective(scene)
    views = np.column_stack((scene.cameras[scene.pairs[:, 0]], scene.points[scene.pairs[:, 1]], scene.weights))
    assert relative_error(reference("ba").reprojections(views, scene.features), residuals.reprojection) <= TOLERANCE
    assert relative_error(1.0 - scene.weights**2, residuals.weight) <= TOLERANCE
