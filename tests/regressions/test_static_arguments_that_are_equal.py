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


@dataclasses.dataclass(frozen=True)
class Poly:
    terms: tuple[float, ...]
    n: int = 2

    def __call__(self, x: float) -> float:
        return sum(t * x**k for k, t in enumerate(self.terms))

    def __len__(self) -> int:
        return len(self.terms)

    def __add__(self, c: float) -> Any:
        return dataclasses.replace(self, terms=(self.terms[0] + c, *self.terms[1:]))


def used(p: Any, x: float) -> Any:
    return p(x), len(p), p == p, (p + x).terms, dataclasses.asdict(p), [p.n for _ in range(p.n)], p


def who(p: Any, q: Any) -> Any:
    return p is q, p == q, p


def test_frozen_dataclasses_are_objects_like_others() -> None:
    compiled = tg.jit(used, static=0)
    for p in Poly((1.0, 2.0)), Poly((1.0, 2.0, 3.0), 3), Poly((1.0, 2.5)), Poly((1.0, 2.0)):
        assert repr(compiled(p, 0.5)) == repr(used(p, 0.5))
        assert compiled(p, 0.5)[-1] is p


@pytest.mark.parametrize("static", [(0, 1), (0,), ()])
def test_whether_they_are_the_same(static: Any) -> None:
    compiled, p = tg.jit(who, static=static), Poly((1.0,))
    for q in p, Poly((1.0,)), p, Poly((2.0,)):
        assert repr(compiled(p, q)) == repr(who(p, q))


table = {Poly((1.0,)): 1.0}


def is_a_key(p: Any) -> Any:
    return [p is k for k in table]


def test_keys_that_are_objects_are_not_compared() -> None:
    with pytest.raises(tg.TangraError, match="TG401"):
        tg.jit(is_a_key)(Poly((1.0,)))


def test_frozen_dataclasses_count_by_value() -> None:
    @dataclasses.dataclass(frozen=True)
    class Point:
        x: float

    compiled = tg.jit(lambda p: p.x * 2.0, static=0)
    assert [compiled(Point(1.0)), compiled(Point(1.0)), compiled(Point(1))] == [2.0, 2.0, 2.0]
    assert len(compiled.recompilations) == 2
