"""What Python takes as an index or a step has to be an int, also where it is a constant: a float is not cut off."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg


def inserted(x: Any, place: Any) -> Any:
    x -= 0.5
    items = [x[0]]
    items.insert(place, x[1])
    return items


def inserted_in_a_loop(x: Any, place: Any) -> Any:
    items = [x[0]]
    for _ in range(len(x)):
        items.insert(place, x[1])
    return items


def deleted(x: Any, place: Any) -> Any:
    items = [x[0], x[1], x[2]]
    del items[place:]
    return items


def replaced(x: Any, place: Any) -> Any:
    items = [x[0], x[1], x[2]]
    items[::place] = [x[1]] * 3
    return items


PROGRAMS = [
    lambda x, k: x[::k],
    lambda x, k: x[k:],
    lambda x, k: x[:k],
    lambda x, k: x.reshape(1, 3)[:, ::k],
    lambda x, k: [x[0], x[1]][k:],
    lambda x, k: [x[0], x[1]][::k],
    lambda x, k: (x[0], x[1])[:k],
    lambda x, k: range(5)[::k],
    lambda x, k: range(len(x))[::k],
    lambda x, k: [x[0], 1.0].index(1.0, k),
    lambda x, k: list(itertools.repeat(x[0], k)),
    lambda x, k: list(itertools.product([x[0]], [1.0], repeat=k)),
    lambda x, k: [v for v in x[::k]],
    lambda x, k: [x[0]] * k,
    inserted,
    inserted_in_a_loop,
    deleted,
    replaced,
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_floats_are_refused(program: Callable[..., Any]) -> None:
    for k in (1.0, 1.5):
        with pytest.raises(TypeError):
            program(np.arange(3.0), k)
        with pytest.raises(tg.TangraError) as refused:
            tg.jit(program, static="k" if program.__name__ == "<lambda>" else "place")(np.arange(3.0), k)
        assert isinstance(refused.value, TypeError | tg.TypeMismatchError)
        assert not isinstance(refused.value, tg.InternalError)


@pytest.mark.parametrize("program", PROGRAMS)
def test_ints_are_not(program: Callable[..., Any]) -> None:
    wanted = program(np.arange(3.0), 1)
    found = tg.jit(program, static="k" if program.__name__ == "<lambda>" else "place")(np.arange(3.0), 1)
    assert type(found) is type(wanted)
    assert np.array_equal(found, wanted)


def test_steps_of_zero() -> None:
    def program(x: Any) -> Any:
        return [x[0], x[1]][::0]

    with pytest.raises(ValueError, match="slice step cannot be zero") as refused:
        tg.jit(program)(np.arange(3.0))
    assert isinstance(refused.value, tg.TangraError)
