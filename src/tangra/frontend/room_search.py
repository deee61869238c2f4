"""How much room lists need that a loop makes longer, where nothing says so before the loop.

The loop runs once to find out. All values are pure, so a run that is dropped changes nothing, and what fails in it
fails in the same way when the loop runs in earnest. If the loop only appends to the lists, their items are counted. If
it reads them as well, it runs with arrays of some room, which is tested at the head of each trip, and again with more
where it was too little. That gives a number, which is a size of the arrays from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tangra.api.kinds import PYINT
from tangra.api.values import Const
from tangra.frontend import branches, symbols
from tangra.frontend.heap import FULL, NEEDED, STOPPED, ArrayState, ItemsRead, StackState
from tangra.frontend.liveness import only
from tangra.frontend.loop_parts import Loop, one_trip
from tangra.frontend.loop_plans import memo_key
from tangra.ir import I64, Block, Value, scalar
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.growth import Growth
    from tangra.frontend.loop_lengths import Length

FIRST_ROOM = 64
"""Items that there is room for at first, besides those that the lists have before the loop."""
GROWTH = 8
"""Factor by which the room grows."""


def search(ev: Evaluator, loop: Loop, growths: Mapping[int, Growth], length: Size, is_tested: bool) -> Size | None:
    """Emit the search in front of `loop`; the size it finds. There is room for `length` items before the loop, in which
    the lists of `growths` grow.
    None where lists are read and it can't be tested at the head of a trip whether there is room for what it appends."""
    outer, next_ref, frame = ev.state, ev.next_ref, ev.frame
    kept = ev.appended, ev.counted, ev.unread
    start = len(ev.b.block.ops)
    ev.state, ev.appended, ev.counted, ev.unread = outer.copy(), {}, dict(kept[1]), set(kept[2])
    try:
        found: Value | None = _counted(ev, loop, growths, length)
    except ItemsRead:
        del ev.b.block.ops[start:]
        ev.frame, ev.next_ref, ev.state = frame, next_ref, outer.copy()
        ev.counted, ev.unread = dict(kept[1]), set(kept[2])
        found = _tried(ev, loop, growths, length) if is_tested else None
    finally:
        ev.state, ev.next_ref = outer, next_ref
        ev.appended, ev.counted, ev.unread = kept
    if found is None:
        return None
    size = symbols.bind(ev, found, ev.symbols.fresh("room"), length, symbols.MAX_DIM)
    ev.symbols.rooms.add(str(size))
    return size


def _emit(ev: Evaluator, loop: Loop, growths: Mapping[int, Growth]) -> None:
    """Emit a run of a loop in which lists are known to grow."""
    from tangra.frontend.loop_emission import emit

    ev.memo["growth", memo_key(ev, loop)] = growths, ev.next_ref
    emit(ev, loop)


def _counted(ev: Evaluator, loop: Loop, growths: Mapping[int, Growth], length: Size) -> Value:
    """A run that counts items; what it finds."""
    peak = ev.allocate(ArrayState(ev.b.dim(length)))
    _emit(ev, replace(loop, peak=peak), growths)
    return ev.peek(peak)


def _tried(ev: Evaluator, loop: Loop, growths: Mapping[int, Growth], length: Size) -> Value:
    """Runs with more and more room; what the last one needed."""
    block = Block()
    room = block.add_arg(scalar(I64), "room")
    with ev.b.at(block):
        size = symbols.bind(ev, room, ev.symbols.fresh("room"), length, symbols.MAX_DIM)
        ev.symbols.rooms.add(str(size))
        ev.state.env[FULL], ev.state.env[NEEDED] = Const(False), ev.size_value(length)
        _emit(ev, replace(loop, room=size), growths)
        full, needed = (ev.number(ev.state.env[name]).value for name in (FULL, NEEDED))  # type: ignore[arg-type]
        ev.b.yield_(full, ev.b("select", full, ev.b("mul", room, ev.b.int(GROWTH)), needed))
    attrs = {"counted": False, "exits": True, "parallel": False}
    return ev.b.emit("loop", [ev.b.dim(FIRST_ROOM + length)], attrs, [block]).results[0]


def trip(ev: Evaluator, loop: Loop, lengths: Mapping[int, Length]) -> None:
    """One trip of such a run: where there may be too little room for what it appends, the loop ends."""
    assert loop.room is not None
    searched = {ref: length for ref, length in lengths.items() if length.searched}
    if not searched:
        one_trip(ev, loop, None)
        return
    most = ev.number(ev.state.env[NEEDED]).value  # type: ignore[arg-type]
    for ref, length in searched.items():
        state = ev.look(ref)
        assert isinstance(state, StackState)
        most = ev.b("maximum", most, ev.b("add", ev.number(state.count).value, ev.b.dim(length.most)))
    ev.state.env[NEEDED] = ev.scalar(most, PYINT)
    full = ev.b("gt", most, ev.b.dim(loop.room))

    def stop() -> None:
        ev.state.env[FULL] = ev.state.env[STOPPED] = Const(True)

    branches.branch(ev, full, stop, lambda: one_trip(ev, loop, None), only(loop.live))
