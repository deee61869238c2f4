"""What a loop is, one trip of it, and going back when an attempt to evaluate it is given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, Const, Scalar
from tangra.frontend.heap import (
    BROKEN,
    CONTINUED,
    RETURNED,
    STOPPED,
    State,
)
from tangra.ir import Value
from tangra.shapes import Size
from tangra.shapes.prover import known_lt

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


UNROLL_LIMIT = 256
"""Trips of a loop that is unrolled because its body needs the index, or types change from trip to trip."""
SHORT_LOOP = 32
"""Trips of a loop that is unrolled rather than made to index a container of arrays at run time."""
SHORT_COPIES = 128
"""Copies of such a loop's body, those of unrolled loops around it counted."""
COPIES_LIMIT = 4096
"""Copies of the body of a loop that has to be unrolled, those of unrolled loops around it counted."""
FEW, MANY = 8, 2**63
"""Trips of a loop that is unrolled when a list grows in it."""
MAX_ROUNDS = 25


@dataclass(frozen=True)
class Bounds:
    """`range(start, stop, step)` of pyints."""

    start: AbstractValue
    stop: AbstractValue
    step: int


@dataclass(frozen=True)
class Loop:
    """A loop to run: `body(index)` evaluates one trip; without bounds it sets the stop flag when it is over.

    In a run of the loop that searches for the room that lists need, `room` is what they have, or `peak` the reference
    of the greatest length so far.
    """

    key: Any
    bounds: Bounds | None
    body: Callable[[AbstractValue | None], None]
    assigned: frozenset[str] = frozenset()
    live_header: frozenset[str] | None = None
    live_after: frozenset[str] | None = None
    name: str = "i"
    own_flags: bool = True
    peeled: bool = False
    lenient: bool = False
    room: Size | None = None
    peak: int | None = None
    first: Callable[[Callable[[], None]], None] | None = None
    never: Callable[[], bool] | None = None
    """Of a `while`: evaluates the test; whether it is known to fail."""

    @property
    def live(self) -> frozenset[str] | None:
        if self.live_header is None or self.live_after is None:
            return None
        return self.live_header | self.live_after


class Unroll(Exception):
    """A loop of so few trips that a list growing in it stays a plain list."""


class ItemsDiffer(Exception):
    """A list that grows in a loop gets items of sizes that depend on the trip."""


class LoopConflict(Exception):
    """Something the loop carries changes its type from the first trip to the second."""


@dataclass
class Mark:
    """Where to go back to when an attempt is given up."""

    ops: int
    state: State
    next_ref: int
    counter: int = field(default=0)


def mark(ev: Evaluator) -> Mark:
    return Mark(len(ev.b.block.ops), ev.state.copy(), ev.next_ref, ev.symbols.counter)


def rewind(ev: Evaluator, mark: Mark) -> None:
    del ev.b.block.ops[mark.ops :]
    ev.state = mark.state.copy()
    ev.next_ref = mark.next_ref
    ev.symbols.counter = mark.counter


class Again(Exception):
    """The trial was made with something that turned out not to hold."""


def constant_trips(loop: Loop) -> int | None:
    if loop.bounds is None:
        return None
    start, stop = loop.bounds.start, loop.bounds.stop
    if isinstance(start, Const) and isinstance(stop, Const):
        return len(range(int(start.value), int(stop.value), loop.bounds.step))
    return None


def advanced(ev: Evaluator, loop: Loop, done: int) -> Loop:
    if loop.bounds is None:
        return loop
    start = ev.binary("+", loop.bounds.start, Const(done * loop.bounds.step))
    return replace(loop, bounds=replace(loop.bounds, start=start))


def one_trip(ev: Evaluator, loop: Loop, index: AbstractValue | None) -> None:
    ev.counters.loop_bodies += 1
    for name in STOPS:
        if name in ev.state.env:
            ev.state.env[name] = Const(False)  # else this trip would not be
    loop.body(index)
    if CONTINUED in ev.state.env:
        ev.state.env[CONTINUED] = Const(False)


STOPS = (BROKEN, RETURNED, STOPPED)


def stops(ev: Evaluator) -> bool | None:
    """Whether the loop ends after this trip: True, False, or None where it depends on the run."""
    flags = [ev.state.env.get(name, Const(False)) for name in STOPS]
    if any(isinstance(f, Const) and f.value for f in flags):
        return True
    return False if all(isinstance(f, Const) for f in flags) else None


def stop_flag(ev: Evaluator) -> Value:
    found: Value | None = None
    for name in STOPS:
        flag = ev.state.env.get(name)
        if isinstance(flag, Scalar):
            found = flag.value if found is None else ev.b("or", found, flag.value)
        elif isinstance(flag, Const) and flag.value:
            return ev.b.bool(True)
    return ev.b.bool(False) if found is None else found


def has_trip(ev: Evaluator, loop: Loop) -> tuple[bool | None, Size, Size]:
    assert loop.bounds is not None
    first, last = ev.symbol_for(loop.bounds.start), ev.symbol_for(loop.bounds.stop)
    if loop.bounds.step < 0:
        first, last = last, first
    return known_lt(first, last, ev.facts), first, last
