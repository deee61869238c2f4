"""Statements that call functions of the module for what they give and write."""

from __future__ import annotations

from tests.fuzz import scalars, writing
from tests.fuzz.scope import DECORATOR, FLOAT, NOTHING, OPTIONAL, SMOOTH, TUPLE, VECTOR, Gen


def called(g: Gen) -> list[str]:
    """A statement that calls a function for what it gives and writes."""
    helpers = [h for h in g.helpers if h.result not in (DECORATOR, SMOOTH)]
    if not helpers:
        return writing.store(g)
    helper = g.pick(helpers)
    text = (
        helper.call(g, 2)
        if helper.call
        else f"{helper.name}({', '.join(scalars.expr(g, p, 1) for p in helper.params)})"
    )
    if helper.result == NOTHING or helper.result == FLOAT:
        return [text]
    name = g.fresh("b")
    if helper.result == TUPLE:
        v = g.fresh("v")
        lines = [f"{name}, {v} = {text}"] if g.percent(70) else [f"{name} = {text}", f"{name}, {v} = {name}"]
        g.bind(VECTOR, v)
        g.bind(FLOAT, name)
        return [*lines, *_touched(g, v)]
    if helper.result == OPTIONAL:
        return _if_not_none(g, name, text)
    g.bind(helper.result, name)
    return [f"{name} = {text}", *(_touched(g, name) if helper.result == VECTOR else [])]


def _touched(g: Gen, v: str) -> list[str]:
    """A write to an array that was given, which may be part of another."""
    if g.percent(40):
        return []
    return [
        f"{v}[{g.pick(['0', '-1', ':', '::2', '...'])}] {g.pick(['=', '+=', '*='])} np.sin({scalars.floating(g, 1)})"
    ]


def _if_not_none(g: Gen, name: str, text: str) -> list[str]:
    other, used = scalars.floating(g, 1), g.fresh("a")
    g.bind(FLOAT, used)
    return [
        f"{name} = {text}",
        *g.pick(
            [
                [f"{used} = {other} if {name} is None else {name}"],
                [f"{used} = {name} if {name} is not None and {name} != 0.5 else {other}"],
                [f"{used} = {other}", f"if {name} is not None:", f"    {used} += 0.5 * {name}"],
            ]
        ),
    ]
