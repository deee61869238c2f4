"""Annotations say nothing about values: Python 3.14 evaluates them only when asked, and they may fail then."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg


def annotated(fails: type[Exception]) -> Callable[..., Any]:
    """A function with annotations that fail when they are evaluated."""

    def f(x: Any, *, y: Any = 2.0) -> Any:
        return x * x * y

    def annotate(form: int) -> Any:
        raise fails("an annotation")

    f.__annotate__ = annotate  # type: ignore[attr-defined]
    return f


@pytest.mark.parametrize("fails", [NameError, AttributeError, TypeError, ZeroDivisionError])
def test_functions(fails: type[Exception]) -> None:
    f = annotated(fails)
    assert tg.jit(f)(3.0) == f(3.0)
    assert tg.jit(f, static="y", dynamic="x")(np.ones(3), y=3.0).tolist() == [3.0] * 3
    assert tg.grad(f)(3.0) == 12.0
    assert tg.grad(f, argnames="y")(3.0, y=1.0) == 9.0
    assert tg.vmap(functools.partial(f, y=1.0))(np.arange(3.0)).tolist() == [0.0, 1.0, 4.0]
    assert tg.jit(f, donate="x")(np.ones(3)).tolist() == [2.0] * 3


def test_callables() -> None:
    f = annotated(NameError)  # which only Python 3.14 asks for

    class Squares:
        __call__ = functools.partialmethod(f)

    class Method:
        def __init__(self) -> None:
            self.of = f

        def __call__(self, x: float) -> Any:
            return self.of(x)

    assert tg.grad(Method())(3.0) == 12.0
    assert tg.jit(functools.wraps(f)(lambda x: f(x)))(2.0) == 8.0
    with pytest.raises(tg.TangraError):
        tg.grad(Squares())(3.0)
