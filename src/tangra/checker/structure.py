"""Facts about syntax alone, found once per function: generators, loops, names."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from weakref import WeakKeyDictionary

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_GENERATORS: WeakKeyDictionary[ast.AST, bool] = WeakKeyDictionary()


def is_generator(node: FunctionNode) -> bool:
    """Whether the function's own body yields."""
    known = _GENERATORS.get(node)
    if known is None:
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        known = _GENERATORS[node] = _yields(body)
    return known


LEAVES = frozenset({ast.Name, ast.Constant, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef})
"""Nodes that hold no `yield` of the function around them."""


def _yields(body: Sequence[ast.AST]) -> bool:
    queue = list(body)
    while queue:
        node = queue.pop()
        kind = type(node)
        if kind is ast.Yield or kind is ast.YieldFrom:
            return True
        if kind not in LEAVES:
            for name in kind._fields:
                value = getattr(node, name, None)
                if type(value) is list:
                    queue.extend(part for part in value if isinstance(part, ast.AST))
                elif isinstance(value, ast.AST):
                    queue.append(value)
    return False


_READ: WeakKeyDictionary[ast.AST, tuple[ast.Name | ast.Attribute, ...]] = WeakKeyDictionary()


def names_read(node: ast.expr) -> tuple[ast.Name | ast.Attribute, ...]:
    """The names and attributes in an expression."""
    known = _READ.get(node)
    if known is None:
        known = tuple(part for part in ast.walk(node) if isinstance(part, ast.Name | ast.Attribute))
        _READ[node] = known
    return known


_CALLED: WeakKeyDictionary[ast.AST, frozenset[str]] = WeakKeyDictionary()
_EFFECTS: WeakKeyDictionary[ast.AST, bool] = WeakKeyDictionary()


def calls_made(node: ast.expr) -> frozenset[str] | None:
    """The last words of what an expression calls; None if it binds names or gives control away."""
    if node not in _EFFECTS:
        parts = list(ast.walk(node))
        _EFFECTS[node] = any(isinstance(part, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await) for part in parts)
        calls = [part.func for part in parts if isinstance(part, ast.Call)]
        _CALLED[node] = frozenset(
            part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in calls
        )
    return None if _EFFECTS[node] else _CALLED[node]


def has_stars(node: ast.Call) -> bool:
    """Whether a call spreads arguments by `*` or `**`."""
    for arg in node.args:
        if type(arg) is ast.Starred:
            return True
    return any(keyword.arg is None for keyword in node.keywords)


def parameters(node: FunctionNode) -> list[ast.arg]:
    """All parameters, `*args` and `**kwargs` too."""
    spec = node.args
    extra = [arg for arg in (spec.vararg, spec.kwarg) if arg is not None]
    return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *extra]


def decorator_names(node: ast.AST) -> list[str]:
    """The last words of a definition's decorators."""
    found = []
    for decorator in getattr(node, "decorator_list", []):
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.append(target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", ""))
    return found


def local_names(node: FunctionNode) -> tuple[str, ...]:
    """The parameters and the names that the body binds."""
    names = dict.fromkeys(parameter.arg for parameter in parameters(node))
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names[part.id] = None
    return tuple(names)
