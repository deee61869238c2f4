"""What a loop, a star or `list()` gets out of a value: its elements where their number is known, else one of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.attributes import call_method
from tangra.checker.heap import ClassCell, DictCell, Instance, ListCell, OneOf, Value
from tangra.checker.joining import join_all
from tangra.checker.library import array_operation
from tangra.shape_rules import operators as array_operators
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_ROWS = 256
MAX_LETTERS = 4_000


def elements(ev: Evaluator, value: Value, node: ast.AST | None = None) -> list[Value] | None:
    """The elements in order, or None where their number is not known."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, str):
        return list(value) if len(value) <= MAX_LETTERS else None
    if isinstance(value, ListCell):
        items = value.items
        if value.kind == "iterator" and items is not None:
            ev.write(value, "items", ())
        return None if items is None else list(items)
    if isinstance(value, DictCell):
        return None if value.entries is None else list(value.entries)
    if isinstance(value, range):
        return list(value) if len(value) <= 100_000 else None
    if isinstance(value, Tensor):
        rows = value.size(0) if value.shape else None
        if isinstance(rows, int) and rows <= MAX_ROWS:
            return [_row(ev, value, node, number) for number in range(rows)]
        return None
    if isinstance(value, Instance):
        return _instance_elements(ev, value, node)
    if isinstance(value, OneOf):
        return _common_elements(ev, value, node)
    if isinstance(value, ClassCell):
        members = value.fields.get("$members")
        return list(members) if isinstance(members, tuple) else None
    return None


def _common_elements(ev: Evaluator, value: OneOf, node: ast.AST | None) -> list[Value] | None:
    """The elements of alternatives that all have the same number of them."""
    rows = [elements(ev, option, node) for option in value.options]
    known = [row for row in rows if row is not None]
    if len(known) < len(rows) or any(len(row) != len(known[0]) for row in known):
        return None
    return [join_all(list(column), ev.joined_size) for column in zip(*known, strict=True)]


def _row(ev: Evaluator, value: Tensor, node: ast.AST | None, number: Value) -> Value:
    return array_operation(ev, node, lambda array: array_operators.getitem(ev.ctx, array, number), (value,))


def _instance_elements(ev: Evaluator, value: Instance, node: ast.AST | None) -> list[Value] | None:
    names = value.cls.fields.get("_fields")
    if isinstance(names, tuple):
        return [value.fields.get(name, UNKNOWN) for name in names]
    if value.cls.find("__iter__"):
        return elements(ev, call_method(ev, value, "__iter__", node=node), node)
    if value.cls.find("__getitem__") and value.cls.find("__len__"):
        count = call_method(ev, value, "__len__", node=node)
        if isinstance(count, int) and count <= MAX_ROWS:
            return [call_method(ev, value, "__getitem__", number, node=node) for number in range(count)]
    return None


def one_element(ev: Evaluator, value: Value, node: ast.AST | None = None) -> Value:
    """What any element is, where their number is not known."""
    if isinstance(value, OneOf):
        return join_all([one_element(ev, option, node) for option in value.options], ev.joined_size)
    if isinstance(value, range):
        return ev.ctx.opaque_int("i")
    if isinstance(value, ListCell):
        return value.element if value.items is None else join_all(list(value.items), ev.joined_size)
    if isinstance(value, Tensor):
        return _row(ev, value, node, ev.ctx.fresh("i")) if value.shape else UNKNOWN
    if isinstance(value, Dim):
        return ev.ctx.fresh("i")
    if isinstance(value, str) or (isinstance(value, Unknown) and value.kind == "str"):
        return Unknown("str")
    if isinstance(value, Instance):
        if value.cls.find("__iter__"):
            return one_element(ev, call_method(ev, value, "__iter__", node=node), node)
        if value.cls.find("__getitem__"):
            return call_method(ev, value, "__getitem__", ev.ctx.fresh("i"), node=node)
    return UNKNOWN
