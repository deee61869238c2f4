"""Private names: inside `class C`, `__name` means `_C__name`, in texts as in the code that CPython makes of them."""

from __future__ import annotations

import ast

_NAMED = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.keyword: "arg"}


def mangle(tree: ast.Module) -> ast.Module:
    """Write private names out in full, in place. (Names of functions stay: code has them as they are written.)"""
    _visit(tree, "")
    return tree


def _visit(node: ast.AST, owner: str) -> None:
    field = _NAMED.get(type(node))
    if field is not None and owner:
        setattr(node, field, _full(getattr(node, field), owner))
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        node.names = [_full(name, owner) or name for name in node.names]
    inside = node.name.lstrip("_") if isinstance(node, ast.ClassDef) else owner
    for name, value in ast.iter_fields(node):
        for part in value if isinstance(value, list) else (value,):
            if isinstance(part, ast.AST):
                _visit(part, inside if name == "body" else owner)


def full(name: str, owner: str) -> str:
    """What a name means inside the class called `owner`."""
    return _full(name, owner.lstrip("_")) or name


def _full(name: str | None, owner: str) -> str | None:
    private = name is not None and owner and name.startswith("__") and not name.endswith("__")
    return f"_{owner}{name}" if private else name
