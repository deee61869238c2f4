"""An inner loop that always makes one trip is folded on the way forward; the way back reads its trips from a tape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def left_at_once(x: Any, n: int) -> Any:
    for _ in range(4):
        k = 1
        while 1:
            k += 1
            if k >= 3:
                x[0] = x[1] * 2
                break
            if n == 1 or k != 4:
                break
            x[1] += np.sin(x[1])
    return np.sum(x)


def left_by_data(x: Any, n: int) -> Any:
    t = x[0]
    for i in range(n + 3):
        while True:
            t = np.sin(t) + x[i % 4]
            if n > 0:
                break
            t = t * x[1]
            break
    return t


@pytest.mark.parametrize("f", [left_at_once, left_by_data])
def test_gradients(f: Any) -> None:
    x = np.linspace(0.1, 0.9, 4)
    for n in (3, 20):
        near = [(f(x + 1e-6 * e, n) - f(x - 1e-6 * e, n)) / 2e-6 for e in np.eye(4)]
        assert tg.grad(f)(x, n) == pytest.approx(near, rel=1e-7, abs=1e-8)
