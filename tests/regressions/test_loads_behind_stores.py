"""LLVM's fast instruction selector moved a load behind a store to the same place, in code that is not optimised.

Found by random programs: a gradient whose loop swaps an element with a number was wrong for even numbers of trips.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def swapping(x: Any) -> Any:
    a, v = 0.7, x * 1.0
    for _ in x:
        v[0], a = np.sin(a), 0.5 * v[0]
    return np.sum(v)


@pytest.mark.parametrize("level", ["0", "1", "2"])
@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_gradients_of_a_swap(level: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGRA_OPTIMISE", level)
    x = np.linspace(0.5, -1.0, count)
    steps = 1e-6 * np.eye(count)
    wanted = [(swapping(x + step) - swapping(x - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(tg.grad(swapping)(x), wanted, rtol=1e-7, atol=1e-7)
