"""Derivatives follow the rule that a custom function has at the time of the call."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import tangra as tg


def forward(factor: float) -> Any:
    return lambda primals, tangents: (primals[0] ** 2, factor * tangents[0])


def test_a_forward_rule_is_replaced() -> None:
    square = tg.custom_jvp(lambda x: x * x)
    square.defjvp(forward(5.0))
    _, pushforward = tg.linearize(square, 3.0)
    calls = [
        tg.grad(square),
        tg.grad(lambda x: square(x)),
        tg.jit(lambda x: tg.grad(square)(x)),
        lambda x: tg.jvp(square, (x,), (1.0,))[1],
        lambda x: pushforward(1.0),
    ]
    assert [call(3.0) for call in calls] == [5.0] * len(calls)
    square.defjvp(forward(7.0))
    assert [call(3.0) for call in calls] == [7.0] * len(calls)


def test_the_parts_of_a_reverse_rule_are_replaced() -> None:
    square = tg.custom_vjp(lambda x: x * x)

    def forth(x: float) -> Any:
        return x * x, x

    square.defvjp(forth, lambda r, ct: (5.0 * ct,))
    gradients = [tg.grad(square), tg.grad(lambda x: square(x))]
    assert [gradient(3.0) for gradient in gradients] == [5.0, 5.0]
    square.defvjp(forth, lambda r, ct: (r * ct,))
    assert [gradient(3.0) for gradient in gradients] == [3.0, 3.0]
    square.defvjp(lambda x: (x * x, 2 * x), square.options["bwd"])
    assert [gradient(3.0) for gradient in gradients] == [pytest.approx(6.0)] * 2


def test_a_rule_of_a_copy_is_not_one_of_the_original() -> None:
    square = tg.custom_jvp(lambda x: x * x)
    square.defjvp(forward(5.0))
    other = copy.copy(square)
    other.defjvp(forward(7.0))
    assert [tg.grad(f)(3.0) for f in (square, other)] == [5.0, 7.0]
