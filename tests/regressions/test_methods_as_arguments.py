"""Bound methods and partials are passed with what they hold: with its sizes, and as the same objects."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import tangra as tg


class Account:
    def __init__(self, n: int = 2) -> None:
        self.x = 1.0
        self.items = [1.0]
        self.a = np.ones(n)

    def add(self) -> None:
        self.x += 1.0
        self.items.append(self.x)
        self.a[0] += 5.0

    def dot(self, x: Any) -> Any:
        return self.a[0] + x.sum()


class Odd:
    def __init__(self, k: float) -> None:
        self.unused = np.ones(2, complex)
        self.k = k

    def times(self, x: Any) -> Any:
        return self.k * x.sum()


def method_first(add: Any, account: Account) -> Any:
    add()
    return account.x, account.items, account.a


def array_first(p: Any, x: Any) -> Any:
    p()
    return x[0] + x[1]


def of_x(p: Any, x: Any) -> Any:
    return p(x)


def write(x: Any) -> None:
    x[0] = 5.0


def first_of(a: Any, x: Any, *, k: float = 1.0) -> Any:
    return a[0] + x[0] * k


def test_a_method_in_front_of_its_object() -> None:
    compiled = tg.jit(method_first)
    a, b = Account(), Account()
    for _ in range(3):
        assert repr(compiled(b.add, b)) == repr(method_first(a.add, a))
        assert repr(vars(b)) == repr(vars(a))


def test_a_partial_in_front_of_its_array() -> None:
    x = np.ones(3)
    assert tg.jit(array_first)(functools.partial(write, x), x) == 6.0
    assert x[0] == 5.0


def test_sizes_of_what_they_hold() -> None:
    compiled = tg.jit(of_x)
    for held in 20, 22, 3:
        for n in 30, 31, 32, 3, 33:
            x = np.ones(n)
            for p in Account(held).dot, functools.partial(first_of, np.ones(held)):
                assert compiled(p, x) == p(x)


def test_partials_of_one_form() -> None:
    compiled = tg.jit(of_x)
    for k in range(4):
        p = functools.partial(first_of, np.full(3, float(k)), k=k * 2.0)
        assert compiled(p, np.ones(2)) == p(np.ones(2))
    assert len(compiled.recompilations) == 1


def test_what_can_not_be_passed_is_not_looked_at() -> None:
    compiled = tg.jit(of_x)
    for k in 1.0, 2.0:
        for n in 30, 31, 32:
            assert compiled(Odd(k).times, np.ones(n)) == k * n


def squared_by(p: Any, x: Any) -> Any:
    return p(x) * x.sum()


def test_transformations_take_them() -> None:
    account, x = Account(), np.array([1.0, 2.0])
    for p in account.dot, functools.partial(Account.dot, account), functools.partial(first_of, np.ones(2), k=3.0):
        gradient = tg.grad(squared_by, argnums=1)(p, x)
        ends = [squared_by(p, x + d) - squared_by(p, x - d) for d in np.eye(2) * 1e-6]
        np.testing.assert_allclose(gradient, np.array(ends) / 2e-6, rtol=1e-6)
        batched = tg.vmap(squared_by, in_axes=(None, 0))(p, np.stack([x, x * 2.0]))
        np.testing.assert_allclose(batched, [squared_by(p, x), squared_by(p, x * 2.0)], rtol=1e-14)


def test_objects_that_are_parts_of_themselves() -> None:
    d: dict[str, Any] = {"k": 2.0}
    d["d"] = d
    with pytest.raises(tg.TangraError, match="a part of itself"):
        tg.grad(lambda d, x: d["d"]["k"] * x, argnums=1)(d, 3.0)


scaled = functools.partial(first_of, [1.0])


def with_a_captured_one(x: Any) -> Any:
    return scaled(x)


def test_keywords_of_a_captured_partial() -> None:
    compiled, x = tg.jit(with_a_captured_one), np.ones(2)
    assert compiled(x) == 2.0
    scaled.keywords["k"] = 3.0
    assert compiled(x) == 4.0
    del scaled.keywords["k"]
    assert compiled(x) == 2.0
