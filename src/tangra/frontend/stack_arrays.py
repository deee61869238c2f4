"""Grown lists as arrays, as arguments of NumPy functions, and as results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.values import AbstractValue, ArrayValue, Const, ListValue, TupleValue
from tangra.errors import TypeMismatchError
from tangra.frontend import diagnostics, symbols
from tangra.frontend.heap import StackState
from tangra.frontend.stack_items import (
    ArrayItem,
    ConstItem,
    InstanceItem,
    Item,
    ListItem,
    NumberItem,
    TupleItem,
)
from tangra.ir import Value, scalar
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.nodes import Node
    from tangra.frontend.results import ResultBuilder


def stack_size(ev: Evaluator, state: StackState) -> Size:
    """The length as a size: that of a part of the array that has room for the items."""
    size = symbols.known_size(state.count)
    return symbols.symbol_for(ev, state.count) if size is None else size


def first_rows(ev: Evaluator, value: Value, count: Size) -> Value:
    """The first `count` rows of an array."""
    if value.shape[0] == count:
        return value
    starts = [ev.b.int(0) for _ in value.shape]
    sizes = (count, *value.shape[1:])
    return ev.b("index", value, *starts, sizes=sizes, steps=(1,) * len(sizes))


def as_array(ev: Evaluator, v: ListValue, state: StackState) -> ArrayValue:
    """The array that NumPy makes of a grown list."""
    length = stack_size(ev, state)
    leaves = iter(state.leaves)
    return ev.new_array(_as_array(ev, state.shape, leaves, length))


def _as_array(ev: Evaluator, form: Item, leaves: Any, length: Size) -> Value:
    if isinstance(form, TupleItem):
        columns = [_as_array(ev, part, leaves, length) for part in form.parts]
        dtype = ev.type_of(TupleValue(tuple(ev.scalar(ev.b("undef", type=scalar(c.dtype))) for c in columns))).dtype
        wide = [c if c.dtype == dtype else ev.b("cast", c, dtype=dtype) for c in columns]
        rows = [ev.b("reshape", c, shape=(c.shape[0], 1, *c.shape[1:])) for c in wide]
        return ev.b("concat", *rows, axis=1) if len(rows) > 1 else rows[0]
    if isinstance(form, NumberItem) and len(form.kinds) > 1:
        if len({k.dtype for k in form.kinds}) > 1:
            ev.error(
                TypeMismatchError,
                "the dtype of an array of this list depends on the run-time kinds of its items",
                code=diagnostics.CONFLICT,
                fix="append float(...) of each item",
            )
        value = first_rows(ev, ev.read(next(leaves)), length)
        next(leaves)
        return value
    if isinstance(form, (InstanceItem, ConstItem)):
        ev.error(
            TypeMismatchError,
            "a list of objects can't be converted to an array",
            code=diagnostics.NOT_A_NUMBER,
            fix="make an array of what they hold: np.array([item.x for item in items])",
        )
    if isinstance(form, ListItem):
        return _as_array(ev, form.part, leaves, length)
    return first_rows(ev, ev.read(next(leaves)), length)


def numpy_of_lists(ev: Evaluator, obj: Any, args: list[AbstractValue], kwargs: dict[str, AbstractValue]) -> Any:
    """np.stack and its like of a grown list; None if the call is not one. Other functions get the list as an array."""
    if not args or not isinstance(args[0], ListValue) or not isinstance(ev.look(args[0].ref), StackState):
        return None
    if obj not in (np.stack, np.vstack, np.concatenate, np.hstack) or isinstance(ev.look(args[0].ref).count, Const):  # type: ignore[union-attr]
        return None
    state = ev.look(args[0].ref)
    assert isinstance(state, StackState)
    whole = as_array(ev, args[0], state)
    axis = ev.static(kwargs.get("axis", args[1] if len(args) > 1 else Const(0)), "axis")
    rank = whole.type.rank
    if obj is np.stack and rank > 1:
        return ev.call(Const(np.moveaxis), [whole, Const(0), Const(axis)], {})
    if obj is np.vstack and rank == 2:
        return whole
    if (obj is np.hstack and rank == 2) or (obj is np.concatenate and axis == 0 and rank > 1):
        first, second, *rest = whole.type.shape
        return ev.new_array(ev.b("reshape", ev.read(whole.ref), shape=(first * second, *rest)))
    if obj is np.vstack and rank > 2:
        first, second, *rest = whole.type.shape
        return ev.new_array(ev.b("reshape", ev.read(whole.ref), shape=(first * second, *rest)))
    return None


def result_node(builder: ResultBuilder, v: ListValue, state: StackState) -> Node:
    """The node of a grown list."""
    from tangra.frontend.nodes import StackNode

    leaves = iter(state.leaves)
    return StackNode(_item_node(builder, state.shape, leaves), builder.node(state.count), v.ref)


def _item_node(builder: ResultBuilder, form: Item, leaves: Any) -> Node:
    from tangra.frontend.nodes import ArrayNode, ConstNode, InstanceNode, NumberNode, StackNode, TupleNode

    if isinstance(form, TupleItem):
        return TupleNode(tuple(_item_node(builder, part, leaves) for part in form.parts), form.cls)
    if isinstance(form, ListItem):
        inner = _item_node(builder, form.part, leaves)
        return StackNode(inner, builder.node(builder.ev.size_value(form.length)), -1)
    if isinstance(form, ConstItem):
        return ConstNode(form.value)
    if isinstance(form, InstanceItem):
        builder.ev.read(next(leaves))  # an error if the items are stale
        return InstanceNode(form.cls, form.names, tuple(_item_node(builder, p, leaves) for p in form.parts), -1)
    ref = next(leaves)
    value = builder.ev.read(ref)
    index = builder.add(value)
    if isinstance(form, ArrayItem):
        return ArrayNode(index, ref, value.dtype.numpy)
    tag = builder.add(builder.ev.read(next(leaves))) if len(form.kinds) > 1 else None
    return NumberNode(index, form.kinds, tag)
