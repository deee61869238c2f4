"""Items and slices of ranges whose ends only the run knows: Python ints, and ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg

ENDS = (None, 0, 2, -2, 20, -20)


@pytest.mark.parametrize("step", [None, 1, 2, -1, -3])
def test_slices(step: int | None) -> None:
    def f(n: int, i: int, j: int) -> Any:
        r = range(1, n, 2)
        found = [r[a:b:step] for a in ENDS for b in ENDS]
        return found, list(r[i:j:step]), len(r[i::step]), [k * n for k in r[:j:step]], r[::step][1:]

    compiled = tg.jit(f)
    for n, i, j in ((9, 1, 3), (14, -3, -1), (3, 5, 0), (0, 2, 9), (40, 17, -15)):
        assert compiled(n, i, j) == f(n, i, j)
        assert repr(compiled(n, i, j)) == repr(f(n, i, j))


def test_items_are_ints_whatever_the_index_is() -> None:
    def f(n: int, x: Any, i: Any) -> Any:
        return (
            range(n)[x[1]],
            range(3, n)[i],
            range(n)[np.int8(-1)],
            range(n)[True],
            np.ones(1, np.float32) * range(n)[i],
        )

    compiled = tg.jit(f)
    for i in (1, np.int64(2), np.uint8(0), np.int32(-1)):
        expected, found = f(9, np.arange(3), i), compiled(9, np.arange(3), i)
        assert repr(found) == repr(expected)
        assert [type(v) for v in found] == [type(v) for v in expected]
    with pytest.raises(IndexError, match="range object index out of range"):
        compiled(2, np.arange(3), 0)


@pytest.mark.parametrize("f", [lambda n: range(n)[1.0], lambda n: range(n)[n * 0.5], lambda n: range(n)["a"]])
def test_what_is_no_index(f: Callable[[int], Any]) -> None:
    with pytest.raises(TypeError, match="range indices must be integers or slices, not "):
        tg.jit(f)(3)


def test_steps_of_zero() -> None:
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        tg.jit(lambda n: range(n)[::0])(3)
