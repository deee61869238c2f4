"""Attributes in slots that are set and deleted between calls, beside a dict too."""

from __future__ import annotations

from typing import Any

import pytest

import tangra as tg


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 1.0


class WithDict(Slotted):
    pass


class Private:
    __slots__ = ("__x",)

    def __init__(self) -> None:
        self.__x = 2.0

    def double(self) -> Any:
        self.__x *= 2.0
        return self.__x


slotted, mixed = Slotted(), WithDict()


def of_argument(d: Any) -> Any:
    return d.a + (d.b if hasattr(d, "b") else 100.0)


def of_slotted(d: Any) -> Any:
    return slotted.a + getattr(slotted, "b", 100.0)


def of_mixed(d: Any) -> Any:
    return mixed.a + getattr(mixed, "b", 100.0)


@pytest.mark.parametrize(
    ("function", "obj"),
    [(of_argument, Slotted()), (of_argument, WithDict()), (of_slotted, slotted), (of_mixed, mixed)],
)
def test_set_and_deleted(function: Any, obj: Any) -> None:
    compiled = tg.jit(function)
    for b in None, None, 5.0, 6.0, None, 7:
        if b is not None:
            obj.b = b
        elif hasattr(obj, "b"):
            del obj.b
        assert repr(compiled(obj)) == repr(function(obj))


def test_private_ones() -> None:
    obj, other = Private(), Private()
    compiled = tg.jit(lambda p: p.double())
    for _ in range(3):
        assert compiled(obj) == other.double()
