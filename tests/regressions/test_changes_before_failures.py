"""What lists, dicts and objects hold after an exception, also where the function never returns."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.fuzz import ways
from tests.fuzz.compare import difference


@dataclass
class Box:
    a: float


def always_raises(items: Any, box: Any, s: float) -> Any:
    items[0] = s
    box.a += 1.0
    raise ValueError("no")


def raises_on_both_paths(items: Any, box: Any, s: float) -> Any:
    if s > 0:
        items[0] = 1.0
        raise ValueError
    items[1] = 2.0
    raise KeyError


def raises_in_a_later_trip(items: Any, box: Any, s: float) -> Any:
    for _ in range(3):
        box.a += s
        assert box.a < 2.0
    return box.a


def swaps_the_name_and_fails(items: Any, box: Any, s: float) -> Any:
    items[0], items = items[-1], 1
    assert s > 100.0


def with_a_constant(k: float, items: Any, box: Any, s: float) -> Any:
    items[0] = k * s
    if s > 0:
        raise ValueError("positive")
    return s


class Callee:
    def __call__(self, items: Any, box: Any, s: float) -> Any:
        return with_a_constant(2.0, items, box, s)


FUNCTIONS: list[Callable[..., Any]] = [
    always_raises,
    raises_on_both_paths,
    raises_in_a_later_trip,
    swaps_the_name_and_fails,
    functools.partial(with_a_constant, 2.0),
    Callee(),
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_changes_are_kept(function: Callable[..., Any]) -> None:
    """Functions, partials and callable objects: the arguments hold what CPython would have left in them."""
    compiled = ways.tangra().jit(function)
    for s in (1.5, -1.5, 0.25):
        wanted, found = (ways.outcome(f, ([1.0, 2.0], Box(1.0), s)) for f in (function, compiled))
        assert difference(found, wanted, 1e-12) is None


def number(x: Any, n: int) -> Any:
    raise ValueError(n)


def text_and_number(x: Any, n: int) -> Any:
    raise KeyError("a", n * 0.1)


def element(x: Any, n: int) -> Any:
    if x[0] < 5.0:
        raise AssertionError(x[1])


def comparison(x: Any, n: int) -> Any:
    raise ValueError(x[0] > 0.0)


def single(x: Any, n: int) -> Any:
    raise RuntimeError(np.float32(x[0]))


def two_numbers(x: Any, n: int) -> Any:
    raise ValueError(f"{x[0]!r} {n!r} {np.float32(x[1])!r} {x[0]:.3f} {n > 0}")


NUMBERS = [number, text_and_number, element, comparison, single, two_numbers]


@pytest.mark.parametrize("function", NUMBERS)
def test_numbers_as_arguments_of_exceptions(function: Callable[..., Any]) -> None:
    """The argument of the exception is the number, of its type."""
    compiled = ways.tangra().jit(function)
    for n in (3, -1):
        wanted, found = (ways.outcome(f, (np.array([1 / 3, -2.5]), n)).error for f in (function, compiled))
        assert wanted is not None
        assert found is not None
        assert [(type(a), a) for a in found.args] == [(type(a), a) for a in wanted.args]


def _mixed(x: Any, n: int) -> Any:
    """An int, a float or a NumPy number, depending on the run."""
    total: Any = 1
    for a in x:
        if a > 0.5:
            total = 2.5
        if a > 1.5:
            total = a
    return total


def in_a_string(x: Any, n: int) -> Any:
    total = _mixed(x, n)
    raise ValueError(f"{total} and {total!r} of {total:6.2f}")


def as_the_argument(x: Any, n: int) -> Any:
    raise KeyError(_mixed(x, n))


def in_a_sum_of_strings(x: Any, n: int) -> Any:
    total = _mixed(x, n)
    if n < 5:
        raise ValueError("it is " + f"{total}")
    return total


@pytest.mark.parametrize("function", [in_a_string, as_the_argument, in_a_sum_of_strings])
def test_numbers_of_several_kinds_in_messages(function: Callable[..., Any]) -> None:
    """Which text it is depends on the kind that the number has in this run."""
    compiled = ways.tangra().jit(function)
    for top in (0.25, 1.0, 1.75):
        x = np.full(20, top)
        wanted, found = (ways.outcome(f, (x, 1)).error for f in (function, compiled))
        assert wanted is not None
        assert found is not None
        assert [(type(a), a) for a in found.args] == [(type(a), a) for a in wanted.args]


def test_an_array_that_changes_only_before_a_failure() -> None:
    """A function that changes lists is run by Python again where it fails: on what its arguments held."""

    def failing(x: Any, y: Any, kept: list[float]) -> None:
        if x[1]:
            y += 0.25
            x += 1
        else:
            kept[0] = 1.0

    compiled = ways.tangra().jit(failing)
    for _ in range(3):
        x, y = np.ones(3), np.zeros((2, 3))
        x.flags.writeable = False
        with pytest.raises(ValueError, match="output array is read-only"):
            compiled(x, y, [1.0, 2.0])
        assert y.tolist() == np.full((2, 3), 0.25).tolist()


def of_one_number(z: Any, n: int) -> Any:
    for k in range(n):
        z[...] += k
        if z > 4:
            raise KeyError(k)
    z += 1
    return z


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_arrays_without_axes(dtype: Any) -> None:
    """Native code has their numbers in registers."""
    compiled = ways.tangra().jit(of_one_number)
    for n in 3, 9, 0, 9:
        z, y = np.array(1, dtype), np.array(1, dtype)
        if n < 5:
            assert compiled(z, n) is z
            assert of_one_number(y, n) is y
        else:
            for f, a in (compiled, z), (of_one_number, y):
                with pytest.raises(KeyError):
                    f(a, n)
        assert z == y
