"""A loop that is tried in threads and then written in one: nothing of the attempt is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tangra as tg


@dataclass
class Point:
    a: float
    v: np.ndarray
    k: int = 2

    def step(self, by: float) -> None:
        self.a += by
        self.v[0] = self.v[0] * by


def stepped(x: Any, y: Any, n: int) -> Any:
    points = []
    k = 0
    while k < n + 1:
        k += 1
        points.append(Point(y[-1, 0], np.sin(x), k % 3))
    for _, p in enumerate(points):
        p.step(0.5)
    return (4 if n != 2 else 5), points[-1]


def test_items_without_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGRA_PARALLEL_WORK", "0")
    monkeypatch.setenv("TANGRA_CACHE", "0")
    threads = tg.get_threads()
    tg.set_threads(3)
    try:
        compiled = tg.jit(stepped)
        for call in (stepped, compiled):
            with pytest.raises(IndexError):
                call(np.ones(0), np.ones((2, 1)), 0)
        for size in (3, 20):
            found, wanted = (f(np.arange(float(size)), np.ones((2, 1)), 4) for f in (compiled, stepped))
            assert found[0] == wanted[0]
            assert found[1].a == wanted[1].a
            assert np.allclose(found[1].v, wanted[1].v)
    finally:
        tg.set_threads(threads)
