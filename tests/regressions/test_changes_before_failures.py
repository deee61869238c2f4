"""What lists, dicts and objects hold after an exception, also where the function never returns."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fuzz import ways
from tests.fuzz.compare import difference


@dataclass
class Box:
    a: float


def always_raises(items: Any, box: Any, s: float) -> Any:
    items[0] = s
    box.a += 1.0
    raise ValueError("no")


def raises_on_both_paths(items: Any, box: Any, s: float) -> Any:
    if s > 0:
        items[0] = 1.0
        raise ValueError
    items[1] = 2.0
    raise KeyError


def raises_in_a_later_trip(items: Any, box: Any, s: float) -> Any:
    for _ in range(3):
        box.a += s
        assert box.a < 2.0
    return box.a


def swaps_the_name_and_fails(items: Any, box: Any, s: float) -> Any:
    items[0], items = items[-1], 1
    assert s > 100.0


def with_a_constant(k: float, items: Any, box: Any, s: float) -> Any:
    items[0] = k * s
    if s > 0:
        raise ValueError("positive")
    return s


class Callee:
    def __call__(self, items: Any, box: Any, s: float) -> Any:
        return with_a_constant(2.0, items, box, s)


FUNCTIONS: list[Callable[..., Any]] = [
    always_raises,
    raises_on_both_paths,
    raises_in_a_later_trip,
    swaps_the_name_and_fails,
    functools.partial(with_a_constant, 2.0),
    Callee(),
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_changes_are_kept(function: Callable[..., Any]) -> None:
    """Functions, partials and callable objects: the arguments hold what CPython would have left in them."""
    compiled = ways.tangra().jit(function)
    for s in (1.5, -1.5, 0.25):
        wanted, found = (ways.outcome(f, ([1.0, 2.0], Box(1.0), s)) for f in (function, compiled))
        assert difference(found, wanted, 1e-12) is None
