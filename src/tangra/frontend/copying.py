"""`copy.copy` and `copy.deepcopy`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, ArrayValue, DictValue, InstanceValue, ListValue, TupleValue
from tangra.frontend import classes, containers, stacks
from tangra.frontend.heap import Conflict, DictState, InstanceState, ListState, MaybeNone, MaybeUnbound, StackState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

Memo = dict[int, AbstractValue]
"""The copies of objects, by reference: an object that is met twice has one copy."""


def copy(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """`copy.copy(v)`."""
    own = classes.special_method(ev, v, "__copy__")
    if own is not None:
        return ev.call(own, [], {})
    if isinstance(v, ArrayValue):
        return ev.new_array(ev.read(v.ref))
    if isinstance(v, InstanceValue):
        twin = InstanceValue(ev.allocate(InstanceState()), v.cls)
        _attributes(ev, v, twin, None)
        return twin
    if isinstance(v, (ListValue, DictValue)):
        state = ev.look(v.ref)
        return type(v)(ev.allocate(stacks.copy(ev, state) if isinstance(state, StackState) else state))
    return v


def deep_copy(ev: Evaluator, v: AbstractValue, memo: Memo | None = None) -> AbstractValue:
    """`copy.deepcopy(v)`."""
    memo = {} if memo is None else memo
    if isinstance(v, TupleValue):
        return TupleValue(tuple(deep_copy(ev, x, memo) for x in v.items), v.cls)
    if not isinstance(v, (ArrayValue, ListValue, DictValue, InstanceValue)):
        return v
    if v.ref not in memo:
        _copy_object(ev, v, memo)
    return memo[v.ref]


def _copy_object(ev: Evaluator, v: AbstractValue, memo: Memo) -> None:
    if classes.special_method(ev, v, "__deepcopy__") is not None:
        ev.unsupported("deepcopy() by the class's own __deepcopy__", "call a method that makes the copy")
    if isinstance(v, InstanceValue):
        twin = memo[v.ref] = InstanceValue(ev.allocate(InstanceState()), v.cls)
        _attributes(ev, v, twin, memo)
    elif isinstance(v, ListValue) and not isinstance(ev.look(v.ref), StackState):
        made = memo[v.ref] = ListValue(ev.allocate(ListState(())))
        items = tuple(deep_copy(ev, x, memo) for x in containers.as_items(ev, v, "deepcopy()"))
        ev.put(made.ref, ListState(items))
    elif isinstance(v, DictValue):
        pairs = containers.pairs_of(ev, v)
        filled = memo[v.ref] = DictValue(ev.allocate(DictState((), ())))
        values = tuple(deep_copy(ev, x, memo) for _, x in pairs)
        ev.put(filled.ref, DictState(tuple(k for k, _ in pairs), values))
    elif isinstance(v, ListValue):
        grown = ev.look(v.ref)
        assert isinstance(grown, StackState)
        memo[v.ref] = ListValue(ev.allocate(stacks.deep_copy(ev, grown)))
    elif isinstance(v, ArrayValue):
        memo[v.ref] = copy(ev, v)


def _attributes(ev: Evaluator, v: InstanceValue, twin: InstanceValue, memo: Memo | None) -> None:
    for name in classes.attribute_names(ev, v):
        held = classes.held(ev, v, name)
        if held is not None:
            classes.set_slot(ev, twin, name, held if memo is None else _deep_slot(ev, held, memo))


def _deep_slot(ev: Evaluator, held: Any, memo: Memo) -> Any:
    if isinstance(held, Conflict):
        return held
    if isinstance(held, (MaybeUnbound, MaybeNone)):
        return replace(held, value=_deep_slot(ev, held.value, memo))
    return deep_copy(ev, held, memo)
