"""`owner[index]` for every kind of owner, and assignment to it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.alternatives import distribute
from tangra.checker.attributes import call_method
from tangra.checker.dispatch import call
from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import ClassCell, DictCell, Instance, LibraryName, ListCell, Native, OneOf, Raised, Value
from tangra.checker.joining import join, join_all, told_apart
from tangra.checker.library import array_operation, call_rule, record_rule, to_rule
from tangra.shape_rules import operators as array_operators
from tangra.shape_rules.failures import INDEX, Failure
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown, shape_text
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

GENERICS = frozenset(f"builtins.{name}" for name in ("list", "tuple", "dict", "set", "frozenset", "type"))
"""Builtins that are types with parameters: `list[int]`."""


def make_slice(lower: Value, upper: Value, step: Value) -> Value:
    """A slice object."""
    return slice(lower, upper, step)


def get_item(ev: Evaluator, owner: Value, index: Value, node: ast.AST) -> Value:
    """`owner[index]`."""
    if type(owner) is OneOf or (type(index) is OneOf and not isinstance(owner, Tensor)):
        return distribute(ev, (owner, index), lambda one, at: get_item(ev, one, at, node))
    if isinstance(owner, Tensor):
        return array_operation(
            ev, node, lambda array, at: array_operators.getitem(ev.ctx, array, at), (owner, to_rule(index))
        )
    update = record_rule(owner, "__getitem__")
    if update is not None:
        return call_rule(ev, update, [owner, index], {}, node)
    if isinstance(owner, tuple):
        if _is_shape(node) and isinstance(index, int) and not -len(owner) <= index < len(owner):
            message = f"the shape {shape_text(owner)} has {len(owner)} entries, and entry {index} is asked for"
            ev.failed(Failure(INDEX, message, "IndexError"), node, owner)
            return UNKNOWN
        return _sequence_item(ev, tuple(owner), index, "tuple")
    if isinstance(owner, ListCell):
        if owner.kind == "union":
            return owner
        if owner.items is None:
            return ListCell(None, owner.kind, owner.element) if isinstance(index, slice) else owner.element
        return _sequence_item(ev, owner.items, index, owner.kind)
    if isinstance(owner, DictCell):
        return _dict_item(ev, owner, index)
    if isinstance(owner, str) and isinstance(index, int | slice):
        try:
            return owner[index]
        except (IndexError, TypeError, ValueError):
            return Unknown("str")
    if isinstance(owner, range) and isinstance(index, int) and -len(owner) <= index < len(owner):
        return owner[index]
    if isinstance(owner, LibraryName | ClassCell) or (isinstance(owner, Native) and owner.name in GENERICS):
        from tangra.checker.annotations import subscripted

        return subscripted(ev, owner, index, node)
    if isinstance(owner, Instance):
        names = owner.cls.fields.get("_fields")
        if isinstance(names, tuple):
            return _sequence_item(ev, tuple(owner.fields.get(name, UNKNOWN) for name in names), index, "tuple")
        if owner.cls.find("__getitem__") is not None:
            return call_method(ev, owner, "__getitem__", index, node=node)
    return UNKNOWN


def _is_shape(node: ast.AST) -> bool:
    """Whether the subscript is one of `x.shape` or `x.size()`."""
    owner = node.value if isinstance(node, ast.Subscript) else None
    owner = owner.func if isinstance(owner, ast.Call) else owner
    return isinstance(owner, ast.Attribute) and owner.attr in ("shape", "size")


def _sequence_item(ev: Evaluator, items: tuple[Value, ...], index: Value, kind: str) -> Value:
    if isinstance(index, bool):
        index = int(index)
    if isinstance(index, int):
        if -len(items) <= index < len(items):
            return items[index]
        raise PythonRaise(Raised("IndexError"))
    if isinstance(index, slice):
        parts = (index.start, index.stop, index.step)
        if all(part is None or isinstance(part, int) for part in parts) and index.step != 0:
            picked = items[index]
            return picked if kind == "tuple" else ListCell(picked)
        return UNKNOWN if kind == "tuple" else ListCell(None, "list", join_all(list(items), ev.joined_size))
    if isinstance(index, Dim | Unknown):
        return join_all(list(items), ev.joined_size)
    return UNKNOWN


def _dict_item(ev: Evaluator, owner: DictCell, index: Value) -> Value:
    from tangra.checker.expressions import is_key

    entries = owner.entries
    if entries is None:
        found = [one[index] for one in owner.variants if index in one] if is_key(index) else []
        return join_all(found, ev.joined_size) if found else owner.fields["element"]
    if not is_key(index) or isinstance(index, Dim):
        return join_all(list(entries.values()), ev.joined_size) if not isinstance(index, Dim) else UNKNOWN
    if index in entries:
        return entries[index]
    if owner.factory is not None:
        made = call(ev, owner.factory, [], {}, None)
        ev.write(owner, "entries", {**entries, index: made})
        return made
    if owner.kind == "counter":
        return 0
    raise PythonRaise(Raised("KeyError"))


def set_item(ev: Evaluator, owner: Value, index: Value, value: Value, node: ast.AST) -> None:
    """`owner[index] = value`."""
    if type(owner) is OneOf or (type(index) is OneOf and not isinstance(owner, Tensor)):
        distribute(ev, (owner, index), lambda one, at: set_item(ev, one, at, value, node))
    elif isinstance(owner, Tensor):

        def run(array: Value, at: Value, new: Value) -> Value:
            array_operators.setitem(ev.ctx, array, at, new)
            return None

        array_operation(ev, node, run, (owner, to_rule(index), to_rule(value)))
    elif isinstance(owner, ListCell):
        _set_list_item(ev, owner, index, value)
    elif isinstance(owner, DictCell):
        _set_dict_item(ev, owner, index, value)
    elif isinstance(owner, Instance) and owner.cls.find("__setitem__") is not None:
        call_method(ev, owner, "__setitem__", index, value, node=node)


def _set_list_item(ev: Evaluator, owner: ListCell, index: Value, value: Value) -> None:
    items = owner.items
    if items is None:
        ev.write(owner, "element", join(owner.element, value, ev.joined_size))
    elif isinstance(index, int) and -len(items) <= index < len(items):
        changed = list(items)
        changed[index] = value
        ev.write(owner, "items", tuple(changed))
    elif isinstance(index, Dim | Unknown):
        ev.write(owner, "items", tuple(join(item, value, ev.joined_size) for item in items))
    else:
        ev.write(owner, "items", None)


def _set_dict_item(ev: Evaluator, owner: DictCell, index: Value, value: Value) -> None:
    from tangra.checker.expressions import is_key

    if not owner.variants:
        ev.write(owner, "element", UNKNOWN)
    elif is_key(index) and not isinstance(index, Dim):
        ev.write(owner, "entries", told_apart([{**one, index: value} for one in owner.variants], ev.joined_size))
    else:
        ev.write(owner, "entries", None)


def delete_item(ev: Evaluator, owner: Value, index: Value) -> None:
    """`del owner[index]`."""
    if type(owner) is OneOf or type(index) is OneOf:
        distribute(ev, (owner, index), lambda one, at: delete_item(ev, one, at))
    elif isinstance(owner, DictCell):
        entries = owner.entries
        if entries is not None and not isinstance(index, Unknown) and index in entries:
            ev.write(owner, "entries", {key: value for key, value in entries.items() if key != index})
        elif entries is None or isinstance(index, Unknown):
            ev.write(owner, "entries", None)
        elif entries is not None:
            raise PythonRaise(Raised("KeyError"))
    elif isinstance(owner, ListCell) and owner.items is not None:
        if isinstance(index, int | slice):
            changed = list(owner.items)
            try:
                del changed[index]
            except (IndexError, TypeError):
                changed = []
            ev.write(owner, "items", tuple(changed))
        else:
            ev.write(owner, "items", None)
    elif isinstance(owner, Instance) and owner.cls.find("__delitem__"):
        call_method(ev, owner, "__delitem__", index)
