"""What transformations can't take apart is refused. A list that a loop grew was taken for an empty one, so that its
gradient was zero; an object that holds itself was followed until Python's stack was full."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg

X = np.array([1.0, -1.0, 2.0])


def positive(x: Any) -> Any:
    found = []
    for v in x:
        if v > 0:
            found.append(v * v)
    return found


def total(items: Any) -> Any:
    return sum(items)


class Person:
    def __init__(self, weight: float) -> None:
        self.weight = weight
        self.friends: list[Person] = []


def friends() -> Person:
    first, second = Person(2.0), Person(3.0)
    first.friends.append(second)
    second.friends.append(first)
    return first


def weight(person: Any) -> Any:
    return person.weight * person.friends[0].weight


CASES = {
    "result": lambda: tg.jacfwd(positive)(X),
    "auxiliary": lambda: tg.value_and_grad(lambda x: (np.sum(x), positive(x)), has_aux=True)(X),
    "lanes": lambda: tg.vmap(positive)(X[None]),
    "checkpointed": lambda: tg.grad(lambda x: total(tg.checkpoint(positive)(x)))(X),
    "argument": lambda: tg.jit(lambda x: tg.grad(total)(positive(x)))(X),
    "primal": lambda: tg.jit(lambda x: tg.vjp(total, positive(x))[0])(X),
    "stopped": lambda: tg.jit(lambda x: total(tg.stop_gradient(positive(x))))(X),
    "cycle": lambda: tg.grad(weight)(friends()),
    "cycle in lanes": lambda: tg.vmap(lambda p, x: weight(p) * x, in_axes=(None, 0))(friends(), X),
    "maybe None": lambda: tg.vmap(lambda x: (x, x if x > 0 else None))(X),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str) -> None:
    with pytest.raises(tg.TangraError, match="TG814"):
        CASES[name]()


def test_what_is_read_from_outside_is_not_taken_apart() -> None:
    friend = friends()
    assert tg.jit(weight)(friend) == 6.0
    assert tg.grad(lambda x: x * weight(friend))(2.0) == 6.0

    def beside(x: Any) -> Any:
        items = positive(x)
        return tg.grad(lambda y: np.sum(y) * total(items))(x)

    np.testing.assert_array_equal(tg.jit(beside)(X), np.full(3, 5.0))
