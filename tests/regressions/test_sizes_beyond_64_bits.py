"""A constant size that no array can have is refused as NumPy refuses it; it doesn't count modulo 2**64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


@pytest.mark.parametrize("size", [2**63, 2**64, 2**64 + 2, 2**70, -(2**63) - 1])
@pytest.mark.parametrize("make", [np.ones, np.zeros, np.eye, lambda n: np.full((2, n), 3.0)])
def test_sizes_that_are_too_large(make: Any, size: int) -> None:
    def f(x: float, n: int) -> Any:
        return make(n) * x

    for call in (f, tg.jit(f, static="n")):
        with pytest.raises(ValueError, match="Maximum allowed dimension exceeded"):
            call(2.0, size)
