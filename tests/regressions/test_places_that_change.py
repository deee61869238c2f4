"""Objects that a call moves from one place of its arguments to another are found where they were before any moved."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import compare, ways


def swaps_attributes(o: Any) -> Any:
    o.v, o.w = o.w, o.v


def swaps_with_an_object_inside(o: Any) -> Any:
    o.inner.v, o.v = o.v, o.inner.v
    return o.inner.v


def swaps_with_an_item(o: Any) -> Any:
    o.v, o.items[0], o.table["a"] = o.items[0], o.table["a"], o.v


def writes_to_an_object_that_leaves(o: Any) -> Any:
    inner = o.inner
    o.inner = SimpleNamespace(v=o.v, k=3)
    inner.v = o.w
    inner.k += 1
    o.items.append(inner)


def objects_that_change_places(o: Any) -> Any:
    o.inner, o.other = o.other, o.inner
    o.inner.k = 5
    o.other.v = o.inner.v


def lists_that_change_places(o: Any) -> Any:
    o.items, o.more = o.more, o.items
    o.items.append(0.5)
    o.more[0] = o.v
    return o.items


def arguments() -> Any:
    inner, other = (SimpleNamespace(v=np.full(2, float(k)), k=k) for k in (1, 2))
    v, w, item, a = (np.full(2, float(k)) for k in (3, 4, 5, 6))
    return SimpleNamespace(v=v, w=w, inner=inner, other=other, items=[item], more=[0.25, v], table={"a": a, "k": 1})


FUNCTIONS: list[Callable[[Any], Any]] = [
    swaps_attributes,
    swaps_with_an_object_inside,
    swaps_with_an_item,
    writes_to_an_object_that_leaves,
    objects_that_change_places,
    lists_that_change_places,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_places(function: Callable[[Any], Any]) -> None:
    mine, theirs = arguments(), arguments()
    compiled = tg.jit(function)
    for _ in range(2):
        found, wanted = ways.outcome(compiled, (mine,)), ways.outcome(function, (theirs,))
        assert compare.difference(found, wanted, 0.0) is None
