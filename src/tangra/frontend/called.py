"""What the user calls an object: a name of the function being evaluated, a way through one, or a path of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api.values import TupleValue
from tangra.frontend.heap import CellRef, CellState, DictState, InstanceState, ListState, ViewState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

DEPTH = 2


def name_of(ev: Evaluator, ref: int) -> str | None:
    """A name for an object, or for the array that it is a view of; None for one that nothing leads to."""
    while True:
        for name, entry in ev.state.env.items():
            found = None if name.startswith("$") else _way(ev, entry, ref, name, DEPTH)
            if found is not None:
                return found
        path = ev.live.paths.get(ref)
        if path is not None:
            return str(path)
        state = ev.state.heap.get(ref)
        if not isinstance(state, ViewState):
            return None
        ref = state.base


def _way(ev: Evaluator, entry: Any, ref: int, text: str, depth: int) -> str | None:
    """How `ref` is reached from `entry`, which is called `text`."""
    own = getattr(entry, "ref", None)
    state = None if own is None else ev.state.heap.get(own, ev.initial.get(own))
    if isinstance(entry, CellRef):
        return _way(ev, state.value, ref, text, depth) if isinstance(state, CellState) else None
    if own == ref:
        return text
    parts: list[tuple[str, Any]] = []
    if isinstance(entry, TupleValue):
        parts = [(f"{text}[{k}]", item) for k, item in enumerate(entry.items)]
    elif isinstance(state, ListState):
        parts = [(f"{text}[{k}]", item) for k, item in enumerate(state.items)]
    elif isinstance(state, DictState):
        parts = [(f"{text}[{key!r}]", item) for key, item in zip(state.keys, state.values, strict=True)]
    elif isinstance(state, InstanceState):
        parts = [(f"{text}.{name}", item) for name, item in state.attrs]
    if not depth:
        return None
    return next((found for where, item in parts if (found := _way(ev, item, ref, where, depth - 1))), None)
