"""Run-time loops: the values carried from trip to trip are found by evaluating the body until nothing new turns up.

The plan of a loop joins the state before it with the one at the end of its body. It starts from the plan last found at
the same place, so that nested loops cost a number of evaluations linear in their depth. A first trip that changes types
is peeled; a body that needs its index at compile time is unrolled where the number of trips is a small constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, Const, Scalar, TupleValue
from tangra.errors import TangraError, TypeMismatchError
from tangra.frontend import branches, conversion, diagnostics, growth
from tangra.frontend.diagnostics import StaticNeeded
from tangra.frontend.heap import (
    BROKEN,
    CONTINUED,
    STOPPED,
    PathEnds,
)
from tangra.frontend.liveness import only
from tangra.frontend.loop_emission import emit
from tangra.frontend.loop_parts import (
    COPIES_LIMIT,
    STOPS,
    UNROLL_LIMIT,
    ItemsDiffer,
    Loop,
    LoopConflict,
    Mark,
    Unroll,
    advanced,
    constant_trips,
    has_trip,
    mark,
    one_trip,
    rewind,
    stops,
)
from tangra.frontend.loop_plans import memo_key
from tangra.frontend.policy import SizesDiffer
from tangra.ir import Value
from tangra.shapes import Size
from tangra.shapes.facts import bounds

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def run_loop(ev: Evaluator, loop: Loop) -> AbstractValue:
    """Run a loop; the result says whether it was left by `break` (a bool, constant or run-time)."""
    return _flagged(ev, loop, lambda: _attempts(ev, loop))


def run_unrolled(ev: Evaluator, loop: Loop, trips: int) -> AbstractValue:
    """Run a loop trip by trip."""
    return _flagged(ev, loop, lambda: _unroll(ev, loop, trips))


def _flagged(ev: Evaluator, loop: Loop, run: Callable[[], None]) -> AbstractValue:
    own = (BROKEN, CONTINUED, STOPPED) if loop.own_flags else (STOPPED,)
    outer = {name: ev.state.env.get(name) for name in own}
    for name in outer:
        ev.state.env[name] = Const(False)
    run()
    broken = ev.state.env.get(BROKEN, Const(False))
    for name, value in outer.items():
        if value is None:
            ev.state.env.pop(name, None)
        else:
            ev.state.env[name] = value
    assert isinstance(broken, (Const, Scalar))
    return broken


def _attempts(ev: Evaluator, loop: Loop) -> None:
    """As it is; with the first trip peeled; unrolled; and last with what conflicts left out."""
    trips = constant_trips(loop)
    if trips is not None and trips <= 1:
        _unroll(ev, loop, trips)
        return
    if loop.bounds is not None and has_trip(ev, loop)[0] is False:
        return
    start = mark(ev)
    if loop.never is not None:
        if _fails(ev, loop.never):
            return
        rewind(ev, start)
    peel = "peel", memo_key(ev, loop)
    if peel not in ev.memo:
        if _attempt(ev, loop, trips, start, emit):
            return
        ev.memo[peel] = True
    if _attempt(ev, replace(loop, peeled=True), trips, start, _peel):
        return
    if _are_few(ev, trips):
        _unroll(ev, loop, trips)
    elif loop.bounds is not None or not _try_unroll(ev, loop, start):
        _leniently(ev, loop, trips, start)


def _attempt(ev: Evaluator, loop: Loop, trips: int | None, start: Mark, run: Callable[[Evaluator, Loop], None]) -> bool:
    """Run a loop in one of the ways; unrolled where it turns out to need that. False where types conflict."""
    try:
        run(ev, loop)
    except LoopConflict:
        rewind(ev, start)
        return False
    except Unroll:
        rewind(ev, start)
        _unroll(ev, replace(loop, peeled=False), trips)
    except ItemsDiffer:
        rewind(ev, start)
        _unroll_items(ev, replace(loop, peeled=False), trips)
    except StaticNeeded as needed:
        rewind(ev, start)
        if not _is_mine(ev, loop, needed):
            raise
        _unroll_or_refuse(ev, replace(loop, peeled=False), trips, needed)
    return True


def _leniently(ev: Evaluator, loop: Loop, trips: int | None, start: Mark) -> None:
    """Run a loop without what conflicts."""
    try:
        emit(ev, replace(loop, lenient=True))
    except ItemsDiffer:
        rewind(ev, start)
        _unroll_items(ev, loop, trips)
    except SizesDiffer:
        _ask_for_trips(ev, loop)
        raise


def _fails(ev: Evaluator, never: Callable[[], bool]) -> bool:
    """Whether the test of a `while` fails for what it begins with: what is wrong with its body does not matter then."""
    frame = ev.frame
    try:
        return never()
    except (TangraError, StaticNeeded, PathEnds):
        ev.frame = frame
        return False


def _ask_for_trips(ev: Evaluator, loop: Loop) -> None:
    """Where arguments say how many trips there are, start again with them as constants: the loop may be unrolled."""
    ends = () if loop.bounds is None else (loop.bounds.start, loop.bounds.stop)
    found = [conversion.sources_of(ev, leaf) for leaf in conversion.run_time_leaves(ev, TupleValue(ends))]
    known = [s for each in found if each is not None for s in each]
    if known and None not in found and all(isinstance(s, str) or s in ev.func.params for s in known):
        raise StaticNeeded("the number of trips", tuple(dict.fromkeys(known)), ev.span)


def _unroll_items(ev: Evaluator, loop: Loop, trips: int | None) -> None:
    """Unroll a loop that appends arrays of sizes of their own to a list, if that can be done."""
    if _are_few(ev, trips):
        _unroll(ev, loop, trips)
    elif loop.bounds is not None or not _try_unroll(ev, loop, mark(ev)):
        _ask_for_trips(ev, loop)
        growth.refuse_sizes(ev)


def _try_unroll(ev: Evaluator, loop: Loop, start: Mark) -> bool:
    try:
        _unroll(ev, loop, None)
    except _NotConstant:
        rewind(ev, start)
        return False
    return True


class _NotConstant(Exception):
    """A `while` can't be unrolled: its condition depends on the run."""


def _is_mine(ev: Evaluator, loop: Loop, needed: StaticNeeded) -> bool:
    """Whether what must be static depends on what this loop changes from trip to trip."""
    owned = ev.memo.get(("owned", id(loop.key)), frozenset())
    return any(isinstance(s, Value) and s in owned for s in needed.sources)


def _unroll_or_refuse(ev: Evaluator, loop: Loop, trips: int | None, needed: StaticNeeded) -> None:
    if _are_few(ev, trips):
        _unroll(ev, loop, trips)
        return
    if loop.bounds is None and _try_unroll(ev, loop, mark(ev)):
        return
    size = "a number of trips that is only known at run time" if trips is None else f"{trips} trips"
    fix = f"loop over a tuple or a range of at most {UNROLL_LIMIT} constant trips, which is unrolled"
    if trips is not None and trips <= UNROLL_LIMIT:
        size += f", inside loops that were unrolled to {ev.copies} copies"
        fix += f", with the loops around it to at most {COPIES_LIMIT} copies"
    raise TypeMismatchError(
        f"{needed.what} must be known at compile time, but it changes in a loop with {size}",
        code=diagnostics.NOT_STATIC,
        span=needed.span,
        fix=fix,
    )


def _are_few(ev: Evaluator, trips: int | None) -> bool:
    """Whether a loop can be unrolled: loops inside each other multiply."""
    return trips is not None and trips <= UNROLL_LIMIT and trips * ev.copies <= COPIES_LIMIT


def _unroll(ev: Evaluator, loop: Loop, trips: int | None) -> None:
    """Evaluate trip after trip with a constant index."""
    around = ev.copies
    ev.copies *= max(1, trips or 1)
    try:
        _trip_by_trip(ev, loop, trips)
    finally:
        ev.copies = around


def _trip_by_trip(ev: Evaluator, loop: Loop, trips: int | None) -> None:
    done = 0
    while trips is None or done < trips:
        index = None
        if loop.bounds is not None:
            index = Const(int(ev.static(loop.bounds.start, "the start of the loop")) + done * loop.bounds.step)
        one_trip(ev, loop, index)
        done += 1
        if stops(ev) is True:
            return
        if stops(ev) is None:
            if loop.bounds is None and isinstance(ev.state.env.get(STOPPED), Scalar):
                raise _NotConstant
            rest = None if trips is None else trips - done
            if rest != 0:
                _unroll_unless_stopped(ev, advanced(ev, loop, done), rest)
            return
        if done > UNROLL_LIMIT and trips is None:
            raise _NotConstant


def _unroll_unless_stopped(ev: Evaluator, rest: Loop, trips: int | None) -> None:
    """The trips after one that may have left the loop."""
    branches.unless_exited(ev, lambda: _trip_by_trip(ev, rest, trips), STOPS)


def _peel(ev: Evaluator, loop: Loop) -> None:
    """The first trip on its own, then the loop."""
    if loop.bounds is None:
        _first_trip(ev, loop)
        return
    known, first, last = has_trip(ev, loop)
    if known is False:
        return
    if known:
        _first_trip(ev, loop)
        return
    _ask_for_sign(ev, loop, first, last)
    cond = ev.b("lt", ev.b.dim(first), ev.b.dim(last))
    ev.symbols.comparisons[cond] = "<", first, last
    branches.branch(ev, cond, lambda: _first_trip(ev, loop), lambda: None, only(loop.live))


def _ask_for_sign(ev: Evaluator, loop: Loop, first: Size, last: Size) -> None:
    """Where the loop runs up to an argument, start again knowing whether that is positive: a loop that runs at least
    once gives what it assigns one type."""
    if first != 0 or isinstance(last, int):
        return
    atom = last.single_atom
    source = ev.symbols.sources.get(str(last)) if atom is not None else None
    of_argument = isinstance(source, Value) and source in ev.func.params
    if of_argument and bounds(last, ev.facts) == (None, None):
        raise StaticNeeded("whether the loop runs", (source,), ev.span, sign_only=True)  # type: ignore[arg-type]


def _first_trip(ev: Evaluator, loop: Loop) -> None:
    first = loop.first
    if first is not None:
        one_trip(ev, replace(loop, body=lambda _: first(lambda: _other_trips(ev, loop))), None)
        return
    one_trip(ev, loop, None if loop.bounds is None else loop.bounds.start)
    _other_trips(ev, loop)


def _other_trips(ev: Evaluator, loop: Loop) -> None:
    if CONTINUED in ev.state.env:
        ev.state.env[CONTINUED] = Const(False)
    if stops(ev) is True:
        return
    rest = advanced(ev, loop, 1)
    if stops(ev) is None:
        branches.unless_exited(ev, lambda: emit(ev, rest), STOPS, only(loop.live))
    else:
        emit(ev, rest)
