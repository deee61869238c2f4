"""Arrays that are read-only on one path: views that NumPy doesn't let be written to, joined with others.

Found by random programs: behind a branch or a loop such a view was an array like any other, and could be written to.
Where it is read-only on all paths, writing raises what NumPy raises; where that depends on the path, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg


def in_one_branch(x: Any, n: int) -> Any:
    b = np.diag(np.outer(x, x)) if n > 2 else np.concatenate((x[1:], x[:1]))
    b[0] = 1.0
    return b


def none_in_the_other(x: Any, n: int) -> Any:
    o = None
    if n > 2:
        o = np.diag(np.outer(x, x))
    b = o if o is not None else x[::-1].copy()
    b[0] = 1.0
    return b


def before_the_loop(x: Any, n: int) -> Any:
    o = np.diag(np.outer(x, x))
    for k in range(n):
        if k > 1:
            o = x * 1.0
    o[0] = 1.0
    return o


def in_the_loop(x: Any, n: int) -> Any:
    o = x * 1.0
    while n > 2:
        o = np.diag(np.outer(x, x))
        n -= 1
    o += 1.0
    return o


def in_a_list(x: Any, n: int) -> Any:
    items = [np.diag(np.outer(x, x)) if n > 2 else x * 2, x]
    items[0][0] = 1.0
    return items[0]


def in_a_function(x: Any, n: int) -> Any:
    def change(array: Any) -> None:
        array[0] = 1.0

    b = np.diag(np.outer(x, x)) if n > 2 else x * 2
    change(b[:2])
    return b


@pytest.mark.parametrize(
    "function", [in_one_branch, none_in_the_other, before_the_loop, in_the_loop, in_a_list, in_a_function]
)
def test_writing_is_refused_where_it_depends_on_the_path(function: Callable[..., Any]) -> None:
    with pytest.raises(tg.AliasError, match="may or may not be a read-only array here"):
        tg.jit(function)(np.arange(3.0) + 1, 3)


def only_where_it_is(x: Any, n: int) -> Any:
    o = None
    if n > 2:
        o = np.diag(np.outer(x, x))
    if o is not None:
        o[0] = 1.0
    return n


def bound_in_a_loop(x: Any, n: int) -> Any:
    for _ in range(n):
        o = np.diag(np.outer(x, x))
    o[0] = 1.0
    return o


def two_views(x: Any, n: int) -> Any:
    o = np.diag(np.outer(x, x)) if n > 2 else np.broadcast_to(x[0], 3)
    o[0] = 1.0
    return o


def read_alone(x: Any, n: int) -> Any:
    o = np.diag(np.outer(x, x)) if n > 2 else x * 2
    y = o.copy()
    y[0] = n
    return y + o


def _chosen(x: Any, n: int, depth: int) -> Any:
    if depth == 0:
        return np.diag(np.outer(x, x)) if n > 2 else np.broadcast_to(x[0], 3)
    return _chosen(x * 2, n, depth - 1)


def made_by_a_function_of_its_own(x: Any, n: int) -> Any:
    o = _chosen(x, n, 3)
    o[0] = 1.0
    return o


@pytest.mark.parametrize(
    "function", [only_where_it_is, bound_in_a_loop, two_views, read_alone, made_by_a_function_of_its_own]
)
@pytest.mark.parametrize("n", [1, 3, 5])
def test_where_it_is_known_numpy_decides(function: Callable[..., Any], n: int) -> None:
    def outcome(f: Callable[..., Any]) -> str:
        try:
            return repr(f(np.arange(3.0) + 1, n))
        except ValueError as error:
            return str(error)

    assert outcome(tg.jit(function)) == outcome(function)


def test_a_read_only_argument_and_a_new_array() -> None:
    def function(x: Any, n: int) -> Any:
        b = x if n > 2 else x * 2
        b[0] = 1.0
        return b

    x = np.arange(3.0)
    x.flags.writeable = False
    with pytest.raises(tg.AliasError, match="may or may not be a read-only array here"):
        tg.jit(function)(x, 3)


def test_a_name_that_may_be_a_read_only_array_does_not_lock_the_other() -> None:
    def function(x: Any, y: Any, n: int) -> Any:
        total = 0.0
        for k in range(n):
            row = x if k else y[0]
            total += row.sum()
            y[1] = 1
        return total, y

    x, y = np.arange(3.0), np.zeros((2, 3))
    x.flags.writeable = False
    total, written = tg.jit(function)(x, y, 2)
    assert total == 3.0
    assert written is y
    assert y[1].tolist() == [1, 1, 1]


def nothing_taken(x: Any) -> Any:
    x -= 0.0
    return x.sum()


def once_through_a_view(x: Any) -> Any:
    tail = x[1:]
    tail *= 1.0
    return tail[0]


@pytest.mark.parametrize("function", [nothing_taken, once_through_a_view])
def test_a_write_that_changes_nothing_is_still_a_write(function: Callable[..., Any]) -> None:
    compiled, x = tg.jit(function), np.arange(3.0)
    for _ in range(2):
        x.flags.writeable = True
        assert compiled(x) == function(x)
        x.flags.writeable = False
        with pytest.raises(ValueError, match="output array is read-only"):
            compiled(x)
