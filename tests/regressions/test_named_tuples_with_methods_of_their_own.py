"""NamedTuples whose classes write `__iter__`, `_replace`, `_make` or `_asdict` themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

import tangra as tg
from tests.fuzz import compare, ways


class Turned(NamedTuple):
    a: float
    b: float = 2.0

    def __iter__(self) -> Iterator[Any]:
        return iter([self.b, self.a])


class Plain(NamedTuple):
    a: float
    b: float = 2.0


class Replaced(Plain):
    def _replace(self, **changes: Any) -> Any:
        return super()._replace(**changes).a

    def _asdict(self) -> dict[str, Any]:
        return {"x": self.a, **super()._asdict()}


class Made(Plain):
    @classmethod
    def _make(cls, items: Any) -> Any:
        return cls(*items, 5.0)


GLOBAL = Turned(3.0, 4.0)


def items_by_place(p: Any) -> Any:
    return p[0], p.a, list(p), p._asdict(), p, p == (1.0, 2.0), p + (1,), p.index(3.0), 3.0 in p, p[:1], GLOBAL[0]


def taken_apart(p: Any) -> Any:
    a, b = p
    return a, b, sum(p), p._replace(a=7.0)


def methods_by_hand(p: Any) -> Any:
    return Replaced(p[0])._replace(a=5.0), Replaced(p[0])._asdict(), Replaced._make([1.0, 2.0]), Made._make([p[0]])


@pytest.mark.parametrize("function", [items_by_place, taken_apart, methods_by_hand])
@pytest.mark.parametrize("static", [(), 0])
def test_results(function: Callable[[Any], Any], static: Any) -> None:
    for p in (Turned(3.0), Turned(1.0, 3.0)):
        wanted, found = ways.outcome(function, (p,)), ways.outcome(tg.jit(function, static=static), (p,))
        assert compare.difference(found, wanted, 0.0) is None


def test_a_replacement_by_what_was_written_by_hand_is_refused() -> None:
    with pytest.raises(tg.TangraError, match=r"Made\._replace\(\), which calls a _make\(\) written by hand"):
        tg.jit(lambda p: p._replace(a=2.0))(Made(1.0))
