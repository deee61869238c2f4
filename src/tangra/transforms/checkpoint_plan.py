"""The numbers of a checkpointed loop, computed while the program runs: how many trips are kept at a time, how many
snapshots there are, and where the next one goes.

With s snapshots and r visits of each trip at most, C(s + r, s) trips can be reversed; from this the places follow that
need the fewest repeated trips (Griewank and Walther, Algorithm 799: revolve, ACM TOMS 26 (2000), prove the bound).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from tangra.ir import F64, I64, Block, Builder, Value

Plan = tuple[str, int, int]
"""The attribute `checkpoint` of a loop: policy ('sqrt', 'binomial' or 'recompute'), bytes that records and snapshots
may take (0: no bound), snapshots (0: as many as there is room for)."""
COPIES = 2
"""Copies of the state, besides the snapshots, that a segment works on."""
MOST = 1 << 24
"""More snapshots than this make no difference that pays."""
SHORT = "the memory bound of {} bytes is too small to differentiate this loop: one trip and one snapshot take {} bytes"


def sizes(b: Builder, plan: Plan, trips: Value, record: Value | None, state: Value) -> tuple[Value, Value]:
    """(trips kept at a time, snapshots) for so many `trips`, bytes kept a trip (None: not known) and bytes of the
    state. Fails where the bound leaves no room for one of each."""
    policy, memory, snapshots = plan
    if memory:
        record = None if record is None else b("maximum", record, b.int(1))
        _check_room(b, memory, record, state)
        unit = _unit_within(b, policy, memory, trips, record, state)
    else:
        unit = _ceil_sqrt(b, trips) if policy == "sqrt" else b.int(1)
    units = quotient_up(b, trips, unit)
    slots = [b("minimum", units, b.int(MOST))]
    if snapshots:
        slots.append(b.int(snapshots))
    if memory:
        left = b.int(memory) if record is None else b("sub", b.int(memory), b("mul", unit, record))
        slots.append(b("sub", b("floordiv", left, state), b.int(COPIES)))
    elif policy == "binomial" and not snapshots:
        slots.append(b("add", _log2(b, units), b.int(1)))
    return unit, b("maximum", reduce(lambda x, y: b("minimum", x, y), slots), b.int(1))


def _check_room(b: Builder, memory: int, record: Value | None, state: Value) -> None:
    need = b("mul", state, b.int(COPIES + 1))
    if record is not None:
        need = b("add", need, record)
    bound = b.int(memory)
    attrs = {"kind": "MemoryError", "message": SHORT, "state": (), "n_state": 0}
    b.emit("fail_if", [b("gt", need, bound), bound, need], attrs)


def _unit_within(b: Builder, policy: str, memory: int, trips: Value, record: Value | None, state: Value) -> Value:
    """Trips kept at a time under a bound. All of them where they fit; else half of the bound is for them, or for
    'sqrt' as much as the snapshots take."""
    one = b.int(1)
    if record is None:
        return one
    room = b("sub", b.int(memory), b("mul", state, b.int(COPIES + 1)))
    most = b("maximum", b("floordiv", b.int(memory // 2), record), one)
    if policy == "sqrt":
        ratio = b("div", b("cast", state, dtype=F64), b("cast", record, dtype=F64))
        balanced = b("sqrt", b("mul", b("cast", trips, dtype=F64), ratio))
        unit = b("minimum", b("cast", b("ceil", balanced), dtype=I64), most)
    else:
        everything = b("le", trips, b("floordiv", room, record))
        unit = b("select", everything, trips, most)
    longest = b("maximum", b("floordiv", room, record), one)
    return b("maximum", b("minimum", b("minimum", unit, trips), longest), one)


def _ceil_sqrt(b: Builder, n: Value) -> Value:
    root = b("ceil", b("sqrt", b("cast", n, dtype=F64)))
    return b("maximum", b("cast", root, dtype=I64), b.int(1))


def _log2(b: Builder, n: Value) -> Value:
    """The logarithm of a number of units, rounded up."""
    positive = b("cast", b("maximum", n, b.int(1)), dtype=F64)
    return b("cast", b("ceil", b("log2", positive)), dtype=I64)


def quotient_up(b: Builder, n: Value, by: Value) -> Value:
    """n / by rounded up, for n >= 0 and by > 0."""
    return b("floordiv", b("add", n, b("sub", by, b.int(1))), by)


def first_part(b: Builder, units: Value, slots: Value) -> Value:
    """After how many of `units` units the next snapshot is taken, with `slots` of them, that of the start included.

    r is the least number of visits that suffices: C(s + r - 1, s) < units <= C(s + r, s). The units before the new
    snapshot get s snapshots and r - 1 visits, those behind it s - 1 snapshots.
    """
    loop = _do_while(
        b, [b.int(1), b.int(1), b("add", slots, b.int(1))], lambda i, state: _next(i, units, slots, *state)
    )
    visits, before, _ = loop
    fewer = b("floordiv", b("mul", before, slots), b("sub", b("add", slots, visits), b.int(1)))
    return b("minimum", before, b("sub", units, fewer))


def _next(b: Builder, units: Value, slots: Value, r: Value, before: Value, reach: Value) -> list[Value]:
    """From r, C(s + r - 1, s) and C(s + r, s) to the next r, if that is needed."""
    more = b("lt", reach, units)
    one = b.int(1)
    following = b("add", r, one)
    grown = b("floordiv", b("mul", reach, b("add", slots, following)), following)
    return [
        more,
        b("select", more, following, r),
        b("select", more, reach, before),
        b("select", more, grown, reach),
    ]


def _do_while(b: Builder, init: list[Value], step: Callable[[Builder, list[Value]], list[Value]]) -> list[Value]:
    """A loop that carries numbers; `step` gives whether it goes on, and the next ones."""
    body = Block([v.type for v in init])
    with b.at(body):
        b.yield_(*step(b, body.args))
    return b.emit("loop", init, {"counted": False, "exits": True, "parallel": False}, [body]).results
