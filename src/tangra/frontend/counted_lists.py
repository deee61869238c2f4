"""Lists of which only the length is known, in a run of a loop that searches for the room they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.api.values import Const
from tangra.frontend.heap import ArrayState, ListState, StackState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.stack_items import Item


def counting(ev: Evaluator, ref: int, form: Item, before: ListState | StackState, peak: int) -> StackState:
    """The state of a list of which only the length is known; `peak` refers to the greatest so far."""
    leaf = ev.allocate(ArrayState(ev.b.int(0)))
    ev.unread.add(leaf)
    ev.counted[ref] = peak
    return StackState(form, (leaf,), Const(len(before.items)) if isinstance(before, ListState) else before.count)


def count(ev: Evaluator, ref: int, state: StackState, form: Item) -> None:
    """Count an item that is appended to a list whose items are only counted."""
    longer = StackState(form, state.leaves, ev.binary("+", state.count, Const(1)))
    ev.put(ref, longer)
    peak = ev.counted[ref]
    ev.put(peak, ArrayState(ev.b("maximum", ev.peek(peak), ev.number(longer.count).value)))
