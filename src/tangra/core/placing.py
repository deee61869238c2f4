"""Where an error about a whole call points: at the definition of the user's function."""

from __future__ import annotations

import ast
import functools
import types
from typing import TYPE_CHECKING, Any

from tangra.errors import TangraError
from tangra.frontend.parameters import signature
from tangra.ir.graph import Span

if TYPE_CHECKING:
    from tangra.frontend.source import Definition


def users_function(function: Any) -> types.FunctionType | None:
    """The Python function inside transformations, partials, methods and callable instances."""
    for _ in range(100):
        if isinstance(function, types.FunctionType):
            return function
        if isinstance(function, functools.partial):
            function = function.func
        elif isinstance(function, types.MethodType):
            function = function.__func__
        elif callable(getattr(function, "function", None)):
            function = function.function
        else:
            function = vars(type(function)).get("__call__")
    return None


def place(error: TangraError, function: Any) -> None:
    """Give an error that has no place the one of `function`'s first line."""
    found = users_function(function)
    if error.diagnostic.span is not None or found is None:
        return
    from tangra.frontend.source import load

    try:
        error.diagnostic.span = _header(load(found))
    except TangraError:
        return  # no source to point at


def _header(definition: Definition) -> Span:
    """`def name`, or a whole lambda."""
    node = definition.node
    whole = definition.span(node)
    if isinstance(node, ast.Lambda):
        return whole
    end = whole.column + len(f"def {node.name}")
    return Span(whole.file, whole.line, whole.column, whole.line, end, whole.function)


def argument_names(function: Any, count: int) -> list[str]:
    """What the first `count` positional arguments are called in errors: `argument x`, or `argument 2` for the second
    of those without a name."""
    try:
        found = signature(function).parameters.values() if callable(function) else ()
    except (TypeError, ValueError):
        found = ()
    names = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [f"argument {names[k] if k < len(names) else k + 1}" for k in range(count)]
