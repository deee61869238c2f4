"""Lists that a loop makes longer: finding them after a trial of its body, and making room for all trips."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from tangra.api.values import AbstractValue, ListValue
from tangra.frontend import symbols
from tangra.frontend.heap import ListState, StackState, State
from tangra.frontend.stack_items import (
    Item,
    form_of,
    item_form,
    join_all,
    join_items,
)
from tangra.frontend.stacks import new_stack
from tangra.shapes import Size, ceil_div, dmax
from tangra.shapes.prover import known_le

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.loop_parts import Loop


@dataclass(frozen=True)
class Growth:
    """A list that a loop's body appends to: the form of its items, and how many a trip (exactly, or at most)."""

    form: Item
    per_trip: Size
    exact: bool
    items: tuple[AbstractValue, ...]


def growing(ev: Evaluator, base: State, end: State) -> dict[int, Growth]:
    """Lists from before a loop that are longer, or stacks, at the end of a trip."""
    found: dict[int, Growth] = {}
    outer, ev.state = ev.state, end
    try:
        _find_growing(ev, base, end, found)
    finally:
        ev.state = outer
    return found


def _find_growing(ev: Evaluator, base: State, end: State, found: dict[int, Growth]) -> None:
    for ref, after in end.heap.items():
        before = base.heap.get(ref) or ev.initial.get(ref)
        if not isinstance(before, ListState):
            continue
        growth = _growth(ev, ref, before, after)
        if growth is not None:
            found[ref] = growth


def _growth(ev: Evaluator, ref: int, before: ListState, after: Any) -> Growth | None:
    logged = ev.appended.get(ref, [])
    items = tuple(x for x in before.items)
    if isinstance(after, ListState):
        more = len(after.items) - len(items)
        if more <= 0 or after.items[: len(items)] != items:
            return None
        form = join_all([*(item_form(ev, x) for x in after.items), *logged])  # type: ignore[arg-type]
        return None if form is None else Growth(form, more, True, items)  # type: ignore[arg-type]
    if isinstance(after, StackState):
        form = form_of(ev, items) if items else after.shape  # type: ignore[arg-type]
        form = None if form is None else join_items(form, after.shape)
        size = symbols.known_size(after.count)
        if form is None:
            return None
        exact = size is not None
        if size is None:
            size = ev.peek(after.leaves[0]).shape[0] if after.leaves else 0
        return Growth(form, size - len(items), exact, items)  # type: ignore[arg-type]
    return None


def convert(ev: Evaluator, loop: Loop, growths: dict[int, Growth]) -> None:
    """Make the lists stacks in the current state, with room for all trips."""
    for ref, growth in growths.items():
        room = _room(ev, loop, ref, growth)
        ev.put(ref, new_stack(ev, growth.form, room, growth.items))


def trips(ev: Evaluator, loop: Loop) -> Size:
    """The number of trips of a counted loop, as a size."""
    assert loop.bounds is not None
    start, stop = ev.symbol_for(loop.bounds.start), ev.symbol_for(loop.bounds.stop)
    span = ceil_div(stop - start, loop.bounds.step)
    return span if known_le(0, span, ev.facts) else dmax(0, span)


def _room(ev: Evaluator, loop: Loop, ref: int, growth: Growth) -> Size:
    length = len(growth.items)
    if growth.per_trip == 0:
        return length
    if loop.bounds is not None:
        if not symbols.in_scope_of(ev, ev.state, growth.per_trip):
            _no_bound(ev)
        return length + growth.per_trip * trips(ev, loop)
    limit = _limit_in_test(ev, loop.key, ref)
    if limit is None:
        _no_bound(ev)
    return dmax(length, limit + growth.per_trip - 1)


def _no_bound(ev: Evaluator) -> NoReturn:
    ev.unsupported(
        "a list that grows in a loop without a bound on its length that is known before the loop",
        "use a for loop over a range, or store into an array of the largest length",
    )


def _limit_in_test(ev: Evaluator, node: Any, ref: int) -> Size | None:
    """The bound in `while len(items) < bound`."""
    if not isinstance(node, ast.While):
        return None
    tests = node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) else [node.test]
    for test in tests:
        if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.Lt, ast.LtE, ast.NotEq))):
            continue
        left = test.left
        if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "len" and left.args:
            target = ev.eval(left.args[0])
            if isinstance(target, ListValue) and target.ref == ref:
                limit = ev.symbol_for(ev.eval(test.comparators[0]))
                return limit + 1 if isinstance(test.ops[0], ast.LtE) else limit
    return None
