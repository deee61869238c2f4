"""The benchmark programs: Tangra's value and gradient against CPython and central differences, at the quick size.

What the C twins give is checked by the benchmark itself, which needs a C compiler.
"""

import numpy as np
import pytest

import tangra as tg
from benchmarks.case import load, names


@pytest.mark.parametrize("name", names())
def test_value_and_gradient(name):
    case = load(name)
    args = case.arguments(quick=True)
    expected = case.program(*args)
    value, gradient = tg.value_and_grad(case.program)(*args)
    assert value == pytest.approx(expected, rel=1e-9)
    assert tg.jit(case.program)(*args) == pytest.approx(expected, rel=1e-9)
    slopes, differences = [], []
    for direction in case.directions(args, 6)[:6]:
        step = 1e-6 * direction
        ahead, behind = (case.program(args[0] + s, *args[1:]) for s in (step, -step))
        slopes.append(np.sum(gradient * direction))
        differences.append((ahead - behind) / 2e-6)
    np.testing.assert_allclose(slopes, differences, rtol=1e-5, atol=1e-5 * np.max(np.abs(differences)))


def test_there_are_enough():
    assert len(names()) >= 16
    assert sum(load(name).has_adjoint for name in names()) >= 8
