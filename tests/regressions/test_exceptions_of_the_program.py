"""Exceptions that a program raises don't change those of operations, and have the arguments that Python gives them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.regressions import asserting

TABLE = np.arange(4.0)


class Pair(Exception):
    def __init__(self, a: float, b: float) -> None:
        super().__init__(f"{a} and {b}")
        self.a = a


KNOWN = Pair(1.0, 2.0)


def raised(f: Callable[..., Any], *args: Any) -> Any:
    with pytest.raises(Exception) as caught:
        f(*args)
    return type(caught.value), [(type(a), a) for a in caught.value.args]


def same(f: Callable[..., Any], *calls: tuple[Any, ...]) -> None:
    compiled = tg.jit(f)
    assert [raised(compiled, *args) for args in calls] == [raised(f, *args) for args in calls]


def test_exceptions_of_operations_keep_their_messages() -> None:
    def index(x: float, k: int) -> Any:
        if x < 0:
            raise IndexError
        if x > 9:
            raise IndexError(1, 2)
        return TABLE[k]

    def quotient(x: float) -> Any:
        if x > 9:
            raise ZeroDivisionError
        return 1 / x

    same(index, (1.0, 7), (-1.0, 2), (10.0, 2))
    same(quotient, (0.0,), (10.0,))
    same(asserting.tested, (-1.0,), (0.5,))


def test_a_class_of_the_user_has_a_name_of_python() -> None:
    mine = type("ValueError", (Exception,), {})

    def f(x: float) -> Any:
        if x > 9:
            raise mine("too large")
        return math.sqrt(x)

    same(f, (10.0,), (-1.0,))


def test_arguments_that_are_equal_are_of_their_own_kinds() -> None:
    def f(x: float) -> Any:
        if x > 2:
            raise ValueError(True)
        if x > 1:
            raise ValueError(1.0)
        raise ValueError(1)

    same(f, (0.0,), (1.5,), (2.5,))


def test_an_exception_that_was_made_before() -> None:
    def f(x: float) -> float:
        if x > 0:
            raise KNOWN
        return x

    with pytest.raises(Pair) as caught:
        tg.jit(f)(1.0)
    assert caught.value is KNOWN


def test_names_of_functions_around_that_are_unbound() -> None:
    def f(x: float) -> Any:
        if x > 0:
            y = x

        def inner() -> float:
            return y

        return inner()

    same(f, (-1.0,))
