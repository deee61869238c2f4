"""Objects that nobody can reach after a `return`: what they hold on that path needs no joining."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api.values import Const
from tangra.frontend.heap import RESULT, RETURNED, ConflictState, HeapState, StackState, State, ViewState
from tangra.frontend.moving import Mover
from tangra.frontend.signatures import Unfit

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def is_forgotten(ev: Evaluator, state: State | None, ref: int) -> bool:
    """Whether a path has left the function by `return`, and takes nothing along that leads to an object: the function
    made it, and neither the result nor anything from before the call refers to it."""
    if state is None or ev.frame is None or ref < ev.frame.first_ref:
        return False
    returned = state.env.get(RETURNED)
    if not (isinstance(returned, Const) and returned.value):
        return False
    try:
        return ref not in _reached(state, ev.frame.first_ref)
    except Unfit:
        return False  # something refers to objects in a way that isn't known here


def _reached(state: State, first: int) -> set[int]:
    found: set[int] = set()
    ahead = _of_value(state.env.get(RESULT))
    for ref, held in state.heap.items():
        if ref < first:
            ahead |= _of_state(held)
    while ahead:
        ref = ahead.pop()
        if ref not in found:
            found.add(ref)
            ahead |= _of_state(state.heap.get(ref))
    return found


def _of_value(value: Any) -> set[int]:
    return set() if value is None else _noted(lambda mover: mover.entry(value))


def _of_state(held: HeapState | None) -> set[int]:
    if held is None or isinstance(held, ConflictState):
        return set()
    if isinstance(held, ViewState):
        return {held.base}
    return set(held.leaves) if isinstance(held, StackState) else _noted(lambda mover: mover.state(held))


def _noted(move: Any) -> set[int]:
    """The references that are met when something is moved."""
    found: set[int] = set()

    def note(ref: int) -> int:
        found.add(ref)
        return ref

    move(Mover(lambda number: number, lambda value: value, note))
    return found
