"""What a path knows of values that may be None: in a branch on `x is None` every place that holds x is replaced by what
x is there, and where the paths come together again, what was not assigned since is x as it was before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tangra.api.values import Const
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

    def known(slot: Any) -> Any:
        if isinstance(slot, MaybeUnbound) and slot.bound is there:
            return known(slot.value) if present else None
        if isinstance(slot, MaybeUnbound):
            value = known(slot.value)
            return slot if value is slot.value else replace(slot, value=value)
        if isinstance(slot, MaybeNone) and slot.there is there:
            return slot.value if present else Const(None)
        return slot

    for name, entry in state.env.items():
        state.env[name] = known(entry)
    for ref, held in state.heap.items():
        state.heap[ref] = _with_slots(held, lambda _, slot: known(slot))


def widen(base: State, state: State) -> None:
    """Undo the narrowing of a path that began as `base` and comes together with others: what was not assigned since is
    as it was before, and so needs no joining."""
    if state.narrowed == base.narrowed:
        return

    def restored(before: Any, now: Any) -> Any:
        if isinstance(before, MaybeUnbound) and state.narrowed.get(before.bound):
            return before if now is not None and same(now, before.value) else now
        if isinstance(before, MaybeNone) and before.there in state.narrowed:
            narrowed = before.value if state.narrowed[before.there] else Const(None)
            return before if now is not None and same(now, narrowed) else now
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
