"""Options of transformations, and calls of what they return, that don't fit are refused with a code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg

X = np.arange(3.0)


def f(x: Any, y: Any = 2.0) -> Any:
    return np.sum(x * x) * y


@pytest.mark.parametrize(
    "options",
    [
        {"argnums": "x"},
        {"argnums": 0.5},
        {"argnums": (0, "y")},
        {"argnums": X},
        {"argnames": 0},
        {"argnames": ("x", X)},
    ],
)
@pytest.mark.parametrize("transform", [tg.grad, tg.value_and_grad, tg.jacfwd, tg.jacrev, tg.hessian])
def test_arguments_to_differentiate_by(transform: Any, options: dict[str, Any]) -> None:
    with pytest.raises(tg.TypeMismatchError, match="does not take") as e:
        transform(f, **options)(X, 2.0)
    assert e.value.code == "TG806"


def test_positions_are_whole_numbers_of_any_kind() -> None:
    assert tg.grad(f, argnums=np.int8(-2))(X, 2.0).tolist() == (4 * X).tolist()


@pytest.mark.parametrize("given", [(), (1.0, 2.0)])
def test_a_pullback_takes_one_cotangent(given: tuple[float, ...]) -> None:
    with pytest.raises(tg.TypeMismatchError, match="takes one cotangent") as e:
        tg.vjp(f, X)[1](*given)
    assert e.value.code == "TG813"
    with pytest.raises(tg.TypeMismatchError, match="takes one cotangent"):
        tg.jit(lambda x: tg.vjp(f, x)[1](*given))(X)
