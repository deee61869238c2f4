"""Operators of the user's classes: which method Python asks, and what there is without one."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import tangra as tg


def same(f: Any, *args: Any) -> None:
    """The compiled function gives what the function gives, to the types of its results."""
    expected, found = f(*args), tg.jit(f)(*args)
    assert repr(found) == repr(expected)


class Same:
    def __init__(self, x: float) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.x == other.x

    __hash__ = None  # type: ignore[assignment]


def test_unequal_is_the_opposite_of_the_equality_that_a_class_defines() -> None:
    def f(x: float, y: float) -> Any:
        return Same(x) != Same(y), Same(x) != Same(x), Same(x) != x, x != Same(x)

    same(f, 1.0, 2.0)
    same(f, 2.0, 2.0)


class Declines:
    def __eq__(self, other: object) -> Any:
        return NotImplemented

    def __add__(self, other: Any) -> Any:
        return NotImplemented

    def __iadd__(self, other: Any) -> Any:
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]


class Answers:
    def __eq__(self, other: object) -> Any:
        return "eq"

    def __radd__(self, other: Any) -> Any:
        return "radd"

    __hash__ = None  # type: ignore[assignment]


def test_the_right_operand_is_asked_where_the_left_declines() -> None:
    def f(x: float) -> Any:
        a = Declines()
        a += Answers()
        return a, Declines() + Answers(), Declines() == Answers(), Declines() != Answers(), Declines() == x

    same(f, 1.0)


class Base:
    def __add__(self, other: Any) -> str:
        return f"{type(self).__name__} + {type(other).__name__}"

    __radd__ = __add__


class Derived(Base):
    pass


class Redefines(Base):
    def __radd__(self, other: Any) -> str:
        return "Redefines first"


class Reflected:
    def __radd__(self, other: Any) -> str:
        return "radd"


def test_a_derived_class_is_asked_first_only_if_it_redefines_the_method() -> None:
    def f(x: float) -> Any:
        return Base() + Derived(), Base() + Redefines(), Derived() + Base()

    def g(x: float) -> Any:
        return Reflected() + Reflected()

    same(f, 1.0)
    with pytest.raises(TypeError):
        g(1.0)
    with pytest.raises(tg.TangraError, match="unsupported operand"):
        tg.jit(g)(1.0)


@dataclass(order=True)
class Version:
    major: float
    minor: int = 0
    note: str = field(default="", compare=False)


def test_dataclasses_with_an_order_compare() -> None:
    def f(x: float, y: float) -> Any:
        a, b = Version(x, 1), Version(y, 0, "b")
        return a < b, a <= b, a > b, a >= b, a == b, a != b, max(a, b).minor, min(a, b).minor

    for y in (1.0, 2.0, 3.0):
        same(f, 2.0, y)


@functools.total_ordering
class Money:
    def __init__(self, amount: float) -> None:
        self.amount = amount

    def __eq__(self, other: Any) -> bool:
        return bool(self.amount == other.amount)

    def __lt__(self, other: Any) -> bool:
        return bool(self.amount < other.amount)


def test_total_ordering() -> None:
    def f(x: float, y: float) -> Any:
        a, b = Money(x), Money(y)
        return a < b, a <= b, a > b, a >= b, a != b

    for y in (1.0, 2.0, 3.0):
        same(f, 2.0, y)


class Plain:
    def __radd__(self, other: Any) -> Any:
        return other * 2

    def __gt__(self, other: Any) -> Any:
        return other > 1


class OfItems:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, k: int) -> float:
        return (1.0, 2.0)[k]

    def __radd__(self, other: Any) -> str:
        return "radd"


class Left(OfItems):
    __array_ufunc__ = None


class Pair(NamedTuple):
    a: float
    b: float

    def __radd__(self, other: Any) -> str:  # type: ignore[override]
        return "radd"


def test_scalars_of_numpy_reach_a_method_as_numbers_of_python() -> None:
    def f(x: np.ndarray[Any, Any]) -> Any:
        return x[0] + Plain(), np.float32(x[1]) + Plain(), x[0] < Plain(), x[1] < Plain(), np.int64(3) + Plain()

    same(f, np.array([1.0, 2.5]))


def test_numpy_comes_before_a_class_that_it_reads_as_an_array() -> None:
    def items(x: np.ndarray[Any, Any]) -> Any:
        return x[0] + OfItems()

    def objects(x: np.ndarray[Any, Any]) -> Any:
        return x + Plain()

    def left(x: np.ndarray[Any, Any]) -> Any:
        return x + Left(), x[0] + Left(), 2.0 + OfItems()

    def pair(x: np.ndarray[Any, Any]) -> Any:
        return x[0] + Pair(1.0, 2.0), 1.0 + Pair(1.0, 2.0)

    x = np.array([1.0, 2.5])
    same(left, x)
    same(pair, x)
    for f in (items, objects):
        with pytest.raises(tg.TangraError, match="of which NumPy makes an array of") as e:
            tg.jit(f)(x)
        assert "__array_ufunc__ = None" in str(e.value)


@functools.singledispatch
def size(x: Any) -> Any:
    return 0.0


@size.register
def _(x: float) -> float:
    return abs(x)


@size.register
def _(x: list) -> float:  # type: ignore[type-arg]
    return sum(size(v) for v in x)


def test_singledispatch_by_the_class_of_the_first_argument() -> None:
    def f(x: float) -> Any:
        return size(-x), size([x, -x]), size("text"), size(np.float64(-x))

    same(f, 2.0)

    @size.register
    def _(x: str) -> float:
        return 7.0

    same(f, 2.0)


def test_slices_are_equal_by_their_parts() -> None:
    def f(n: int) -> Any:
        s = slice(1, None, 2)
        return s == slice(1, None, 2), s != slice(1, 2), slice(n) == slice(3), slice(0, n) == slice(0, 3), s == 1

    for n in (1, 3):
        same(f, n)


class Comes:
    __array_priority__ = 100.0

    def __radd__(self, other: Any) -> Any:
        return other + 5.0


class Refuses:
    __array_ufunc__ = None

    def __radd__(self, other: Any) -> Any:
        return other.sum()


def test_in_place_operators_that_numpy_leaves_to_a_class_change_nothing() -> None:
    def f(x: np.ndarray[Any, Any]) -> Any:
        y = x
        x += Comes()
        return x, y, x is y

    def refused(x: np.ndarray[Any, Any]) -> Any:
        x += Refuses()
        return x

    same(f, np.arange(3.0))
    with pytest.raises(TypeError, match="operand 'Refuses' does not support ufuncs"):
        tg.jit(refused)(np.arange(3.0))


class Table:
    def __init__(self, rows: list[float]) -> None:
        self.rows = rows

    def __delitem__(self, place: Any) -> None:
        del self.rows[place]


def test_items_are_deleted_by_the_method_of_the_class() -> None:
    def f(x: float) -> Any:
        table = Table([x, 2.0, 3.0, 4.0])
        del table[0], table[1:]
        return table.rows

    same(f, 1.0)
    with pytest.raises(ValueError, match="cannot delete array elements"):
        tg.jit(_without_its_first)(np.ones(3))


def _without_its_first(x: Any) -> Any:
    del x[0]
    return x
