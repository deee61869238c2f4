"""Names that have no value where they are read: Python tells a function's own names from those of a function around it.

Found by random programs: what a comprehension (a function of its own, for generator expressions in every version, for
all before 3.12) or an inner function reads of the function around it failed as if the name were its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tangra as tg


def own(n: int) -> Any:
    if n > 3:
        a = 1.0
    return a


def in_a_list(n: int) -> Any:
    if n > 3:
        a = 1.0
    return sum([a for k in range(3)])


def in_a_generator(n: int) -> Any:
    if n > 3:
        a = 1.0
    return sum(a * k for k in range(3))


def first_iterable(n: int) -> Any:
    if n > 3:
        a = [1.0]
    return sum([b for b in a])


def inner_function(n: int) -> Any:
    def inner() -> Any:
        return a

    if n > 3:
        a = 1.0
    return inner()


def changed_by_an_inner_function(n: int) -> Any:
    def inner() -> Any:
        nonlocal a
        a += 1.0
        return a

    if n > 3:
        a = 1.0
    return inner()


@pytest.mark.parametrize(
    "function", [own, in_a_list, in_a_generator, first_iterable, inner_function, changed_by_an_inner_function]
)
@pytest.mark.parametrize("n", [1, 5])
def test_the_error_is_pythons(function: Callable[[int], Any], n: int) -> None:
    def outcome(f: Callable[[int], Any]) -> str:
        try:
            return repr(f(n))
        except NameError as error:
            return f"{type(error).__name__}: {error}"

    assert outcome(tg.jit(function)) == outcome(function)
