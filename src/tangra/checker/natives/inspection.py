"""`inspect.signature` of functions of the program, with the parts that decorators look at."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.heap import BoundMethod, ClassCell, DictCell, FunctionCell, Instance, Value
from tangra.checker.natives.table import LIBRARY, native
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

KINDS = ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD")
EMPTY = "inspect.Parameter.empty"
PARAMETER = ClassCell("Parameter", ())
SIGNATURE = ClassCell("Signature", ())
SIGNATURE.complete = False
for _kind in KINDS:
    LIBRARY[f"inspect.Parameter.{_kind}"] = PARAMETER.fields[_kind] = _kind
LIBRARY[EMPTY] = LIBRARY["inspect._empty"] = LIBRARY["inspect.Signature.empty"] = PARAMETER.fields["empty"] = EMPTY


@native("inspect.signature")
def signature(ev: Evaluator, call: Call) -> Value:
    function, bound = call.args[0], False
    while True:
        if isinstance(function, BoundMethod):
            function, bound = function.function, True
        elif isinstance(function, ClassCell):
            found = function.find("__init__")
            function, bound = (UNKNOWN if found is None else found[1]), True
        elif isinstance(function, FunctionCell) and "__wrapped__" in function.fields:
            function = function.fields["__wrapped__"]
        else:
            break
    if not isinstance(function, FunctionCell):
        return UNKNOWN
    made = Instance(SIGNATURE)
    parameters = _parameters(function)
    made.fields["parameters"] = DictCell(dict(list(parameters.items())[bound:]))
    return made


@native("inspect.unwrap")
def unwrap(ev: Evaluator, call: Call) -> Value:
    function = call.args[0]
    while isinstance(function, FunctionCell) and "__wrapped__" in function.fields:
        function = function.fields["__wrapped__"]
    return function


def _parameters(function: FunctionCell) -> dict[Value, Value]:
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    first = len(positional) - len(function.defaults)
    found: dict[Value, Value] = {}
    for place, argument in enumerate(positional):
        default = function.defaults[place - first] if place >= first else EMPTY
        found[argument.arg] = _parameter(argument, KINDS[place >= len(spec.posonlyargs)], default)
    if spec.vararg is not None:
        found[spec.vararg.arg] = _parameter(spec.vararg, "VAR_POSITIONAL", EMPTY)
    for argument, value, node in zip(spec.kwonlyargs, function.kw_defaults, spec.kw_defaults, strict=True):
        found[argument.arg] = _parameter(argument, "KEYWORD_ONLY", EMPTY if node is None else value)
    if spec.kwarg is not None:
        found[spec.kwarg.arg] = _parameter(spec.kwarg, "VAR_KEYWORD", EMPTY)
    return found


def _parameter(argument: ast.arg, kind: str, default: Value) -> Instance:
    made = Instance(PARAMETER)
    made.fields = {
        "name": argument.arg,
        "kind": kind,
        "default": default,
        "annotation": EMPTY if argument.annotation is None else UNKNOWN,
    }
    return made
