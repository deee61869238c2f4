"""Objects whose operators are not those of the type they look like: what they mean is asked, or they are refused."""

from __future__ import annotations

import collections
import math
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import pytest

import tangra as tg


class Vector(NamedTuple):
    """A NamedTuple with operators of its own."""

    x: float
    y: float = 1.0

    def __add__(self, other: Any) -> Any:
        return Vector(self.x + other.x, self.y + other.y)

    def __rmul__(self, k: float) -> Any:  # type: ignore[override]
        return Vector(k * self.x, k * self.y)

    def __eq__(self, other: object) -> bool:
        return bool(self.x == other.x)  # type: ignore[attr-defined]

    def __getitem__(self, k: Any) -> Any:
        return 5.0

    def __len__(self) -> int:
        return 7


class Number:
    """A class that says what Python's builtins make of it."""

    def __init__(self, x: float) -> None:
        self.x = x

    def __abs__(self) -> float:
        return self.x + 100.0

    def __float__(self) -> float:
        return self.x + 7.0

    def __round__(self, digits: int = 0) -> float:
        return self.x + digits

    def __floor__(self) -> int:
        return 5

    def __lt__(self, other: Any) -> bool:
        return bool(self.x < other.x)


class Loud(float):
    """A float with another sum."""

    def __add__(self, other: float) -> float:
        return 100.0


class Two(IntEnum):
    """Its members are ints."""

    ONE = 1
    TWO = 2


LOUD = Loud(2.0)
PROGRAMS: dict[str, Callable[[float], Any]] = {
    "sum of NamedTuples": lambda q: (Vector(q, 2.0) + Vector(1.0)).x,
    "number times NamedTuple": lambda q: (2.0 * Vector(q)).x,
    "equality of NamedTuples": lambda q: Vector(q) == Vector(q, 5.0),
    "item of a NamedTuple": lambda q: Vector(q)[0],
    "length of a NamedTuple": lambda q: len(Vector(q)),
    "abs": lambda q: abs(Number(q)),
    "float": lambda q: float(Number(q)),
    "round": lambda q: round(Number(q), 2),
    "floor": lambda q: math.floor(Number(q)),  # type: ignore[arg-type]
    "greatest by __lt__": lambda q: max(Number(q), Number(2.0)).x,  # type: ignore[type-var]
    "greatest tuple": lambda q: max((q, 1.0), (0.5, 3.0)),
    "greatest tuple by key": lambda q: max([(0.2, q), (0.1, 2.0)], key=lambda t: t[1])[0],
    "IntEnum": lambda q: q * Two.TWO + Two.ONE,
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("x", [1.5, 2.5])
def test_means_what_python_means(name: str, x: float) -> None:
    expected, found = PROGRAMS[name](x), tg.jit(PROGRAMS[name])(x)
    assert (type(found), found) == (type(expected), expected)


def test_number_with_operators_of_its_own_is_refused() -> None:
    with pytest.raises(tg.TangraError, match="LOUD is a Loud, a number with operators of its own"):
        tg.jit(lambda q: LOUD + q)(1.0)


CHANGING: dict[str, tuple[Any, Callable[[Any, float], Any]]] = {
    "item of a deque": (collections.deque([1.0]), lambda c, q: c[0] * q),
    "item of an OrderedDict": (collections.OrderedDict(a=1.0), lambda c, q: c["a"] * q),
    "item of a defaultdict": (collections.defaultdict(float, a=1.0), lambda c, q: c["a"] * q),
    "item of a Counter": (collections.Counter("aab"), lambda c, q: c["a"] * q),
    "item of a ChainMap": (collections.ChainMap({"a": 1.0}), lambda c, q: c["a"] * q),
    "item of a bytearray": (bytearray(b"a"), lambda c, q: c[0] * q),
    "item of a memoryview": (memoryview(np.ones(2)), lambda c, q: c[0] * q),
    "membership in a set": ({1.0}, lambda c, q: q if 1.0 in c else -q),
    "length of a set": ({1.0}, lambda c, q: q * len(c)),
    "truth of a set": ({1.0}, lambda c, q: q if c else -q),
    "equality of deques": (collections.deque([1.0]), lambda c, q: q if c == collections.deque else -q),
}


@pytest.mark.parametrize("name", CHANGING)
def test_reading_what_may_change_unseen_is_refused(name: str) -> None:
    """Compiled code knows such an object by its identity only: it would go on with the contents of the first call."""
    container, read = CHANGING[name]
    with pytest.raises(tg.TangraError, match="may change after compilation without being noticed"):
        tg.jit(lambda q: read(container, q))(2.0)
