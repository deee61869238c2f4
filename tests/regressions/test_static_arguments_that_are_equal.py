"""Static arguments that are equal, but not alike, have forms of their own."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

import tangra as tg


@dataclasses.dataclass(frozen=True)
class Config:
    n: int
    scale: dataclasses.InitVar[float]

    def __post_init__(self, scale: float) -> None:
        object.__setattr__(self, "by", scale)
        object.__setattr__(self, "table", np.full(2, scale))


class Named:
    def __init__(self, name: str, k: float) -> None:
        self.name, self.k = name, k

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


def ends(r: Any) -> Any:
    return r.stop, len(r)


def signs(z: Any) -> Any:
    return z.real + 1.0, math.copysign(1.0, z.imag)


def scaled(c: Any) -> Any:
    return c.by * c.n, c.table[1]


def of_named(c: Any) -> Any:
    return c.k * 2.0


CASES: list[tuple[Any, list[Any]]] = [
    (ends, [range(0, 3, 2), range(0, 4, 2)]),
    (signs, [complex(0.0, 0.0), complex(0.0, -0.0)]),
    (scaled, [Config(1, 2.0), Config(1, 3.0), Config(1, 2.0)]),
    (of_named, [Named("a", 2.0), Named("a", 3.0)]),
]


@pytest.mark.parametrize(("function", "values"), CASES)
def test_static(function: Any, values: list[Any]) -> None:
    compiled = tg.jit(function, static=0)
    for v in values * 2:
        assert repr(compiled(v)) == repr(function(v))


def test_frozen_dataclasses_count_by_value() -> None:
    @dataclasses.dataclass(frozen=True)
    class Point:
        x: float

    compiled = tg.jit(lambda p: p.x * 2.0, static=0)
    assert [compiled(Point(1.0)), compiled(Point(1.0)), compiled(Point(1))] == [2.0, 2.0, 2.0]
    assert len(compiled.recompilations) == 2
