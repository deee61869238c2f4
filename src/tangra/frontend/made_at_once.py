"""Iterators whose items are made at once, when the first is asked for, where Python makes one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, Const, IterValue
from tangra.frontend import conversion, iteration
from tangra.frontend.heap import CellState, HeapState, StackState
from tangra.frontend.iteration import Generator, Sequence_
from tangra.frontend.sameness import same_state
from tangra.frontend.snapshots import Snapshot

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def of_generator(ev: Evaluator, v: IterValue) -> Sequence_:
    """A generator that something else takes items from: they are made when they are reached, or all at once where
    nothing tells how many there are of each."""
    from tangra.frontend import comprehension

    g: Generator = v.parts[0]
    if not g.is_plain:
        items, read = v.parts[1:3]
        return once(ev, "a generator", items, read, lambda: comprehension.collect(ev, g), [v])
    inner = iteration.sequence(ev, g.first)
    make = comprehension.maker(ev, g)
    known = None if inner.items is None else (Const(None),) * len(inner.items)
    return Sequence_(inner.count, lambda i: make(inner.item(i)), known)


def once(
    ev: Evaluator, what: str, items: int, read: int, make: Callable[[], AbstractValue], sources: Sequence[Any]
) -> Sequence_:
    """What `make` gives of `sources`, kept in the cell `items`. Where Python might give something else, because
    what is reached from them has changed since (`read` is the cell for it), it is refused."""
    if _held(ev, items) is None:
        heap = dict(ev.state.heap)
        ev.put(items, CellState(make()))
        if _changed(ev, heap):
            ev.unsupported(
                f"a function that changes objects, in {what} whose items are made all at once",
                "write the loop out, or keep what it changes in a list that is made before",
            )
        ev.put(read, CellState(Const(Snapshot(ev, sources))))
    found, before = _held(ev, items), _held(ev, read)
    assert found is not None
    assert isinstance(before, Const)
    made = iteration.sequence(ev, found)

    def item(k: AbstractValue) -> AbstractValue:
        if not before.value.holds():
            ev.unsupported(f"{what} over something that changes while a loop runs over it", "loop over list(...)")
        return made.item(k)

    return replace(made, item=item)


def _changed(ev: Evaluator, heap: dict[int, HeapState]) -> bool:
    """Whether an object has changed since `heap`; not the cells of iterators, which say how far these are."""
    for ref, state in ev.state.heap.items():
        old = heap.get(ref) or ev.initial.get(ref)
        if old is None or isinstance(state, CellState) or same_state(old, state):
            continue
        if not (isinstance(state, StackState) and state.was is old):  # a list that was only indexed
            return True
    return False


def _held(ev: Evaluator, cell: int) -> AbstractValue | None:
    state = ev.look(cell)
    assert isinstance(state, CellState)
    return None if state.value is None else conversion.slot(ev, state.value, "what the iterator gives")
