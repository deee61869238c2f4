"""Names that a call binds and deletes again: there may have been none before, one of another kind, or a class's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import tangra as tg


class Slotted:
    __slots__ = ("t",)


class WithDefault:
    t = 5.0


def of_an_object(o: Any, x: float) -> Any:
    o.t = x
    y = o.t
    del o.t
    return y + getattr(o, "t", 0.0)


def of_the_module(o: Any, x: float) -> Any:
    global bound_for_a_while
    bound_for_a_while = x
    y = bound_for_a_while
    del bound_for_a_while
    return y


def variable() -> Any:
    c: Any = 1.0

    def bind_and_delete(o: Any, x: float) -> Any:
        nonlocal c
        c = x
        y = c
        del c
        return y

    def bind(value: Any) -> None:
        nonlocal c
        c = value

    def held() -> Any:
        return c

    return bind_and_delete, bind, held


@pytest.mark.parametrize("make", [SimpleNamespace, Slotted, WithDefault])
def test_attributes(make: Any) -> None:
    compiled = tg.jit(of_an_object)
    for before in None, 1.0, [1], None, 2:
        found = []
        for f in (of_an_object, compiled):
            o = make()
            if before is not None:
                o.t = before
            found.append((f(o, 3.0), f(o, 4.0), getattr(o, "t", None)))
        assert found[0] == found[1]


def test_globals() -> None:
    compiled = tg.jit(of_the_module)
    for before in None, 1.0, [1], None:
        if before is not None:
            globals()["bound_for_a_while"] = before
        assert compiled(None, 3.0) == 3.0
        assert "bound_for_a_while" not in globals()


def test_variables_of_closures() -> None:
    function, bind, held = variable()
    compiled = tg.jit(function)
    for before in 1.0, None, 2, [1], None:
        if before is not None:
            bind(before)
        assert compiled(None, 3.0) == 3.0
        with pytest.raises(NameError):
            held()
