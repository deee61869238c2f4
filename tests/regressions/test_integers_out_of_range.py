"""Python ints of the run that an array's dtype can't hold: some functions compare by value, some wrap, some raise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

ARRAYS = [
    np.array([3, 200, 0, 2], np.uint8),
    np.array([3, -100, 0, 2], np.int8),
    np.array([1, 2**63 + 5, 0], np.uint64),
]
INTS = [-1, 2, 300, -(2**40), 2**40]

PROGRAMS: list[Callable[[Any, int], Any]] = [
    lambda x, n: (x == n, x != n, x < n, x <= n, x > n, x >= n, n < x, n == x),
    lambda x, n: (x[0] == n, x[1] > n, n >= x[0], np.equal(x, n), np.greater(n, x)),
    lambda x, n: np.where(x > 1, x, n),
    lambda x, n: np.where(x > 1, n, x),
    lambda x, n: np.clip(x, n, None),
    lambda x, n: x.clip(None, n),
    lambda x, n: np.clip(x, n, 150),
    lambda x, n: np.choose((x > 1).astype(np.int64), [x, n]),
    lambda x, n: np.insert(x, 1, n),
    lambda x, n: np.select([x > 1], [x], n),
    lambda x, n: np.piecewise(x, [x > 1], [n, 1]),
    lambda x, n: np.minimum(x, n),
    lambda x, n: np.full_like(x, n),
]


def outcome(f: Callable[[], Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            return f()
    except (OverflowError, ValueError) as e:
        return type(e).__name__, str(e)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("x", ARRAYS, ids=lambda x: x.dtype.name)
def test_as_numpy(program: Callable[[Any, int], Any], x: Any) -> None:
    compiled = tg.jit(program)
    for n in INTS:
        wanted = outcome(lambda: program(x, n))
        found = outcome(lambda: compiled(x, n))
        assert difference(found, wanted, rtol=0.0) is None, n
        known = outcome(lambda: tg.jit(program, static=["n"])(x, n))
        assert difference(known, wanted, rtol=0.0) is None, n


def item(x: Any, v: Any) -> Any:
    x[0] = v
    return x


def part(x: Any, v: Any) -> Any:
    x[:1] = v
    return x


def whole(x: Any, v: Any) -> Any:
    x[...] = v
    return x


def filled(x: Any, v: Any) -> Any:
    x.fill(v)
    return x


def of_a_list(x: Any, v: Any) -> Any:
    x[:] = [v, 1]
    return x


def from_a_list(x: Any, v: Any) -> Any:
    return np.array([v, 1], dtype=x.dtype)


def from_an_array(x: Any, v: Any) -> Any:
    x[:1] = np.full(1, v)
    return x


def added(x: Any, v: Any) -> Any:
    x[0] += v
    return x


def converted(x: Any, v: Any) -> Any:
    return np.full(2, v, dtype=x.dtype), x.dtype.type(v), np.array(v, dtype=x.dtype)


NUMBERS = [
    np.int64(300),
    np.int64(-1),
    np.int64(2**40),
    300,
    -1,
    2.5,
    np.float64(300.7),
    np.float32(-1.5),
    np.uint8(200),
]
NOT_NUMBERS = [float("nan"), np.float64("nan"), np.float32("inf")]


@pytest.mark.parametrize(
    "program",
    [item, part, whole, filled, of_a_list, from_a_list, from_an_array, added, converted],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, np.float32], ids=lambda t: t.__name__)
def test_stored(program: Callable[[Any, Any], Any], dtype: Any) -> None:
    """A NumPy number goes to a signed integer dtype through Python's int: NaN, and what doesn't fit, raise."""
    compiled = tg.jit(program)
    for v in NUMBERS + (NOT_NUMBERS if program in (item, whole, filled) and np.dtype(dtype).kind != "u" else []):
        wanted = outcome(lambda: program(np.zeros(2, dtype), v))
        assert difference(outcome(lambda: compiled(np.zeros(2, dtype), v)), wanted, rtol=0.0) is None, v


def test_powers_of_minus_one() -> None:
    """The exponent rounded to float64 is even beyond 2**53."""
    power = tg.jit(lambda a, b: a**b)
    for b in (2**53 + 1, 2**53 + 2, 2**63 - 1, -(2**53) - 1, 3, -3):
        assert difference(power(-1, b), (-1) ** b, rtol=0.0) is None, b


def test_floors_of_numpy_integers() -> None:
    """They have no `__floor__`: Python rounds their float."""
    for function in (math.floor, math.ceil):
        compiled = tg.jit(lambda x: function(x))
        for v in (np.int64(2**53 + 1), np.int64(-(2**53) - 1), np.uint64(2**62 + 1), np.int64(7), np.int8(-3)):
            assert difference(compiled(v), function(v), rtol=0.0) is None, v


def below_its_start(n: Any, trips: int) -> int:
    k, found = n, 0
    for _ in range(trips):
        found += bool(k < n)
        k = k + np.int64(1)
    return found


def test_sums_that_wrap() -> None:
    """A number that a loop only adds to is no less than it was before, unless it was near the end of its range."""
    with np.errstate(over="ignore"):
        for n in (2**63 - 1, 2**63 - 3, 2**62, 0, -5):
            assert tg.jit(below_its_start)(np.int64(n), 5) == below_its_start(np.int64(n), 5), n
