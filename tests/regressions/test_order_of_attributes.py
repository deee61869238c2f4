"""The order in which `vars` lists attributes that a call deletes and sets."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways


def again(o: Any) -> None:
    del o.x
    o.x = 2.0


def as_it_was(o: Any) -> None:
    held = o.x
    del o.x
    o.x = held


def behind_a_new_one(o: Any) -> None:
    o.w = 1.0
    del o.z
    o.z = 5.0


def two(o: Any) -> None:
    del o.x
    del o.z
    o.z = 1.0
    o.n = 2
    o.x = 3.0


def of_a_new_object(o: Any) -> Any:
    made = SimpleNamespace(p=1.0, q=2.0)
    del made.p
    made.p = 3.0
    o.made = made
    o.y = 7


@pytest.mark.parametrize("function", [again, as_it_was, behind_a_new_one, two, of_a_new_object])
def test_order(function: Callable[[Any], Any]) -> None:
    def argument() -> Any:
        return SimpleNamespace(x=1.0, y=2.0, z=np.ones(2))

    compiled = tg.jit(function)
    for _ in range(2):
        wanted, found = ways.outcome(function, (argument(),)), ways.outcome(compiled, (argument(),))
        assert compare.difference(found, wanted, 0.0) is None
