"""A checkpointed function that changes a list, a dict or a number in an array and then raises is the plain one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def of_list(items: list[float], x: float) -> float:
    items.append(x)
    if x > 1:
        raise ValueError("too large")
    return x


def of_dict(table: dict[str, float], x: float) -> Any:
    table["a"] = x
    if x > 1:
        raise KeyError("a")
    return table


def of_array(a: Any, x: float) -> Any:
    a[...] = x
    if x > 1:
        raise ZeroDivisionError("zero")
    return a


@pytest.mark.parametrize(
    ("f", "argument"),
    [(of_list, [1.0]), (of_dict, {"b": 1.0}), (of_array, np.array(1.0))],
    ids=["list", "dict", "array"],
)
def test_the_exception_and_the_changes_are_those_of_the_plain_function(f: Any, argument: Any) -> None:
    checkpointed = tg.checkpoint(f)
    again = tg.checkpoint(checkpointed, policy="sqrt")
    seen = []
    for call in (f, checkpointed, again, tg.jit(checkpointed), tg.jit(lambda a, x: checkpointed(a, x))):
        for x in (0.5, 2.0):
            given = argument.copy()
            try:
                found = repr(call(given, x))
            except (ValueError, KeyError, ZeroDivisionError) as e:
                found = repr(e)
            seen.append((found, repr(given)))
    assert seen == 5 * seen[:2]
