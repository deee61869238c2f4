"""NamedTuples with a `__new__` of their own: it is called once, where the program calls it."""

from __future__ import annotations

from collections import namedtuple
from typing import Any, NamedTuple

import pytest

import tangra as tg


class Doubled(namedtuple("Doubled", "x y")):
    __slots__ = ()

    def __new__(cls, x: Any, y: Any = 1.0) -> Any:
        return super().__new__(cls, x * 2, y)


class Pair(NamedTuple):
    a: float
    b: float = 2.0


def handed_back(p: Any) -> Any:
    return p, p.x


def replaced(p: Any) -> Any:
    return p._replace(y=3.0)


def made(x: float) -> Any:
    return Doubled(x).x


def made_plainly(x: float) -> Any:
    return Pair(x), Pair(b=x, a=1.0), Pair._make((x, x))


@pytest.mark.parametrize("function", [handed_back, replaced])
def test_none_is_made_anew(function: Any) -> None:
    compiled, p = tg.jit(function), Doubled(1.0)
    for _ in range(2):
        assert repr(compiled(p)) == repr(function(p))


def test_making_one_is_refused() -> None:
    with pytest.raises(tg.TangraError, match="whose __new__ is written by hand"):
        tg.jit(made)(1.0)


def test_others_can_be_made() -> None:
    compiled = tg.jit(made_plainly)
    for x in 1.0, 2.0:
        assert repr(compiled(x)) == repr(made_plainly(x))
