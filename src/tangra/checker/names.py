"""Names: where Python finds them, and where assignment puts them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.deferred import Deferred, module_member
from tangra.checker.heap import MISSING, ModuleCell, Scope, Value
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def lookup(ev: Evaluator, name: str) -> Value:
    """The value of a name: local, enclosing functions, module, builtins; unknown where it is bound nowhere."""
    first = ev.frames[-1].scope
    if first.outer_names and name in first.outer_names:
        return first.outer_names[name].fields.get(name, UNKNOWN)
    scope: Scope | None = first
    while scope is not None:
        found = scope.fields.get(name, MISSING)
        if found is not MISSING and (scope is first or not scope.is_class):
            return module_member(ev, scope, name) if type(found) is Deferred and type(scope) is ModuleCell else found
        scope = scope.parent
    return ev.builtins.get(name, UNKNOWN)


def store_name(ev: Evaluator, name: str, value: Value, node: ast.AST) -> None:
    """Bind a name in the running scope, or where `global` or `nonlocal` says."""
    frame = ev.frames[-1]
    scope = frame.scope
    ev.journal.write(scope.outer_names.get(name, scope) if scope.outer_names else scope, name, value)
    frame.lines[name] = getattr(node, "lineno", 0)


def declare_outer(ev: Evaluator, names: list[str], everywhere: bool) -> None:
    """`global` (everywhere) and `nonlocal`."""
    scope = ev.frame.scope
    for name in names:
        outer: Scope | None = scope.module if everywhere else scope.parent
        while not everywhere and outer is not None and name not in outer.fields:
            outer = outer.parent
        if outer is not None and outer is not scope:
            scope.outer_names[name] = outer
