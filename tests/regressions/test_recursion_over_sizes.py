"""Recursion that halves an array ends at compile time, also where its sizes differ from call to call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.frontend.outlined import merge_sort


def halved(x: Any) -> Any:
    return np.sum(x) if len(x) < 2 else halved(x[: len(x) // 2]) + x[-1]


@pytest.mark.parametrize("program", [merge_sort, halved])
def test_each_size_has_its_form(program: Any) -> None:
    """Evaluating it for all sizes at once does not end in any time; that is noticed."""
    jitted = tg.jit(program)
    for n in (8, 32, 64, 100):
        x = np.random.default_rng(n).normal(size=n)
        assert np.allclose(jitted(x), program(x), rtol=1e-12)


def test_one_form_for_all_sizes() -> None:
    jitted = tg.jit(halved, dynamic=True)
    for n in (8, 33, 100):
        x = np.random.default_rng(n).normal(size=n)
        assert np.allclose(jitted(x), halved(x), rtol=1e-12)
