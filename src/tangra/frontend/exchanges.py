"""`m[i], m[k] = m[k], m[i]` of a list whose items are arrays, lists or instances stored as arrays; also in three steps.

Item by item the first of the two assignments would put into the list what it holds already, and from then on a write to
one of its items might be one to two of them. As a whole it changes the places alone.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.api.elementwise import is_number
from tangra.api.values import AbstractValue, ArrayValue, Const, DictValue, InstanceValue, ListValue, TupleValue
from tangra.frontend import stack_places, stacks
from tangra.frontend.heap import ListState, StackState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def exchanged(ev: Evaluator, node: ast.Assign) -> bool:
    """Evaluate an assignment if it is an exchange of items of such a list; whether it is one."""
    places = _places(node)
    if places is None or not _is_plain(ev, places[0].value):
        return False
    holder = ev.eval(places[0].value)
    if not isinstance(holder, ListValue) or not _holds_memory(ev, holder):
        return False
    if not all(_is_arithmetic(ev, place.slice) for place in places):
        return False
    one, other = (ev.eval(place.slice) for place in places)
    if isinstance(ev.look(holder.ref), ListState) and not (isinstance(one, Const) and isinstance(other, Const)):
        stacks.from_list(ev, holder)
    state = ev.look(holder.ref)
    if not isinstance(state, StackState):
        return False
    with ev.at(node):
        stack_places.exchange(ev, holder, state, other, one)
    return True


def in_steps(ev: Evaluator, steps: Sequence[ast.stmt]) -> bool:
    """Evaluate the second and third of `t = m[i]; m[i] = m[k]; m[k] = t` as an exchange; whether they are one."""
    if len(steps) < 3 or not all(isinstance(step, ast.Assign) and len(step.targets) == 1 for step in steps):
        return False
    (held, first), (one, other), (last, back) = ((step.targets[0], step.value) for step in steps)  # type: ignore[attr-defined]
    if not isinstance(held, ast.Name) or not isinstance(back, ast.Name) or held.id != back.id:
        return False
    if not isinstance(one, ast.Subscript) or not isinstance(other, ast.Subscript):
        return False
    if _text(first) != _text(one) or _text(last) != _text(other):
        return False
    if any(isinstance(part, ast.Name) and part.id == held.id for place in (one, other) for part in ast.walk(place)):
        return False
    both = ast.Assign([ast.Tuple([one, other], ast.Store())], ast.Tuple([other, one], ast.Load()))
    return exchanged(ev, ast.copy_location(both, steps[1]))


def _places(node: ast.Assign) -> tuple[ast.Subscript, ast.Subscript] | None:
    """The two places, if the same expressions are on both sides, the other way round."""
    target, value = node.targets[0], node.value
    if len(node.targets) > 1 or not isinstance(target, (ast.Tuple, ast.List)) or not isinstance(value, ast.Tuple):
        return None
    if len(target.elts) != 2 or len(value.elts) != 2:
        return None
    (a, b), (c, d) = target.elts, value.elts
    if not all(isinstance(x, ast.Subscript) for x in (a, b, c, d)):
        return None
    assert isinstance(a, ast.Subscript)
    assert isinstance(b, ast.Subscript)
    same = [_text(a) == _text(d), _text(b) == _text(c), _text(a.value) == _text(b.value)]
    return (a, b) if all(same) else None


def _text(node: ast.expr) -> str:
    return ast.unparse(node)


def _is_plain(ev: Evaluator, node: ast.expr) -> bool:
    """Whether it does nothing to evaluate an expression once where it is written four times: names, attributes that are
    just held, items of lists, tuples and dicts."""
    if isinstance(node, ast.Attribute):
        return _is_plain(ev, node.value) and _is_held(ev.eval(node.value), node.attr)
    if isinstance(node, ast.Subscript):
        return _is_plain(ev, node.value) and _is_item(ev, ev.eval(node.value), node.slice)
    return isinstance(node, ast.Name)


def _is_item(ev: Evaluator, v: AbstractValue, index: ast.expr) -> bool:
    if isinstance(v, DictValue):
        return isinstance(index, (ast.Name, ast.Constant)) and isinstance(ev.eval(index), Const)
    plain = isinstance(v, ListValue) or (isinstance(v, TupleValue) and v.cls is None)
    return plain and _is_arithmetic(ev, index)


def _is_held(v: AbstractValue, name: str) -> bool:
    if not isinstance(v, InstanceValue) or hasattr(v.cls, "__getattr__"):
        return False
    found = inspect.getattr_static(v.cls, name, None)
    plain = found is None or isinstance(found, types.MemberDescriptorType)
    return plain and v.cls.__getattribute__ is object.__getattribute__


def _is_arithmetic(ev: Evaluator, node: ast.expr) -> bool:
    """Whether an expression is made of numbers and lengths of lists, which have no effects."""
    if isinstance(node, ast.BinOp):
        return _is_arithmetic(ev, node.left) and _is_arithmetic(ev, node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_arithmetic(ev, node.operand)
    if isinstance(node, ast.Call):
        return _is_length(ev, node)
    return isinstance(node, (ast.Name, ast.Constant)) and is_number(ev.eval(node))


def _is_length(ev: Evaluator, node: ast.Call) -> bool:
    if not isinstance(node.func, ast.Name) or len(node.args) != 1 or node.keywords or not _is_plain(ev, node.args[0]):
        return False
    called = ev.eval(node.func)
    return isinstance(called, Const) and called.value is len and isinstance(ev.eval(node.args[0]), ListValue)


def _holds_memory(ev: Evaluator, v: ListValue) -> bool:
    state = ev.look(v.ref)
    if isinstance(state, StackState):
        return stacks.holds_memory(state.shape)
    return isinstance(state, ListState) and any(isinstance(x, (ArrayValue, ListValue)) for x in state.items)
