"""A function that raises on every path raises in its derivatives, too: none of them returns without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.fuzz import ways


def raises(x: Any) -> Any:
    raise ValueError("no")


def raises_on_both_paths(x: Any) -> Any:
    if x[0] > 0:
        raise ValueError("positive")
    raise KeyError("negative")


def writes_and_fails(x: Any) -> Any:
    x[0] = 2.0
    raise AssertionError("written")


def writes_to_a_broadcast_view(x: Any) -> Any:
    y = np.broadcast_to(x, x.shape)
    y[1] = 1
    return x.sum()


FUNCTIONS = [raises, raises_on_both_paths, writes_and_fails, writes_to_a_broadcast_view]


def transforms(f: Callable[..., Any]) -> dict[str, Callable[[Any], Any]]:
    tg = ways.tangra()
    return {
        "grad": tg.grad(f),
        "value_and_grad": tg.value_and_grad(f),
        "jvp": lambda x: tg.jvp(f, (x,), (x,)),
        "vjp": lambda x: tg.vjp(f, x),
        "linearize": lambda x: tg.linearize(f, x),
        "jacfwd": tg.jacfwd(f),
        "jacrev": tg.jacrev(f),
        "hessian": tg.hessian(f),
        "hvp": lambda x: tg.hvp(f, (x,), (x,)),
        "vmap": lambda x: tg.vmap(f)(np.stack([x, x])),
        "checkpoint": tg.jit(lambda x: tg.checkpoint(f)(x)),
        "grad in a branch": tg.jit(lambda x: tg.grad(f)(x) if x[1] > 0 else x),
    }


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", list(transforms(raises)))
def test_raises(function: Callable[..., Any], name: str) -> None:
    x = np.array([-1.0, 2.0, 3.0])
    wanted = ways.outcome(function, (x.copy(),)).error
    found = ways.outcome(transforms(function)[name], (x,)).error
    assert type(found) is type(wanted), found
    assert str(found) == str(wanted)
    assert x.tolist() == [-1.0, 2.0, 3.0]  # transformed functions work on copies


def doubled_in_place(x: Any) -> Any:
    x *= 2.0
    return np.sum(x**2)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("transform", ["vjp", "linearize"])
def test_linear_maps_of_functions_that_write(transform: str, compiled: bool) -> None:
    """`vjp` and `linearize` run the function on a copy, and their maps are those at the arguments given."""
    tg = ways.tangra()

    def both(x: Any, direction: Any) -> Any:
        value, linear = getattr(tg, transform)(doubled_in_place, x)
        return value, linear(1.0) if transform == "vjp" else linear(direction)

    x = np.array([1.0, -3.0])
    value, found = (tg.jit(both) if compiled else both)(x, np.array([1.0, 2.0]))
    assert value == 40.0
    assert x.tolist() == [1.0, -3.0]
    if transform == "vjp":
        assert found[0].tolist() == [8.0, -24.0]
    else:
        assert found == 8.0 - 48.0
