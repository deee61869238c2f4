"""Attributes of instances: descriptors and hooks of the user's, slots, and what copies of objects share."""

from __future__ import annotations

import copy
import dataclasses
import functools
import types
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import tangra as tg


def same(f: Any, *args: Any) -> None:
    """The compiled function gives what the function gives, to the types of its results."""
    expected, found = f(*args), tg.jit(f)(*args)
    assert repr(found) == repr(expected)


class Positive:
    """A data descriptor: it comes before the instance's own attributes."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = "_" + name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return 100.0 if instance is None else getattr(instance, self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        setattr(instance, self.name, abs(value))


class Constant:
    """Without `__set__`: the instance's own attributes come first."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return 5.0


class Body:
    mass = Positive()
    unit = Constant()

    def __init__(self, mass: float) -> None:
        self.mass = mass


def test_descriptors_of_the_users() -> None:
    def g(b: Body) -> Any:
        b.mass = b.mass - 7.0
        return b.mass * b.unit

    def f(x: float) -> Any:
        b = Body(-x)
        before = b.mass, b.unit
        b.mass -= 10.0
        b.unit = x
        return before, b.mass, b.unit, Body.mass

    same(f, 3.0)
    mine, theirs = Body(-3.0), Body(-3.0)
    assert tg.jit(g)(mine) == g(theirs)
    assert vars(mine) == vars(theirs)
    assert tg.grad(lambda x: Body(x).mass * 2.0)(-3.0) == -2.0


class Recorded:
    def __init__(self, x: float) -> None:
        object.__setattr__(self, "writes", [])
        self.x = x

    def __setattr__(self, name: str, value: Any) -> None:
        self.writes.append(name)
        super().__setattr__(name, value * 2.0)

    def __getattr__(self, name: str) -> Any:
        return len(name)


def test_hooks_of_attributes() -> None:
    def f(x: float) -> Any:
        r = Recorded(x)
        r.x += 1.0
        r.y = r.four + r.x
        return r.writes, r.x, r.y

    def asks(x: float) -> Any:
        return hasattr(Recorded(x), "z")

    same(f, 3.0)
    with pytest.raises(tg.TangraError, match=r"asking Recorded\.__getattr__ whether"):
        tg.jit(asks)(3.0)


class Intercepts:
    def __init__(self, x: float) -> None:
        self.x = x

    def __getattribute__(self, name: str) -> Any:
        return 42.0


def test_reading_that_a_class_intercepts_is_refused() -> None:
    with pytest.raises(tg.TangraError, match=r"Intercepts\.__getattribute__"):
        tg.jit(lambda x: Intercepts(x).x)(1.0)


class Slots:
    __slots__ = ("a", "b")
    shared = 1.0

    def __init__(self, a: float) -> None:
        self.a = a


def test_slots_hold_no_other_attributes() -> None:
    def f(x: float) -> Any:
        s = Slots(x)
        s.b = s.a + s.shared
        return s.a, s.b

    def missing(x: float) -> Any:
        return Slots(x).b

    def another(x: float) -> None:
        Slots(x).c = x  # type: ignore[attr-defined]

    def of_the_class(x: float) -> None:
        Slots(x).shared = x

    same(f, 3.0)
    for g in (missing, another, of_the_class):
        with pytest.raises(AttributeError) as python:
            g(3.0)
        with pytest.raises(AttributeError) as compiled:
            tg.jit(g)(3.0)
        assert str(python.value).partition(" and no ")[0] in str(compiled.value) or g is missing


def test_namespaces_are_objects() -> None:
    def f(s: types.SimpleNamespace, x: float) -> Any:
        s.a += x
        s.c = types.SimpleNamespace(d=s.a * s.b[0])
        s.b[1] = s.c.d
        return s.c

    mine, theirs = (types.SimpleNamespace(a=1.0, b=np.ones(2)) for _ in range(2))
    assert repr(tg.jit(f)(mine, 2.0)) == repr(f(theirs, 2.0))
    assert repr(mine) == repr(theirs)
    gradient = tg.grad(lambda s: s.a * s.b[1])(mine)
    assert repr(gradient) == repr(
        types.SimpleNamespace(a=3.0, b=np.array([0.0, 3.0]), c=types.SimpleNamespace(d=np.float64(0.0)))
    )


class Counter:
    count = 0


def counted(x: float) -> float:
    return x


def test_refusals_that_python_does_not_share_do_not_name_its_exceptions() -> None:
    def of_class(x: float) -> None:
        Counter.count += 1

    def of_function(x: float) -> None:
        counted.calls = 1  # type: ignore[attr-defined]

    def own_dict(x: float) -> Any:
        return Body(x).__dict__

    for f in (of_class, of_function, own_dict):
        with pytest.raises(tg.UnsupportedError):
            tg.jit(f)(1.0)


class Point(NamedTuple):
    x: float
    y: float = 1.0


def test_make_of_a_named_tuple() -> None:
    def f(x: float) -> Any:
        p = Point._make([x, 2.0])
        return p, p._make((1.0, x))

    same(f, 3.0)
    with pytest.raises(TypeError, match="Expected 2 arguments, got 1"):
        tg.jit(lambda x: Point._make([x]))(3.0)


def test_what_a_partial_was_made_of() -> None:
    def f(x: float) -> Any:
        p = functools.partial(functools.partial(max, 1.0, x), 2.0, key=None)
        return p.args, p.keywords, p()

    same(f, 3.0)


def test_a_deep_copy_shares_what_the_original_shares() -> None:
    def f(x: float) -> Any:
        row = [0.0, 0.0]
        array = np.zeros(2)
        table = copy.deepcopy({"rows": [row, row], "arrays": (array, array)})
        table["rows"][0][0] = x
        table["arrays"][0][1] = x
        return table, row, array, table["rows"][0] is table["rows"][1]

    same(f, 3.0)


class Copied:
    def __init__(self, x: float) -> None:
        self.x = x

    def __copy__(self) -> Copied:
        return Copied(self.x * 10.0)


def test_a_class_says_how_it_is_copied() -> None:
    same(lambda x: copy.copy(Copied(x)).x, 3.0)


@dataclass
class Item:
    a: float


@dataclass
class Basket:
    items: list[Item]
    by_name: dict[str, Item]
    pair: tuple[Item, Point]


def test_asdict_and_astuple_of_dataclasses_in_containers() -> None:
    def f(x: float) -> Any:
        b = Basket([Item(x)], {"k": Item(x + 1.0)}, (Item(1.0), Point(x)))
        return dataclasses.asdict(b), dataclasses.astuple(b)

    same(f, 3.0)
