"""Objects that a call moves from one place to another: what comes to a place is what was elsewhere before the call."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tangra as tg


def attributes(p: Any, q: Any) -> None:
    p.x, q.x = q.x, p.x


def round_about(p: Any, q: Any, r: Any) -> None:
    p[0], q["a"], r.x = q["a"], r.x, p[0]


def with_the_holder(p: Any, q: Any) -> None:
    p.other, q.other, p.x = q, p, q.x
    q.x = p


left, right = [1.0], [2.0]


def globals_and_items() -> None:
    global left, right
    left, right = right, left
    left[0], right[0] = right[0], left[0]


def swapped(make: Any, f: Any) -> Any:
    p, q = SimpleNamespace(x=make(1.0)), SimpleNamespace(x=make(2.0))
    before = [p.x, q.x]
    f(p, q)
    return [before.index(o.x) if type(o.x) is float else [o.x is b for b in before] for o in (p, q)], repr([p, q])


@pytest.mark.parametrize("make", [float, lambda k: [k], lambda k: {"k": k}, lambda k: np.full(2, k)])
def test_attributes(make: Any) -> None:
    assert swapped(make, tg.jit(attributes)) == swapped(make, attributes)


def test_three_holders() -> None:
    found = []
    for f in (round_about, tg.jit(round_about)):
        p, q, r = [[1.0]], {"a": [2.0]}, SimpleNamespace(x=[3.0])
        before = [p[0], q["a"], r.x]
        f(p, q, r)
        found.append([[o is b for b in before] for o in (p[0], q["a"], r.x)])
    assert found[0] == found[1]


def test_holders_that_hold_each_other() -> None:
    p, q = SimpleNamespace(x=np.ones(2), other=None), SimpleNamespace(x=np.zeros(2), other=None)
    x = q.x
    tg.jit(with_the_holder)(p, q)
    assert p.other is q and q.other is p and p.x is x and q.x is p


def test_globals() -> None:
    one, two = left, right
    tg.jit(globals_and_items)()
    assert (left is two) and (right is one) and (left, right) == ([1.0], [2.0])
    tg.jit(globals_and_items)()
    assert (left is one) and (right is two) and (left, right) == ([1.0], [2.0])
