"""`index` and `count` of lists and tuples."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tangra.api.elementwise import is_number
from tangra.api.kinds import PYINT
from tangra.api.numbers import python_message
from tangra.api.values import AbstractValue, Const, ListValue, Scalar, TupleValue
from tangra.frontend import containers, conversion, failures, operators, stack_order
from tangra.frontend.heap import StackState
from tangra.ir import I64, Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NOT_IN_LIST = python_message(lambda: [1].index(0)).replace("0", "{}")
"""What Python says, before 3.14 with the item."""


def index_of(ev: Evaluator, v: AbstractValue, item: AbstractValue, *ends: AbstractValue) -> AbstractValue:
    """`v.index(item[, start[, stop]])`: the place of the first item that is equal."""
    b = ev.b
    mask = None if ends else _mask(ev, v, item)
    if mask is not None:
        _require(ev, v, b("reduce_or", mask, axes=(0,)), item)
        return Scalar(b("argmax", mask, axis=0), (PYINT,), None, None, 0, None)
    places: list[tuple[int, Value]] = []
    items = containers.own_items(ev, v, "index()")
    given = [conversion.static_index(ev, end, "an end of index()") for end in ends]
    start, stop = (*given, *(0, len(items))[len(given) :])
    for k in range(len(items))[start:stop]:
        same = operators.same_items(ev, item, items[k])
        if isinstance(same, Scalar):
            places.append((k, same.value))
        elif isinstance(same, Const) and same.value:
            return _first(ev, places, b.int(k)) if places else Const(k)
    _require(ev, v, functools.reduce(lambda x, y: b("or", x, y), (w for _, w in places)) if places else None, item)
    return _first(ev, places, b.int(places[-1][0]))


def _first(ev: Evaluator, places: list[tuple[int, Value]], last: Value) -> AbstractValue:
    found = last
    for k, same in reversed(places):
        found = ev.b("select", same, ev.b.int(k), found)
    return Scalar(found, (PYINT,), None, None, 0, None)


def count_of(ev: Evaluator, v: AbstractValue, item: AbstractValue) -> AbstractValue:
    """`v.count(item)`."""
    mask = _mask(ev, v, item)
    if mask is not None:
        counted = ev.b("reduce_sum", ev.b("cast", mask, dtype=I64), axes=(0,))
        return Scalar(counted, (PYINT,), None, None, 0, None)
    total: AbstractValue = Const(0)
    for other in containers.own_items(ev, v, "count()"):
        total = ev.binary("+", total, operators.same_items(ev, item, other))
    return total


def _mask(ev: Evaluator, v: AbstractValue, item: AbstractValue) -> Value | None:
    """Which items of a list that grew in a loop are equal; None for other lists, and other items than numbers."""
    state = ev.look(v.ref) if isinstance(v, ListValue) else None
    return stack_order.holds(ev, state, item) if isinstance(state, StackState) and is_number(item) else None


def _require(ev: Evaluator, v: AbstractValue, there: Value | None, item: AbstractValue) -> None:
    """Python's error where no item is equal, which is certain without `there`."""
    payload: list[Value] = []
    if isinstance(v, TupleValue):
        text = "tuple.index(x): x not in tuple"
    elif isinstance(item, Scalar) and item.kind is not None and item.kind.python:
        text, payload = NOT_IN_LIST, [item.value]
    else:
        text = NOT_IN_LIST.format(_text(ev, item)).replace("{", "{{").replace("}", "}}")
    if there is None and not payload:
        ev.python_error("ValueError", text.format())
    missing = ev.b.bool(True) if there is None else ev.b("not", there)
    ev.fail_if(missing, "ValueError", text, payload)
    if there is None:
        failures.end_path(ev)


def _text(ev: Evaluator, item: AbstractValue) -> str:
    try:
        return repr(conversion.plain(ev, item))
    except conversion.NotPlain:
        return "the value"
