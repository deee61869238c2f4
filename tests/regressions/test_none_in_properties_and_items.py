"""Values that are None on some paths, read through properties, items of containers and fields of named tuples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import tangra as tg


class Best:
    def __init__(self) -> None:
        self._value: Any = None
        self.offers = 0

    @property
    def value(self) -> Any:
        return self._value

    @value.setter
    def value(self, new: Any) -> None:
        self.offers += 1
        if self.value is None or new < self.value:
            self._value = new


class Record(NamedTuple):
    best: Any
    place: int

    @property
    def twice(self) -> Any:
        return None if self.best is None else 2 * self.best


def in_a_property(x: Any, n: int) -> Any:
    best = Best()
    for k in range(n):
        if x[k] > 0:
            best.value = x[k]
    found = best.value
    if best.value is None:
        return best.offers, -1.0
    assert found is not None
    return best.offers, best.value * 2 + found


def in_a_dict(x: Any, n: int) -> Any:
    state: dict[str, Any] = {"best": None, "count": 0}
    for k in range(n):
        if x[k] > 0 and (state["best"] is None or x[k] > state["best"]):
            state["best"] = x[k]
            state["count"] += 1
    found = state.get("best")
    return state["count"], 0.0 if found is None else 3 * found, state


def in_a_list(x: Any, n: int) -> Any:
    held: list[Any] = [None, 0]
    for k in range(n):
        if x[k] > 0 and (held[0] is None or held[0] < x[k]):
            held[0] = x[k]
            held[-1] = k
    return held, held[0] is None


def in_a_named_tuple(x: Any, n: int) -> Any:
    record = Record(None, 0)
    for k in range(n):
        if x[k] > 0 and (record.best is None or record.best < x[k]):
            record = Record(x[k], k)
    double = record.twice
    if record[0] is None or double is None:
        return record.place, -1.0
    return record.place, record.best + double


@pytest.mark.parametrize("f", [in_a_property, in_a_dict, in_a_list, in_a_named_tuple])
@pytest.mark.parametrize("x", [np.array([-1.0, 2.0, 0.5, 3.0]), -np.ones(4)])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_values(f: Any, x: Any, n: int) -> None:
    assert repr(tg.jit(f)(x, n)) == repr(f(x, n))


def test_without_a_test_it_is_refused() -> None:
    def f(x: Any, n: int) -> Any:
        best = Best()
        for k in range(n):
            if x[k] > 0:
                best.value = x[k]
        return best.value + 1

    with pytest.raises(tg.TangraError, match="test it with `is None` first"):
        tg.jit(f)(np.ones(3), 2)


def test_derivatives() -> None:
    def loss(x: Any, n: int) -> Any:
        return in_a_property(x, n)[1]

    assert tg.grad(loss)(np.array([-1.0, 2.0, 0.5, 3.0]), 4).tolist() == [0, 0, 3, 0]
