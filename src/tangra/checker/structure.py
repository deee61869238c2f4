"""Facts about syntax alone, found once per node and kept in it: generators, loops, names."""

from __future__ import annotations

import ast
from collections.abc import Sequence

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def is_generator(node: FunctionNode) -> bool:
    """Whether the function's own body yields."""
    kept = node.__dict__
    if "tangra_yields" not in kept:
        kept["tangra_yields"] = _yields([node.body] if isinstance(node, ast.Lambda) else node.body)
    found: bool = kept["tangra_yields"]
    return found


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


def names_read(node: ast.expr) -> tuple[ast.Name | ast.Attribute, ...]:
    """The names and attributes in an expression."""
    kept = node.__dict__
    if "tangra_reads" not in kept:
        kept["tangra_reads"] = tuple(part for part in ast.walk(node) if isinstance(part, ast.Name | ast.Attribute))
    found: tuple[ast.Name | ast.Attribute, ...] = kept["tangra_reads"]
    return found


def calls_made(node: ast.expr) -> frozenset[str] | None:
    """The last words of what an expression calls; None if it binds names or gives control away."""
    kept = node.__dict__
    if "tangra_calls" not in kept:
        parts = list(ast.walk(node))
        binds = any(isinstance(part, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await) for part in parts)
        called = [part.func for part in parts if isinstance(part, ast.Call)]
        words = (part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in called)
        kept["tangra_calls"] = None if binds else frozenset(words)
    found: frozenset[str] | None = kept["tangra_calls"]
    return found


def has_stars(node: ast.Call) -> bool:
    """Whether a call spreads arguments by `*` or `**`."""
    for arg in node.args:
        if type(arg) is ast.Starred:
            return True
    for keyword in node.keywords:  # noqa: SIM110 (asked at every call: a generator costs more than the answer)
        if keyword.arg is None:
            return True
    return False


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
