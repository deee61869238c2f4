"""Assignment to names, attributes, items and nested targets; `del`; shapes that comments state."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.alternatives import distribute
from tangra.checker.attributes import call_method, get_attribute, set_attribute
from tangra.checker.codes import UNPACK
from tangra.checker.dispatch import evaluate
from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import Cell, Instance, ListCell, OneOf, Raised, Value
from tangra.checker.iteration import elements, one_element
from tangra.checker.joining import widened
from tangra.checker.library import array_operation, to_rule
from tangra.checker.names import lookup, store_name
from tangra.checker.operators import METHODS, SYMBOLS, binary
from tangra.checker.subscripts import delete_item, get_item, set_item
from tangra.shape_rules import operators as array_operators
from tangra.shape_rules.failures import Failure
from tangra.shape_rules.values import UNKNOWN, Tensor, is_size, shape_text

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def assign(ev: Evaluator, target: ast.expr, value: Value) -> None:
    """`target = value`."""
    if isinstance(target, ast.Name):
        store_name(ev, target.id, value, target)
        if type(value) is Tensor or type(value) is OneOf:
            remember(ev, target, value)
    elif isinstance(target, ast.Attribute):
        set_attribute(ev, evaluate(ev, target.value), target.attr, value, target)
    elif isinstance(target, ast.Subscript):
        set_item(ev, evaluate(ev, target.value), evaluate(ev, target.slice), value, target)
    elif isinstance(target, ast.Starred):
        assign(ev, target.value, value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(ev, target, value)


def remember(ev: Evaluator, node: ast.Name, value: Value) -> None:
    """Keep the shape for `tangra shapes` and editors."""
    file = ev.frame.file
    if type(value) is OneOf:
        value = widened(value, None, ev.joined_size)
    if file is not None and isinstance(value, Tensor) and not ev.quiet:
        if ev.observer is not None:
            ev.observer.saw(ev, node, value, "name")
        names = ev.shapes.setdefault(file.path, {}).setdefault(node.lineno, {})
        known = names.get(node.id)
        joined = value if known is None else widened(known, value, ev.joined_size)
        names[node.id] = joined if isinstance(joined, Tensor) else value.like(None)


def _unpack(ev: Evaluator, target: ast.Tuple | ast.List, value: Value) -> None:
    targets = target.elts
    items = elements(ev, value, target)
    star = next((place for place, part in enumerate(targets) if isinstance(part, ast.Starred)), None)
    if items is None:
        one = one_element(ev, value, target) if isinstance(value, Tensor | ListCell) else UNKNOWN
        for part in targets:
            assign(ev, part, ListCell(None, "list", one) if isinstance(part, ast.Starred) else one)
        return
    if star is None:
        if len(items) != len(targets):
            _wrong_count(ev, target, value, len(items))
            items = [UNKNOWN] * len(targets)
        for part, item in zip(targets, items, strict=True):
            assign(ev, part, item)
        return
    after = len(targets) - star - 1
    if len(items) < star + after:
        raise PythonRaise(Raised("ValueError"))
    for part, item in zip(targets[:star], items[:star], strict=True):
        assign(ev, part, item)
    assign(ev, targets[star], ListCell(items[star : len(items) - after]))
    for part, item in zip(targets[star + 1 :], items[len(items) - after :], strict=True):
        assign(ev, part, item)


def _wrong_count(ev: Evaluator, target: ast.Tuple | ast.List, value: Value, count: int) -> None:
    """Too many or too few values: worth a finding where a shape, an array or a sequence of arrays is taken apart."""
    parts = value.items if isinstance(value, ListCell) else value
    if isinstance(value, Tensor):
        what = f"the array of shape {shape_text(value.shape)}"
    elif isinstance(parts, tuple) and all(map(is_size, parts)):
        what = f"the shape {shape_text(parts)}"
    elif isinstance(parts, tuple) and all(isinstance(part, Tensor) for part in parts):
        what = "the sequence of arrays"
    else:
        raise PythonRaise(Raised("ValueError"))
    entries = "1 entry" if count == 1 else f"{count} entries"
    message = f"{what} has {entries}, but {len(target.elts)} names take it apart"
    ev.failed(Failure(UNPACK, message, "ValueError"), target, parts)


def augment(ev: Evaluator, node: ast.AugAssign) -> None:
    """`target op= value`."""
    target = node.target
    if isinstance(target, ast.Name):
        owner, index, old = None, None, lookup(ev, target.id)
        ev.note_value(target, old)
    elif isinstance(target, ast.Attribute):
        owner, index = evaluate(ev, target.value), target.attr
        old = get_attribute(ev, owner, target.attr, target)
    else:
        owner, index = evaluate(ev, target.value), evaluate(ev, target.slice)
        old = get_item(ev, owner, index, target)
    new = distribute(ev, (old, evaluate(ev, node.value)), lambda one, value: _augmented(ev, node, one, value))
    if isinstance(target, ast.Name):
        assign(ev, target, new)
    elif isinstance(target, ast.Attribute):
        set_attribute(ev, owner, target.attr, new, target)
    elif not (isinstance(owner, Tensor)):
        set_item(ev, owner, index, new, target)


def _augmented(ev: Evaluator, node: ast.AugAssign, old: Value, value: Value) -> Value:
    """What `old op= value` leaves in the target."""
    symbol = SYMBOLS[type(node.op)]
    if isinstance(old, Tensor):
        return array_operation(
            ev, node, lambda array, other: array_operators.inplace(ev.ctx, symbol, array, other), (old, to_rule(value))
        )
    if isinstance(old, ListCell) and symbol == "+":
        added = elements(ev, value, node)
        ev.write(old, "items", None if added is None or old.items is None else (*old.items, *added))
        return old
    method = f"__i{METHODS[symbol]}__"
    if isinstance(old, Instance) and old.cls.find(method):
        return call_method(ev, old, method, value, node=node)
    return binary(ev, node.op, old, value, node)


def delete(ev: Evaluator, target: ast.expr) -> None:
    """`del target`."""
    if isinstance(target, ast.Name):
        ev.journal.delete(ev.frame.scope, target.id)
    elif isinstance(target, ast.Attribute):
        owner = evaluate(ev, target.value)
        if isinstance(owner, Cell):
            ev.journal.delete(owner, target.attr)
    elif isinstance(target, ast.Subscript):
        delete_item(ev, evaluate(ev, target.value), evaluate(ev, target.slice))
