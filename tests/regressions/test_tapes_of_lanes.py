"""Tapes that each lane makes for itself: a loop over lanes that pushed to one outside of loops of its own looked for it
in front of the lanes. Found by random programs."""

from __future__ import annotations

from typing import Any

import numpy as np

import tangra as tg


def two_exits(y: Any, s: float, n: int) -> Any:
    k = 1
    while 1:
        k += 1
        if k > 5:
            break
        if k >= 2:
            y[0] = s
            break
        if n == k:
            continue
    return y[0] * s


def test_gradients_of_lanes_with_a_tape_of_their_own() -> None:
    y, s, n = np.ones((3, 4)), np.array([1.0, 2.0, -1.0]), np.arange(3)
    by_y, by_s = tg.vmap(tg.grad(two_exits, argnums=(0, 1)))(y, s, n)
    assert np.array_equal(by_s, 2.0 * s)
    assert np.array_equal(by_y, np.zeros((3, 4)))
