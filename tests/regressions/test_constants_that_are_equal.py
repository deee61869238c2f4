"""Constants that Python finds equal and that compile to different code: each gets a form of its own."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference


@dataclasses.dataclass(frozen=True)
class Settings:
    angle: Any
    power: Any = 1
    inner: Any = None


class Pair(NamedTuple):
    angle: Any
    power: Any = 1


def program(x: Any, c: Any) -> Any:
    return np.arctan2(c.angle, -1.0), x**c.power, x * 0 + c.power


SETTINGS = [
    cls(angle, power)
    for cls in (Settings, Pair)
    for angle, power in [(0.0, 1), (-0.0, 1), (0.0, 1.0), (0.0, True), (0, np.int64(1)), (np.float32(-0.0), 1)]
] + [Settings(np.float32(0.0), 1, Settings(0.0)), Settings(np.float32(-0.0), 1, Settings(-0.0))]


def test_static_arguments() -> None:
    compiled = tg.jit(program, static=["c"])
    for _ in range(2):
        for c in SETTINGS:
            assert difference(compiled(3, c), program(3, c), rtol=1e-15) is None, c


@pytest.mark.parametrize("kind", [float, np.float64, np.float32])
def test_numbers_that_become_constants(kind: Any) -> None:
    """`math.frexp` is of constants only: a run-time number becomes one, and a guard compares it at each call."""
    compiled = tg.jit(lambda x: math.frexp(x)[0])
    for v in (0.0, -0.0, 0.0, 1.5, -0.0, math.nan, math.inf, math.nan):
        assert difference(compiled(kind(v)), math.frexp(kind(v))[0], rtol=0.0) is None, v


def test_not_a_number_as_a_constant_is_compiled_once() -> None:
    compiled = tg.jit(lambda x, c: x * c, static=["c"])
    assert all(math.isnan(compiled(1.0, math.nan)) for _ in range(3))
    assert len(compiled.recompilations) == 1
