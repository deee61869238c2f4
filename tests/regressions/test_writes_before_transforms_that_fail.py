"""Where a transform fails inside of compiled code, arguments hold what was written to them before its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.fuzz import ways


def at(a: Any, u: Any, k: Any) -> Any:
    """Fails for indices that are out of range, in a loop and in front of it."""
    v = u * 2.0
    total = v[k]
    for i in range(len(u)):
        total = total + v[i] * v[k - i]
    return total * a


@tg.custom_jvp
def with_a_rule(a: Any, u: Any, k: Any) -> Any:
    return at(a, u, k)


with_a_rule.defjvp(lambda primals, tangents: (with_a_rule(*primals), tangents[0]))


def nested(a: Any, u: Any, k: Any) -> Any:
    """Fails in a transform inside of a transform."""
    w = tg.vmap(at, in_axes=(None, 0, None))(a, np.stack([u, u]), k)
    return np.sum(tg.grad(at, argnums=1)(a, u, k)) + w[0]


def again(a: Any, u: Any, k: Any, depth: Any) -> Any:
    """Fails in a transform, in a function that is outlined."""
    if depth == 0:
        return tg.grad(at)(a, u, k)
    u[depth] += 1.0
    return again(a, u, k, depth - 1) + again(a, u, k - 1, depth - 1)


WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "grad": lambda a, u, k: tg.grad(at)(a, u, k),
    "value_and_grad": lambda a, u, k: tg.value_and_grad(at, argnums=1)(a, u, k),
    "jvp": lambda a, u, k: tg.jvp(at, (a, u, k), (1.0, u, None)),
    "vjp": lambda a, u, k: tg.vjp(at, a, u, k)[1](0.5),
    "jacfwd": lambda a, u, k: tg.jacfwd(at, argnums=1)(a, u, k),
    "hessian": lambda a, u, k: tg.hessian(at, argnums=1)(a, u, k),
    "hvp": lambda a, u, k: tg.hvp(at, (a, u, k), (1.0, u, None)),
    "vmap": lambda a, u, k: tg.vmap(at, in_axes=(None, 0, None))(a, np.stack([u, u]), k),
    "vmap of grad": lambda a, u, k: tg.vmap(tg.grad(at), in_axes=(None, 0, None))(a, np.stack([u, u]), k),
    "checkpoint": lambda a, u, k: tg.checkpoint(at)(a, u, k),
    "recompute": lambda a, u, k: tg.checkpoint(at, policy="recompute")(a, u, k),
    "jit": lambda a, u, k: tg.jit(at)(a, u, k),
    "custom_jvp": lambda a, u, k: with_a_rule(a, u, k),
    "nested": lambda a, u, k: tg.grad(nested)(a, u, k),
    "outlined": lambda a, u, k: again(a, u, k, 2),
}


@pytest.mark.parametrize("stage", ["native", "traced", "simplified"])
@pytest.mark.parametrize("k", [1, 7])
@pytest.mark.parametrize("name", list(WAYS))
def test_what_was_written(name: str, k: int, stage: str) -> None:
    """A vector and a matrix are written before the call, and after it."""
    way = WAYS[name]

    def f(y: Any, x: Any, m: Any, k: Any) -> Any:
        y += x
        m[:, 0] = 0.5 * x[:2]
        found = way(0.5, x, k)
        y[0] = 9.0
        m += 1.0
        return found

    def fresh() -> tuple[Any, ...]:
        return np.arange(3.0) + 10.0, np.array([0.5, -1.0, 2.0]), np.ones((2, 3)), k

    compiled = tg.jit(f)
    call = compiled if stage == "native" else ways.interpreted(compiled.lower(*fresh()), stage)
    wanted = ways.outcome(f, fresh())
    assert ways.judge(stage, ways.outcome(call, fresh()), wanted, f, fresh, False) == ways.AGREE
    assert (wanted.error is not None) == (k == 7)
