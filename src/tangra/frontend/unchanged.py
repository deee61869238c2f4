"""Whether the text of a function is what its code was compiled from.

A file may have been edited since it was imported, or Python may have loaded bytecode of an older text that looked as
new. CPython runs the code; what is compiled here is the text. So the text is compiled by CPython, too, and has to give
the same code. Modules that an import hook has changed (pytest's assertions, jaxtyping, typeguard) are let through: what
runs there is the text with something added.
"""

from __future__ import annotations
import __future__

import ast
import types
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from typing import Any

_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag
_FACTS = (
    "co_name", "co_firstlineno", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_names", "co_varnames",
    "co_freevars", "co_cellvars", "co_code",
)  # fmt: skip


def facts(code: types.CodeType) -> tuple[Any, ...]:
    """All that says what code does: equal for two codes that do the same."""
    return (*(getattr(code, name) for name in _FACTS), tuple(map(_constant, code.co_consts)))


def is_compiled_from(function: types.FunctionType, tree: ast.Module) -> bool:
    """Whether the code of `function` is what CPython makes of `tree`, the text of its file."""
    if _is_hooked(function.__globals__):
        return True
    code = function.__code__
    made = _made_of(tree, code.co_flags & _FUTURE).get((code.co_name, code.co_firstlineno), ())
    return facts(code) in made


def _is_hooked(module: dict[str, Any]) -> bool:
    """Whether something else than Python's own import made a module from a file."""
    loader = getattr(module.get("__spec__"), "loader", None) or module.get("__loader__")
    ours = isinstance(loader, SourceFileLoader) and type(loader) is not SourceFileLoader
    return ours or type(loader).__name__ == "AssertionRewritingHook"


def _made_of(tree: ast.Module, flags: int) -> dict[tuple[str, int], list[Any]]:
    """What every function of a text does, by its name and first line; it is noted in the tree."""
    noted: dict[int, Any] = tree.__dict__.setdefault("_made", {})
    if flags not in noted:
        noted[flags] = {}
        for code in _walk(compile(tree, "<text>", "exec", flags, dont_inherit=True)):
            noted[flags].setdefault((code.co_name, code.co_firstlineno), []).append(facts(code))
    found: dict[tuple[str, int], list[Any]] = noted[flags]
    return found


def _walk(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _walk(constant)


def _constant(value: Any) -> Any:
    """A constant as something that is equal for equal constants only: 1, 1.0 and True differ, and 0.0 and -0.0."""
    if isinstance(value, types.CodeType):
        return facts(value)
    if isinstance(value, tuple):
        return tuple(map(_constant, value))
    if isinstance(value, frozenset):
        return "set", *sorted(map(repr, map(_constant, value)))
    return type(value).__name__, repr(value)
