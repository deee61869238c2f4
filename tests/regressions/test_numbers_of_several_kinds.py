"""A number that is an int or a float, depending on the run: arrays made of it would have one dtype or the other.

Found by random programs: `np.full(n, s)` had the wider dtype on both paths. It is refused, or right.
"""

from __future__ import annotations

import linecache
from typing import Any

import numpy as np
import pytest

import tangra as tg

EXPRESSIONS = """
np.full(3, s) | np.array([s, s]) | np.array(s) | np.asarray(s) | np.array([s, 1]) | np.stack([s, s])
np.atleast_1d(s) | np.tile(s, 3) | np.repeat(s, 3) | np.full_like(x, s) | np.append(x.astype(int), s)
np.concatenate([x.astype(int), [s]]) | np.where(x > 0, s, 1) | np.zeros(2) + s | np.arange(3) * s | np.sum(s)
np.mean([s, s]) | np.cumsum([s, s]) | np.linspace(s, 4, 3) | np.maximum(s, 1) | np.broadcast_to(s, (2,))
np.select([x > 0], [s], 0) | np.outer([s], [1]) | np.clip(np.arange(3), 0, s) | np.dot(s, 2) | np.max([s, 2])
np.ones(3, int) // s | abs(s) | np.sqrt(s) | np.square(s) | np.float64(s) | np.reshape(s, 1) | np.ravel(s)
np.sort([s, 1]) | np.diag([s, s]) | np.prod([s, s]) | np.hstack([s, s]) | np.roll([s, 1], 1)
np.meshgrid([s], [1])[0] | np.pad(np.ones(2, int), 1, constant_values=s) | np.interp(s, [0, 1], [0, 1])
"""


def program(expression: str) -> Any:
    """A function that returns the expression of a number s of two kinds."""
    source = f"import numpy as np\ndef f(x, n, s):\n    if n:\n        s += 0.5\n    return {expression}\n"
    file = f"<kinds {expression}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    names: dict[str, Any] = {}
    exec(compile(source, file, "exec"), names)
    return names["f"]


@pytest.mark.parametrize("expression", EXPRESSIONS.strip().replace("\n", " | ").split(" | "))
def test_the_dtype_is_right_or_refused(expression: str) -> None:
    function = program(expression)
    compiled = tg.jit(function)
    for n in (0, 1):
        wanted, found = function(np.ones(3), n, 2), _value_or_code(compiled, n)
        if not (isinstance(found, str) and found in ("TG210", "TG211")):
            assert type(found) is type(wanted)
            assert getattr(found, "dtype", None) == getattr(wanted, "dtype", None)
            np.testing.assert_allclose(found, wanted, rtol=1e-14)


def _value_or_code(compiled: Any, n: int) -> Any:
    try:
        return compiled(np.ones(3), n, 2)
    except tg.TypeMismatchError as error:
        return error.diagnostic.code


@pytest.mark.parametrize("count", [7, 18, 19, 41, 101, 1000])
def test_places_of_a_run_time_count_are_rounded_as_in_numpy(count: int) -> None:
    """A product that is fused with a sum is not: linspace(-1, 1, 19) has a 0, and its floor is not -1."""

    def spaced(x: Any) -> Any:
        return np.linspace(-1.0, 1.0, x.shape[0])

    compiled = tg.jit(spaced, dynamic=True)
    assert compiled(np.ones(count)).tolist() == spaced(np.ones(count)).tolist()


def with_none(s: float, n: int, big: int) -> Any:
    found = None
    if n > 3:
        found = big
    for k in range(3):
        if found is None:
            found = s
        elif k > 1:
            found = found + 1
    return 0.5 if found is None else found


def unbound_first(s: float, n: int, big: int) -> Any:
    for k in range(3):
        if k > n:
            found = s
        elif k > n - 2:
            found = big
    return found


@pytest.mark.parametrize("function", [with_none, unbound_first])
@pytest.mark.parametrize("n", [0, 2, 3, 4])
def test_an_int_that_is_not_there_is_not_too_large(function: Any, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood in memory in its place was compared with the largest int of floats. Found by random programs."""
    monkeypatch.setenv("TANGRA_POISON", "1")
    if function is unbound_first and n == 4:
        with pytest.raises(UnboundLocalError):
            tg.jit(function)(1.5, n, 3)
        return
    expected = function(1.5, n, 3)
    for found in (tg.jit(function)(1.5, n, 3), tg.vmap(function)(np.full(2, 1.5), np.full(2, n), np.full(2, 3))[1]):
        assert found == expected
    if n == 4:
        with pytest.raises(OverflowError):
            tg.jit(function)(1.5, n, 2**60)


def two_returns(s: float, n: int, big: int) -> Any:
    if big > 0:
        if s > n:
            return big
    for k in range(3):
        if k > n:
            return 0.5
    return s


def two_returns_in_a_loop(s: float, n: int, big: int) -> Any:
    for k in range(3):
        if k > n:
            return big
        if k > s:
            return 0.5
    return -1


@pytest.mark.parametrize("function", [two_returns, two_returns_in_a_loop])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_result_that_was_not_returned_is_not_too_large(
    function: Any, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood in memory where the other side has the result of `return`. Found by random programs."""
    monkeypatch.setenv("TANGRA_POISON", "1")
    for s in (0.5, 1.5, 4.5):
        expected = function(s, n, 3)
        found = [tg.jit(function)(s, n, 3), tg.vmap(function)(np.full(2, s), np.full(2, n), np.full(2, 3))[1]]
        assert found == [expected, expected]
    with pytest.raises(OverflowError):
        tg.jit(two_returns)(4.5, 0, 2**60)
