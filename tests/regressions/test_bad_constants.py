"""Constants that Python and NumPy refuse are refused, and are never a fault of the compiler."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference


class Pair(NamedTuple):
    a: float
    b: float


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


OBJECT = object()
SLICE = slice(1, 2)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: len(Pair) + x,
        lambda x: len(Colour.RED) + x,
        lambda x: isinstance(x, 1),
        lambda x: isinstance(1.0, np.sin),
        lambda x: sorted(Colour),
        lambda x: sorted([2.0, 1.0], key=type),
        lambda x: getattr(x, 3),
        lambda x: hasattr(x, 3),
        lambda x: x * {SLICE: 1}[SLICE],
        lambda x: [1.0, 2.0][int],
        lambda x: [1.0, 2.0][int:],
        lambda x: range(3)[7],
        lambda x: "%d" % "a",
        lambda x: f"{3:z}",
        lambda x: np.ones(2, np),
        lambda x: np.roll(np.ones(2), "a"),
        lambda x: np.split(np.ones(3), "a"),
        lambda x: np.tensordot(np.ones(2), np.ones(2), "a"),
        lambda x: np.mean(np.ones(2), keepdims="a"),
        lambda x: np.linalg.norm(np.ones(2) * x, ord=int),
        lambda x: np.linalg.norm(np.ones(2) * x, ord=[1, [2]]),
        lambda x: np.lib.stride_tricks.sliding_window_view(np.ones(4), [1.5]),
        lambda x: np.arange(np.nan),
        lambda x: np.arange(np.average),
        lambda x: np.min(np.ones(2), where=np.ones(2), initial=x),
        lambda x: np.max(np.ones(2), initial=np.ones(2)),
        lambda x: np.take_along_axis(np.ones(3), np.ones(3, bool), axis=0),
        lambda x: np.piecewise(np.ones(3), [np.ones((2, 3)) > x], [x]),
        lambda x: np.correlate(x, np.ones(2)),
    ],
)
def test_refused(program: Callable[[Any], Any]) -> None:
    with pytest.raises((TypeError, ValueError, IndexError)):
        program(1.5)
    with pytest.raises((tg.TangraError, ValueError)) as refused:
        tg.jit(program)(1.5)
    assert not isinstance(refused.value, tg.InternalError)


@pytest.mark.parametrize(
    "program",
    [
        lambda a, x: np.clip(a, np.float32(1.5), 2.5),
        lambda a, x: np.clip(a, x[0], x[1]),
        lambda a, x: np.clip(3, np.int8(1), np.int8(5)),
        lambda a, x: np.clip(300, np.int8(1), np.int8(5)),
        lambda a, x: np.clip(True, np.int8(1), np.int8(5)),
        lambda a, x: np.clip(a, 0.0, 1.0),
        lambda a, x: (np.real(a > 0.0) * (x > 0), np.imag(a > 0.0) * (x > 0)),
    ],
)
def test_python_numbers_that_numpy_makes_arrays_of_first(program: Callable[..., Any]) -> None:
    x = np.array([1.0, 2.0], np.float32)
    wanted, found = program(1.75, x), tg.jit(program)(1.75, x)
    assert type(found) is type(wanted)
    assert difference(found, wanted, rtol=1e-9) is None
