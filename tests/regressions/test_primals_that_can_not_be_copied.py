"""`vjp` and `linearize` take what other functions take: modules, objects with locks, functions compiled before."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import pytest

import tangra as tg


class Guarded:
    def __init__(self, k: float) -> None:
        self.lock = threading.Lock()
        self.k = k

    def __deepcopy__(self, memo: Any) -> Any:
        raise RuntimeError("there is only one")


def both(f: Any, *args: Any) -> list[Any]:
    return [tg.vjp(f, *args)[1](1.0)[0], tg.linearize(f, *args)[1](1.0, *[None] * (len(args) - 1))]


def test_constants_among_the_primals() -> None:
    def sine(x: float, module: Any) -> Any:
        return module.sin(x)

    def apply(x: float, f: Any) -> Any:
        return f(x)

    assert both(sine, 1.0, math) == pytest.approx([math.cos(1.0)] * 2)
    assert both(sine, 1.0, np) == pytest.approx([math.cos(1.0)] * 2)
    square = tg.jit(lambda x: x * x)
    assert both(apply, 3.0, square) == [6.0, 6.0]
    assert square.recompilations == []


def test_objects_with_locks() -> None:
    def f(x: float, g: Guarded) -> float:
        return x * x * g.k

    g = Guarded(5.0)
    _, pullback = tg.vjp(f, 3.0, g)
    g.k = 100.0
    by_x, by_g = pullback(1.0)
    assert (by_x, by_g.k, by_g.lock) == (30.0, 9.0, None)
