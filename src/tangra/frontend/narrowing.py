"""What a path knows of values that may be None: in a branch on `x is None` every place that holds x is replaced by what
x is there, and where the paths come together again, what was not assigned since is x as it was before.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tangra.api.values import Const, TupleValue
from tangra.frontend.heap import (
    CellState,
    Deleted,
    DictState,
    HeapState,
    InstanceState,
    ListState,
    MaybeNone,
    MaybeUnbound,
    State,
)
from tangra.frontend.sameness import same, slots_of, state_of
from tangra.ir import Value

Holder = CellState | InstanceState | ListState | DictState
"""The states of objects that have slots."""


def narrow(state: State, there: Value, present: bool) -> None:
    """From here on, what `there` tells of is known: replace it wherever the state holds it."""
    state.narrowed[there] = present
    known = {there: present}
    for name, entry in state.env.items():
        state.env[name] = _known(entry, known)
    for ref, held in state.heap.items():
        state.heap[ref] = _with_slots(held, lambda _, slot: _known(slot, known))


def _known(slot: Any, narrowed: Mapping[Value, bool]) -> Any:
    """A slot as it is where `narrowed` is known; the same one if that says nothing of it."""
    if isinstance(slot, MaybeUnbound) and slot.bound in narrowed:
        return _known(slot.value, narrowed) if narrowed[slot.bound] else None
    if isinstance(slot, MaybeUnbound):
        value = _known(slot.value, narrowed)
        return slot if value is slot.value else replace(slot, value=value)
    if isinstance(slot, MaybeNone) and slot.there in narrowed:
        return slot.value if narrowed[slot.there] else Const(None)
    if isinstance(slot, TupleValue):
        items = tuple(_known(item, narrowed) for item in slot.items)
        return slot if all(map(operator.is_, items, slot.items)) else TupleValue(items, slot.cls)
    return slot


def widen(base: State, state: State) -> None:
    """Undo the narrowing of a path that began as `base` and comes together with others: what was not assigned since is
    as it was before, and so needs no joining."""
    if state.narrowed == base.narrowed:
        return

    def restored(before: Any, now: Any) -> Any:
        if isinstance(before, (MaybeNone, MaybeUnbound, TupleValue)):
            narrowed = _known(before, state.narrowed)
            if narrowed is not None and narrowed is not before and now is not None and same(now, narrowed):
                return before
        return now

    for name, before in base.env.items():
        if name in state.env:
            state.env[name] = restored(before, state.env[name])
    for ref, old in base.heap.items():
        held = state.heap.get(ref)
        if isinstance(old, Holder) and held is not None and held is not old and type(held) is type(old):
            state.heap[ref] = _with_slots(held, _restoring(dict(zip(*slots_of(old), strict=True)), restored))


def _restoring(before: dict[Any, Any], restored: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda name, now: restored(before.get(name), now)


def _with_slots(state: HeapState, change: Callable[[Any, Any], Any]) -> HeapState:
    """An object's state with every slot changed, by its name and content; the same state if none is."""
    if not isinstance(state, Holder):
        return state
    names, slots = slots_of(state)
    changed = [s if isinstance(s, Deleted) else change(name, s) for name, s in zip(names, slots, strict=True)]
    if all(a is b for a, b in zip(slots, changed, strict=True)):
        return state
    return state_of(type(state), names, changed)
