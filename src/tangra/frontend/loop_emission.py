"""Finding what a loop carries by trials of its body, and emitting it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tangra.api.kinds import PYINT
from tangra.api.values import Const, Scalar
from tangra.errors import TangraError
from tangra.frontend import branches, growth, plans, putting_off, room_search, stack_items, symbols
from tangra.frontend.diagnostics import StaticNeeded
from tangra.frontend.heap import (
    STOPPED,
    CellRef,
    PathEnds,
    StackState,
    State,
)
from tangra.frontend.joining import Join
from tangra.frontend.liveness import only
from tangra.frontend.loop_guesses import foreseen, in_order, says_too_much
from tangra.frontend.loop_lengths import Length, check_lengths, convert_known, converted, set_lengths
from tangra.frontend.loop_parts import (
    FEW,
    MANY,
    MAX_ROUNDS,
    SHORT_COPIES,
    SHORT_LOOP,
    STOPS,
    Again,
    ItemsDiffer,
    Loop,
    LoopConflict,
    Mark,
    Unroll,
    constant_trips,
    has_trip,
    one_trip,
    rewind,
    stop_flag,
    stops,
)
from tangra.frontend.loop_plans import conflicts, memo_key, remembered, seeds, signature
from tangra.frontend.templates import BOTTOM, Plan
from tangra.ir import I64, Block, Value, scalar
from tangra.shapes import Size, ceil_div
from tangra.shapes.facts import bounds

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def emit(ev: Evaluator, loop: Loop) -> None:
    """Find the plan, then emit the `loop` operation and make the state after it."""
    search = _Search(ev, loop)
    for _ in range(MAX_ROUNDS):
        if search.round():
            break
    else:
        ev.internal("the types of a loop do not settle")
    if ev.put_off is not None:
        ev.put_off += search.unsettled
    if search.settled is None:
        _at_most_once(ev, loop, search.restore)
        return
    ev.memo[memo_key(ev, loop)] = search.plan, signature(ev, search.base), search.mark.next_ref
    _finish(ev, loop, search.base, search.settled, search.restore)
    set_lengths(ev, loop, search.lengths, None)


class Settled(NamedTuple):
    """A trial that ends with what it began with: `plan` says what the loop carries, `block` is its body."""

    plan: Plan
    block: Block
    end: State


class _Search:
    """Trials of a loop's body, each from what the one before it found, until one ends with what it began with.

    `plan` is what the next trial carries, `guess` what it carries instead while the body's text foretells it, `base`
    the state before the loop, `unsettled` what the last trial put off. `settled` stays None for a body that always
    leaves.
    """

    def __init__(self, ev: Evaluator, loop: Loop) -> None:
        self.ev, self.loop = ev, loop
        self.at_least_once = loop.bounds is not None and has_trip(ev, loop)[0] is True
        base, self.restore = _without_dead_names(ev, loop, self.at_least_once)
        self.lengths: dict[int, Length] = {}
        self.base = convert_known(ev, loop, base, self.lengths)
        known = remembered(ev, loop, self.base)
        self.plan = known or seeds(ev, loop, self.base)
        self.guess = None if known is not None else foreseen(ev, loop, self.base, self.plan)
        self.mark = self.now()
        self.strict = False
        self.unsettled: list[TangraError] = []
        self.settled: Settled | None = None

    def now(self) -> Mark:
        """Where trials go back to."""
        return Mark(len(self.ev.b.block.ops), self.base, self.ev.next_ref, self.ev.symbols.counter)

    def again(self) -> bool:
        """Leave nothing of a trial; there is another one."""
        rewind(self.ev, self.mark)
        return False

    def strictly(self) -> bool:
        """The same again, and what is an error is one."""
        self.strict = True
        return self.again()

    def unguessed(self) -> bool:
        """Again, without what the text foretold."""
        self.guess = None
        return self.again()

    def round(self) -> bool:
        """One trial; whether it is the last one."""
        try:
            with putting_off.trial(self.ev, self.strict) as self.unsettled:
                block, end, appended = _trial(self.ev, self.loop, self.guess or self.plan, self.base, self.lengths)
        except Again:
            return self.again()
        except stack_items.Misfit as misfit:
            if misfit.ref not in self.lengths:
                raise
            raise LoopConflict from None
        except (StaticNeeded, TangraError) as error:
            return self.failed(error)
        if end.dead or _certain(end):
            if self.unsettled and self.ev.put_off is None:
                return self.strictly()  # a trip that ended where an error was put off is not where the loop ends
            rewind(self.ev, self.mark)
            return True
        if self.guess is not None and says_too_much(self.guess, block, end):
            return self.unguessed()
        return self.compare(block, end, appended)

    def failed(self, error: StaticNeeded | TangraError) -> bool:
        """A trial that ended at an error."""
        if self.guess is not None and self.guess.heap:
            return self.unguessed()
        if self.ev.put_off is None or self.at_least_once or not isinstance(error, putting_off.UNSETTLED):
            raise error
        rewind(self.ev, self.mark)
        self.unsettled = [error]
        return True

    def compare(self, block: Block, end: State, appended: growth.Appended) -> bool:
        """What a trial ends with, against what it began with."""
        guessed = self.guess is not None
        self.plan, self.guess = self.guess or self.plan, None
        found = Join(
            self.ev, self.base, (self.base, end), self.loop.live, self.plan, optional=self.loop.lenient
        ).make_plan()
        found.entries.pop(STOPPED, None)
        if self.plan.covers(found):
            if self.unsettled and self.ev.put_off is None:
                return self.strictly()
            self.settled = Settled(found, block, end)
            return True
        growths = growth.growing(self.ev, self.base, end, appended)
        if growths:
            return self.grow(growths)
        if not self.loop.lenient and conflicts(self.ev, self.loop, found, self.base):
            raise LoopConflict
        self.plan = in_order(found, end) if guessed else found
        return self.again()

    def grow(self, growths: dict[int, growth.Growth]) -> bool:
        """Again, with lists that grow held with room."""
        ev, loop = self.ev, self.loop
        if (constant_trips(loop) or MANY) <= FEW:
            raise Unroll
        if not growth.fit_outside(ev, self.base, growths):
            raise ItemsDiffer
        rewind(ev, self.mark)
        ev.memo["growth", memo_key(ev, loop)] = growths, ev.next_ref
        self.base = converted(ev, loop, self.base, growths, self.lengths)
        self.mark = self.now()
        self.plan = seeds(ev, loop, self.base)
        self.guess = foreseen(ev, loop, self.base, self.plan)
        return False


def _certain(end: State) -> bool:
    """Whether a trip never goes on to a second one."""
    return any(isinstance(f := end.env.get(name), Const) and bool(f.value) for name in STOPS)


def _at_most_once(ev: Evaluator, loop: Loop, restore: dict[str, Any]) -> None:
    """A body that always leaves the loop: a branch."""
    for name, value in restore.items():
        if value is None:
            ev.state.env.pop(name, None)
        else:
            ev.state.env[name] = value
    if loop.bounds is None:
        one_trip(ev, loop, None)
        return
    known, first, last = has_trip(ev, loop)
    start = loop.bounds.start
    if known is not None:
        if known:
            one_trip(ev, loop, start)
        return
    cond = ev.b("lt", ev.b.dim(first), ev.b.dim(last))
    ev.symbols.comparisons[cond] = "<", first, last
    branches.branch(ev, cond, lambda: one_trip(ev, loop, start), lambda: None, only(loop.live_after))


def _without_dead_names(ev: Evaluator, loop: Loop, at_least_once: bool) -> tuple[State, dict[str, Any]]:
    """The state before the loop without names that nobody reads before the body binds them."""
    base = ev.state.copy()
    restore: dict[str, Any] = {}
    if loop.live_header is None or not at_least_once:
        return base, restore
    for name in sorted(loop.assigned - loop.live_header):
        entry = base.env.get(name)
        if isinstance(entry, CellRef):
            continue
        restore[name] = entry
        base.env[name] = BOTTOM  # type: ignore[assignment]
    return base, restore


def _trial(
    ev: Evaluator, loop: Loop, plan: Plan, base: State, lengths: dict[int, Length]
) -> tuple[Block, State, growth.Appended]:
    """Evaluate the body once with what `plan` carries as block arguments; with it, what that appends to lists."""
    block = Block()
    index = block.add_arg(scalar(I64), loop.name) if loop.bounds is not None else None
    args = [block.add_arg(t) for t in plans.plan_types(plan)]
    outer, frame = ev.state, ev.frame
    ev.state = plans.plan_state(ev, plan, base, args)
    ev.symbols.inductions.update(block.args)
    count = constant_trips(loop)
    if index is not None and count is not None and count <= SHORT_LOOP and count * ev.copies <= SHORT_COPIES:
        ev.symbols.short_loops.add(index)
    key = "owned", id(loop.key)
    ev.memo[key] = ev.memo.get(key, frozenset()) | frozenset(block.args)
    appended, ev.appended = ev.appended, {}
    bound_later, ev.bound_later = ev.bound_later, ev.bound_later | _binds(ev, loop, base)
    roomy, ev.roomy = ev.roomy, ev.roomy | lengths.keys()
    without_room, ev.without_room = ev.without_room, ev.without_room | growth.lists_without_room(ev, base)
    try:
        with ev.b.at(block):
            induction = None if index is None else _induction(ev, loop, index)
            if induction is not None:
                set_lengths(ev, loop, lengths, induction)
                heads = {ref: state.count for ref in lengths if isinstance(state := ev.look(ref), StackState)}
            if loop.room is None:
                one_trip(ev, loop, induction)
            else:
                room_search.trip(ev, loop, lengths)
            if induction is not None:
                check_lengths(ev, lengths, heads)
        return block, ev.state, ev.appended
    except PathEnds:
        ev.frame = frame
        return block, ev.state, ev.appended
    finally:
        ev.state, ev.roomy, ev.without_room, ev.bound_later = outer, roomy, without_room, bound_later
        both = {ref: [*appended.get(ref, []), *ev.appended.get(ref, [])] for ref in (*appended, *ev.appended)}
        ev.appended = both


def _binds(ev: Evaluator, loop: Loop, base: State) -> set[Any]:
    """The names that a loop binds, and the cells of those that closures share."""
    cells = {entry.ref for name in loop.assigned if isinstance(entry := base.env.get(name), CellRef)}
    return cells | {(id(ev.frame), name) for name in loop.assigned}


def _induction(ev: Evaluator, loop: Loop, index: Value) -> Scalar:
    """The loop variable with what its bounds say."""
    assert loop.bounds is not None
    first, last = _limits(ev, loop)
    lo, hi = bounds(first, ev.facts)[0], bounds(last, ev.facts)[1]
    size = symbols.bind(ev, index, ev.symbols.fresh(loop.name))
    ev.state.facts = ev.state.facts.with_bounds(size, first, last)
    low = lo if lo is not None else _scalar_bound(loop, "lo")
    high = hi if hi is not None else _scalar_bound(loop, "hi")
    return Scalar(index, (PYINT,), None, size, low, high)


def _limits(ev: Evaluator, loop: Loop) -> tuple[Size, Size]:
    """The least and the greatest value of the loop variable."""
    assert loop.bounds is not None
    start, stop = ev.symbol_for(loop.bounds.start), ev.symbol_for(loop.bounds.stop)
    step = loop.bounds.step
    if abs(step) == 1:
        return (start, stop - 1) if step > 0 else (stop + 1, start)
    last = start + (ceil_div(stop - start, step) - 1) * step if step > 0 else stop + 1
    return (start, last) if step > 0 else (last, start)


def _scalar_bound(loop: Loop, which: str) -> int | None:
    """A bound of the loop variable from the bounds of the run-time ints it runs between."""
    assert loop.bounds is not None
    up = loop.bounds.step > 0
    if which == "lo":
        v = loop.bounds.start if up else loop.bounds.stop
        lo = int(v.value) if isinstance(v, Const) else getattr(v, "lo", None)
        return lo if up or lo is None else lo + 1
    v = loop.bounds.stop if up else loop.bounds.start
    hi = int(v.value) if isinstance(v, Const) else getattr(v, "hi", None)
    if hi is None:
        hi = 2**63 - 1
    return hi - 1 if up else hi


def _finish(ev: Evaluator, loop: Loop, base: State, settled: Settled, restore: dict[str, Any]) -> None:
    plan, block, end = settled
    outer = base
    ev.state = base
    init = plans.plan_values(ev, plan, 0)
    header: list[Value] = []
    if loop.bounds is not None:
        header = [ev.number(loop.bounds.start).value, ev.number(loop.bounds.stop).value, ev.b.int(loop.bounds.step)]
    ev.state = end
    exits = stops(ev) is None or loop.bounds is None
    with ev.b.at(block):
        values = plans.plan_values(ev, plan, 1)
        stay = [ev.b("not", stop_flag(ev))] if exits else []
        ev.b.yield_(*stay, *values)
    ev.state = outer
    attrs = {"counted": loop.bounds is not None, "exits": exits, "parallel": False}
    op = ev.b.emit("loop", [*header, *init], attrs, [block])
    ev.state = plans.plan_state(ev, plan, base, op.results)
    for name, entry in restore.items():
        if name not in plan.entries:
            if entry is None:
                ev.state.env.pop(name, None)
            else:
                ev.state.env[name] = entry
    open_flags = [name for name in STOPS if isinstance(end.env.get(name), Scalar)]
    if loop.bounds is None and len(open_flags) == 1:
        ev.state.env[open_flags[0]] = Const(True)  # the only way out
