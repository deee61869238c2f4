"""Shapes that NumPy refuses: weights of another length than what is counted; np.cross in the plane, since 2.5."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


@pytest.mark.parametrize("dynamic", [False, True])
def test_weights(dynamic: bool) -> None:
    def f(x: Any, w: Any) -> Any:
        return np.bincount(x, w, minlength=25)

    compiled = tg.jit(f, dynamic=dynamic)
    x = np.arange(20)
    assert compiled(x, x * 2.0).tolist() == f(x, x * 2.0).tolist()
    for w in (np.ones(1), np.ones(19), np.ones((20, 1)), 1.0):
        with pytest.raises(ValueError):
            f(x, w)
        with pytest.raises(ValueError):
            compiled(x, w)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sizes", [(2, 2), (2, 3), (3, 2), (3, 3)])
def test_cross(sizes: tuple[int, int]) -> None:
    def f(a: Any, b: Any) -> Any:
        return np.cross(a, b)

    a, b = (np.arange(1.0, n + 1) ** k for k, n in enumerate(sizes, 1))
    problem = ""
    try:
        expected = f(a, b).tolist()
    except ValueError as error:
        problem = str(error)
    if not problem:
        assert tg.jit(f)(a, b).tolist() == expected
        return
    with pytest.raises(ValueError) as found:
        tg.jit(f)(a, b)
    assert problem in str(found.value)
