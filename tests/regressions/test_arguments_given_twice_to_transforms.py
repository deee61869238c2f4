"""`is` says of arguments of a transformed function what it says in a plain call, though they are copies there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


class Box:
    def __init__(self, value: float) -> None:
        self.k = value


BOX = Box(3.0)


def of_lists(a: Any, b: Any) -> Any:
    return a[0] * b[1] if a is b else 100 * a[0] * b[1]


def of_dicts(a: Any, b: Any) -> Any:
    return a["k"] * b["k"] if a is b else 100 * a["k"] * b["k"]


def of_objects(a: Any, b: Any) -> Any:
    return a.k * b.k if a is b else 100 * a.k * b.k


def of_arrays(a: Any, b: Any) -> Any:
    return np.sum(a * b) if a is b else 100 * np.sum(a * b)


@pytest.mark.parametrize(
    ("f", "x", "other"),
    [
        (of_lists, [1.0, 2.0], [1.0, 2.0]),
        (of_dicts, {"k": 3.0}, {"k": 3.0}),
        (of_objects, Box(3.0), Box(3.0)),
        (of_arrays, np.ones(2), np.ones(2)),
    ],
)
def test_one_object_in_two_arguments(f: Any, x: Any, other: Any) -> None:
    for a, b in ((x, x), (x, other), (x, x)):
        wanted = f(a, b)
        assert tg.value_and_grad(f, (0, 1))(a, b)[0] == wanted
        assert tg.jvp(f, (a, b), (a, b)) == (wanted, 2 * wanted)
        value, pullback = tg.vjp(f, a, b)
        assert value == wanted
        for found, gradient in zip(pullback(1.0), tg.grad(f, (0, 1))(a, b), strict=True):
            np.testing.assert_equal(getattr(found, "k", found), getattr(gradient, "k", gradient))
        value, pushforward = tg.linearize(f, a, b)
        assert (value, pushforward(a, b)) == (wanted, 2 * wanted)


def test_an_argument_that_is_the_object_of_a_name_outside() -> None:
    def f(x: float, box: Box) -> float:
        return x * (box.k if box is BOX else 100 * box.k)

    assert [tg.grad(f)(2.0, box) for box in (BOX, Box(3.0), BOX)] == [3.0, 300.0, 3.0]


def test_lanes_that_share_an_argument() -> None:
    def f(x: float, a: Any, b: Any) -> Any:
        return x * (a[0] if a is b else -b[0])

    x, row = np.arange(3.0), [2.0]
    lanes = tg.vmap(f, in_axes=(0, None, None))
    assert lanes(x, row, row).tolist() == [0.0, 2.0, 4.0]
    assert lanes(x, row, [2.0]).tolist() == [0.0, -2.0, -4.0]


def of_the_global(x: float, box: Box) -> float:
    return x * 3.0 if box is BOX else x * 2.0


def test_pullbacks_do_not_say_whether_a_copy_is_the_original() -> None:
    value, pullback = tg.vjp(of_the_global, 2.0, BOX)
    assert value == 6.0
    with pytest.raises(tg.TangraError, match="one is a copy"):
        pullback(1.0)
    value, linear = tg.linearize(of_the_global, 2.0, BOX)
    assert value == 6.0
    with pytest.raises(tg.TangraError, match="one is a copy"):
        linear(1.0, None)
