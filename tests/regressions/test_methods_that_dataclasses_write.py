"""`__init__` and comparisons that `dataclass` writes: what they set, in which order, and calls of them by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import pytest

import tangra as tg
from tests.fuzz import compare, ways


@dataclass
class Base:
    a: float
    b: float = 1.0
    c: float = field(init=False, default=1.5)
    _: KW_ONLY
    d: int = 3

    def __post_init__(self) -> None:
        self.e = self.a


@dataclass
class Derived(Base):
    f: float = 9.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.c = self.f


class ByHand(Base):
    def __init__(self, x: float) -> None:
        super().__init__(x, 2.0, d=7)
        self.q = x

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and self.q == other.q  # type: ignore[attr-defined, no-any-return]


class ByName(Base):
    def __init__(self, x: float) -> None:
        Base.__init__(self, x)
        self.z = 1


@dataclass
class Clamped:
    a: float
    b: float = 0.0

    def __setattr__(self, name: str, value: float) -> None:
        object.__setattr__(self, name, min(value, 1.0))


@dataclass(frozen=True)
class Frozen:
    a: float


class Thawed(Frozen):
    pass


def attributes_in_order(x: float) -> Any:
    return Base(x), Derived(x, f=2.0), Derived(x, x)


def called_by_classes_derived(x: float) -> Any:
    return ByHand(x), ByName(x), ByHand(x) == ByHand(x), ByHand(x) == ByHand(x + 1), Base(x).__eq__(Base(x))


def set_by_a_method(x: float) -> Any:
    made = Clamped(x, 2 * x)
    made.a += 5.0
    return made


def attributes_beside_frozen_fields(x: float) -> Any:
    made = Thawed(x)
    made.b = 2.0  # type: ignore[attr-defined]
    return made


FUNCTIONS = [attributes_in_order, called_by_classes_derived, set_by_a_method, attributes_beside_frozen_fields]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_results(function: Callable[[float], Any]) -> None:
    for x in (5.0, -5.0):
        wanted, found = ways.outcome(function, (x,)), ways.outcome(tg.jit(function), (x,))
        assert compare.difference(found, wanted, 0.0) is None


def test_frozen_fields_of_classes_derived() -> None:
    def changes(x: float) -> None:
        made = Thawed(x)
        made.a = 2.0  # type: ignore[misc]

    def deletes(x: float) -> None:
        made = Thawed(x)
        del made.a

    for function in (changes, deletes):
        with pytest.raises(tg.TangraError, match="FrozenInstanceError"):
            tg.jit(function)(1.0)
