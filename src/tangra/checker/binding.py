"""Arguments bound to the parameters of a function of the program."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import DictCell, FunctionCell, Raised, Scope, Value
from tangra.shape_rules.failures import CALL, Failure
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


def bind(ev: Evaluator, function: FunctionCell, given: Call, scope: Scope) -> bool:
    """Bind the arguments in `scope`; false (and reported) where the call certainly does not fit the parameters."""
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    named = dict(given.kwargs)
    fields = scope.fields
    for parameter, value in zip(positional, given.args, strict=False):
        fields[parameter.arg] = value
    extra = given.args[len(positional) :]
    if spec.vararg is not None:
        fields[spec.vararg.arg] = UNKNOWN if given.open else tuple(extra)
    elif extra:
        return _wrong(
            ev, given, function, f"takes {len(positional)} positional arguments but {len(given.args)} were given"
        )
    keyword_names = {parameter.arg for parameter in (*spec.args, *spec.kwonlyargs)}
    rest: dict[Value, Value] = {}
    for name, value in named.items():
        if name in keyword_names and name not in fields:
            fields[name] = value
        elif spec.kwarg is not None and name not in fields:
            rest[name] = value
        elif name in fields:
            return _wrong(ev, given, function, f"got multiple values for argument '{name}'")
        else:
            return _wrong(ev, given, function, f"got an unexpected keyword argument '{name}'")
    if spec.kwarg is not None:
        cell = DictCell(None if given.open else rest)
        fields[spec.kwarg.arg] = cell
    return _fill(ev, function, given, scope, positional)


def _fill(ev: Evaluator, function: FunctionCell, given: Call, scope: Scope, positional: list[ast.arg]) -> bool:
    """Defaults for what the call leaves out; an open call may have given anything."""
    spec, fields = function.node.args, scope.fields
    defaults: dict[str, Value] = {}
    for parameter, value in zip(positional[len(positional) - len(function.defaults) :], function.defaults, strict=True):
        defaults[parameter.arg] = value
    for parameter, default in zip(spec.kwonlyargs, function.kw_defaults, strict=True):
        if default is not None or spec.kw_defaults[spec.kwonlyargs.index(parameter)] is not None:
            defaults[parameter.arg] = default
    for parameter in (*positional, *spec.kwonlyargs):
        name = parameter.arg
        if name in fields:
            continue
        if given.open:
            fields[name] = UNKNOWN
        elif name in defaults:
            fields[name] = defaults[name]
        else:
            return _wrong(ev, given, function, f"is missing the argument '{name}'")
    return True


def _wrong(ev: Evaluator, given: Call, function: FunctionCell, what: str) -> bool:
    """A call that does not fit: only layers' forwards are worth a finding here, other checkers do the rest."""
    raise PythonRaise(Raised("TypeError", (Failure(CALL, f"{function.name}() {what}", "TypeError"),)))
