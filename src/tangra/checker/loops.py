"""Loops: known trip counts are run trip by trip, others once and twice exactly; what still changes then is unknown.

A loop is presumed to run at least once. States that leave by `break` under unknown conditions are joined behind it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.assignment import assign
from tangra.checker.conditions import assuming, truth
from tangra.checker.dispatch import Flow, evaluate, execute
from tangra.checker.evaluator import LoopState, PythonRaise
from tangra.checker.heap import MISSING, Delta, Value
from tangra.checker.iteration import elements, one_element
from tangra.checker.joining import join_all, merge, same, widened
from tangra.checker.trips import Trips
from tangra.shape_rules.values import Unknown
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

LONG = 24
"""Trips after which a loop that changes nothing but numbers is cut short."""
CHEAP = 10_000
"""Nodes of all its trips together, up to which no such loop is cut short."""
MAX_TRIPS = 2_000
WHILE_TRIPS = 200
LOOP_STEPS = 200_000
"""Nodes that one loop may evaluate before the rest of it is taken as unknown."""


def run_for(ev: Evaluator, node: ast.For | ast.AsyncFor) -> Flow | None:
    """`for target in iterable`."""
    iterable = evaluate(ev, node.iter)
    items = elements(ev, iterable, node.iter)
    if items is not None and len(items) <= MAX_TRIPS:
        return _known_trips(ev, node, items)
    element = one_element(ev, iterable, node.iter) if items is None else items[0]
    return _unknown_trips(ev, node, lambda: assign(ev, node.target, element))


def run_while(ev: Evaluator, node: ast.While) -> Flow | None:
    """`while test`: exact as long as the test is known."""
    state = _open(ev)
    try:
        start = ev.steps
        for trip in range(WHILE_TRIPS):
            known = truth(ev, evaluate(ev, node.test))
            if known is False:
                return _finish(ev, node, state, Flow.NORMAL)
            endless = isinstance(node.test, ast.Constant)
            if known is None or (endless and trip >= 2) or ev.steps - start > LOOP_STEPS:
                break
            flow = _trip(ev, node.body, state)
            if flow in (Flow.RETURN, Flow.RAISE):
                return _arrive(ev, state, flow)
            if flow is Flow.BREAK:
                return _finish(ev, node, state, Flow.BREAK)
    finally:
        _close(ev, state)
    return _unknown_trips(ev, node, lambda: assuming(ev, node.test, True, narrows=True))


def _open(ev: Evaluator) -> LoopState:
    state = LoopState(ev.journal.open())
    state.guards = ev.guards
    ev.frame.loops.append(state)
    return state


def _close(ev: Evaluator, state: LoopState) -> None:
    if ev.frame.loops and ev.frame.loops[-1] is state:
        ev.frame.loops.pop()
    ev.journal.close()


def _trip(ev: Evaluator, body: list[ast.stmt], state: LoopState) -> Flow:
    """One trip; the states that left it by `continue` under unknown conditions join at its end."""
    state.trip_mark = ev.journal.open()
    state.continues = []
    try:
        flow = execute(ev, body)
        if state.continues:
            deltas = list(state.continues)
            if flow in (Flow.NORMAL, Flow.CONTINUE):
                deltas.append(ev.journal.delta(state.trip_mark))
            elif flow is not Flow.RAISE:
                from tangra.checker.statements import leave

                leave(ev, flow)
            ev.journal.undo(state.trip_mark)
            merge(ev.journal, deltas, ev.joined_size)
            flow = Flow.NORMAL
        return Flow.NORMAL if flow is Flow.CONTINUE else flow
    except PythonRaise:
        if not state.continues:
            raise
        ev.journal.undo(state.trip_mark)
        merge(ev.journal, state.continues, ev.joined_size)
        return Flow.NORMAL
    finally:
        state.continues = []
        ev.journal.close()


def _known_trips(ev: Evaluator, node: ast.For | ast.AsyncFor, items: list[Value]) -> Flow | None:
    state = _open(ev)
    start, marks = ev.steps, []
    is_repetitive = len(items) > LONG and not _uses_target(node)
    trips = Trips(ev, node)
    try:
        for number, item in enumerate(items):
            if trips.enabled and number + 1 < len(items) and trips.skip(item):
                continue
            marks.append(len(ev.journal.log))
            if trips.enabled:
                trips.begin()
            assign(ev, node.target, item)
            flow = _trip(ev, node.body, state)
            if flow in (Flow.RETURN, Flow.RAISE):
                return _arrive(ev, state, flow)
            if flow is Flow.BREAK:
                return _finish(ev, node, state, Flow.BREAK)
            if trips.enabled:
                trips.keep(item)
            dear = (ev.steps - start) * len(items) > CHEAP * (number + 1)
            if number >= 2 and is_repetitive and dear and _only_numbers_change(ev, marks[-1], node.target):
                widen(ev, ev.journal.before(marks[-1]), ev.journal.delta(marks[-1]))
                assign(ev, node.target, items[-1])
                break
            if ev.steps - start > LOOP_STEPS:
                break
        else:
            return _finish(ev, node, state, Flow.NORMAL)
        if ev.steps - start <= LOOP_STEPS:
            return _finish(ev, node, state, Flow.NORMAL)
    finally:
        _close(ev, state)
    return _unknown_trips(ev, node, lambda: assign(ev, node.target, items[-1]))


def _only_numbers_change(ev: Evaluator, mark: int, target: ast.expr) -> bool:
    """Whether the last trip left every array and object as it found it."""
    before = ev.journal.before(mark)
    own = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
    for (cell, name), value in ev.journal.delta(mark).items():
        old = before[cell, name]
        if name in own or same(old, value) or _similar(old, value):
            continue
        numbers = (int, float, str, Dim, Unknown)
        if not (isinstance(old, numbers) and isinstance(value, numbers)):
            return False
    return True


def _uses_target(node: ast.For | ast.AsyncFor) -> bool:
    """Whether trips may differ by more than the state they start from: the body reads what the loop binds."""
    own = {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
    return any(
        isinstance(part, ast.Name) and part.id in own and isinstance(part.ctx, ast.Load)
        for statement in node.body
        for part in ast.walk(statement)
    )


def _similar(old: Value, new: Value) -> bool:
    """Whether two states of a list hold the same kind of things: it only grew by more of what it had."""
    if isinstance(old, tuple) and isinstance(new, tuple) and len(old) >= 2 and len(new) > len(old):
        tail = new[len(old) :]
        plain = (int, float, str, Unknown, Dim)
        return all(isinstance(item, plain) or same(item, old[-1]) for item in tail)
    return False


def _arrive(ev: Evaluator, state: LoopState, flow: Flow) -> Flow:
    """The loop ends by a return or raise on the present way; if others broke out before, both go on."""
    from tangra.checker.statements import leave

    if not state.breaks:
        return flow
    if flow is Flow.RETURN:
        ev.frame.returns.append((ev.frame.value, ev.journal.delta(ev.frame.mark)))
    ev.journal.undo(state.mark)
    merge(ev.journal, state.breaks, ev.joined_size)
    del leave
    return Flow.NORMAL


def _finish(ev: Evaluator, node: ast.For | ast.AsyncFor | ast.While, state: LoopState, flow: Flow) -> Flow | None:
    """Behind the loop: the `else` part, and all ways that broke out."""
    result = Flow.NORMAL
    ev.frame.loops.pop()
    if flow is Flow.NORMAL and node.orelse:
        result = execute(ev, node.orelse)
    if state.breaks:
        deltas = list(state.breaks)
        if result is Flow.NORMAL:
            deltas.append(ev.journal.delta(state.mark))
        elif result is Flow.RETURN:
            ev.frame.returns.append((ev.frame.value, ev.journal.delta(ev.frame.mark)))
        ev.journal.undo(state.mark)
        merge(ev.journal, deltas, ev.joined_size)
        result = Flow.NORMAL
    if not ev.frame.returns:
        ev.guards = state.guards
    return result


def _unknown_trips(ev: Evaluator, node: ast.For | ast.AsyncFor | ast.While, begin: Value) -> Flow | None:
    """Trips one and two exactly; what the second one changed again is widened, and a third shows what follows.

    Inside another such loop there is one trip less, so that nested loops don't multiply the work."""
    state = _open(ev)
    try:
        states: list[tuple[Delta, Delta]] = []
        ev.vague += 1
        last = max(0, 3 - ev.vague)
        for trip in range(last + 1):
            mark = ev.journal.open()
            try:
                begin()
                flow = Flow.NORMAL
                if trip == last and trip:
                    with ev.silence():
                        flow = _guarded_trip(ev, node.body, state)
                else:
                    flow = _guarded_trip(ev, node.body, state)
                states.append((ev.journal.before(mark), ev.journal.delta(mark)))
            finally:
                ev.journal.close()
            if flow is Flow.RETURN:
                ev.frame.returns.append((ev.frame.value, ev.journal.delta(ev.frame.mark)))
            if flow is not Flow.NORMAL:
                break
            if trip and not _changed(*states[-1]):
                break
            if trip or not last:
                widen(ev, *states[-1])
        return _finish(ev, node, state, Flow.NORMAL)
    finally:
        ev.vague -= 1
        _close(ev, state)


def _guarded_trip(ev: Evaluator, body: list[ast.stmt], state: LoopState) -> Flow:
    """A trip of a loop that may end anywhere; a way that raises just ends it."""
    try:
        return _trip(ev, body, state)
    except PythonRaise:
        return Flow.RAISE


def _changed(before: Delta, after: Delta) -> bool:
    return any(not same(before[key], value) for key, value in after.items())


def widen(ev: Evaluator, before: Delta, after: Delta) -> None:
    """Make what changed stand for any number of further changes: differing sizes and ints become opaque."""
    for (cell, name), value in after.items():
        old = before[cell, name]
        if old is MISSING or same(old, value):
            continue
        if name == "items" and isinstance(old, tuple) and isinstance(value, tuple) and value[: len(old)] == old:
            ev.write(cell, "element", join_all(list(value), ev.joined_size, widened))
            ev.write(cell, "items", None)
        elif name in ("items", "entries"):
            ev.write(cell, name, None)
        elif value is MISSING:
            continue
        else:
            ev.write(cell, name, widened(old, value, ev.joined_size))
