"""A generator expression with := binds a name of the function that it is written in, wherever its items are taken.

Taken in another function they bound that one's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import tangra as tg


def _total(items: Iterable[float]) -> float:
    total, last = 0.0, 100.0
    for v in items:
        total += v
    return total + last


def taken_elsewhere(x: Any) -> float:
    last = 1.0
    return _total((last := v * 2) for v in x) + last


def taken_here(x: Any) -> float:
    last = 1.0
    return sum([(last := v * 2) for v in x]) + sum((last := v * last) for v in x) + last


def test_in_another_function_it_is_refused() -> None:
    with pytest.raises(tg.UnsupportedError, match="binds a name of its function with :="):
        tg.jit(taken_elsewhere)(np.arange(4.0))


def test_in_its_own_function() -> None:
    x = np.arange(4.0) + 1
    assert tg.jit(taken_here)(x) == taken_here(x)
