"""Lists as items of grown lists, and of lists that are indexed at run time: rows, whose arrays are views of the outer
list's. A row that has to hold numbers of other kinds makes the outer list a wider one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tangra.api.numpy_layout import step_view
from tangra.api.values import ArrayValue, ListValue
from tangra.frontend import memory
from tangra.frontend.heap import Home, StackState, ViewState
from tangra.frontend.stack_items import Item, ListItem, leaf_types, part_from, with_part
from tangra.ir import Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def row(ev: Evaluator, form: ListItem, leaves: Iterator[int], at: Value, owner: int | None) -> ListValue:
    """The row at a position. A change of its length is refused, as it and the list's arrays are partners."""
    refs = [next(leaves) for _ in leaf_types(form.part)]
    made = ListValue(ev.allocate(_state(ev, form, refs, at)))
    _settle(ev, made.ref, refs, at, owner)
    return made


def _state(ev: Evaluator, form: ListItem, refs: list[int], at: Value) -> StackState:
    rows = []
    for ref in refs:
        whole = ev.read(ref).array
        starts = [at, *(ev.b.int(0) for _ in whole.shape[1:])]
        sizes = (None, *whole.shape[1:])
        view = step_view(ev, ArrayValue(ref, whole), "index", starts, sizes=sizes, steps=(1,) * len(sizes))
        rows.append(view.ref)
    return StackState(form.part, tuple(rows), ev.size_value(form.length))


def _settle(ev: Evaluator, made: int, refs: list[int], at: Value, owner: int | None) -> None:
    """Note where a row lies."""
    ev.pair(made, memory.kin(ev, refs))
    if owner is not None and refs:
        ev.state.homes[made] = Home(owner, refs[0], at, ev.peek(refs[0]))


def widen(ev: Evaluator, ref: int, part: Item) -> StackState | None:
    """Make a row hold items of a wider form, by making its list hold such rows; None if it is no row of a list, or the
    list is another one by now."""
    home = ev.state.homes.get(ref)
    outer = None if home is None else ev.glance(home.owner)
    if home is None or not isinstance(outer, StackState) or home.leaf not in outer.leaves:
        return None
    if home.owner in ev.state.poisoned or home.leaf in ev.state.poisoned:
        return None
    held = ev.glance(ref)
    assert isinstance(held, StackState)
    if not all(isinstance(view := ev.glance(leaf), ViewState) and view.base in outer.leaves for leaf in held.leaves):
        return None  # another row took its place
    start = outer.leaves.index(home.leaf)
    form = part_from(outer.shape, ListItem, start)
    if form is None:
        return None
    wide = replace(form, part=part)
    outer = _widened(ev, home.owner, outer, with_part(outer.shape, form, wide, start))
    if outer is None:
        return None
    refs = list(outer.leaves[start : start + len(leaf_types(part))])
    state = _state(ev, wide, refs, home.at)
    ev.state.heap[ref] = state  # it holds what it held
    _settle(ev, ref, refs, home.at, home.owner)
    return state


def _widened(ev: Evaluator, ref: int, state: StackState, form: Item) -> StackState | None:
    """The list that holds rows, with wider ones; None for a row itself whose list is not known."""
    from tangra.frontend import stacks

    if any(isinstance(ev.look(leaf), ViewState) for leaf in state.leaves):
        return widen(ev, ref, form)
    state = stacks.widened(ev, state, form)
    ev.put(ref, state)
    return state
