"""Assignment to names, subscripts, attributes and tuples of them; augmented assignment; `del`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from tangra.api import indexing
from tangra.api.values import AbstractValue, ArrayValue, Const, IterValue, ListValue, RangeValue, TupleValue
from tangra.errors import TypeMismatchError
from tangra.frontend import (
    attributes,
    containers,
    conversion,
    diagnostics,
    exchanges,
    names,
    operators,
    optional,
    shape_annotations,
)
from tangra.frontend.dispatch import statement
from tangra.frontend.expressions import BINARY
from tangra.frontend.heap import MaybeNone, Result, Slot, StackState, ViewState
from tangra.ir import BOOL

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@statement(ast.Assign)
def assign_statement(ev: Evaluator, node: ast.Assign) -> None:
    """`a = b = value`."""
    if exchanges.exchanged(ev, node):
        return
    value = optional.evaluate(ev, node.value)
    for target in node.targets:
        assign(ev, target, value)


@statement(ast.AnnAssign)
def annotated(ev: Evaluator, node: ast.AnnAssign) -> None:
    """`name: annotation = value`; the annotation is checked if it is a shape."""
    if node.value is None:
        return
    value = optional.evaluate(ev, node.value)
    if isinstance(node.target, ast.Name) and not isinstance(value, MaybeNone):
        shape_annotations.check_local(ev, node, value)
    assign(ev, node.target, value)


def assign(ev: Evaluator, target: ast.expr, slot: Result) -> None:
    """Bind a target to a value."""
    if isinstance(target, ast.Name):
        names.store(ev, target.id, slot)
        return
    with ev.at(target):
        value = conversion.slot(ev, slot, "the value")
        if isinstance(target, ast.Subscript):
            holder = ev.eval(target.value)
            operators.setitem(ev, holder, ev.eval(target.slice), value)
            ev.policy.stored(ev, target, value)
        elif isinstance(target, ast.Attribute):
            attributes.set_(ev, ev.eval(target.value), target.attr, value)
            ev.policy.stored(ev, target, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            _unpack(ev, target.elts, value)
        else:
            ev.policy.unsupported(ev, target)


def _unpack(ev: Evaluator, targets: list[ast.expr], value: AbstractValue) -> None:
    items = _unpacked_items(ev, value, len(targets))
    star = next((k for k, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    if star is None:
        if len(items) != len(targets):
            problem = "not enough values" if len(items) < len(targets) else "too many values"
            ev.error(
                shape_annotations.python_class("ValueError"),
                f"{problem} to unpack (expected {len(targets)}, got {len(items)})",
                code=diagnostics.UNPACK,
            )
        for target, item in zip(targets, items, strict=True):
            assign(ev, target, item)
        return
    after = len(targets) - star - 1
    if len(items) < star + after:
        ev.error(
            shape_annotations.python_class("ValueError"),
            f"not enough values to unpack (expected at least {star + after}, got {len(items)})",
            code=diagnostics.UNPACK,
        )
    middle = items[star : len(items) - after]
    starred = targets[star]
    assert isinstance(starred, ast.Starred)
    for target, item in zip(targets[:star], items[:star], strict=True):
        assign(ev, target, item)
    assign(ev, starred.value, containers.new_list(ev, [conversion.slot(ev, x, "an item") for x in middle]))
    for target, item in zip(targets[star + 1 :], items[len(items) - after :], strict=True):
        assign(ev, target, item)


def _unpacked_items(ev: Evaluator, value: AbstractValue, count: int) -> list[Any]:
    """The items to unpack; an array whose length is symbolic is checked at run time."""
    if isinstance(value, TupleValue) and value.cls is None:
        slots: tuple[Slot, ...] = value.items
        return [x if isinstance(x, MaybeNone) else conversion.slot(ev, x, "an item of the tuple") for x in slots]
    if isinstance(value, ArrayValue) and value.type.shape and not isinstance(value.type.shape[0], int):
        ev.require_equal(value.type.shape[0], count, "the number of values to unpack")
        return [ev.getitem(value, Const(k)) for k in range(count)]
    found = conversion.taken_out(ev, value)
    if found is None:
        what = conversion.describe(ev, value)
        if isinstance(value, (IterValue, RangeValue, ListValue)):
            ev.error(
                TypeMismatchError,
                "the number of values to unpack is only known at run time",
                code=diagnostics.UNPACK,
                fix="index it: first, rest = items[0], items[1:]",
            )
        ev.python_error("TypeError", f"cannot unpack non-iterable {what} object")
    return list(found)


@statement(ast.AugAssign)
def augmented(ev: Evaluator, node: ast.AugAssign) -> None:
    """`target op= value`: arrays and lists change in place; the target's parts are evaluated once."""
    op = BINARY[type(node.op)]
    target = node.target
    if isinstance(target, ast.Name):
        old = names.load(ev, target.id)
        names.store(ev, target.id, operators.inplace(ev, op, old, ev.eval(node.value)))
        return
    if isinstance(target, ast.Attribute):
        holder = ev.eval(target.value)
        old = attributes.get(ev, holder, target.attr)
        attributes.set_(ev, holder, target.attr, operators.inplace(ev, op, old, ev.eval(node.value)))
        return
    holder = ev.eval(target.value)
    index = ev.eval(target.slice)
    if isinstance(holder, ArrayValue) and _by_mask(ev, index):
        _augment_masked(ev, holder, index, op, node.value)
        return
    old = operators.getitem(ev, holder, index)
    new = operators.inplace(ev, op, old, ev.eval(node.value))
    if new is not old or not _is_part_of(ev, old, holder):
        operators.setitem(ev, holder, index, new)


def _is_part_of(ev: Evaluator, item: AbstractValue, holder: AbstractValue) -> bool:
    """Whether what was done to an item was done to what holds it: it is a view of the array, or of the list's arrays,
    and storing it where it is would change nothing."""
    state = ev.look(item.ref) if isinstance(item, ArrayValue) else None
    if not isinstance(state, ViewState):
        return False
    held = ev.look(holder.ref) if isinstance(holder, ListValue) else None
    return isinstance(holder, ArrayValue) or (isinstance(held, StackState) and state.base in held.leaves)


def _augment_masked(ev: Evaluator, holder: ArrayValue, index: AbstractValue, op: str, node: ast.expr) -> None:
    """`x[mask] op= value`."""
    masks = [p.ref for p in _index_parts(index) if isinstance(p, ArrayValue)]
    before, marked = ev.read(holder.ref), [ev.read(ref) for ref in masks]
    value = ev.eval(node)
    if any(ev.read(ref) is not mask for ref, mask in zip(masks, marked, strict=True)):
        ev.unsupported("a mask that changes while the value is evaluated", "evaluate the value first")
    dtype = holder.type.dtype
    indexing.aug_setitem(ev, holder, index, value, lambda old: operators.fitting(ev, op, old, value, dtype), before)


def _index_parts(index: AbstractValue) -> tuple[AbstractValue, ...]:
    return index.items if isinstance(index, TupleValue) else (index,)


def _by_mask(ev: Evaluator, index: AbstractValue) -> bool:
    """Whether an index has a boolean array in it."""
    found = [p for p in _index_parts(index) if isinstance(p, (ArrayValue, ListValue))]
    return any(ev.type_of(p).dtype == BOOL for p in found)


@statement(ast.Delete)
def delete_statement(ev: Evaluator, node: ast.Delete) -> None:
    """`del name`, `del x[i]`, `del obj.attr`."""
    for target in node.targets:
        with ev.at(target):
            if isinstance(target, ast.Name):
                names.delete(ev, target.id)
            elif isinstance(target, ast.Subscript):
                operators.delitem(ev, ev.eval(target.value), ev.eval(target.slice))
            elif isinstance(target, ast.Attribute):
                attributes.delete(ev, ev.eval(target.value), target.attr)
            else:
                ev.policy.unsupported(ev, target)
