"""Methods and functions called with arguments that they don't have: the error is told in the user's terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (lambda x: x.sum(foo=1), "sum(): got an unexpected keyword argument 'foo'"),
        (lambda x: x.std(foo=1), "std(): got an unexpected keyword argument 'foo'"),
        (lambda x: x.dot(), "dot(): missing a required argument: 'b'"),
        (lambda x: np.add.reduce(x, foo=1), "got an unexpected keyword argument 'foo'"),
        (lambda x: min(x, foo=1), "min(): got an unexpected keyword argument 'foo'"),
        (lambda x: max(), "max expected at least 1 argument, got 0"),
    ],
)
def test_is_told_with_its_place(program: Callable[[Any], Any], text: str) -> None:
    with pytest.raises(tg.TangraError) as caught:
        tg.jit(program)(np.ones(3))
    assert text in caught.value.diagnostic.message
    assert caught.value.diagnostic.span is not None


def product(x: Any, n: Any = 3, *, k: int = 0) -> Any:
    return x * n + k


@pytest.mark.parametrize("option", ["static", "donate", "dynamic"])
def test_options_that_name_no_argument(option: str) -> None:
    for given in (1.5, None, -1, 2, "zz", (0, -1), [0, 1.5], ("x", "q")):
        with pytest.raises(tg.EntryError, match=rf"{option}="):
            tg.jit(product, **{option: given})  # type: ignore[call-overload]


def test_static_arguments_by_position_that_are_given_by_name() -> None:
    compiled = tg.jit(product, static=1)
    assert [compiled(2.0, n=4), compiled(2.0, 5), compiled(2.0)] == [8.0, 10.0, 6.0]
    assert len(compiled.recompilations) == 3
    assert tg.jit(lambda *a: a[0] * a[1], static=1)(2.0, 3) == 6.0
