"""`keys()`, `values()` and `items()` show what a dict holds when they are looked at, not when they were made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def same(f: Any, *args: Any) -> None:
    """The compiled function gives what the function gives, to the types of its results."""
    expected, found = f(*args), tg.jit(f)(*args)
    assert repr(found) == repr(expected)


def values_that_change_in_the_loop(x: float) -> Any:
    d, total = {"a": 1.0, "b": x, "c": 3.0}, 0.0
    for k, v in d.items():
        d["b"] = d["b"] * 2
        d["c"] += v
        total += v if k != "a" else 0.5 * v
    return total, d


def looked_at_later(x: float) -> Any:
    d = {"a": 1.0}
    keys, values, items = d.keys(), d.values(), d.items()
    d["z"] = x
    d["a"] = 5.0
    inside = "z" in keys, x in values, ("a", 5.0) in items
    return inside, list(keys), sum(values), dict(items), len(keys), [k for k in keys], bool(values)


def in_a_loop_of_the_run(x: float, n: int) -> Any:
    d = {"a": 1.0, "b": x}
    values = d.values()
    for i in range(n):
        for k, v in d.items():
            d[k] = v * 1.5 + i
        d["a"] = sum(values)
    return d, max(values)


def used_as_iterables_are(x: float) -> Any:
    d = {"a": 1.0, "b": x}
    a, b = d.values()
    pairs = list(zip(d, d.values(), strict=True)), list(enumerate(d.keys())), list(reversed(d.items()))
    made = {k: v * 2 for k, v in d.items()}, dict(d.items()), [*d.items()], tuple(d.values()), sorted(d.keys())
    return a, b, pairs, made, any(v > 1.5 for v in d.values()), " ".join(d.keys()), ",".join(k for k in d)


def compared(x: float) -> Any:
    d, e = {"a": x, "b": 1.0}, {"b": 1.0, "a": 2.0}
    return d.keys() == e.keys(), d.items() == e.items(), d.items() != e.items(), d.values() == e.values()


def test_views() -> None:
    same(values_that_change_in_the_loop, 2.0)
    same(looked_at_later, 2.0)
    same(used_as_iterables_are, 2.0)
    for x in (2.0, 3.0):
        same(compared, x)
    for n in (0, 1, 5):
        same(in_a_loop_of_the_run, 2.0, n)


def test_derivatives_through_views() -> None:
    def f(x: float) -> float:
        total: float = values_that_change_in_the_loop(x)[0]
        return total * total

    h = 1e-6
    assert tg.grad(f)(2.0) == pytest.approx((f(2.0 + h) - f(2.0 - h)) / (2 * h))
    assert tg.grad(lambda d: sum(v.sum() ** 2 for v in d.values()))({"a": np.ones(2)})["a"].tolist() == [4.0, 4.0]


def test_a_dict_that_loses_or_gets_keys_in_a_loop_over_a_view() -> None:
    def loses(x: float) -> Any:
        d = {"a": x, "b": x}
        for k in d.keys():
            if k == "a":
                del d["b"]

    def gets(x: float) -> Any:
        d = {"a": x}
        for k, v in d.items():
            d[k + "2"] = v

    for f in (loses, gets):
        for g in (f, tg.jit(f)):
            with pytest.raises(RuntimeError, match="changed size"):
                g(2.0)


def test_a_view_is_neither_a_sequence_nor_a_result() -> None:
    with pytest.raises(TypeError, match="not subscriptable"):
        tg.jit(lambda x: {"a": x}.values()[0])(2.0)  # type: ignore[index]
    with pytest.raises(tg.UnsupportedError, match="returning dict_values"):
        tg.jit(lambda x: {"a": x}.values())(2.0)
