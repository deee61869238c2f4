"""NumPy functions where an argument is unusual: falling bins, infinite tables, nothing to take, places out of range."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

INF, NAN = np.inf, np.nan
X = np.array([1.5, -2.25, 0.0, 3.0, -0.5, 7.0])
TABLE = np.array([0.0, INF, INF, NAN, 2.0, -INF])
AT = np.arange(6.0)
EDGES = {t: np.array([np.iinfo(t).min, np.iinfo(t).max, 0, 1, -1], t) for t in (np.int8, np.int16, np.int32, np.int64)}
POWERS = np.array([2, -1, 3, 0, -2, 1])
FEW = np.array([5, 2, 3, 7, -8, 2])


@pytest.mark.parametrize(
    "program",
    [
        # Falling bins were searched from the other side.
        lambda: np.digitize(X, np.array([2.0, 1.5, 0.0])),
        lambda: np.digitize(X, np.array([2.0, 1.5, 0.0]), right=True),
        # Infinite slopes made NaN of the points of the table, too.
        lambda: np.interp(AT, AT, TABLE),
        lambda: np.interp(AT + 0.5, AT, TABLE),
        # What `where=` leaves out was looked at.
        lambda: np.power(FEW, POWERS, out=np.zeros(6, int), where=POWERS >= 0),
        # Integers that no float64 tells apart.
        lambda: np.array_equal(np.array([2**53 + 1]), np.array([2**53], np.uint64)),
        lambda: np.array_equiv(np.array([[2**53 + 1]]), np.array([2**53], np.uint64)),
        # More digits than a float64 has.
        lambda: np.round(X, 400),
        lambda: np.round(X, 30),
        lambda: np.round(X, -400),
        lambda: np.spacing(np.array([-0.0, 0.0, -1.0, 5e-324])),
        lambda: np.reciprocal(np.array([True, False])),
        *(lambda t=t: (np.bitwise_count(EDGES[t]), np.reciprocal(EDGES[t])) for t in EDGES),
    ],
)
def test_values(program: Callable[[], Any]) -> None:
    with np.errstate(all="ignore"):
        wanted = program()
    assert difference(tg.jit(program)(), wanted, rtol=0.0) is None


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.put(x, [0, 1], x[6:]),
        lambda x: np.put(x, [0], []),
        lambda x: np.fill_diagonal(x.reshape(2, 3), []),
    ],
)
def test_no_values_to_put(program: Callable[[Any], Any]) -> None:
    x = X.copy()
    tg.jit(program)(x)
    assert difference(x, X, rtol=0.0) is None


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.take(x[6:], [0], mode="clip"),
        lambda x: np.take(x[6:], [0], mode="wrap"),
        lambda x: np.take(x[6:], [0]),
        lambda x: np.partition(x, 6),
        lambda x: np.argpartition(x, [1, -7]),
        lambda x: x.partition(9),
    ],
)
def test_failures(program: Callable[[Any], Any]) -> None:
    with pytest.raises((IndexError, ValueError)) as wanted:
        program(X.copy())
    with pytest.raises(wanted.type, match=f"^{re.escape(str(wanted.value))}$"):
        tg.jit(program)(X.copy())


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.unravel_index(x, (3, 3)),
        lambda x: np.ravel_multi_index((x, x), (9, 9), mode="clip"),
        lambda x: np.partition(x, 2.0),
    ],
)
def test_places_that_are_no_integers(program: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        program(X)
    with pytest.raises(tg.TangraError, match=r"only int indices permitted|must be integer"):
        tg.jit(program)(X)
