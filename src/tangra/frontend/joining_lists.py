"""Joining lists of which at least one grew in a run-time loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api.values import Const
from tangra.frontend import stack_items, stacks, symbols
from tangra.frontend.heap import ListState, StackState
from tangra.frontend.templates import BOTTOM, ToStackT
from tangra.shapes import Size, dmax

if TYPE_CHECKING:
    from tangra.frontend.joining import Join


def to_stack(join: Join, ref: int | None, a: Any, b: Any, old: Any) -> ToStackT | None:
    """How two lists that differ in length, or grow, become one stacked list; None where their items don't fit, or
    their lengths are bounded by what is known on one side only.

    A list that is new on one side, and a stack there, is undefined on the other. Bounds don't matter for a list (`ref`,
    if it is one object) that an enclosing loop is about to give room: that trip is evaluated again. `old` is the
    template of an earlier round of a loop, or None.
    """
    present = [(side, x) for side, x in enumerate((a, b)) if x is not BOTTOM]
    forms: list[Any] = []
    rooms: list[Size] = []
    tops: list[int | None] = []
    empty: list[bool] = []
    for side, x in present:
        outer, join.ev.state = join.ev.state, join.sides[side] or join.base
        forms.append(stack_items.common_form(join.ev, x))
        if isinstance(x, ListState):
            rooms.append(len(x.items))
            tops.append(len(x.items))
        else:
            rooms.append(stack_items.room_of(join.ev, x))
            tops.append(x.count.value if isinstance(x.count, Const) else x.count.hi)
        empty.append(isinstance(x, ListState) and not x.items)
        join.ev.state = outer
    form = stack_items.join_forms(forms[0], forms[-1], (empty[0], empty[-1]))
    bounded = all(symbols.in_scope_of(join.ev, join.base, room) for room in rooms)
    if form is None or not (bounded or ref in join.ev.without_room):
        return None
    top = None if None in tops else max(t for t in tops if t is not None)
    lengths = {len(x.items) if isinstance(x, ListState) else getattr(x.count, "value", None) for _, x in present}
    length = lengths.pop() if len(lengths) == 1 else None
    fixed = rooms[0] == rooms[-1] and bounded
    shared, stale = _memory(join, present)
    room = dmax(*rooms)
    if isinstance(old, ToStackT):
        shared, stale = shared | old.shared, stale or old.stale
        if top != old.top:  # a count that grows at every trip: its bound would never settle
            top = room if isinstance(room, int) else None
    return ToStackT(form, room, top, length if isinstance(length, int) else None, fixed, shared, stale)


def _memory(join: Join, states: list[tuple[int, Any]]) -> tuple[frozenset[int], bool]:
    """The objects from before the join that items of the lists are, or share memory with; whether one is stale."""
    found: frozenset[int] = frozenset()
    stale = False
    for side, x in states:
        outer, join.ev.state = join.ev.state, join.sides[side] or join.base
        refs = x.leaves if isinstance(x, StackState) else [r for item in x.items for r in stacks.memory(join.ev, item)]
        stale |= isinstance(x, StackState) and any(ref in join.ev.state.poisoned for ref in refs)
        join.ev.state = outer
        for ref in refs:
            found |= join.before((ref, None) if side == 0 else (None, ref))
    return found, stale
