"""The lengths of lists that grow by the same number of items in every trip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, Const, Scalar
from tangra.frontend import growth, symbols
from tangra.frontend.heap import (
    StackState,
    State,
)
from tangra.frontend.loop_parts import (
    Again,
    Loop,
    stops,
)
from tangra.frontend.loop_plans import memo_key
from tangra.shapes import Size
from tangra.shapes.prover import known_eq

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@dataclass
class Length:
    """The length of a list that grows by `per_trip` items in every trip (None: by a number that varies).

    At most `most` are added; `searched`: nothing before the loop says how much room they need.
    """

    start: Size
    per_trip: Size | None
    most: Size
    searched: bool


def set_lengths(ev: Evaluator, loop: Loop, lengths: dict[int, Length], index: Scalar | None) -> None:
    """What is known of the lengths of growing lists at the head of a trip, or after the loop."""
    for ref, length in lengths.items():
        state = ev.look(ref)
        if length.per_trip is None or loop.bounds is None or not isinstance(state, StackState):
            continue
        if index is not None:
            assert index.size is not None
            done: Size = (index.size - ev.symbol_for(loop.bounds.start)) // loop.bounds.step
        else:
            done = growth.trips(ev, loop)
        if isinstance(state.count, Scalar):
            size = length.start + length.per_trip * done
            count = Const(size) if isinstance(size, int) else replace(state.count, size=size, lo=0)
            ev.put(ref, StackState(state.shape, state.leaves, count))


def converted(
    ev: Evaluator, loop: Loop, base: State, growths: dict[int, growth.Growth], lengths: dict[int, Length]
) -> State:
    """The state before a loop with the lists that it makes longer turned into stacks."""
    outer, ev.state = ev.state, base
    unbounded: set[int] = set()
    try:
        unbounded = growth.convert(ev, loop, growths)
        return ev.state
    finally:
        ev.state = outer
        for ref, g in growths.items():
            start = g.start(ev)
            per_trip = g.per_trip if g.exact and start is not None else None
            lengths[ref] = Length(0 if start is None else start, per_trip, g.most, ref in unbounded)


def convert_known(ev: Evaluator, loop: Loop, base: State, lengths: dict[int, Length]) -> State:
    """Convert the lists that the last evaluation of the same loop found to grow, if they are as they were."""
    known = ev.memo.get(("growth", memo_key(ev, loop)))
    if known is None or known[1] != ev.next_ref:
        return base
    growths: dict[int, growth.Growth] = known[0]
    fresh: dict[int, growth.Growth] = {}
    for ref, grown in growths.items():
        state = base.heap.get(ref) or ev.initial.get(ref)
        again = None if growth.has_room(ev, ref) else grown.of(ev, state)
        if again is None:
            return base
        fresh[ref] = again
    return converted(ev, loop, base, fresh, lengths)


def check_lengths(ev: Evaluator, lengths: dict[int, Length], heads: dict[int, AbstractValue]) -> None:
    """Forget the rate of growth of a list that did not grow by it."""
    for ref, head in heads.items():
        length, state = lengths[ref], ev.state.heap.get(ref)
        if length.per_trip is None:
            continue
        before = symbols.known_size(head)
        after = symbols.known_size(state.count) if isinstance(state, StackState) else None
        exits = stops(ev) is not False
        if exits or before is None or after is None or known_eq(before + length.per_trip, after, ev.facts) is not True:
            length.per_trip = None
            raise Again
