"""What a statement reads before its parts change it, and what is evaluated first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways


class Recorded:
    def __init__(self, data: Any) -> None:
        self.data = data
        self.count = 0

    def __getitem__(self, k: int) -> Any:
        return self.data[k]

    def __setitem__(self, k: int, value: Any) -> None:
        self.count += 1
        self.data[k] = value * 2


def by_a_mask(x: Any) -> Any:
    def changed() -> float:
        x[0, 0] = 50.0
        return 1.0

    x[x > 0] += changed()


def rows_of_an_object(x: Any) -> Any:
    recorded = Recorded(x)
    recorded[0] += 1.0
    return recorded.count


def items_that_are_exchanged_meanwhile(x: Any) -> Any:
    items, table = [x[1:], x], {"a": x[:1]}

    def exchange() -> float:
        items[0] = x
        table["a"] = x
        return 1.0

    items[0] += exchange()
    table["a"] += exchange()
    return items[0].shape, table["a"].shape


def decorators(x: Any) -> Any:
    log = []

    def named(k: int) -> Any:
        log.append(k)
        return lambda f: log.append(10 + k) or f

    @named(1)
    @named(2)
    def inner(v: Any, unused: Any = log.append(3)) -> Any:
        return v * 2

    return inner(x), log


@pytest.mark.parametrize("function", [by_a_mask, rows_of_an_object, items_that_are_exchanged_meanwhile, decorators])
def test_results(function: Callable[[Any], Any]) -> None:
    x = np.arange(-2.0, 4.0).reshape(2, 3)
    wanted, found = ways.outcome(function, (x.copy(),)), ways.outcome(tg.jit(function), (x.copy(),))
    assert compare.difference(found, wanted, 0.0) is None
