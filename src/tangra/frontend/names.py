"""Reading, binding and deleting names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue
from tangra.frontend.dispatch import expression
from tangra.frontend.failures import end_path
from tangra.frontend.heap import (
    CellRef,
    CellState,
    Conflict,
    Deleted,
    InstanceState,
    MaybeNone,
    MaybeUnbound,
    Result,
    Slot,
)

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@expression(ast.Name)
def name_expression(ev: Evaluator, node: ast.Name) -> AbstractValue:
    """A name in an expression."""
    return load(ev, node.id)


def load(ev: Evaluator, name: str) -> AbstractValue:
    """The value of a name, by Python's scoping."""
    found = load_slot(ev, name)
    return ev.policy.maybe_none(ev, name, found) if isinstance(found, MaybeNone) else found


def load_slot(ev: Evaluator, name: str) -> Result:
    """The same of a name that may be None on some paths."""
    frame = ev.frame
    assert frame is not None
    scope = frame.definition.scope
    entry = ev.state.env.get(name)
    if isinstance(entry, CellRef):
        state = ev.look(entry.ref)
        assert isinstance(state, CellState)
        return _bound(ev, name, state.value, cell=entry.ref)
    if entry is not None:
        return _bound(ev, name, entry)
    if name in scope.bound:
        _unbound(ev, name)
    found = ev.policy.resolve_global(ev, name)
    if found is None:
        ev.python_error("NameError", f"name '{name}' is not defined")
    return found


def _absence(ev: Evaluator, name: str) -> tuple[str, str]:
    """What Python raises for a name that has no value: one of the function's own, or of a function around it."""
    frame = ev.frame
    assert frame is not None
    if name in frame.definition.scope.bound and not frame.nested:
        return "UnboundLocalError", f"cannot access local variable '{name}' where it is not associated with a value"
    text = f"cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
    return "NameError", text


def _unbound(ev: Evaluator, name: str, cell: int | None = None) -> AbstractValue:
    kind, message = _absence(ev, name)
    if cell in ev.bound_later or (id(ev.frame), name) in ev.bound_later:
        ev.fail_if(ev.b.bool(True), kind, message)
        end_path(ev)
    ev.python_error(kind, message)


def _bound(ev: Evaluator, name: str, entry: Slot | None, cell: int | None = None) -> Result:
    if entry is None:
        return _unbound(ev, name, cell)
    if isinstance(entry, Conflict):
        return ev.policy.conflict(ev, name, entry)
    if isinstance(entry, MaybeUnbound):
        ev.fail_if(ev.b("not", entry.bound), *_absence(ev, name))
        if cell is None:
            ev.state.env[name] = entry.value
        else:
            ev.put(cell, CellState(entry.value))
        return _bound(ev, name, entry.value, cell)
    return entry


def store(ev: Evaluator, name: str, value: Slot) -> None:
    """Bind a name in the frame being evaluated, or in the scope its declaration names."""
    frame = ev.frame
    assert frame is not None
    if not isinstance(value, (Conflict, MaybeUnbound, MaybeNone)):
        ev.policy.stored(ev, name, value)
    if name in frame.definition.scope.global_names:
        ref = ev.live.namespace(frame.definition.globals)
        state = ev.look(ref)
        assert isinstance(state, InstanceState)
        ev.put(ref, state.with_attr(name, value))
        return
    entry = ev.state.env.get(name)
    if isinstance(entry, CellRef):
        ev.put(entry.ref, CellState(value))
    else:
        ev.state.env[name] = value


def delete(ev: Evaluator, name: str) -> None:
    """`del name`."""
    frame = ev.frame
    assert frame is not None
    load(ev, name)
    if name in frame.definition.scope.global_names:
        ref = ev.live.namespace(frame.definition.globals)
        state = ev.look(ref)
        assert isinstance(state, InstanceState)
        ev.put(ref, state.with_attr(name, Deleted()))
        return
    entry = ev.state.env.get(name)
    if isinstance(entry, CellRef):
        ev.put(entry.ref, CellState(None))
    else:
        ev.state.env.pop(name, None)
