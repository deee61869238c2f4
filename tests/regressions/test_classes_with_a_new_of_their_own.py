"""A result that is an instance is a new one, whatever `__new__` of its class does."""

from __future__ import annotations

from typing import Any

import tangra as tg


class Only:
    """A class with one instance."""

    one: Any = None

    def __new__(cls) -> Any:
        if cls.one is None:
            cls.one = object.__new__(cls)
            cls.one.k = 3.0
        return cls.one


class Wanting:
    def __new__(cls, k: float) -> Any:
        made = object.__new__(cls)
        made.k = k
        return made

    k: float


def cube(c: Any) -> float:
    return float(c.k * c.k * c.k)


def test_the_gradient_is_not_the_only_instance() -> None:
    only = Only()
    gradient = tg.grad(cube)(only)
    assert gradient is not only
    assert (gradient.k, only.k) == (27.0, 3.0)


def test_a_gradient_needs_no_arguments_of_new() -> None:
    assert tg.grad(cube)(Wanting(2.0)).k == 12.0
    assert tg.vjp(cube, Wanting(2.0))[1](1.0)[0].k == 12.0
