"""Views of arrays that may have been written to through another name, joined with other arrays.

Such a view was refused where it was read, but a branch that made it one with another array read it unasked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg


def in_an_expression(x: Any, n: int) -> Any:
    x, y = x * 1, x * 2
    a = x if n > 0 else y
    tail, copy = x[1:], a[1:] * 1
    a[1] = 7.0
    return (tail if n > 1 else copy).sum()


def assigned_on_one_path(x: Any, n: int) -> Any:
    x, y = x * 1, x * 2
    a = x if n > 0 else y
    tail, copy = x[1:], x[1:] * 1
    a[1] = 7.0
    if n > 3:
        tail = copy
    return tail.sum()


def in_a_list(x: Any, n: int) -> Any:
    x, y = x * 1, x * 2
    a = x if n > 0 else y
    one, other = [x[1:], 1.0], [x[1:] * 3, 2.0]
    a[1] = 7.0
    return (one if n > 1 else other)[0].sum()


def in_a_dict(x: Any, n: int) -> Any:
    x, y = x * 1, x * 2
    a = x if n > 0 else y
    held, copy = {"tail": x[1:]}, x[1:] * 1
    a[1] = 7.0
    if n > 3:
        held["tail"] = copy
    return held["tail"].sum()


def returned(x: Any, n: int) -> Any:
    def chosen(one: Any, other: Any) -> Any:
        if n > 1:
            return one
        return other

    x, y = x * 1, x * 2
    a = x if n > 0 else y
    tail, copy = x[1:], x[1:] * 1
    a[1] = 7.0
    return chosen(tail, copy)[0]


@pytest.mark.parametrize("function", [in_an_expression, assigned_on_one_path, in_a_list, in_a_dict, returned])
def test_reading_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(tg.AliasError, match="may have been changed through a"):
        tg.jit(function)(np.arange(4.0), 2)
