"""Joining lists of which at least one grew in a run-time loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api.values import Const
from tangra.frontend import memory, stack_items, symbols
from tangra.frontend.heap import Conflict, ConflictState, ListState, StackState, State
from tangra.frontend.sameness import state_text
from tangra.frontend.templates import BOTTOM, KeepT, ToStackT
from tangra.shapes import Size, dmax

if TYPE_CHECKING:
    from tangra.frontend.joining import Join


ROWS = (
    "lists in a list have one length: keep pairs of a row and an item in one list, or the rows in an array with a "
    "length for each"
)


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
    parts = [(side, part) for side, x in present for part in items_memory(join, side, x)]
    shared = frozenset[int]().union(*(join.before((p, None) if side == 0 else (None, p)) for side, p in parts))
    stale = any(p in _state(join, side).poisoned for side, p in parts)
    read_only = any(memory.writes_fail(join.ev, _state(join, side), p) is not False for side, p in parts)
    room = dmax(*rooms)
    was = _was(join, [x for _, x in present], ref)
    if isinstance(old, ToStackT):
        shared, stale, read_only = shared | old.shared, stale or old.stale, read_only or old.read_only
        was = was if was is old.was else None
        if top != old.top:  # a count that grows at every trip: its bound would never settle
            top = room if isinstance(room, int) else None
    return ToStackT(form, room, top, length if isinstance(length, int) else None, fixed, shared, stale, read_only, was)


def conflicting(a: Any, b: Any) -> KeepT:
    """Two lists, or a list and another object, that can't be one."""
    present = [x for x in (a, b) if x is not BOTTOM]
    shown = list(dict.fromkeys(map(state_text, present)))
    if len(shown) < 2:
        text = f"is {shown[0]}, to a length that only one path knows"
        return KeepT(ConflictState(Conflict(text, fix="compute what bounds its length before the branch")))
    text = f"is {' on one path and '.join(shown)} on another"
    lists = all(isinstance(x, (ListState, StackState)) for x in present)
    return KeepT(ConflictState(Conflict(text, fix=ROWS) if lists else Conflict(text)))


def _was(join: Join, states: list[ListState | StackState], ref: int | None) -> ListState | None:
    """The list of static length from before the join that a list still is."""
    before = None if ref is None else join.base.heap.get(ref, join.ev.initial.get(ref))
    if not isinstance(before, (ListState, StackState)) or len(states) < 2:
        return None
    found = before if isinstance(before, ListState) else before.was
    return found if all((x if isinstance(x, ListState) else x.was) is found for x in states) else None


def items_memory(join: Join, side: int, state: ListState | StackState) -> frozenset[int]:
    """The mutable objects that the items of a list are on a side, and the arrays that they are views of."""
    within = _state(join, side)
    outer, join.ev.state = join.ev.state, within
    try:
        if isinstance(state, StackState):
            refs = list(state.leaves)
        else:
            refs = [ref for item in state.items for ref in stack_items.item_memory(join.ev, item)]  # type: ignore[arg-type]
    finally:
        join.ev.state = outer
    return frozenset(part for ref in refs for part in memory.chain(join.ev, within, ref))


def _state(join: Join, side: int) -> State:
    return join.sides[side] or join.base
