"""Numbers of every kind against numbers and arrays of every other, at the values where kinds differ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tangra as tg

INTS = [0, 1, -1, 2, -2, 7, -7, 64, 255, -128, 2**31, 2**53, 2**53 + 1, -(2**53) - 1, 2**62, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 1.0, 0.5, -0.5, 1.5, -2.5, 1e-320, -1e300, 1e300, math.inf, -math.inf, math.nan, 2.0**53, 2.0**63]
KINDS: list[Any] = [
    bool,
    int,
    float,
    np.bool_,
    np.int8,
    np.uint8,
    np.int32,
    np.int64,
    np.uint64,
    np.float32,
    np.float64,
]


def values(kind: Any) -> list[Any]:
    if kind in (bool, np.bool_):
        return [kind(False), kind(True)]
    if kind is int:
        return INTS
    if kind is float or issubclass(kind, np.floating):
        with np.errstate(over="ignore"):
            return [kind(v) for v in FLOATS]
    info = np.iinfo(kind)
    fitting = {v for v in INTS if info.min <= v <= info.max}
    return [kind(v) for v in sorted(fitting | {int(info.min), int(info.max)})]


def compared(a: Any, b: Any) -> Any:
    return a < b, a <= b, a == b, a != b, a > b, a >= b


def the_other_way(a: Any, b: Any) -> Any:
    return b < a, b <= a, b == a, b != a, b > a, b >= a


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("right", KINDS)
@pytest.mark.parametrize("left", KINDS)
def test_comparisons(left: Any, right: Any) -> None:
    compiled = tg.jit(compared)
    for a in values(left):
        for b in values(right):
            found, wanted = compiled(a, b), compared(a, b)
            assert found == wanted, (a, b)
            assert [*map(type, found)] == [*map(type, wanted)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", [bool, int, float, np.int8, np.float64])
@pytest.mark.parametrize("dtype", KINDS[3:])
def test_comparisons_with_arrays(dtype: Any, kind: Any) -> None:
    x = np.array(values(dtype))
    for compare in (compared, the_other_way):
        as_argument, as_constant = tg.jit(compare), tg.jit(compare, static=(1,))
        for v in values(kind):
            wanted = compare(x, v)
            for found in (as_argument(x, v), as_constant(x, v)):
                assert [part.tolist() for part in found] == [part.tolist() for part in wanted], v


def arithmetic(a: Any, b: Any) -> Any:
    return a + b, a * b, np.maximum(a, b), np.minimum(a, b), np.where(a > b, a, b), b + a, b * a


@pytest.mark.parametrize("v", [True, 1, 0.5, -0.25, np.int8(1), np.float32(0.5), np.float64(2.5), np.uint64(1)])
@pytest.mark.parametrize("dtype", KINDS[3:])
def test_arithmetic_with_arrays(dtype: Any, v: Any) -> None:
    x = np.array([dtype(k) for k in (0, 1, 2, 3, 100)])
    for found, wanted in zip(tg.jit(arithmetic)(x, v), arithmetic(x, v), strict=True):
        assert found.dtype == wanted.dtype
        assert found == pytest.approx(wanted, rel=1e-6 if found.dtype == np.float32 else 1e-15)


def pairs(a: Any, b: Any) -> Any:
    return math.gcd(a, b), math.lcm(a, b)


def smaller(a: Any, b: Any) -> Any:
    return min(a, b)


def either(a: Any, b: Any) -> Any:
    return a or b


def raised(a: Any, b: Any) -> Any:
    return a**b


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", [smaller, either, raised, pairs])
@pytest.mark.parametrize("kinds", [(int, int), (int, float), (float, int), (np.int64, float), (int, np.int64)])
def test_exactly_or_not_at_all(f: Any, kinds: tuple[Any, Any]) -> None:
    """Integers that compiled code can't hold are errors, and never other integers."""
    if f is pairs and float in kinds:
        f = smaller
    compiled = tg.jit(f)
    for a in values(kinds[0]):
        for b in values(kinds[1]):
            if f is raised and not -70 <= b <= 70:
                continue
            try:
                wanted = f(a, b)
            except (ZeroDivisionError, OverflowError, ValueError) as error:
                with pytest.raises(type(error)):
                    compiled(a, b)
                continue
            try:
                found = compiled(a, b)
            except (OverflowError, ValueError):  # of complex powers
                continue
            parts = zip(found, wanted, strict=True) if isinstance(wanted, tuple) else [(found, wanted)]
            for one, other in parts:
                assert type(one) is type(other)
                assert one == pytest.approx(other, rel=1e-15, nan_ok=True) if isinstance(one, float) else one == other


def in_order(x: Any, n: int) -> Any:
    first = (x[0], n) < (x[1], 2), (n, x[1]) > (3, x[0]), (n, 1) < (n, 2), [x[0], n] >= [x[0], n]
    return *first, (x[0],) < (x[0], 1), ((n, x[0]), 1) < ((n, x[1]), 1)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("x", [[1.0, 2.0], [2.0, 1.0], [1.0, 1.0]])
def test_tuples_in_order(x: list[float], n: int) -> None:
    """The comparison that decides gives the result, which is NumPy's or Python's."""
    found, wanted = (f(np.array(x), n) for f in (tg.jit(in_order), in_order))
    assert [*map(repr, found)] == [*map(repr, wanted)]
