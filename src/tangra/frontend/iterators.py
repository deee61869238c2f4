"""Iterators: what they take their items from, how many were taken, and that they give each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, Const, IterValue
from tangra.frontend import conversion
from tangra.frontend.heap import CellState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def one_shot(ev: Evaluator, form: str, *parts: Any) -> IterValue:
    """An iterator: it gives its items once. Its last two parts are cells: how many of its items `next` took, and in
    which call the rest was."""
    return IterValue(form, (*parts, ev.allocate(CellState(Const(0))), ev.allocate(CellState(Const(None)))))


def taken(ev: Evaluator, v: IterValue) -> AbstractValue:
    """How many items `next` took from an iterator."""
    state = ev.look(v.parts[-2])
    assert isinstance(state, CellState)
    assert state.value is not None
    return conversion.slot(ev, state.value, "the place of the iterator")


def consume(ev: Evaluator, v: AbstractValue, asked_again: bool = False) -> None:
    """Note that the items of an iterator are taken; a second time they would be gone. An entry of the API may ask for
    them more than once (`asked_again`) while it evaluates one call."""
    if not isinstance(v, IterValue):
        return
    for part in () if v.form == "generator" else iterables(v):
        consume(ev, part, asked_again)
        if isinstance(part, IterValue) and part.form == "generator" and part.parts[0].is_plain:
            consume(ev, part.parts[0].first, asked_again)
    if not (asked_again and ev.entry_call):
        ev.entry_calls += 1
    state, here = ev.look(v.parts[-1]), f"call {ev.entry_call if asked_again and ev.entry_call else ev.entry_calls}"
    taken = state.value if isinstance(state, CellState) else None
    if not isinstance(taken, Const) or taken.value not in (None, here):
        ev.unsupported(f"a second loop over {named(v)}", "make a list of its items first: list(...)")
    ev.put(v.parts[-1], CellState(Const(here)))


def named(v: IterValue) -> str:
    """What an iterator is called in errors."""
    return "an iterator" if v.form == "iter" else f"a {v.form} iterator"


def once(ev: Evaluator, iterables: Sequence[AbstractValue]) -> None:
    """Refuse one iterator in two places of what is iterated over at the same time."""
    seen: set[int] = set()
    for v in iterables:
        for found in _iterators(v):
            if found.parts[-1] in seen:
                ev.unsupported(f"{named(found)} in two places at once", "make a list of its items first: list(...)")
            seen.add(found.parts[-1])


def _iterators(v: AbstractValue) -> list[IterValue]:
    if not isinstance(v, IterValue):
        return []
    parts = (v.parts[0].first,) if v.form == "generator" else iterables(v)
    return [v, *(found for part in parts for found in _iterators(part))]


def iterables(v: IterValue) -> tuple[AbstractValue, ...]:
    if v.form == "map":
        return tuple(v.parts[1])
    return v.parts[0] if isinstance(v.parts[0], tuple) else (v.parts[0],)
