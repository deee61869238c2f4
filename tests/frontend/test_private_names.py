"""Names with two underscores in classes, which belong to the class whose text they are in."""

import pytest

import tangra as tg

__factor = 3.0
_Base__offset = 5.0


class Base:
    __scale = 2.0

    def __init__(self, start: float) -> None:
        self.__start = start
        self.__dunder__ = 4.0

    def __twice(self, x: float) -> float:
        return self.__scale * x

    def all(self, x: float, __more: float = 0.5) -> float:
        __local = self.__twice(x)
        return __local + self.__start + __more + __offset + self.__dunder__


class Derived(Base):
    __scale = 7.0

    def all(self, x: float, __more: float = 0.25) -> float:
        return super().all(x) * self.__scale + __more + Derived.__scale


class _:
    """The name of this class has nothing but underscores: its names stay as they are."""

    __scale = 9.0

    def all(self, x: float) -> float:
        return x * self.__scale * __factor


@pytest.mark.parametrize("thing", [Base(1.0), Derived(1.0), _()], ids=["a class", "one derived from it", "no name"])
def test_private_names_are_of_their_class(thing: object) -> None:
    assert tg.jit(lambda x: thing.all(x))(1.5) == thing.all(1.5)
    assert tg.jit(thing.all)(2.5) == thing.all(2.5)


def test_private_keyword_arguments() -> None:
    def f(x: float) -> float:
        return Base(x).all(x, _Base__more=1.0)

    assert tg.jit(f)(2.0) == f(2.0)


def test_private_names_of_objects_made_inside() -> None:
    def f(x: float) -> float:
        made = Derived(x)
        made._Base__start += 1.0
        return made.all(x)

    assert tg.jit(f)(2.0) == f(2.0)
