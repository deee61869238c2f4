"""Attributes that an instance has on some paths only: elsewhere its class is asked, and results do without.

Reading one was an AttributeError on the other paths, also where the class has an attribute of that name, and so were
`hasattr`, `getattr` with a default, copying the instance and returning it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import tangra as tg
from tests.programs.oracle import difference


class Plain:
    def __init__(self, a: float) -> None:
        self.a = a


class WithDefaults:
    total = 5.0
    count = 0

    def add(self, x: float) -> None:
        self.total += x
        if x > 1:
            self.count += 1


class WithHook:
    def __getattr__(self, name: str) -> float:
        return 7.0


def defaults(x: float, n: int) -> Any:
    b = WithDefaults()
    if n > 0:
        b.total = x
    return b.total * 2, WithDefaults.total


def defaults_in_methods(x: float, n: int) -> Any:
    b, c = WithDefaults(), WithDefaults()
    for k in range(n):
        if k % 2:
            b.add(x)
        elif k > 1:
            c.add(x * k)
    return b.total, b.count, c.total


def a_hook(x: float, n: int) -> Any:
    b = WithHook()
    if n > 0:
        b.z = x
    return b.z + 1


def asked_for(x: float, n: int) -> Any:
    b, c = Plain(x), Plain(x)
    if n > 0:
        del b.a
        c.z = x * 2
    return hasattr(b, "a"), getattr(b, "a", 3.0), hasattr(c, "z"), getattr(c, "z", 4), hasattr(c, "a")


def returned(x: float, n: int) -> Any:
    b = Plain(x)
    if n > 0:
        b.z = x * 2
    if n > 1:
        b.y = n
    return [b, copy.copy(b), copy.deepcopy(b)]


def not_there(x: float, n: int) -> Any:
    b = Plain(x)
    if n > 0:
        b.z = x * 2
    return b.z


FUNCTIONS = [defaults, defaults_in_methods, a_hook, asked_for, returned, not_there]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_as_python(function: Callable[..., Any], n: int) -> None:
    def outcome(f: Callable[..., Any]) -> Any:
        try:
            return f(1.5, n)
        except AttributeError as error:
            return str(error)

    assert difference(outcome(tg.jit(function)), outcome(function)) is None


def test_derivatives() -> None:
    assert tg.grad(lambda x, n: defaults(x, n)[0])(1.5, 1) == 2.0
    assert tg.grad(a_hook)(1.5, 1) == 1.0


def set_by_a_checkpointed_function(x: float) -> bool:
    def f(b: Plain) -> None:
        if x > 0.0:
            b.z = 3.0

    b = Plain(x)
    tg.checkpoint(f)(b)
    return hasattr(b, "z")


def handed_over(x: float) -> float:
    b = Plain(x)
    if x > 0.0:
        b.z = 3.0
    return tg.grad(lambda b: b.a**2)(b).a


@pytest.mark.parametrize("function", [set_by_a_checkpointed_function, handed_over])
def test_transformed_functions_do_not_take_them(function: Callable[..., Any]) -> None:
    """At run time, where it was not set, that was an AttributeError."""
    with pytest.raises(tg.TangraError, match=r"\.z is not set on some paths"):
        tg.jit(function)(1.0)
