"""Errors that a trial of a loop puts off end a path of that trial only.

Found by random programs: a number that would be a float32 or a float64 was such an error, the trial ended there, and
the loop was taken for one that always leaves in its first trip: its other trips were lost in silence.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def until_four(x: Any, y: Any, s: Any) -> Any:
    for _ in range(6):
        k = 1
        while 1:
            k += 1
            if k >= 4:
                if 1 < int(np.uint32(k % 100) % np.uint32(50)) <= 3:
                    s = np.tanh(np.exp(-1.0 + 0.1 * x[0]))
                break
            y *= 0.5 * np.sin(np.clip(s, -1.0, 1.0))
    return y[0], s


def _arrays() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=18), rng.normal(size=(2, 18))


def test_trips_are_not_lost() -> None:
    x, y = _arrays()
    wanted, found = until_four(x, y.copy(), 0.7), tg.jit(until_four)(x, y.copy(), 0.7)
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-12)
    assert found[1] == wanted[1]


def test_what_stays_an_error_is_raised() -> None:
    x, y = _arrays()
    with pytest.raises(tg.TypeMismatchError, match="float32 or float64"):
        tg.jit(until_four)(x, y, np.float32(0.7))
