"""Functions of bools and of unsigned and single precision numbers: NumPy's dtype, or its refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

BOOLS = np.array([True, False, True])
NUMBERS = np.array([0, 3, 1, 7, 2])


@pytest.mark.parametrize("exponent", [2, 3, 1, 2.0, np.int64(2), np.int8(2), True])
def test_power_of_bools(exponent: Any) -> None:
    program = lambda x: (x**exponent, x[0] ** exponent)
    assert difference(tg.jit(program)(BOOLS), program(BOOLS), rtol=0.0) is None


@pytest.mark.parametrize(
    "program",
    [
        lambda x: round(x[0]),
        lambda x: np.gradient(x),
        lambda x: np.ediff1d(x),
        lambda x: np.percentile(x, 30),
        lambda x: np.nanquantile(x, 0.3),
        lambda x: np.cross(x, x),
    ],
)
def test_what_numpy_refuses_of_bools(program: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        program(BOOLS)
    with pytest.raises(tg.TangraError, match=r"numpy boolean subtract|numpy.bool doesn't define"):
        tg.jit(program)(BOOLS)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float32, np.float64, np.bool_])
def test_unwrap_and_covariance(dtype: Any) -> None:
    x = NUMBERS.astype(dtype)
    programs = [lambda x: np.unwrap(x), lambda x: np.unwrap(x, period=4.5), lambda x: np.unwrap(x, discont=1.0)]
    programs += [lambda x: np.cov(x, x[::-1]), lambda x: np.corrcoef(x), lambda x: np.cov(x, dtype=np.float32)]
    if np.dtype(dtype).kind != "u":
        programs += [lambda x: np.unwrap(x, period=4), lambda x: np.unwrap(x, period=5)]
    for program in programs:
        found = difference(tg.jit(program)(x), program(x), rtol=1e-6 if dtype == np.float32 else 1e-12)
        assert found is None


def test_unwrap_of_unsigned_integers_by_an_integer_period() -> None:
    program = lambda x: np.unwrap(x, period=4)
    with pytest.raises(OverflowError):
        program(NUMBERS.astype(np.uint8))
    with pytest.raises(tg.TangraError, match="unsigned integers"):
        tg.jit(program)(NUMBERS.astype(np.uint8))
