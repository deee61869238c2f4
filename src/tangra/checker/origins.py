"""The notes of a finding: what the names in it hold, and where that came from."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.heap import Instance, OneOf, Value
from tangra.checker.source import SourceFile
from tangra.shape_rules.values import Tensor, shape_text

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def origins(ev: Evaluator, node: ast.AST, file: SourceFile) -> list[str]:
    """Where the arrays and layers that an expression names came from."""
    frame = next((frame for frame in reversed(ev.frames) if frame.file is file), None)
    if frame is None:
        return []
    notes: list[str] = []
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            value, line = frame.scope.fields.get(part.id), frame.lines.get(part.id)
            shape = _shapes_text(value)
            if shape is not None:
                since = f" since line {line}" if line is not None and line != getattr(node, "lineno", 0) else ""
                notes.append(f"`{part.id}` is {shape}{since}{_products_text(value)}")
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            shape = _shapes_text(ev.peek(part, frame))
            owner = frame.scope.fields.get(part.value.id)
            if shape is not None and isinstance(owner, Instance):
                notes.append(f"`{ast.unparse(part)}` is {shape}{_set_in(owner, part.attr, file)}")
        value = None
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute | ast.Name):
            value = ev.peek(part.func, frame)
        if isinstance(value, Instance) and value.origin is not None:
            made, origin = value.origin.node, value.origin.file
            where = "" if origin is file else f" of {origin.path.name}"
            text = ast.unparse(made)
            if len(text) <= 100 and isinstance(part, ast.Call):
                notes.append(f"`{ast.unparse(part.func)}` is `{text}` of line {made.lineno}{where}")  # type: ignore[attr-defined]
    return list(dict.fromkeys(notes))[:4]


def _set_in(owner: Instance, name: str, file: SourceFile) -> str:
    """The line of the one statement of the object's class that sets an attribute."""
    found = [
        (cls, part.lineno)
        for cls in owner.cls.mro
        if cls.node is not None
        for part in ast.walk(cls.node)
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and part.attr == name
    ]
    if len(found) != 1 or found[0][0].scope is None:
        return ""
    path = found[0][0].scope.module.path
    return f" since line {found[0][1]}" + (f" of {path.name}" if path is not None and path != file.path else "")


def _shapes_text(value: Value) -> str | None:
    """The shape of an array, or those of its alternatives, for people."""
    found = value.options if type(value) is OneOf else (value,)
    if any(isinstance(each, Tensor) and each.shape is None for each in found):
        return None
    texts = [shape_text(each.shape) if isinstance(each, Tensor) else "None" for each in found]
    known = any(isinstance(each, Tensor) for each in found)
    return " or ".join(texts) if known and all(each is None or isinstance(each, Tensor) for each in found) else None


def _products_text(value: Value) -> str:
    """What sizes of an array are the products of: "; 400 = 16·5·5"."""
    found = [each for each in (value.options if type(value) is OneOf else (value,)) if isinstance(each, Tensor)]
    texts = [
        f"; {each.shape[axis]} = {'·'.join(map(str, factors))}"
        for each in found
        for axis, factors in each.merged
        if each.shape
    ]
    return "".join(dict.fromkeys(texts))
