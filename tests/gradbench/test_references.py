"""The references are right: their derivatives are those of their values, by central differences of sixth order."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.gradbench.reference import SMALL, error_of, relative_error
from tests.gradbench.inputs import INPUTS, PRIMALS, Json, reference

WEIGHTS = {-3: -1 / 60, -2: 3 / 20, -1: -3 / 4, 1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
STEP = 2e-3


def slope(f: Callable[..., Any], *rest: Any) -> Any:
    """The derivative of f at 0 in its first argument, the others being given."""
    return sum(weight * np.asarray(f(k * STEP, *rest)) for k, weight in WEIGHTS.items()) / STEP


def moved(data: Json, key: str, place: tuple[int, ...], by: float) -> Json:
    """The input with one number of one array changed."""
    array = np.array(data[key], dtype=np.float64)
    array[place] += by
    return copy.copy(data) | {key: array.tolist()}


def differences(value: Callable[[Json], Any], data: Json, key: str) -> Any:
    """The derivatives of a value in every number of one array, stacked."""
    places = itertools.product(*map(range, np.shape(data[key])))
    return np.array([slope(lambda by, place: value(moved(data, key, place, by)), place) for place in places])


def agree(expected: Any, actual: Any) -> bool:
    """Whether all entries agree to 1e-8 of the largest: differences are no better for the small ones."""
    assert np.shape(expected) == np.shape(actual)
    return bool(np.max(np.abs(expected - actual), initial=0.0) <= 1e-8 * np.max(np.abs(expected), initial=0.0))


@pytest.mark.parametrize("data", INPUTS["gmm"])
def test_gmm(data: Json) -> None:
    derivatives = reference("gmm").gradient(data)
    for name in ("alpha", "mu", "q", "l"):
        expected = differences(reference("gmm").objective, data, name)
        assert agree(expected, np.ravel(derivatives[name]))


@pytest.mark.parametrize("data", INPUTS["lstm"])
def test_lstm(data: Json) -> None:
    loss = reference("lstm").REFERENCES["objective"]
    expected = [differences(loss, data, name) for name in ("main_params", "extra_params")]
    assert agree(np.concatenate(expected), reference("lstm").gradient(data))


@pytest.mark.parametrize(
    ("name", "key", "data"),
    [(name, key, data) for name, key in [("llsq", "x"), ("lse", "x"), ("det", "A")] for data in INPUTS[name]],
)
def test_gradients_of_scalars(name: str, key: str, data: Json) -> None:
    references = reference(name).REFERENCES
    assert agree(differences(references["primal"], data, key), references["gradient"](data))


@pytest.mark.parametrize("data", INPUTS["ode"])
def test_ode(data: Json) -> None:
    expected = differences(lambda moved: reference("ode").trajectory(moved)[0][-1], data, "x")
    assert agree(expected, reference("ode").gradient(data))


@pytest.mark.parametrize("data", INPUTS["kmeans"])
def test_kmeans(data: Json) -> None:
    cost, h = reference("kmeans").cost, 1e-3
    direction = np.array(reference("kmeans").direction(data))
    for place in np.ndindex(direction.shape):
        down, here, up = (cost(moved(data, "centroids", place, by)) for by in (-h, 0.0, h))
        newton = ((up - down) / (2.0 * h)) / ((up - 2.0 * here + down) / h**2)
        assert newton == pytest.approx(direction[place], rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("data", INPUTS["ba"])
def test_ba(data: Json) -> None:
    view, feature = reference("ba").only_view(data)
    blocks = reference("ba").blocks(view, feature)
    for k, axis in enumerate(np.eye(15)):
        expected = slope(lambda by, axis: reference("ba").reprojections(view + by * axis, feature), axis)
        assert agree(expected, blocks[:, :, k])


@pytest.mark.parametrize("data", INPUTS["ht"])
def test_ht(data: Json) -> None:
    objective = reference("ht").objective
    jacobian = reference("ht").jacobian(data)
    surface = 2 if data["us"] else 0
    assert jacobian.shape == (12, 26 + surface)
    whole_turn = np.linalg.norm(data["theta"][:3]) > 0.0
    expected = differences(objective, data, "theta").T
    first = 0 if whole_turn else 3
    assert agree(expected[:, first:], jacobian[:, surface + first :])
    for k in range(surface):
        along = slope(lambda by, k: objective(data | {"us": (np.array(data["us"]) + by * np.eye(2)[k]).tolist()}), k)
        assert agree(along, jacobian[:, k])


def test_ht_has_no_derivative_in_a_rotation_too_small_to_be_applied() -> None:
    data = next(data for data in INPUTS["ht"] if not any(data["theta"][:3]))
    assert not reference("ht").jacobian(data)[:, :3].any()


def test_particle_and_saddle_reach_what_the_suite_expects() -> None:
    assert reference("particle").control({"w": 0.0}) == pytest.approx(0.2071918746486116, rel=1e-8)
    assert reference("saddle").saddle_point({"start": [1.0, 1.0]}) == pytest.approx(
        [8.246324826140356e-06] * 4, rel=1e-8
    )


def test_particle_gradient() -> None:
    module = reference("particle")
    for w in (0.0, 0.1, 0.3):
        expected = slope(lambda by, w: module.cost((w + 1e-3 * by,)), w) * 1e3
        assert module.gradient((w,))[0] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("name", sorted(PRIMALS))
def test_an_answer_off_by_more_than_1e_8_is_seen(name: str) -> None:
    data = INPUTS[name][-1]
    right = reference(name).REFERENCES[PRIMALS[name]](data)
    assert error_of(name, PRIMALS[name], data, right) == 0.0
    if not isinstance(right, dict):
        assert error_of(name, PRIMALS[name], data, np.asarray(right) * (1.0 + 1e-7)) > 1e-8


def test_relative_error() -> None:
    assert relative_error([1.0, 2.0], [1.0, 2.0 + 2e-8]) == pytest.approx(1e-8 / (1.0 + SMALL), rel=1e-6)
    assert relative_error([1.0, 0.0], [1.0, 1e-13]) == pytest.approx(1e-9)
    assert relative_error({"a": [1], "b": 2.0}, {"a": [1], "b": 2.2}) == pytest.approx(0.1, rel=1e-3)
    assert relative_error({"a": 1.0}, {"b": 1.0}) == np.inf
    assert relative_error([1.0, 2.0], [1.0]) == np.inf
    assert relative_error([0.0], [1e-300]) == np.inf
    assert relative_error([1.0], [float("nan")]) == np.inf
    assert relative_error([0.0, 0.0], [0.0, -0.0]) == 0.0
