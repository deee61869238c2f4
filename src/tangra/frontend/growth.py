"""Lists that a loop makes longer: finding them after a trial of its body, and making room for all trips."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from tangra.api.values import ListValue
from tangra.errors import TypeMismatchError
from tangra.frontend import counted_lists, diagnostics, room_search, symbols
from tangra.frontend.heap import ListState, StackState, State
from tangra.frontend.stack_items import (
    Item,
    form_of,
    item_form,
    join_all,
    join_items,
    leaf_types,
    room_of,
)
from tangra.frontend.stacks import new_stack, widened, with_room
from tangra.shapes import Size, ceil_div, dmax
from tangra.shapes.prover import known_eq, known_le

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.loop_parts import Loop


Appended = dict[int, list[Any]]
"""The forms of items that were appended to lists, by reference."""


@dataclass(frozen=True)
class Growth:
    """A list that a loop's body appends to: the form of its items, and by how many it grows a trip, exactly or at most.

    At no time of a trip are there more than `most` items more than before it. `before` is the list before the loop.
    """

    form: Item
    per_trip: Size
    exact: bool
    most: Size
    before: ListState | StackState

    def start(self, ev: Evaluator) -> Size | None:
        """The length before the loop, if it is known."""
        return len(self.before.items) if isinstance(self.before, ListState) else symbols.known_size(self.before.count)

    def taken(self, ev: Evaluator) -> Size:
        """The items that there is room for before the loop."""
        return len(self.before.items) if isinstance(self.before, ListState) else room_of(ev, self.before)

    def of(self, ev: Evaluator, state: Any) -> Growth | None:
        """The same growth of another list that was there before the same loop, if that is like this one. Its numbers
        may be of more kinds now: what a loop around carries is learnt trial by trial."""
        if isinstance(self.before, StackState):
            alike = isinstance(state, StackState) and state.shape == self.before.shape
            return replace(self, before=state) if alike and room_of(ev, state) == room_of(ev, self.before) else None
        if not isinstance(state, ListState) or len(state.items) != len(self.before.items):
            return None
        form = form_of(ev, state.items) if state.items else self.form  # type: ignore[arg-type]
        form = None if form is None else join_items(self.form, form)
        return None if form is None else replace(self, before=state, form=form)


def has_room(ev: Evaluator, ref: int) -> bool:
    """Whether a loop around has seen to the room of a list."""
    return ref in ev.roomy or ref in ev.counted


def lists_without_room(ev: Evaluator, base: State) -> set[int]:
    """Lists from before a loop: if one is longer after a trip, the trip is evaluated again with room for it."""
    return {ref for ref, s in base.heap.items() if isinstance(s, (ListState, StackState)) and not has_room(ev, ref)} | {
        ref for ref, s in ev.initial.items() if isinstance(s, ListState) and ref not in base.heap
    }


def growing(ev: Evaluator, base: State, end: State, appended: Appended) -> dict[int, Growth]:
    """Lists from before a loop that are longer at the end of a trip, to which that has `appended`, and have no room for
    it."""
    found: dict[int, Growth] = {}
    outer, ev.state = ev.state, end
    try:
        for ref, after in end.heap.items():
            before = base.heap.get(ref) or ev.initial.get(ref)
            growth = None
            if isinstance(before, ListState):
                growth = _growth(ev, ref, before, after, appended.get(ref, []))
            elif isinstance(before, StackState) and isinstance(after, StackState) and not has_room(ev, ref):
                growth = _more_room(ev, before, after)
            if growth is not None:
                found[ref] = growth
    finally:
        ev.state = outer
    return found


def _growth(ev: Evaluator, ref: int, before: ListState, after: Any, logged: Sequence[Item | None]) -> Growth | None:
    items = tuple(x for x in before.items)
    if isinstance(after, ListState):
        more = len(after.items) - len(items)
        if more <= 0:
            return None
        form = join_all([*(item_form(ev, x) for x in (*items, *after.items)), *logged])  # type: ignore[arg-type]
        most: Size = max(more, len(logged)) if ref in ev.shrunk else more
        return None if form is None else Growth(form, more, True, most, before)
    if isinstance(after, StackState):
        form = form_of(ev, items) if items else after.shape  # type: ignore[arg-type]
        form = None if form is None else join_items(form, after.shape)
        if form is None:
            return None
        room, known = room_of(ev, after), symbols.known_size(after.count)
        size: Size = room if known is None else known
        most = dmax(room - len(items), len(logged)) if ref in ev.shrunk else size - len(items)
        return Growth(form, size - len(items), known is not None, most, before)
    return None


def _more_room(ev: Evaluator, before: StackState, after: StackState) -> Growth | None:
    """The growth of a list that an earlier loop has made: each item that is appended takes room of its own."""
    form = join_items(before.shape, after.shape)
    more = room_of(ev, after) - room_of(ev, before)
    if form is None or known_le(more, 0, ev.facts):
        return None
    first, last = symbols.known_size(before.count), symbols.known_size(after.count)
    exact = first is not None and last is not None and known_eq(last - first, more, ev.facts) is True
    return Growth(form, more, exact, more, before)


def fit_outside(ev: Evaluator, base: State, growths: dict[int, Growth]) -> bool:
    """Whether the sizes of all items are known before the loop, so that there can be room for them."""
    types = [t for each in growths.values() for t in leaf_types(each.form)]
    return all(symbols.in_scope_of(ev, base, n) for t in types for n in t.shape)


def refuse_sizes(ev: Evaluator) -> NoReturn:
    """The error where they are not."""
    ev.error(
        TypeMismatchError,
        "a list that a loop makes longer gets arrays whose size depends on the trip",
        code=diagnostics.CONFLICT,
        fix="append arrays of one size, or fill the rows of one array and keep their lengths beside it",
    )


def convert(ev: Evaluator, loop: Loop, growths: dict[int, Growth]) -> set[int]:
    """Make the lists stacks in the current state, with room for all trips; those for which that had to be searched.
    They hold what they held, so nothing changes for what else they may be."""
    rooms = {ref: _room(ev, loop, ref, growth) for ref, growth in growths.items()}
    unbounded = {ref for ref, room in rooms.items() if room is None}
    found: Size = 0
    if unbounded and loop.peak is None:
        found = _searched(ev, loop, growths, unbounded)
    for ref, growth in growths.items():
        room = rooms[ref]
        if room is None and loop.peak is not None:
            ev.state.heap[ref] = counted_lists.counting(ev, ref, growth.form, growth.before, loop.peak)
        else:
            ev.state.heap[ref] = _roomy(ev, growth, found if room is None else room)
    return unbounded


def _roomy(ev: Evaluator, growth: Growth, room: Size) -> StackState:
    before = growth.before
    if isinstance(before, ListState):
        stack = new_stack(ev, growth.form, room, before.items)  # type: ignore[arg-type]
        return replace(stack, was=before) if growth.most == 0 else stack  # it is only indexed
    wide = before if before.shape == growth.form else widened(ev, before, growth.form)
    return with_room(ev, wide, room)


def _searched(ev: Evaluator, loop: Loop, growths: dict[int, Growth], unbounded: set[int]) -> Size:
    """The room for lists that a run of the loop tells."""
    if loop.room is not None:
        return loop.room
    sought = [growths[ref] for ref in unbounded]
    is_tested = loop.bounds is None and all(symbols.in_scope_of(ev, ev.state, g.most) for g in sought)
    found = room_search.search(ev, loop, growths, dmax(*(g.taken(ev) for g in sought)), is_tested)
    if found is None:
        ev.unsupported(
            "a list that grows by a number of items that is not known at the start of a trip, and is read in the loop",
            "let one loop make a list of its own, and put the lists together after it, or fill an array of the largest "
            "length",
        )
    return found


def trips(ev: Evaluator, loop: Loop) -> Size:
    """The number of trips of a counted loop, as a size."""
    assert loop.bounds is not None
    start, stop = ev.symbol_for(loop.bounds.start), ev.symbol_for(loop.bounds.stop)
    span = ceil_div(stop - start, loop.bounds.step)
    return span if known_le(0, span, ev.facts) else dmax(0, span)


def _room(ev: Evaluator, loop: Loop, ref: int, growth: Growth) -> Size | None:
    """The items that there has to be room for; None where only a run of the loop says so."""
    length = growth.taken(ev)
    if growth.most == 0:
        return length
    if not symbols.in_scope_of(ev, ev.state, growth.most):
        return None
    if loop.bounds is not None:
        all_trips = length + growth.per_trip * trips(ev, loop)
        return all_trips if growth.most == growth.per_trip else all_trips + growth.most - growth.per_trip
    limit = _limit_in_test(ev, loop.key, ref)
    return None if limit is None else dmax(length, limit + growth.most - 1)


def _limit_in_test(ev: Evaluator, node: Any, ref: int) -> Size | None:
    """The bound in `while len(items) < bound`."""
    if not isinstance(node, ast.While):
        return None
    tests = node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) else [node.test]
    for test in tests:
        if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.Lt, ast.LtE, ast.NotEq))):
            continue
        left = test.left
        if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "len" and left.args:
            target = ev.eval(left.args[0])
            if isinstance(target, ListValue) and target.ref == ref:
                limit = ev.symbol_for(ev.eval(test.comparators[0]))
                return limit + 1 if isinstance(test.ops[0], ast.LtE) else limit
    return None
