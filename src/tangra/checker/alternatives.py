"""Small unions: a value that is one of a few known ones, and operations on such values.

Where branches join, what differs becomes a `OneOf` (`joining.join`): arrays of different shapes, `None` or a value, one
of two functions. Whatever reads it goes through `distribute`: the operation is evaluated for every alternative from the
same state; those with which it certainly fails are dropped, the others' results and states are joined. Only if all of
them fail does the operation fail. One value read twice is the same alternative both times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

from tangra.checker.evaluator import PythonRaise, TryState
from tangra.checker.heap import OneOf, Value
from tangra.checker.joining import join_all, merge, widened
from tangra.shape_rules.failures import Failure
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator
    from tangra.checker.heap import Delta

MAX_COMBINATIONS = 16
"""Choices of alternatives that one operation is evaluated for; beyond, values are widened first."""
MAX_FORKS = 64
"""The same for operations inside each other."""
MAX_DEPTH = 6
"""How deep in lists, tuples and dicts of rules alternatives are found."""


def options(value: Value) -> tuple[Value, ...]:
    """The alternatives of a value; of one that has none, itself."""
    return value.options if type(value) is OneOf else (value,)


def agreed(value: OneOf, ask: Callable[[Value], bool | None]) -> bool | None:
    """What `ask` says of every alternative; None where they differ or nobody knows."""
    answers = {ask(option) for option in value.options}
    return answers.pop() if len(answers) == 1 else None


def has_alternatives(args: list[Value], kwargs: dict[str, Value]) -> bool:
    """Whether there are alternatives among arguments, or in what they hold."""
    for value in args:
        if type(value) in HOLDING and _holds(value, 1):
            return True
    if kwargs:
        for value in kwargs.values():
            if type(value) in HOLDING and _holds(value, 1):
                return True
    return False


def distribute(ev: Evaluator, values: Sequence[Value], run: Callable[..., Value]) -> Value:
    """`run(*values)` for values that may be or hold alternatives (in tuples, lists, dicts and slices)."""
    for value in values:
        if type(value) in HOLDING and _holds(value):
            break
    else:
        return run(*values)
    found = list(dict.fromkeys(one for value in values for one in _inside(value)))
    room = min(MAX_COMBINATIONS, MAX_FORKS // ev.forks)
    chosen: dict[OneOf, tuple[Value, ...]] = {one: one.options for one in found}
    number = 1
    for one in found:
        if number * len(one.options) > room:
            chosen[one] = (widened(one, None, ev.joined_size),)
        number *= len(chosen[one])
    picks = [dict(zip(found, pick, strict=True)) for pick in product(*chosen.values())]
    ways = [[_replaced(value, pick) for value in values] for pick in picks]
    return run(*ways[0]) if len(ways) == 1 else _fork(ev, ways, run)


def _fork(ev: Evaluator, ways: list[list[Value]], run: Callable[..., Value]) -> Value:
    """Evaluate all ways from the present state, and join those that don't fail."""
    results: list[Value] = []
    deltas: list[Delta] = []
    errors: list[tuple[list[Value], PythonRaise]] = []
    facts = ev.ctx.facts
    ev.forks *= len(ways)
    try:
        for way in ways:
            mark = ev.journal.open()
            try:
                with ev.silence():
                    results.append(attempt(ev, lambda way=way: run(*way)))  # type: ignore[misc]
                deltas.append(ev.journal.delta(mark))
            except PythonRaise as error:
                errors.append((way, error))
            finally:
                ev.journal.undo(mark)
                ev.journal.close()
                ev.ctx.restore(facts)
    finally:
        ev.forks //= len(ways)
    if not results:
        return _all_fail(ev, errors, run)
    if errors:  # a handler around may run
        ev.unknowns += 1
        ev.wild += 1
    merge(ev.journal, deltas, ev.joined_size)
    return join_all(results, ev.joined_size)


def _all_fail(ev: Evaluator, errors: list[tuple[list[Value], PythonRaise]], run: Callable[..., Value]) -> Value:
    """No alternative works: the first that a rule refused says why, but under a condition nobody knows nothing does."""
    for way, error in errors:
        if any(isinstance(arg, Failure) for arg in error.value.args):
            return UNKNOWN if ev.guards and not ev.tries else run(*way)
    raise errors[0][1]


def attempt(ev: Evaluator, run: Callable[[], Value]) -> Value:
    """`run()`, where failures of rules raise `PythonRaise` instead of being reported."""
    state = TryState(None, depth=len(ev.frames))
    ev.tries.append(state)
    try:
        return run()
    finally:
        ev.tries.remove(state)


HOLDING = frozenset({OneOf, tuple, list, dict, slice})
"""The kinds of value that are or may hold alternatives."""


def _holds(value: Value, depth: int = 0) -> bool:
    """Whether there are alternatives in a value of a kind of `HOLDING`."""
    kind = type(value)
    if kind is OneOf:
        return True
    if depth >= MAX_DEPTH:
        return False
    items = value.values() if kind is dict else (value.start, value.stop, value.step) if kind is slice else value
    for item in items:  # noqa: SIM110 (asked at every call: a generator costs more than the answer)
        if type(item) in HOLDING and _holds(item, depth + 1):
            return True
    return False


def _inside(value: Value, depth: int = 0) -> Iterator[OneOf]:
    """The alternatives that a rule's argument holds."""
    kind = type(value)
    if kind is OneOf:
        yield value
    elif (kind is tuple or kind is list) and depth < MAX_DEPTH:
        for item in value:
            yield from _inside(item, depth + 1)
    elif kind is dict and depth < MAX_DEPTH:
        for item in value.values():
            yield from _inside(item, depth + 1)
    elif kind is slice:
        yield from _inside((value.start, value.stop, value.step), depth + 1)


def _replaced(value: Value, pick: dict[OneOf, Value], depth: int = 0) -> Value:
    """`value` with one alternative for each of `pick`."""
    kind = type(value)
    if kind is OneOf:
        return pick[value]
    if (kind is tuple or kind is list) and depth < MAX_DEPTH:
        return kind(_replaced(item, pick, depth + 1) for item in value)
    if kind is dict and depth < MAX_DEPTH:
        return {name: _replaced(item, pick, depth + 1) for name, item in value.items()}
    if kind is slice:
        return slice(*(_replaced(part, pick, depth + 1) for part in (value.start, value.stop, value.step)))
    return value
