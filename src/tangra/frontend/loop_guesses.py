"""What a loop carries besides numbers, foreseen before the first trial of its body: what its text writes by name, lists
known to grow, and names that nobody needs. A guess that is right is a trial less.

A guess is given up where a trial shows that it says too much: then arrays would be carried that the loop only reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tangra.api.elementwise import join_dtype, kinds_of
from tangra.api.values import ArrayValue, ListValue, Scalar
from tangra.frontend.heap import ArrayState, CellRef, CellState, HeapState, StackState, State, ViewState
from tangra.frontend.joining import NOT_NEEDED
from tangra.frontend.loop_parts import Loop
from tangra.frontend.templates import ArrayT, NumberT, Plan, StackT, StateTemplate
from tangra.ir import Block

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

LOOPS = (ast.For, ast.While)
INNER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_WRITTEN: dict[int, tuple[ast.AST, list[tuple[str, bool]]]] = {}


def foreseen(ev: Evaluator, loop: Loop, base: State, plan: Plan) -> Plan | None:
    """`plan`, which says what numbers are carried, with what else the loop changes; None if that is nothing."""
    entries = dict.fromkeys(_not_needed(ev, loop, base), NOT_NEEDED)
    refs = dict.fromkeys(_changed(ev, loop, base))
    ordered = [*(ref for ref in base.heap if ref in refs), *(ref for ref in refs if ref not in base.heap)]
    heap = {ref: t for ref in ordered if (t := _template(_held(ev, base, ref))) is not None}
    if not entries and not heap:
        return None
    return Plan({**entries, **plan.entries}, heap, [], {}, plan.pairs, dict(plan.poisoned))


def says_too_much(guess: Plan, block: Block, end: State) -> bool:
    """Whether something on the heap that was guessed to change is at the end of the body what it was at its head."""
    heads = set(block.args)
    for ref in guess.heap:
        state = end.heap.get(ref)
        if isinstance(state, ArrayState) and state.value in heads:
            return True
        if isinstance(state, StackState) and isinstance(state.count, Scalar) and state.count.value in heads:
            return True
    return False


def in_order(found: Plan, end: State) -> Plan:
    """A plan that was found by a trial of a guess, with objects in the order in which it would be found without."""
    places = {ref: k for k, ref in enumerate(end.heap)}
    found.heap = dict(sorted(found.heap.items(), key=lambda item: places.get(item[0], len(places))))
    return found


def _not_needed(ev: Evaluator, loop: Loop, base: State) -> Iterator[str]:
    """Names that the body assigns, and nobody reads before that, or after the loop."""
    if ev.frame is None or loop.live is None:
        return
    own = ev.frame.definition.scope.bound
    for name in sorted(loop.assigned - loop.live):
        if name in own and not name.startswith("$") and not isinstance(base.env.get(name), CellRef):
            yield name


def _changed(ev: Evaluator, loop: Loop, base: State) -> Iterator[int]:
    """References to what the body changes by all appearances, in the order of its text."""
    if loop.peak is not None:
        yield loop.peak
    for name, appends in _written(loop.key):
        value: Any = base.env.get(name)
        if isinstance(value, CellRef):
            cell = _held(ev, base, value.ref)
            value = cell.value if isinstance(cell, CellState) else None
        if isinstance(value, ArrayValue) and not appends:
            ref, state = value.ref, _held(ev, base, value.ref)
            while isinstance(state, ViewState):
                ref, state = state.base, _held(ev, base, state.base)
            yield ref
        elif isinstance(value, ListValue) and appends:
            yield from _stack(ev, base, value.ref)


def _stack(ev: Evaluator, base: State, ref: int) -> Iterator[int]:
    """What an append to a list changes, if its items are elements of arrays or are only counted."""
    state = _held(ev, base, ref)
    if not isinstance(state, StackState):
        return
    yield ref
    if ref in ev.counted:
        yield ev.counted[ref]
    else:
        yield from state.leaves


def _held(ev: Evaluator, base: State, ref: int) -> HeapState | None:
    found = base.heap.get(ref)
    return ev.initial.get(ref) if found is None else found


def _template(state: HeapState | None) -> StateTemplate | None:
    if isinstance(state, ArrayState):
        return ArrayT(state.value.array)
    if isinstance(state, StackState):
        kinds = kinds_of(state.count)
        dtype = join_dtype(kinds)
        return None if dtype is None else StackT(state.shape, state.leaves, NumberT(kinds, dtype))
    return None


def _written(node: Any) -> list[tuple[str, bool]]:
    """The names by which the body of a loop writes to objects, and whether it appends to them."""
    if not isinstance(node, LOOPS):
        return []
    known = _WRITTEN.get(id(node))
    if known is None or known[0] is not node:
        known = _WRITTEN[id(node)] = node, list(dict.fromkeys(found for part in node.body for found in _writes(part)))
    return known[1]


def _writes(node: ast.AST) -> Iterator[tuple[str, bool]]:
    if isinstance(node, INNER_SCOPES):
        return
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
        yield node.value.id, False
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, False
    elif isinstance(node, ast.Attribute) and node.attr == "append" and isinstance(node.value, ast.Name):
        yield node.value.id, True
    for part in ast.iter_child_nodes(node):
        yield from _writes(part)
