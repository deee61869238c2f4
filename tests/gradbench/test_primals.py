"""Every program's value under plain CPython and NumPy, against the reference."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from benchmarks.gradbench.reference import TOLERANCE, error_of
from tests.gradbench.inputs import INPUTS, PRIMALS, Json, program

PLAIN = {
    "hello": "square",
    "gmm": "objective",
    "ba": "objective",
    "lstm": "objective",
    "kmeans": "cost",
    "llsq": "objective",
    "lse": "log_sum_exp",
    "ode": "solve",
    "det": "determinant",
}
"""What each program calls the function that its eval's primal stands for; ht has two, by input."""


def plain_call(name: str, data: Json) -> partial[Any]:
    """The eval's primal on an input, uncompiled."""
    module = program(name)
    prepared = module.FUNCTIONS[PRIMALS[name]].prepare(data)
    if name == "ht":
        function = module.surface_residuals if data["us"] else module.vertex_residuals
    else:
        function = getattr(module, PLAIN[name])
    return partial(function, *prepared.args)


@pytest.mark.parametrize(("name", "data"), [(name, data) for name in PRIMALS for data in INPUTS[name]])
def test_value(name: str, data: Json) -> None:
    function = program(name).FUNCTIONS[PRIMALS[name]]
    output = function.present(plain_call(name, data)())
    assert error_of(name, PRIMALS[name], data, output) <= TOLERANCE


@pytest.mark.parametrize("name", sorted(PRIMALS))
def test_arguments_are_left_alone(name: str) -> None:
    call = plain_call(name, INPUTS[name][0])
    first = program(name).FUNCTIONS[PRIMALS[name]].present(call())
    second = program(name).FUNCTIONS[PRIMALS[name]].present(call())
    assert first == second


def test_saddle_and_crossing() -> None:
    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    assert program("saddle").saddle(x, y) == 5.0 - 34.0
    assert program("particle").potential(np.array([7.0, 4.0]), 6.0) == pytest.approx(1.0 / 3.0 + 1.0 / 5.0, rel=1e-15)


def test_descent_follows_the_gradient_given() -> None:
    from benchmarks.gradbench.programs.descent import ascend, descend

    target = np.array([1.0, -2.0])

    def bowl(p: Any) -> Any:
        return np.sum((p - target) ** 2)

    def slope(cost: Any) -> Any:
        sign = np.sign(cost(target + 1.0))
        return lambda p: sign * 2.0 * (p - target)

    found = descend(bowl, slope, np.zeros(2))
    assert found == pytest.approx(target, abs=1e-4)
    assert np.array_equal(ascend(lambda p: -bowl(p), slope, np.zeros(2)), found)


def test_expansion_by_minors_leaves_its_list_as_it_was() -> None:
    following = np.array([1, 2, 3, 4, 0])
    program("det").minor(np.arange(16.0).reshape(4, 4) ** 2, following, 4)
    assert following.tolist() == [1, 2, 3, 4, 0]
