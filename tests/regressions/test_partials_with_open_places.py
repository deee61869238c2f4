"""`functools.Placeholder` among what a partial holds is a place for an argument of the call (Python 3.14)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg

OPEN: Any = getattr(functools, "Placeholder", None)


def weighed(a: Any, b: Any, c: Any = 0.0, *rest: Any) -> Any:
    return a - 2.0 * b + c * a + sum(rest)


HELD = functools.partial(weighed, OPEN, 3.0)


@pytest.mark.parametrize(
    "f",
    [
        HELD,
        lambda x: HELD(x, 0.5),
        lambda x: functools.partial(weighed, OPEN, x)(2.0),
        lambda x: functools.partial(weighed, OPEN, OPEN, x)(2.0, 3.0, 4.0),
        lambda x: functools.partial(functools.partial(weighed, OPEN, OPEN, x), x)(2.0),
        lambda x: functools.partial(functools.partial(weighed, OPEN, x), 2.0, 3.0)(x),
        lambda x: functools.partial(weighed, OPEN, x, c=x)(2.0),  # type: ignore[call-arg]
    ],
)
def test_calls(f: Callable[..., Any]) -> None:
    if OPEN is None:
        return
    for x in (1.5, 4.0):
        assert tg.jit(f)(x) == f(x)
        assert tg.grad(f)(x) == pytest.approx((f(x + 1e-5) - f(x - 1e-5)) / 2e-5)
    assert tg.vmap(f)(np.arange(3.0)).tolist() == [f(x) for x in (0.0, 1.0, 2.0)]


def test_arguments() -> None:
    if OPEN is None:
        return

    def f(g: Any, x: float) -> Any:
        return g(x), g.args[1:]

    compiled = tg.jit(f)
    for g in (HELD, functools.partial(weighed, OPEN, 4.0), functools.partial(weighed, 1.0)):
        assert compiled(g, 2.0) == f(g, 2.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: functools.partial(weighed, OPEN, x)(),
        lambda x: functools.partial(weighed, OPEN, OPEN, x)(x),
        lambda x: functools.partial(weighed, x, OPEN)(x),
        lambda x: functools.partial(weighed, x, c=OPEN)(x),
    ],
)
def test_what_is_missing(f: Callable[..., Any]) -> None:
    if OPEN is None:
        return
    with pytest.raises(TypeError) as expected:
        f(1.0)
    with pytest.raises(TypeError) as found:
        tg.jit(f)(1.0)
    assert str(expected.value) in str(found.value)
