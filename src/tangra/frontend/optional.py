"""Values that are None on some paths and something else on others: `best = None`, `return None`.

Names, attributes, items of containers and results hold them as `MaybeNone`. `x is None` reads the flag; in a branch on
it, every place that holds the value is narrowed to what it is there (`narrowing`). Any other use before such a test is
refused.
"""

from __future__ import annotations

import ast
import types
from typing import TYPE_CHECKING

from tangra.api.kinds import PYBOOL
from tangra.api.values import AbstractValue, Const, DictValue, InstanceValue, ListValue, Scalar, TupleValue
from tangra.frontend import attributes, branches, calls, classes, conditions, containers, names, operators
from tangra.frontend.heap import ListState, MaybeNone, Result, Slot

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def evaluate(ev: Evaluator, node: ast.expr) -> Result:
    """The value of an expression, which may be None on some paths."""
    with ev.at(node):
        if isinstance(node, ast.Name):
            return names.load_slot(ev, node.id)
        if isinstance(node, ast.Call):
            return calls.call_slot(ev, node)
        if isinstance(node, ast.Attribute):
            return _attribute(ev, node)
        if isinstance(node, ast.Subscript):
            return _item(ev, node)
        if isinstance(node, ast.IfExp):
            cond = conditions.evaluate(ev, node.test)
            return branches.choose_slot(ev, cond, lambda: evaluate(ev, node.body), lambda: evaluate(ev, node.orelse))
        if isinstance(node, ast.Tuple) and not any(isinstance(part, ast.Starred) for part in node.elts):
            return TupleValue(tuple(evaluate(ev, part) for part in node.elts))  # type: ignore[misc]
        if isinstance(node, ast.NamedExpr):
            value = evaluate(ev, node.value)
            names.store(ev, node.target.id, value)
            return value
    return ev.eval(node)


def _attribute(ev: Evaluator, node: ast.Attribute) -> Result:
    owner = ev.eval(node.value)
    getter = _getter(ev, owner, node.attr)
    if getter is not None:
        return calls.call(ev, Const(getter), [owner], {})
    held: Slot | None = None
    if isinstance(owner, InstanceValue):
        held = classes.own_slot(ev, owner, node.attr)
    elif isinstance(owner, TupleValue) and node.attr in (fields := getattr(owner.cls, "_fields", ())):
        held = owner.items[fields.index(node.attr)]
    return held if isinstance(held, MaybeNone) else attributes.get(ev, owner, node.attr)


def _getter(ev: Evaluator, owner: AbstractValue, name: str) -> types.FunctionType | None:
    """The function behind an attribute that is a property of the user's."""
    cls = classes.user_class(owner)
    if cls is None or isinstance(cls.__getattribute__, types.FunctionType):
        return None
    found = classes.member(ev, cls, name)
    getter = found[0].fget if found is not None and isinstance(found[0], property) else None
    return getter if isinstance(getter, types.FunctionType) else None


def _item(ev: Evaluator, node: ast.Subscript) -> Result:
    target, index = ev.eval(node.value), ev.eval(node.slice)
    held = _held(ev, target, index)
    return held if isinstance(held, MaybeNone) else operators.getitem(ev, target, index)


def _held(ev: Evaluator, target: AbstractValue, index: AbstractValue) -> Slot | None:
    """What a container holds at a constant place."""
    if not isinstance(index, Const) or classes.special_method(ev, target, "__getitem__") is not None:
        return None
    if isinstance(target, DictValue):
        return containers.dict_state(ev, target).get(index.value)
    state = ev.look(target.ref) if isinstance(target, ListValue) else target
    if not isinstance(state, (ListState, TupleValue)) or type(index.value) is not int:
        return None
    return state.items[index.value] if -len(state.items) <= index.value < len(state.items) else None


def is_none(ev: Evaluator, value: MaybeNone) -> AbstractValue:
    """`value is None`; branches on it will know."""
    ev.symbols.flags.add(value.there)
    return Scalar(ev.b("not", value.there), (PYBOOL,))
