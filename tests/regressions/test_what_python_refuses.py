"""Calls, patterns and assignments that Python refuses, or means otherwise than they look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways


@dataclass
class Point:
    x: float
    y: float = 0.0


class First:
    def value(self) -> float:
        return 1.0


class Second(First):
    def value(self) -> float:
        return 2.0


def keywords(**given: float) -> float:
    return given["a"]


def test_keywords_given_twice_or_not_by_text() -> None:
    table: dict[Any, float] = {"a": 1.0}
    for function in (lambda d: keywords(a=2.0, **d), lambda d: keywords(**d, **{"a": 2.0})):
        with pytest.raises(TypeError, match="multiple values for keyword argument 'a'"):
            tg.jit(function)(table)
        assert tg.jit(function)({"b": 1.0}) == 2.0
    with pytest.raises(TypeError, match="keywords must be strings"):
        tg.jit(lambda d: keywords(**d))({1: 2.0})


def test_patterns_with_too_many_parts() -> None:
    def f(o: Any) -> Any:
        match o:
            case Point(a, b, c):
                return a + b + c
        return 0.0

    assert tg.jit(f)(1.0) == 0.0
    with pytest.raises(TypeError, match=r"Point\(\) accepts 2 positional sub-patterns \(3 given\)"):
        tg.jit(f)(Point(1.0))


def test_patterns_of_attributes_that_are_missing() -> None:
    def f(o: Any) -> Any:
        del o.x
        match o:
            case Point(x, y):
                return x + y
        return -1.0

    assert tg.jit(f)(Point(1.0)) == f(Point(1.0)) == -1.0


def test_the_class_of_an_object_stays() -> None:
    def f(o: Any) -> float:
        o.__class__ = Second
        return o.value()

    with pytest.raises(tg.TangraError, match=r"assignment to .__class__ of First object"):
        tg.jit(f)(First())


class Half:
    def __init__(self, data: Any) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data) // 2

    def __getitem__(self, k: int) -> Any:
        return self.data[k]


@pytest.mark.parametrize("data", [np.arange(4.0), np.arange(40.0), [1.0, 2.0, 3.0, 4.0]])
@pytest.mark.parametrize("dynamic", [False, True])
def test_items_beyond_the_length(data: Any, dynamic: bool) -> None:
    def f(data: Any) -> Any:
        return sum(v for v in Half(data))

    with pytest.raises(tg.TangraError, match="whose __getitem__ has items beyond its __len__"):
        tg.jit(f, dynamic=dynamic)(data)


def test_places_in_a_part_of_a_list() -> None:
    def f(items: Any, x: float) -> Any:
        return items.index(x, 1), items.index(x, -3, 4), items.index(2.0, 1, 3)

    def missing(items: Any, x: float) -> Any:
        return items.index(x, 3)

    for function in (f, missing):
        args = [3.0, 2.0, 3.0, 1.0], 3.0
        wanted, found = ways.outcome(function, args), ways.outcome(tg.jit(function), args)
        assert compare.difference(found, wanted, 0.0) is None
