"""Operators of lists, tuples and ranges with numbers and arrays: NumPy's only where NumPy's numbers take part."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.fuzz import ways
from tests.fuzz.compare import difference

SEQUENCES = ["[1, 2]", "(1, 2)", "[1.5, s]", "range(2)"]
NUMBERS = ["n", "s", "(n > 0)", "2", "0.5"]


def made(body: str) -> Callable[..., Any]:
    """A function of x, s and n that returns an expression."""
    source = f"def f(x, s, n):\n    return {body}\n"
    file = f"<{body}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    namespace: dict[str, Any] = {"np": np}
    exec(compile(source, file, "exec"), namespace)
    function: Callable[..., Any] = namespace["f"]
    return function


def agrees(function: Callable[..., Any]) -> None:
    """The same result, or an error of the class that CPython raises."""
    compiled = ways.tangra().jit(function)
    for s, n in ((1.5, 2), (1.0, 1), (-1.0, 3)):
        wanted, found = (ways.outcome(f, (np.array([1.0, 2.0]), s, n)) for f in (function, compiled))
        if wanted.error is not None:
            assert isinstance(found.error, type(wanted.error)), (wanted.error, found.error)
        else:
            assert difference(found, wanted, 1e-12) is None, (wanted.result, found.result, found.error)


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "//", "%", "**", "@", "<", ">=", "==", "!="])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_numbers_of_python(sequence: str, op: str) -> None:
    """Only `*` by an int and comparison for equality are defined."""
    for number in NUMBERS:
        agrees(made(f"{sequence} {op} {number}"))
        agrees(made(f"{number} {op} {sequence}"))


@pytest.mark.parametrize("op", ["+", "-", "*", "@", "<", "=="])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_numbers_and_arrays_of_numpy(sequence: str, op: str) -> None:
    """The sequence becomes an array, but for its repetition by an int."""
    for number in ("x", "np.float64(s)", "np.int32(n)"):
        if number != "x" and sequence == "range(2)" and op == "*":
            continue
        agrees(made(f"{sequence} {op} {number}"))
        agrees(made(f"{number} {op} {sequence}"))


def test_sequences_of_different_sorts() -> None:
    for op in ("+", "<", "==", "!=", "-"):
        agrees(made(f"[1, 2] {op} (1, 2)"))
        agrees(made(f"range(2) {op} [0, 1]"))


def test_floats_in_ranges() -> None:
    """1.5 is between the ends of range(3), and not in it."""
    for number in ("s", "s * 2", "n", "np.float64(s)", "[n]", "s / 0.0 if s > 9.0 else s"):
        for r in ("range(3)", "range(0, 9, 3)", "range(n)", "range(2 * n, 0, -1)", "range(n, n + 4, 2)"):
            agrees(made(f"({number}) in {r}"))


def repeated_in_place(x: Any, s: float, n: int) -> Any:
    items = [1, 2]
    other = items
    items *= n
    items += [s]
    return items, other


def array_added_to_a_list(x: Any, s: float, n: int) -> Any:
    items = [1, 2]
    other = items
    items += x
    return items, other


def numpy_number_added_to_a_list(x: Any, s: float, n: int) -> Any:
    items = [1, 2]
    items += np.float64(s)
    return items


def tuple_changed_by_name_only(x: Any, s: float, n: int) -> Any:
    items = (1, 2)
    other = items
    items += (3,)
    items *= 2
    return items, other


@pytest.mark.parametrize(
    "function",
    [repeated_in_place, array_added_to_a_list, numpy_number_added_to_a_list, tuple_changed_by_name_only],
)
def test_in_place(function: Callable[..., Any]) -> None:
    """`+=` and `*=` change a list that has other names, unless the right side is NumPy's."""
    agrees(function)


def test_numbers_of_numpy_are_indexed() -> None:
    """By an empty tuple and by an ellipsis, as arrays of rank 0 are."""
    for body in ("np.float64(s)[()]", "np.float32(s)[...]", "np.int8(n)[0]", "s[()]", "np.array(s)[()]"):
        agrees(made(body))


def test_text_with_numbers() -> None:
    """What isn't covered is refused as such, not called an error of the program."""
    tg = ways.tangra()
    for body in ("'ab' * n", "n * 'ab'", "'%.2f' % s"):
        with pytest.raises(tg.UnsupportedError):
            tg.jit(made(body))(np.ones(2), 1.5, 2)
    agrees(made("'%d' % n"))
    agrees(made("n in 'ab'"))
    agrees(made("[n] in {'a': s}"))
