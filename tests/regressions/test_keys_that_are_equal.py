"""Dicts whose keys are equal without being alike, and keyword arguments in another order, are calls of their own."""

from __future__ import annotations

from typing import Any

import pytest

import tangra as tg


def keys_of(d: dict[Any, float]) -> Any:
    return list(d), {k: v + 1.0 for k, v in d.items()}


def halves_of_floats(d: dict[Any, float]) -> float:
    total = 0.0
    for k in d:
        total += k / 2 if isinstance(k, float) else 7.0
    return total


captured: dict[Any, float] = {}


def keys_of_a_global(x: float) -> Any:
    return list(captured), x


def named(**values: Any) -> Any:
    return list(values), values


DICTS: list[dict[Any, float]] = [{1: 2.0}, {True: 2.0}, {1.0: 2.0}, {0: 1.0}, {False: 1.0}, {0.0: 1.0}, {-0.0: 1.0}]


@pytest.mark.parametrize("function", [keys_of, halves_of_floats])
def test_arguments(function: Any) -> None:
    compiled = tg.jit(function)
    for d in DICTS * 2:
        assert repr(compiled(d)) == repr(function(d))


def test_tuples_as_keys() -> None:
    compiled = tg.jit(keys_of)
    for key in (1, 2), (1.0, 2), (True, 2):
        assert repr(compiled({key: 1.0})) == repr(keys_of({key: 1.0}))


def test_globals() -> None:
    global captured
    compiled = tg.jit(keys_of_a_global)
    for captured in DICTS * 2:
        assert repr(compiled(1.0)) == repr(keys_of_a_global(1.0))


def test_keyword_arguments() -> None:
    compiled = tg.jit(named)
    for _ in range(2):
        assert repr(compiled(a=1.0, b=2)) == repr(named(a=1.0, b=2))
        assert repr(compiled(b=2, a=1.0)) == repr(named(b=2, a=1.0))
    assert compiled.recompilations[1] == "called with arguments b, a instead of arguments a, b"


def test_one_list_under_two_names() -> None:
    values = [1.0]
    found = tg.jit(named)(b=values, a=values)[1]
    assert list(found) == ["b", "a"] and found["a"] is values and found["b"] is values
