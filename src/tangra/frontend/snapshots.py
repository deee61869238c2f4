"""What iterators read that make their items at once, where Python makes one after the other: it must not change while
a loop takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tangra.api.values import (
    BoundMethod,
    DictView,
    FunctionValue,
    IterValue,
    PartialValue,
    TupleValue,
)
from tangra.frontend.heap import (
    ArrayState,
    ConflictState,
    Deleted,
    HeapState,
    MaybeNone,
    MaybeUnbound,
    StackState,
    ViewState,
)
from tangra.frontend.sameness import same, same_state, slots_of
from tangra.frontend.scope import analyse

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator, Frame


class Snapshot:
    """What everything holds that is reached from some values, and what the names are bound to that generators read."""

    def __init__(self, ev: Evaluator, values: Iterable[Any]) -> None:
        self.ev = ev
        self.names: list[tuple[Frame, str, Any]] = []
        self.held: dict[int, HeapState] = {}
        work = list(values)
        while work:
            v = work.pop()
            ref = getattr(v, "ref", v if isinstance(v, int) else None)
            if ref is None:
                work += self._parts(v)
            elif ref not in self.held and (ref in ev.state.heap or ref in ev.initial):
                self.held[ref] = ev.glance(ref)
                work += _contents(self.held[ref])

    def _parts(self, v: Any) -> Iterator[Any]:
        """The values and references in a value that is no object."""
        if isinstance(v, IterValue) and v.form == "generator":
            yield from self._read_by(v.parts[0])
        elif isinstance(v, IterValue):
            yield from (part for part in v.parts if not isinstance(part, int))
        elif isinstance(v, TupleValue):
            yield from v.items
        elif isinstance(v, tuple):
            yield from v
        elif isinstance(v, DictView):
            yield v.of
        elif isinstance(v, (MaybeNone, MaybeUnbound)):
            yield v.value
        elif isinstance(v, FunctionValue):
            yield from (ref for _, ref in v.scope)
            yield from v.defaults
            yield from (default for _, default in v.kw_defaults)
        elif isinstance(v, BoundMethod):
            yield from (v.self, v.function)
        elif isinstance(v, PartialValue):
            yield from (v.function, *v.args, *(arg for _, arg in v.kwargs))

    def _read_by(self, g: Any) -> Iterator[Any]:
        """What a generator reads when it makes an item."""
        info = analyse(g.node)
        yield g.first
        for name in sorted((info.used | info.inner_free) - info.bound):
            entry = {**self._env(g.frame), **g.cells}.get(name)
            if entry is not None:
                self.names.append((g.frame, name, entry))
                yield entry

    def _env(self, frame: Frame) -> dict[str, Any]:
        return self.ev.state.env if self.ev.frame is frame else frame.suspended

    def holds(self) -> bool:
        """Whether all is as it was."""
        names = all(same(self._env(frame).get(name, entry), entry) for frame, name, entry in self.names)
        return names and all(same_state(self.ev.glance(ref), state) for ref, state in self.held.items())


def _contents(state: HeapState) -> Iterator[Any]:
    if isinstance(state, ViewState):
        yield state.base
    elif isinstance(state, StackState):
        yield from state.leaves
    elif not isinstance(state, (ArrayState, ConflictState)):
        yield from (slot for slot in slots_of(state)[1] if not isinstance(slot, Deleted))
