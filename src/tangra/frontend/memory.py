"""In whose memory arrays lie, whether they can be written to, and which objects may be one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tangra.api.values import ArrayValue
from tangra.errors import AliasError
from tangra.frontend import called, diagnostics
from tangra.frontend.heap import ArrayState, Home, PathEnds, StackState, State, ViewState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def chain(ev: Evaluator, within: State, ref: int) -> list[int]:
    """An object, and the arrays that it is a view of, in a state."""
    found = [ref]
    while isinstance(state := within.heap.get(found[-1], ev.initial.get(found[-1])), ViewState):
        found.append(state.base)
    return found


def kin(ev: Evaluator, refs: Iterable[int], within: State | None = None) -> list[int]:
    """Objects, the arrays that they are views of, and whatever may be one with any of those, in a state."""
    state = ev.state if within is None else within
    links = [link for ref in refs for link in chain(ev, state, ref)]
    return list(dict.fromkeys(near for link in links for near in (link, *state.partners.get(link, ()))))


def lies_in_views(ev: Evaluator, ref: int) -> bool:
    """Whether an object is a list that lies in others, as their row: it sees what is written there."""
    state = ev.glance(ref)
    return isinstance(state, StackState) and all(isinstance(ev.glance(leaf), ViewState) for leaf in state.leaves)


def lies_in(ev: Evaluator, ref: int, home: Home) -> bool:
    """Whether an instance or a list still lies where it was read from a grown list."""
    state = ev.glance(ref)
    if isinstance(state, StackState):
        first = ev.glance(state.leaves[0]) if state.leaves else None
        return isinstance(first, ViewState) and first.base == home.leaf
    return home.owner not in ev.state.poisoned and ev.peek(home.leaf) is home.who


def require_writeable(ev: Evaluator, target: ArrayValue, what: str = "assignment destination") -> None:
    """Fail if an array is read-only; the error says `what` it is. That one of the call's is not is then required of
    every call, also if what is written turns out to change nothing."""
    fails = writes_fail(ev, ev.state, target.ref)
    if fails is None:
        ev.error(
            AliasError,
            f"{called.name_of(ev, target.ref) or 'this array'} may or may not be a read-only array here",
            code=diagnostics.ALIAS,
            fix="write into a copy (x = x.copy())",
        )
    if fails:
        ev.fail_if(ev.b.bool(True), "ValueError", f"{what} is read-only")
        ev.state.dead = True
        raise PathEnds
    for part in chain(ev, ev.state, target.ref):
        path = ev.live.paths.get(part)
        if path is not None and path.is_argument:
            ev.live.guard(path, "writeable", True)


def writes_fail(ev: Evaluator, within: State, ref: int) -> bool | None:
    """Whether an array can't be written to in a state; None: that depends on the path."""
    parts = chain(ev, within, ref)
    for view in parts[:-1]:
        state = within.heap.get(view, ev.initial.get(view))
        step = state.step if isinstance(state, ViewState) else None
        if view in ev.live.read_only or (step is not None and not step.writeable):
            return True
    root = parts[-1]
    return is_read_only(ev, within, root)


def is_read_only(ev: Evaluator, within: State, ref: int) -> bool | None:
    """Whether an array that owns its memory is known to be read-only; None: that depends on the path."""
    return within.read_only.get(ref, ref in ev.live.read_only)


def original(ev: Evaluator, ref: int) -> int:
    """The object that one is, or is a copy of for a transformed function; a copy of a part of an array is another."""
    while (other := ev.state.copied.get(ref)) is not None:
        states = (ev.state.heap.get(r, ev.initial.get(r)) for r in (ref, other))
        shapes = [state.array.shape for state in states if isinstance(state, (ArrayState, ViewState))]
        if len(set(shapes)) > 1:
            break
        ref = other
    return ref


def may_be_one(ev: Evaluator, a: int, b: int) -> bool:
    """Whether two objects with references of their own may be one, in Python."""
    partners = ev.state.partners
    one, other = _home(ev, a), _home(ev, b)
    same_list = one == other and (one, other) != (a, b)
    return same_list or b in partners.get(a, ()) or other in partners.get(one, ())


def _home(ev: Evaluator, ref: int) -> int:
    """The array that holds an item of a grown list, or of a row of it, if the object is one; else the object."""
    state = ev.glance(ref)
    if isinstance(state, StackState) and state.leaves:
        state = ev.glance(state.leaves[0])
    lists = {leaf for held in ev.state.heap.values() if isinstance(held, StackState) for leaf in held.leaves}
    while isinstance(state, ViewState) and state.base in lists:
        ref = state.base
        state = ev.glance(ref)
    return ref
