"""Items of grown lists that others take the place of: `v[k] = item`, and the exchange of two.

What was read from the list before stays what it is: where it is a view, it becomes an array of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, ListValue, SliceValue
from tangra.frontend import memory, stacks
from tangra.frontend.heap import ArrayState, StackState, ViewState
from tangra.ir import Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def setitem(ev: Evaluator, v: ListValue, state: StackState, index: AbstractValue, item: AbstractValue) -> None:
    """`v[index] = item`."""
    if isinstance(index, SliceValue):
        ev.unsupported(
            "assigning to a slice of a list that grew in a loop or is indexed at run time",
            "assign item by item: for k, value in enumerate(values): items[a + k] = value",
        )
    state = stacks.fitting(ev, v, state, item)
    at = stacks.position(ev, state.count, index, "list assignment index out of range")
    kept = _keep_items(ev, state)
    stacks.store(ev, state, at, item)
    _settled(ev, v, state, kept)


def exchange(ev: Evaluator, v: ListValue, state: StackState, one: AbstractValue, other: AbstractValue) -> None:
    """`v[other], v[one] = v[one], v[other]`: no item is in more places than before."""
    a, b = (stacks.position(ev, state.count, index, "list index out of range") for index in (one, other))
    kept = _keep_items(ev, state)
    for ref in state.leaves:
        items = [_row_of(ev, ref, at) for at in (a, b)]
        for at, value in zip((b, a), items, strict=True):
            stacks.store_leaf(ev, ref, at, value)
    _settled(ev, v, state, kept)


def _row_of(ev: Evaluator, ref: int, at: Value) -> Value:
    whole = ev.read(ref)
    starts = [at, *(ev.b.int(0) for _ in whole.shape[1:])]
    sizes = (None, *whole.shape[1:])
    return ev.b("index", whole, *starts, sizes=sizes, steps=(1,) * len(sizes))


def _settled(ev: Evaluator, v: ListValue, state: StackState, kept: Sequence[int]) -> None:
    """Other items are in a list now. `kept` were right, and are not what was written to."""
    for ref in kept:
        ev.state.poisoned.pop(ref, None)
    if not any(isinstance(ev.look(ref), ViewState) for ref in state.leaves):
        ev.put(v.ref, replace(state, was=None))
    ev.state.poisoned.pop(v.ref, None)  # a row of a list of rows is the partner of what it was just written through


def _keep_items(ev: Evaluator, state: StackState) -> list[int]:
    """Before an item of a list is replaced: what was read from it stays what it is. Gives the arrays and lists that
    are right, whatever takes the item's place."""
    arrays = _held_in(ev, state.leaves)
    for ref in arrays:
        keep_old(ev, ref)
    fresh = {ref for ref in arrays if ref not in ev.state.poisoned}
    lists = [
        ref
        for ref, held in ev.state.heap.items()
        if isinstance(held, StackState) and held.leaves and fresh.issuperset(held.leaves)
    ]
    return [*fresh, *(ref for ref in lists if ref not in ev.state.poisoned)]


def keep_old(ev: Evaluator, ref: int) -> None:
    """Where another item takes its place, an array that was read from a list is still the old one. As it may be one of
    another place, the list and it are partners."""
    held = ev.state.heap[ref]
    assert isinstance(held, ViewState)
    if held.origin is not None or any(link in ev.state.poisoned for link in memory.chain(ev, ev.state, ref)):
        ev.state.poisoned.setdefault(ref, ev.span)
        return
    ev.state.heap[ref] = ArrayState(ev.read(ref))
    ev.pair(ref, memory.kin(ev, [held.base]))


def _held_in(ev: Evaluator, leaves: Sequence[int]) -> list[int]:
    """The views of items that there are, of a stack and of all that lie where it lies: it may be a row of another, of
    which other rows were read."""
    levels = {(links[-1], len(links) + 1) for links in (memory.chain(ev, ev.state, leaf) for leaf in leaves)}
    found = []
    for ref, held in ev.state.heap.items():
        links = memory.chain(ev, ev.state, ref) if isinstance(held, ViewState) else []
        if links and (links[-1], len(links)) in levels:
            found.append(ref)
    return found
