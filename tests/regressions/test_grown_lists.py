"""Lists that grow in loops, or are indexed at run time: items of other kinds, room for more, and who shares memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.fuzz import ways
from tests.fuzz.compare import difference


def float_into_a_list_of_ints(x: Any, n: int) -> Any:
    items = [1]
    for a in x:
        items.append(a)
    items[1] += 0.5
    return items


def float_at_a_run_time_index(x: Any, n: int) -> Any:
    items = [0, 0, 0]
    items[n] = 1.5
    items[n - 1] = np.float64(2)
    return items


def kinds_by_branch_in_a_loop(x: Any, n: int) -> Any:
    items = [0, 0, 0]
    for i in range(n + 1):
        if x[i] > 0:
            items[i] = 0.5
        else:
            items[i - 1] = 2
    return items


def grown_then_overwritten(x: Any, n: int) -> Any:
    items = []
    for i in range(n + 1):
        items.append(i)
        if x[i] > 0:
            items[i] = 0.5
    return items


def tuples_of_other_kinds(x: Any, n: int) -> Any:
    items = [(0, 1.0) for _ in x]
    items[n] = (1.0, 2)
    return items


def wider_on_one_path(x: Any, n: int) -> Any:
    items = [1 for _ in x]
    if n > 0:
        items[n] = 2.5
    else:
        items[n] = 3
    items.append(True)
    return items


def two_names_of_a_widened_list(x: Any, n: int) -> Any:
    items = [0 for _ in x]
    other = items
    items[n] = 2.5
    other[n - 1] += 1
    return items, other


def which_of_several_kinds(x: Any, n: int) -> Any:
    items = [True, 2, False, 1]
    item = items[n]
    return item is True, item is False, item is not True, item + 1, not item


def row_written_and_read(x: Any, n: int) -> Any:
    items = [[1, 2], [3, 4], [5, 6]]
    row = items[n]
    row[0] += 2
    row[n % 2] = row[1]
    return row[0], items[n][0], items


def appended_after_its_loop(x: Any, n: int) -> Any:
    items = []
    for i in range(n):
        items.append(x * i)
    if x[0] > 0:
        items.append(x * 5)
    items.append(x)
    return items[n], len(items)


AGREE = [
    float_into_a_list_of_ints,
    float_at_a_run_time_index,
    kinds_by_branch_in_a_loop,
    grown_then_overwritten,
    tuples_of_other_kinds,
    wider_on_one_path,
    two_names_of_a_widened_list,
    which_of_several_kinds,
    row_written_and_read,
    appended_after_its_loop,
]


@pytest.mark.parametrize("function", AGREE)
@pytest.mark.parametrize("dynamic", [False, True])
def test_agrees(function: Callable[..., Any], dynamic: bool) -> None:
    """The kinds of all items are those of Python, and a list that grew in a loop goes on growing after it."""
    compiled = ways.tangra().jit(function, dynamic=dynamic)
    for sign in (1.0, -1.0):
        for n in (0, 1, 2):
            x = sign * np.array([1.0, -2.0, 3.0] * 7)
            wanted, found = (ways.outcome(f, (x.copy(), n)) for f in (function, compiled))
            assert difference(found, wanted, 1e-12) is None, (found, wanted)


def test_an_int_that_a_float_cannot_hold() -> None:
    """Ints beside floats have to be exact as floats; what is beyond that is an error, not a rounded number."""

    def mixed(x: Any, n: int) -> Any:
        items = [2**60 + 1 for _ in x]
        items[n] = 2.5
        return items

    with pytest.raises(OverflowError, match="too large for a list that also holds floats"):
        ways.tangra().jit(mixed)(np.ones(3), 1)


def test_items_of_different_types_are_refused() -> None:
    """An array and a number in one list that is indexed at run time."""

    def mixed(x: Any, n: int) -> Any:
        items = [x * 2, x * 3]
        items[n] = 1.5
        return items[0]

    with pytest.raises(ways.tangra().UnsupportedError, match="an item of another type than the others"):
        ways.tangra().jit(mixed)(np.ones(3), 1)


def array_of_a_list_that_grows_on_one_path(x: Any, n: int) -> Any:
    items = [x * 1, x * 2]
    first = items[0]
    if x[0] > 0:
        items.append(x * 5)
    first[0] = 77.0
    return items[0][0]


def row_of_a_list_that_grows_on_one_path(x: Any, n: int) -> Any:
    items = [x * 1, x * 2]
    row = items[n]
    if x[0] > 0:
        items.append(x * 5)
    row[0] = 77.0
    return items[n][0]


def list_of_a_list_that_grows_on_one_path(x: Any, n: int) -> Any:
    items = [[1.0, 2.0], [3.0, 4.0]]
    row = items[n]
    if x[0] > 0:
        items.append([5.0, 6.0])
    row[0] = 77.0
    return items[n][0]


def item_written_after_the_list_was_widened(x: Any, n: int) -> Any:
    items = [[0, 0], [1, 1]]
    row = items[n]
    items.append([1.5, 2.0])
    row[0] = 3
    return items[n][0]


STALE = [
    array_of_a_list_that_grows_on_one_path,
    row_of_a_list_that_grows_on_one_path,
    list_of_a_list_that_grows_on_one_path,
    item_written_after_the_list_was_widened,
]


@pytest.mark.parametrize("function", STALE)
def test_shared_items_are_refused(function: Callable[..., Any]) -> None:
    """Items are copied into the arrays of a list that grows; a later write to one of them must not be lost."""
    with pytest.raises(ways.tangra().AliasError, match="may have been changed through"):
        ways.tangra().jit(function)(np.array([1.0, 2.0]), 1)


def number_that_becomes_another_kind(x: Any, s: float, n: int) -> Any:
    for k in (0, 1):
        for _ in range(len(x)):
            items = [s]
            j = 0
            while j < n:
                j += 2
                if k != 1:
                    items.append(-1.5)
            s += 0.3 * np.tanh(sum(items))
    return s


def test_the_kind_of_a_first_item_is_learnt_trial_by_trial() -> None:
    """The inner loop was remembered with a list of floats; the loop around it found that `s` may be np.float64."""
    x = np.array([0.5, 0.2])
    found = ways.tangra().jit(number_that_becomes_another_kind)(x, 0.5, 3)
    assert found == pytest.approx(number_that_becomes_another_kind(x, 0.5, 3), rel=1e-12)
    assert type(found) is np.float64
