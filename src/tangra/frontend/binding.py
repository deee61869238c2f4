"""Binding the arguments of a call to a function's parameters, by Python's rules."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, TupleValue
from tangra.frontend import containers

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def bind_arguments(
    ev: Evaluator,
    name: str,
    spec: ast.arguments,
    args: list[AbstractValue],
    kwargs: dict[str, AbstractValue],
    defaults: tuple[AbstractValue, ...],
    kw_defaults: dict[str, AbstractValue],
) -> dict[str, AbstractValue]:
    """Parameter names and their values; a TypeError as Python words it where they don't fit."""
    positional = [*spec.posonlyargs, *spec.args]
    names = [a.arg for a in positional]
    bound: dict[str, AbstractValue] = dict(zip(names, args, strict=False))
    if spec.vararg is not None:
        bound[spec.vararg.arg] = TupleValue(tuple(args[len(names) :]))
    elif len(args) > len(names):
        takes = f"takes {len(names)} positional argument{'s' if len(names) != 1 else ''}"
        ev.python_error("TypeError", f"{name}() {takes} but {len(args)} were given")
    by_keyword = {a.arg for a in (*spec.args, *spec.kwonlyargs)}
    extra: dict[str, AbstractValue] = {}
    for key, value in kwargs.items():
        if key in by_keyword:
            if key in bound:
                ev.python_error("TypeError", f"{name}() got multiple values for argument '{key}'")
            bound[key] = value
        elif spec.kwarg is not None:
            extra[key] = value
        else:
            ev.python_error("TypeError", f"{name}() got an unexpected keyword argument '{key}'")
    for key, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
        bound.setdefault(key, default)
    for key, default in kw_defaults.items():
        bound.setdefault(key, default)
    missing = [a.arg for a in (*positional, *spec.kwonlyargs) if a.arg not in bound]
    if missing:
        listed = " and ".join(f"'{m}'" for m in missing)
        ev.python_error("TypeError", f"{name}() missing {len(missing)} required argument(s): {listed}")
    if spec.kwarg is not None:
        bound[spec.kwarg.arg] = containers.new_dict(ev, list(extra), list(extra.values()))
    return bound
