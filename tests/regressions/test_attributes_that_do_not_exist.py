"""`hasattr`, `getattr` with a default, and attributes of numbers and arrays: only what the run-time type has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def of_a_number(q: Any) -> Any:
    return hasattr(q, "shape"), hasattr(q, "sum"), hasattr(q, "real"), hasattr(q, "is_integer"), hasattr(q, "item")


def of_an_array(q: Any) -> Any:
    return hasattr(np.ones(3), "ptp"), hasattr(np.ones(3), "to_numpy"), hasattr(np.ones(3), "sum")


def by_default(q: Any) -> Any:
    return getattr(q, "mean", None) is None


@pytest.mark.parametrize("program", [of_a_number, of_an_array, by_default])
@pytest.mark.parametrize("q", [1.5, np.float64(1.5), 3, np.int32(3), np.ones(2)])
def test_is_as_in_python(program: Any, q: Any) -> None:
    assert tg.jit(program)(q) == program(q)


def test_attribute_that_a_float_lacks() -> None:
    with pytest.raises(AttributeError, match="'float' object has no attribute 'shape'"):
        tg.jit(lambda q: q.shape)(1.5)
