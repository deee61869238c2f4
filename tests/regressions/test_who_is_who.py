"""`is` between what is passed and what is captured is asked anew at each call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


class Node:
    pass


array, items, node = np.ones(3), [1.0], Node()
first, second = {"a": 1.0}, {"a": 1.0}


def is_the_array(x: Any) -> Any:
    return x is array


def is_the_list(x: Any) -> Any:
    return x is items, x is not items, x == items


def is_the_node(x: Any) -> Any:
    return x is node, x == node, x in [node], [node].count(x)


def one_dict() -> Any:
    return first is second


@pytest.mark.parametrize(
    ("function", "captured", "other"),
    [(is_the_array, array, np.ones(3)), (is_the_list, items, [1.0]), (is_the_node, node, Node())],
)
def test_an_argument_and_what_is_captured(function: Any, captured: Any, other: Any) -> None:
    for calls in (other, captured, other), (captured, other, captured):
        compiled = tg.jit(function)
        for x in calls:
            assert compiled(x) == function(x)


def test_two_that_are_captured() -> None:
    global second
    compiled = tg.jit(one_dict)
    for second in {"a": 1.0}, first, {"a": 1.0}:
        assert compiled() is one_dict()


def one_tuple(a: Any, b: Any) -> Any:
    return a is b


def test_tuples_have_no_identity() -> None:
    compiled, pair = tg.jit(one_tuple), (1.0, 2.0)
    with pytest.raises(tg.TangraError, match="compare tuples with =="):
        compiled(pair, pair)
    assert compiled(pair, (1.0,)) is False
