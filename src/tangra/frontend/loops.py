"""Run-time loops: the values carried from trip to trip are found by evaluating the body until nothing new turns up.

The plan of a loop joins the state before it with the one at the end of its body. It starts from the plan last found at
the same place, so that nested loops cost a number of evaluations linear in their depth. A first trip that changes types
is peeled; a body that needs its index at compile time is unrolled where the number of trips is a small constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tangra.api.elementwise import is_number, join_dtype, kinds_of
from tangra.api.kinds import PYINT
from tangra.api.values import AbstractValue, Const, InstanceValue, Scalar
from tangra.errors import TypeMismatchError
from tangra.frontend import branches, diagnostics, stacks, symbols, templates
from tangra.frontend.diagnostics import StaticNeeded
from tangra.frontend.heap import BROKEN, CONTINUED, RETURNED, STOPPED, CellRef, ConflictState, ListState, PathEnds, StackState, State
from tangra.frontend.templates import BOTTOM, ConflictT, Join, KeepT, NumberT, PartsT, Plan, SlotsT, Template
from tangra.ir import I64, Block, Value, scalar
from tangra.shapes import Size, ceil_div
from tangra.shapes.facts import bounds
from tangra.shapes.prover import known_eq, known_lt

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

UNROLL_LIMIT = 256
"""Trips of a loop that is unrolled because its body needs the index, or types change from trip to trip."""
SHORT_LOOP = 32
"""Trips of a loop that is unrolled rather than made to index a container of arrays at run time."""
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
    """A loop to run: `body(index)` evaluates one trip; without bounds it sets the stop flag when it is over."""

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

    @property
    def live(self) -> frozenset[str] | None:
        if self.live_header is None or self.live_after is None:
            return None
        return self.live_header | self.live_after


class _Unroll(Exception):
    """A loop of so few trips that a list growing in it stays a plain list."""


class LoopConflict(Exception):
    """Something the loop carries changes its type from the first trip to the second."""


@dataclass
class _Mark:
    """Where to go back to when an attempt is given up."""

    ops: int
    state: State
    next_ref: int
    counter: int = field(default=0)


def _mark(ev: Evaluator) -> _Mark:
    return _Mark(len(ev.b.block.ops), ev.state.copy(), ev.next_ref, ev.symbols.counter)


def _rewind(ev: Evaluator, mark: _Mark) -> None:
    del ev.b.block.ops[mark.ops :]
    ev.state = mark.state.copy()
    ev.next_ref = mark.next_ref
    ev.symbols.counter = mark.counter


# ---- running a loop ------------------------------------------------------------------------------------------------------


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
    trips = _constant_trips(loop)
    if trips is not None and trips <= 1:
        _unroll(ev, loop, trips)
        return
    mark = _mark(ev)
    peel = "peel", _memo_key(ev, loop)
    try:
        if peel not in ev.memo:
            _emit(ev, loop)
            return
    except LoopConflict:
        _rewind(ev, mark)
        ev.memo[peel] = True
    except _Unroll:
        _rewind(ev, mark)
        _unroll(ev, loop, trips)
        return
    except StaticNeeded as needed:
        _rewind(ev, mark)
        if not _is_mine(ev, loop, needed):
            raise
        _unroll_or_refuse(ev, loop, trips, needed)
        return
    try:
        _peel(ev, replace(loop, peeled=True))
        return
    except LoopConflict:
        _rewind(ev, mark)
    except StaticNeeded as needed:
        _rewind(ev, mark)
        if not _is_mine(ev, loop, needed):
            raise
        _unroll_or_refuse(ev, loop, trips, needed)
        return
    if (trips is not None and trips <= UNROLL_LIMIT) or (loop.bounds is None and _try_unroll(ev, loop, mark)):
        if loop.bounds is not None:
            _unroll(ev, loop, trips)
        return
    _emit(ev, replace(loop, lenient=True))


def _try_unroll(ev: Evaluator, loop: Loop, mark: _Mark) -> bool:
    try:
        _unroll(ev, loop, None)
    except _NotConstant:
        _rewind(ev, mark)
        return False
    return True


class _NotConstant(Exception):
    """A `while` can't be unrolled: its condition depends on the run."""


def _is_mine(ev: Evaluator, loop: Loop, needed: StaticNeeded) -> bool:
    """Whether what must be static depends on what this loop changes from trip to trip."""
    owned = ev.memo.get(("owned", id(loop.key)), frozenset())
    return any(isinstance(s, Value) and s in owned for s in needed.sources)


def _unroll_or_refuse(ev: Evaluator, loop: Loop, trips: int | None, needed: StaticNeeded) -> None:
    if trips is not None and trips <= UNROLL_LIMIT:
        _unroll(ev, loop, trips)
        return
    if loop.bounds is None and _try_unroll(ev, loop, _mark(ev)):
        return
    size = "a number of trips that is only known at run time" if trips is None else f"{trips} trips"
    raise TypeMismatchError(
        f"{needed.what} must be known at compile time, but it changes in a loop with {size}",
        code=diagnostics.NOT_STATIC, span=needed.span,
        fix=f"loop over a tuple or a range of at most {UNROLL_LIMIT} constant trips, which is unrolled",
    )


def _constant_trips(loop: Loop) -> int | None:
    if loop.bounds is None:
        return None
    start, stop = loop.bounds.start, loop.bounds.stop
    if isinstance(start, Const) and isinstance(stop, Const):
        return len(range(int(start.value), int(stop.value), loop.bounds.step))
    return None


def _unroll(ev: Evaluator, loop: Loop, trips: int | None) -> None:
    """Evaluate trip after trip with a constant index."""
    done = 0
    while trips is None or done < trips:
        index = None
        if loop.bounds is not None:
            index = Const(int(ev.static(loop.bounds.start, "the start of the loop")) + done * loop.bounds.step)
        _trip(ev, loop, index)
        done += 1
        if _stops(ev) is True:
            return
        if _stops(ev) is None:
            if loop.bounds is None and isinstance(ev.state.env.get(STOPPED), Scalar):
                raise _NotConstant
            rest = None if trips is None else trips - done
            if rest != 0:
                advanced = _advanced(ev, loop, done)
                branches.branch(ev, _stop_flag(ev), lambda: None, lambda: _unroll(ev, advanced, rest), None)
            return
        if done > UNROLL_LIMIT and trips is None:
            raise _NotConstant


def _advanced(ev: Evaluator, loop: Loop, done: int) -> Loop:
    if loop.bounds is None:
        return loop
    start = ev.binary("+", loop.bounds.start, Const(done * loop.bounds.step))
    return replace(loop, bounds=replace(loop.bounds, start=start))


def _trip(ev: Evaluator, loop: Loop, index: AbstractValue | None) -> None:
    ev.counters.loop_bodies += 1
    for name in STOPS:
        if name in ev.state.env:
            ev.state.env[name] = Const(False)  # else this trip would not be
    loop.body(index)
    if CONTINUED in ev.state.env:
        ev.state.env[CONTINUED] = Const(False)


STOPS = (BROKEN, RETURNED, STOPPED)


def _stops(ev: Evaluator) -> bool | None:
    """Whether the loop ends after this trip: True, False, or None where it depends on the run."""
    flags = [ev.state.env.get(name, Const(False)) for name in STOPS]
    if any(isinstance(f, Const) and f.value for f in flags):
        return True
    return False if all(isinstance(f, Const) for f in flags) else None


def _stop_flag(ev: Evaluator) -> Value:
    found: Value | None = None
    for name in STOPS:
        flag = ev.state.env.get(name)
        if isinstance(flag, Scalar):
            found = flag.value if found is None else ev.b("or", found, flag.value)
        elif isinstance(flag, Const) and flag.value:
            return ev.b.bool(True)
    return ev.b.bool(False) if found is None else found


def _has_trip(ev: Evaluator, loop: Loop) -> tuple[bool | None, Size, Size]:
    assert loop.bounds is not None
    first, last = ev.symbol_for(loop.bounds.start), ev.symbol_for(loop.bounds.stop)
    if loop.bounds.step < 0:
        first, last = last, first
    return known_lt(first, last, ev.facts), first, last


def _peel(ev: Evaluator, loop: Loop) -> None:
    """The first trip on its own, then the loop."""
    if loop.bounds is None:
        _first_trip(ev, loop)
        return
    known, first, last = _has_trip(ev, loop)
    if known is False:
        return
    if known:
        _first_trip(ev, loop)
        return
    _ask_for_sign(ev, loop, first, last)
    cond = ev.b("lt", ev.b.dim(first), ev.b.dim(last))
    ev.symbols.comparisons[cond] = "<", first, last
    branches.branch(ev, cond, lambda: _first_trip(ev, loop), lambda: None, loop.live)


def _ask_for_sign(ev: Evaluator, loop: Loop, first: Size, last: Size) -> None:
    """Where the loop runs up to an argument, start again knowing whether that is positive: a loop that runs at least
    once gives what it assigns one type."""
    if first != 0 or isinstance(last, int):
        return
    atom = last.single_atom
    source = ev.symbols.sources.get(str(last)) if atom is not None else None
    if isinstance(source, Value) and source in ev.func.params:
        if bounds(last, ev.facts) == (None, None):
            raise StaticNeeded("whether the loop runs", (source,), ev.span, sign_only=True)


def _first_trip(ev: Evaluator, loop: Loop) -> None:
    _trip(ev, loop, None if loop.bounds is None else loop.bounds.start)
    if _stops(ev) is True:
        return
    rest = _advanced(ev, loop, 1)
    if _stops(ev) is None:
        branches.branch(ev, _stop_flag(ev), lambda: None, lambda: _emit(ev, rest), loop.live)
    else:
        _emit(ev, rest)


# ---- emission --------------------------------------------------------------------------------------------------------------


def _emit(ev: Evaluator, loop: Loop) -> None:
    """Find the plan, then emit the `loop` operation and make the state after it."""
    at_least_once = loop.bounds is not None and _has_trip(ev, loop)[0] is True
    base, restore = _without_dead_names(ev, loop, at_least_once)
    lengths: dict[int, _Length] = {}
    base = _convert_known(ev, loop, base, lengths)
    plan = _remembered(ev, loop, base) or _seeds(ev, loop, base)
    mark = _Mark(len(ev.b.block.ops), base, ev.next_ref, ev.symbols.counter)
    for _ in range(MAX_ROUNDS):
        try:
            block, end = _trial(ev, loop, plan, base, lengths)
        except _Again:
            _rewind(ev, mark)
            continue
        except stacks.Misfit as misfit:
            if misfit.ref not in lengths:
                raise
            raise LoopConflict from None
        if end.dead or _certain(end):
            _rewind(ev, mark)
            _at_most_once(ev, loop, restore)
            return
        found = Join(ev, base, (base, end), loop.live, plan).make_plan()
        found.entries.pop(STOPPED, None)
        if plan.covers(found):
            break
        growths = stacks.growing(ev, base, end)
        if growths and (_constant_trips(loop) or MANY) <= FEW:
            raise _Unroll
        if growths:
            _rewind(ev, mark)
            ev.memo["growth", _memo_key(ev, loop)] = growths, ev.next_ref
            base = _converted(ev, loop, base, growths, lengths)
            mark = _Mark(len(ev.b.block.ops), base, ev.next_ref, ev.symbols.counter)
            plan = _seeds(ev, loop, base)
            continue
        if not loop.lenient and _conflicts(ev, loop, found, base):
            raise LoopConflict
        plan = found
        _rewind(ev, mark)
    else:
        ev.internal("the types of a loop do not settle")
    ev.memo[_memo_key(ev, loop)] = plan, _signature(ev, base), mark.next_ref
    _finish(ev, loop, found, base, block, end, restore)
    _set_lengths(ev, loop, lengths, None)


def _converted(
    ev: Evaluator, loop: Loop, base: State, growths: dict[int, stacks.Growth], lengths: dict[int, _Length]
) -> State:
    """The state before a loop with the lists that it makes longer turned into stacks."""
    outer, ev.state = ev.state, base
    try:
        stacks.convert(ev, loop, growths)
        return ev.state
    finally:
        ev.state = outer
        lengths |= {ref: _Length(len(g.items), g.per_trip if g.exact else None) for ref, g in growths.items()}


def _convert_known(ev: Evaluator, loop: Loop, base: State, lengths: dict[int, _Length]) -> State:
    """Convert the lists that the last evaluation of the same loop found to grow, if they are as they were."""
    known = ev.memo.get(("growth", _memo_key(ev, loop)))
    if known is None or known[1] != ev.next_ref:
        return base
    growths: dict[int, stacks.Growth] = known[0]
    for ref, growth in growths.items():
        state = base.heap.get(ref) or ev.initial.get(ref)
        if not isinstance(state, ListState) or len(state.items) != len(growth.items):
            return base
    fresh = {
        ref: replace(growth, items=(base.heap.get(ref) or ev.initial[ref]).items)  # type: ignore[union-attr]
        for ref, growth in growths.items()
    }
    return _converted(ev, loop, base, fresh, lengths)


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
        _trip(ev, loop, None)
        return
    known, first, last = _has_trip(ev, loop)
    start = loop.bounds.start
    if known is not None:
        if known:
            _trip(ev, loop, start)
        return
    cond = ev.b("lt", ev.b.dim(first), ev.b.dim(last))
    ev.symbols.comparisons[cond] = "<", first, last
    branches.branch(ev, cond, lambda: _trip(ev, loop, start), lambda: None, loop.live_after)


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


@dataclass
class _Length:
    """The length of a list that grows by `per_trip` items in every trip (None: by a number that varies)."""

    start: int
    per_trip: Size | None


def _set_lengths(ev: Evaluator, loop: Loop, lengths: dict[int, _Length], index: Scalar | None) -> None:
    """What is known of the lengths of growing lists at the head of a trip, or after the loop."""
    for ref, length in lengths.items():
        state = ev.look(ref)
        if length.per_trip is None or loop.bounds is None or not isinstance(state, StackState):
            continue
        if index is not None:
            assert index.size is not None
            done: Size = (index.size - ev.symbol_for(loop.bounds.start)) // loop.bounds.step
        else:
            done = stacks.trips(ev, loop)
        if isinstance(state.count, Scalar):
            size = length.start + length.per_trip * done
            count = Const(size) if isinstance(size, int) else replace(state.count, size=size, lo=0)
            ev.put(ref, StackState(state.shape, state.leaves, count))


def _trial(
    ev: Evaluator, loop: Loop, plan: Plan, base: State, lengths: dict[int, _Length]
) -> tuple[Block, State]:
    """Evaluate the body once with what `plan` carries as block arguments."""
    block = Block()
    index = block.add_arg(scalar(I64), loop.name) if loop.bounds is not None else None
    args = [block.add_arg(t) for t in templates.plan_types(plan)]
    outer, frame = ev.state, ev.frame
    ev.state = templates.plan_state(ev, plan, base, args)
    ev.symbols.inductions.update(block.args)
    count = _constant_trips(loop)
    if index is not None and count is not None and count <= SHORT_LOOP:
        ev.symbols.short_loops.add(index)
    key = "owned", id(loop.key)
    ev.memo[key] = ev.memo.get(key, frozenset()) | frozenset(block.args)
    try:
        with ev.b.at(block):
            ev.appended = {}
            induction = None if index is None else _induction(ev, loop, index)
            if induction is not None:
                _set_lengths(ev, loop, lengths, induction)
                heads = {ref: state.count for ref in lengths if isinstance(state := ev.look(ref), StackState)}
            _trip(ev, loop, induction)
            if induction is not None:
                _check_lengths(ev, lengths, heads)
        return block, ev.state
    except PathEnds:
        ev.frame = frame
        return block, ev.state
    finally:
        ev.state = outer


def _check_lengths(ev: Evaluator, lengths: dict[int, _Length], heads: dict[int, AbstractValue]) -> None:
    """Forget the rate of growth of a list that did not grow by it."""
    for ref, head in heads.items():
        length, state = lengths[ref], ev.state.heap.get(ref)
        if length.per_trip is None:
            continue
        before = symbols.known_size(head)
        after = symbols.known_size(state.count) if isinstance(state, StackState) else None
        exits = _stops(ev) is not False
        if exits or before is None or after is None or known_eq(before + length.per_trip, after, ev.facts) is not True:
            length.per_trip = None
            raise _Again


class _Again(Exception):
    """The trial was made with something that turned out not to hold."""


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


def _seeds(ev: Evaluator, loop: Loop, base: State) -> Plan:
    """A first guess: numbers that the body assigns are carried."""
    plan = Plan()
    for name in sorted(loop.assigned):
        entry = base.env.get(name)
        if loop.live_header is not None and name not in loop.live_header:
            continue
        if isinstance(entry, (Const, Scalar)) and is_number(entry):
            kinds = kinds_of(entry)
            dtype = join_dtype(kinds)
            if dtype is not None:
                plan.entries[name] = NumberT(kinds, dtype)
    plan.poisoned = {r: True for r in base.poisoned}
    return plan


def _memo_key(ev: Evaluator, loop: Loop) -> Any:
    path = ev.frame.path if ev.frame is not None else ()
    return "plan", path, id(loop.key), loop.peeled, loop.lenient


def _remembered(ev: Evaluator, loop: Loop, base: State) -> Plan | None:
    known = ev.memo.get(_memo_key(ev, loop))
    if known is None or known[1] != _signature(ev, base) or known[2] != ev.next_ref:
        return None
    plan: Plan = known[0]
    return plan if templates.fits(ev, plan, base) else None


def _signature(ev: Evaluator, base: State) -> tuple[Any, ...]:
    """What kind of thing every name is bound to, numbers being of one kind."""
    found = []
    for name, entry in sorted(base.env.items()):
        if name.startswith("$"):
            continue
        kind: Any = type(entry)
        if isinstance(entry, (Const, Scalar)) and is_number(entry):
            kind = "number"
        elif isinstance(entry, InstanceValue):
            kind = entry.cls
        found.append((name, kind, getattr(entry, "type", None), getattr(entry, "ref", None)))
    return tuple(found)


def _conflicts(ev: Evaluator, loop: Loop, plan: Plan, base: State) -> bool:
    """Whether something that is read again has no single type in `plan`."""
    for name, template in plan.entries.items():
        if loop.live is not None and name not in loop.live and not name.startswith("$"):
            continue
        if base.env.get(name) is not None and _has_conflict(template):
            return True
    states = [*plan.heap.values(), *(info.state for info in plan.objects)]
    return any(
        (isinstance(s, KeepT) and isinstance(s.state, ConflictState)) or (isinstance(s, SlotsT) and _has_conflict(s))
        for s in states
    )


def _has_conflict(template: Template | SlotsT) -> bool:
    if isinstance(template, (PartsT, SlotsT)):
        return any(_has_conflict(part) for part in template.parts)
    return isinstance(template, ConflictT)


def _finish(
    ev: Evaluator, loop: Loop, plan: Plan, base: State, block: Block, end: State, restore: dict[str, Any]
) -> None:
    outer = base
    ev.state = base
    init = templates.plan_values(ev, plan, 0)
    header: list[Value] = []
    if loop.bounds is not None:
        header = [ev.number(loop.bounds.start).value, ev.number(loop.bounds.stop).value, ev.b.int(loop.bounds.step)]
    ev.state = end
    exits = _stops(ev) is None or loop.bounds is None
    with ev.b.at(block):
        values = templates.plan_values(ev, plan, 1)
        stay = [ev.b("not", _stop_flag(ev))] if exits else []
        ev.b.yield_(*stay, *values)
    ev.state = outer
    attrs = {"counted": loop.bounds is not None, "exits": exits, "parallel": False}
    op = ev.b.emit("loop", [*header, *init], attrs, [block])
    ev.state = templates.plan_state(ev, plan, base, op.results)
    for name, entry in restore.items():
        if name not in plan.entries:
            if entry is None:
                ev.state.env.pop(name, None)
            else:
                ev.state.env[name] = entry
    open_flags = [name for name in STOPS if isinstance(end.env.get(name), Scalar)]
    if loop.bounds is None and len(open_flags) == 1:
        ev.state.env[open_flags[0]] = Const(True)  # the only way out


