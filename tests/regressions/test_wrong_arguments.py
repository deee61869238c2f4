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
