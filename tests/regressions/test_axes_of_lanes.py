"""The axes that `vmap` is told for parts of its arguments."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tangra as tg


@dataclass
class Parameters:
    w: Any
    b: Any


@dataclass(slots=True)
class Slots:
    w: Any
    b: Any


X = np.arange(6.0).reshape(3, 2)
HELD = Slots(np.ones(2), 2.0)


@pytest.mark.parametrize("cls", [Parameters, Slots])
def test_axes_in_an_object_of_the_class(cls: Any) -> None:
    def f(p: Any) -> Any:
        return cls(p.w * p.b, p.w.sum())

    found = tg.vmap(f, in_axes=(cls(0, None),), out_axes=cls(1, 0))(cls(X, 2.0))
    assert np.array_equal(found.w, 2.0 * X.T)
    assert np.array_equal(found.b, X.sum(axis=1))

    def inside(x: Any) -> Any:
        return tg.vmap(lambda p: p.w * p.b, in_axes=(cls(1, None),))(cls(x, 2.0))

    assert np.array_equal(tg.jit(inside)(X), 2.0 * X.T)


def test_axes_of_nested_dicts_in_compiled_code() -> None:
    def f(x: Any) -> Any:
        lanes = tg.vmap(lambda d: d["a"]["q"] * d["b"], in_axes=({"a": {"q": 1}, "b": None},))
        return lanes({"a": {"q": x}, "b": 2.0})

    assert np.array_equal(tg.jit(f)(X), 2.0 * X.T)


@pytest.mark.parametrize("axes", [{"a": 0}, {"a": 0, "b": 0, "c": 0}, {"a": 0, "c": 0}, (0, 0), [0, 0], "ab"])
def test_axes_that_leave_out_or_misname_a_part_are_refused(axes: Any) -> None:
    with pytest.raises(tg.TangraError, match="axes and value have different structures"):
        tg.vmap(lambda d: d["a"] * d["b"], in_axes=(axes,))({"a": X, "b": X})


def test_objects_with_slots_are_copied_and_differentiated_whole() -> None:
    def f(x: float) -> Any:
        shallow, deep = copy.copy(HELD), copy.deepcopy(HELD)
        shallow.b += x
        deep.w[0] = x
        return shallow, deep

    assert repr(tg.jit(f)(3.0)) == repr(f(3.0))
    gradient = tg.jit(lambda x: tg.grad(lambda p: (p.w * p.b).sum() * x)(HELD))(3.0)
    assert repr(gradient) == repr(Slots(np.full(2, 6.0), 6.0))


class Changing:
    def __init__(self) -> None:
        self.a, self.b = 1.0, np.ones(2)


def test_a_deleted_attribute_is_no_part_of_an_argument() -> None:
    def f(x: float) -> Any:
        c = Changing()
        c.x = x  # type: ignore[attr-defined]
        del c.a
        return tg.grad(lambda c: c.x * c.b.sum())(c)

    assert repr(vars(tg.jit(f)(3.0))) == repr({"b": np.full(2, 3.0), "x": 2.0})


def test_bools_that_are_known_when_compiling_are_one_for_each_lane():
    def f(x, flag):
        return x.sum() > 1.0, x.shape[0] > 2, {"given": flag, "none": None}

    for n in (3, 20, 30):
        some, long, rest = tg.vmap(f, in_axes=(0, None), out_axes=-1)(np.eye(2, n), True)
        np.testing.assert_array_equal(some, [False, False])
        np.testing.assert_array_equal(long, [True, True])
        np.testing.assert_array_equal(rest["given"], [True, True])
        assert rest["none"] is None
