"""`isinstance` and classes that decide by themselves what their instances are."""

import abc

import pytest

import tangra as tg


class Everything(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return True


class Any(metaclass=Everything):
    pass


class Shape(abc.ABC):
    side = 2.0


class Square(Shape):
    pass


class Circle(Shape):
    pass


class Other:
    side = 3.0


Circle.register(Other)


def test_a_check_of_the_program_is_refused() -> None:
    thing = Other()
    for classes in (Any, (int, (Any,))):
        with pytest.raises(tg.TypeMismatchError, match="__instancecheck__"):
            tg.jit(lambda x, classes=classes: x if isinstance(thing, classes) else -x)(1.0)


@pytest.mark.parametrize("thing", [Square(), Circle(), Other()], ids=["square", "circle", "registered"])
def test_abstract_classes(thing: object) -> None:
    def f(x: float) -> float:
        if isinstance(thing, Square):
            return x * 2
        if isinstance(thing, (int, Circle)):
            return x * 3
        return x * 5

    assert tg.jit(f)(1.5) == f(1.5)
