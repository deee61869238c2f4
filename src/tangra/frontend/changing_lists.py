"""Loops over lists whose length changes meanwhile: as in Python, every trip asks how long the list is by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, Const, InstanceValue, IterValue, ListValue, Scalar
from tangra.frontend import branches, classes, iterators, loops
from tangra.frontend.heap import STOPPED, ListState, StackState
from tangra.frontend.liveness import only
from tangra.frontend.loop_parts import Loop, stops
from tangra.frontend.sameness import same

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.iteration import Sequence_

STEPWISE = ("zip", "enumerate", "map", "iter")
"""Iterators that take the k-th items of others for their k-th."""


class LengthChanges(Exception):
    """A trip of a loop changes the length of a list that the loop runs over."""


def watched(ev: Evaluator, v: AbstractValue, trip: Callable[[], None]) -> None:
    """A trip of a loop over `v`, after which its lists have to be as long as before, unless it is the last one."""
    before = _lengths(ev, v)
    trip()
    if before and not ev.state.dead and stops(ev) is not True:
        after = _lengths(ev, v)
        if not all(map(same, before, after)):
            raise LengthChanges


def _lengths(ev: Evaluator, v: AbstractValue) -> list[AbstractValue]:
    """How long the lists are that an iterable takes its items from."""
    if isinstance(v, IterValue):
        parts = (v.parts[0].first,) if v.form == "generator" else iterators.iterables(v)
        return [n for part in parts for n in _lengths(ev, part)]
    if isinstance(v, InstanceValue):  # that has no __iter__: its __len__ says how many items it has
        length = classes.special_method(ev, v, "__len__")
        return [] if length is None else [ev.call(length, [], {})]
    state = ev.glance(v.ref) if isinstance(v, ListValue) else None
    if isinstance(state, ListState):
        return [Const(len(state.items))]
    return [state.count] if isinstance(state, StackState) else []


def run(
    ev: Evaluator,
    v: AbstractValue,
    sequence: Callable[[], Sequence_],
    body: Callable[[AbstractValue], None],
    counted: Loop,
) -> AbstractValue:
    """Run a loop whose trips each take the next item of `v`, if there is one by then: what `sequence` gives. `counted`
    is the same loop with a number of trips that is known before."""
    if not _is_stepwise(v):
        ev.unsupported("a list that changes its length while a loop runs over it", "loop over a copy: list(x)")
    place = f"$at{sum(name.startswith('$at') for name in ev.state.env)}"
    ev.state.env[place] = Const(0)

    def stop() -> None:
        ev.state.env[STOPPED] = Const(True)

    def trip(then: Callable[[], None], after: frozenset[str] | None) -> None:
        items, k = sequence(), ev.state.env[place]
        inside = ev.truth(ev.binary("<", k, items.count))  # type: ignore[arg-type]

        def take() -> None:
            ev.state.env[place] = ev.binary("+", k, Const(1))  # type: ignore[arg-type]
            body(items.item(k))  # type: ignore[arg-type]
            then()

        if isinstance(inside, Const):
            take() if inside.value else stop()
            return
        assert isinstance(inside, Scalar)
        branches.branch(ev, inside.value, take, stop, None if after is None else only(after | {place}))

    header, after = counted.live_header, counted.live_after
    loop = replace(
        counted,
        bounds=None,
        body=lambda _: trip(lambda: None, counted.live),
        assigned=counted.assigned | {place},
        live_header=None if header is None else header | {place},
        first=lambda then: trip(then, after),
    )
    try:
        return loops.run_loop(ev, loop)
    finally:
        ev.state.env.pop(place, None)


def _is_stepwise(v: AbstractValue) -> bool:
    """Whether the items that an iterable will have given by a trip tell which come next."""
    if not isinstance(v, IterValue):
        return True
    strict = v.form == "zip" and bool(v.parts[1])
    return v.form in STEPWISE and not strict and all(map(_is_stepwise, iterators.iterables(v)))
