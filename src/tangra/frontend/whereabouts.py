"""Where the shapes in an error come from: a note for each array named in the expression at fault."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from tangra.api.values import ArrayValue
from tangra.errors import Note
from tangra.frontend.heap import CellRef, CellState
from tangra.ir import Span

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

MOST_NOTES = 3


def shape_notes(ev: Evaluator) -> list[Note]:
    """The shapes of the arrays that the expression being evaluated names, at the places they were made."""
    notes: dict[str, Note] = {}
    node = _node(ev)
    for part in ast.walk(node) if node is not None else ():
        name = part.id if isinstance(part, ast.Name) else None
        if name is not None and name not in notes and len(notes) < MOST_NOTES:
            array = _array(ev, name)
            if array is not None:
                shape = _tuple(array.type.shape)
                notes[name] = Note(f"{name} has shape {shape}", _origin(ev, name, array))
    return list(notes.values())


def _node(ev: Evaluator) -> ast.AST | None:
    """The node being evaluated, found by its identity."""
    if ev.frame is None:
        return None
    return next((node for node in ast.walk(ev.frame.definition.node) if id(node) == ev.place), None)


def _array(ev: Evaluator, name: str) -> ArrayValue | None:
    found: Any = ev.state.env.get(name)
    if isinstance(found, CellRef):
        cell = ev.state.heap.get(found.ref) or ev.initial.get(found.ref)
        found = cell.value if isinstance(cell, CellState) else None
    return found if isinstance(found, ArrayValue) else None


def _origin(ev: Evaluator, name: str, array: ArrayValue) -> Span | None:
    """The parameter of that name, or the expression that made the array."""
    assert ev.frame is not None
    op = ev.peek(array.ref).defining_op
    if op is not None:
        return op.span
    arguments = ev.frame.definition.node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    parameter = next((a for a in every if a.arg == name), None)
    return None if parameter is None else ev.span_of(parameter)


def _tuple(shape: tuple[Any, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
