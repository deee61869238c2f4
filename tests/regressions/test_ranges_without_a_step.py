"""A range whose step is 0 can't be made, whatever is done with it; `_replace` names all fields that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import tangra as tg


class Pair(NamedTuple):
    a: float
    b: float = 2.0


def unused(n: int, step: int) -> Any:
    r = range(0, n, step)
    return n


@pytest.mark.parametrize(
    "f",
    [
        unused,
        lambda n, step: len(range(0, n, step)),
        lambda n, step: range(0, n, step)[0],
        lambda n, step: n in range(0, n, step),
        lambda n, step: [k for k in range(n, 0, step)],
        lambda n, step: [range(0, n, s) for s in (1, 2, 0)],
    ],
)
def test_steps(f: Callable[..., Any]) -> None:
    compiled = tg.jit(f)
    for call in ((10, 2), (10, 0), (40, 3)):
        try:
            expected = f(*call)
        except ValueError as error:
            with pytest.raises(ValueError, match=str(error).replace("(", r"\(").replace(")", r"\)")):
                compiled(*call)
        else:
            assert compiled(*call) == expected


def test_fields() -> None:
    def f(x: float) -> Any:
        return Pair(x)._replace(q=x, b=x, z=x)  # type: ignore[call-arg]

    with pytest.raises((TypeError, ValueError)) as expected:
        f(1.0)
    with pytest.raises(type(expected.value)) as found:
        tg.jit(f)(1.0)
    assert str(expected.value) in str(found.value)
