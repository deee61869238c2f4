"""Lists that grow in run-time loops, or are indexed at run time: one array per number or array in an item, and a count.

A list becomes a stack when a loop's body appends to it (`growing` finds such lists after a trial of the body, `convert`
rewrites the state before the loop) or when it is indexed by a run-time int. The arrays have room for what the loop can
append at most. An array that is appended is copied: it and the stack are partners, so that a later write to it, which in
Python changes the list too, is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.elementwise import as_joined, is_number, join_dtype, join_kinds, kinds_of
from tangra.api.indexing import step_view
from tangra.api.kinds import Kind
from tangra.api.values import AbstractValue, ArrayValue, Const, ListValue, Scalar, SliceValue, TupleValue
from tangra.errors import DataDependentShapeError, TypeMismatchError
from tangra.frontend import conversion, diagnostics, symbols
from tangra.frontend.heap import ArrayState, ListState, StackState, State, ViewState
from tangra.ir import I64, ArrayType, DType, Value, scalar
from tangra.shapes import Size, ceil_div, dmax
from tangra.shapes.prover import known_le, known_lt

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.loops import Loop
    from tangra.frontend.results import Node, ResultBuilder


@dataclass(frozen=True)
class NumberItem:
    """A number of one of `kinds`."""

    kinds: tuple[Kind, ...]
    dtype: DType


@dataclass(frozen=True)
class ArrayItem:
    """An array."""

    type: ArrayType


@dataclass(frozen=True)
class TupleItem:
    """A tuple of items."""

    parts: tuple[Item, ...]
    cls: type | None


@dataclass(frozen=True)
class ListItem:
    """A list of `length` items."""

    part: Item
    length: Size


Item = NumberItem | ArrayItem | TupleItem | ListItem


class Misfit(Exception):
    """An item does not have the form of the others of its stack: the loop starts again with a wider form."""

    def __init__(self, ref: int) -> None:
        self.ref = ref


# ---- the form of items -----------------------------------------------------------------------------------------------


def form_of(ev: Evaluator, items: Sequence[AbstractValue]) -> Item | None:
    """The form that all items have; None if there is none."""
    return join_all([item_form(ev, item) for item in items])


def join_all(forms: Sequence[Item | None]) -> Item | None:
    """The form that covers all of `forms`."""
    found: Item | None = None
    for k, form in enumerate(forms):
        found = form if k == 0 or form is None or found is None else _join(found, form)
        if found is None:
            return None
    return found


def item_form(ev: Evaluator, item: AbstractValue) -> Item | None:
    """The form of one item; None for what a stack can't hold."""
    if isinstance(item, ListValue):
        return _list_form(ev, item)
    if is_number(item):
        kinds = join_kinds((), kinds_of(item))
        dtype = join_dtype(kinds)
        return None if dtype is None else NumberItem(kinds, dtype)
    if isinstance(item, ArrayValue):
        return ArrayItem(item.type)
    if isinstance(item, TupleValue):
        parts = [item_form(ev, x) for x in item.items]
        return None if any(p is None for p in parts) else TupleItem(tuple(p for p in parts if p), item.cls)
    return None


def _list_form(ev: Evaluator, v: ListValue) -> Item | None:
    state = ev.look(v.ref)
    part = common_form(ev, state) if isinstance(state, (ListState, StackState)) else None
    length = symbols.known_size(state.count) if isinstance(state, StackState) else len(getattr(state, "items", ()))
    return None if part is None or length is None else ListItem(part, length)


def _join(a: Item, b: Item) -> Item | None:
    if isinstance(a, NumberItem) and isinstance(b, NumberItem):
        kinds = join_kinds(a.kinds, b.kinds)
        dtype = join_dtype(kinds)
        return None if dtype is None else NumberItem(kinds, dtype)
    if isinstance(a, TupleItem) and isinstance(b, TupleItem) and a.cls is b.cls and len(a.parts) == len(b.parts):
        parts = [_join(x, y) for x, y in zip(a.parts, b.parts, strict=True)]
        return None if any(p is None for p in parts) else TupleItem(tuple(p for p in parts if p), a.cls)
    if isinstance(a, ListItem) and isinstance(b, ListItem) and a.length == b.length:
        part = _join(a.part, b.part)
        return None if part is None else ListItem(part, a.length)
    return a if a == b else None


def leaf_types(form: Item) -> list[ArrayType]:
    """The type of each number or array in an item; a number of several kinds has its kind's index beside it."""
    if isinstance(form, NumberItem):
        return [scalar(form.dtype)] + ([scalar(I64)] if len(form.kinds) > 1 else [])
    if isinstance(form, ArrayItem):
        return [form.type]
    if isinstance(form, ListItem):
        return [ArrayType(t.dtype, (form.length, *t.shape)) for t in leaf_types(form.part)]
    return [t for part in form.parts for t in leaf_types(part)]


def _leaves(ev: Evaluator, form: Item, item: AbstractValue) -> list[Value]:
    if isinstance(form, NumberItem):
        value, tag = as_joined(ev, item, form.kinds, form.dtype)
        return [value, tag] if len(form.kinds) > 1 else [value]
    if isinstance(form, ArrayItem):
        return [ev.array(item)]
    if isinstance(form, ListItem):
        assert isinstance(item, ListValue)
        state = ev.look(item.ref)
        assert isinstance(state, (ListState, StackState))
        return stacked_values(ev, form.part, form.length, state)[1:]
    assert isinstance(item, TupleValue)
    return [v for part, x in zip(form.parts, item.items, strict=True) for v in _leaves(ev, part, x)]


# ---- reading and writing items ------------------------------------------------------------------------------------------


def new_stack(ev: Evaluator, form: Item, room: Size, items: Sequence[AbstractValue]) -> StackState:
    """A stack with room for `room` items, of which the first are `items`."""
    leaves = []
    for t in leaf_types(form):
        value = ev.b("empty", dtype=t.dtype, shape=(room, *t.shape))
        leaves.append(ev.allocate(ArrayState(value)))
    state = StackState(form, tuple(leaves), Const(len(items)))
    for k, item in enumerate(items):
        _store(ev, state, ev.b.int(k), item)
    return state


def _store(ev: Evaluator, state: StackState, at: Value, item: AbstractValue) -> None:
    for ref, value in zip(state.leaves, _leaves(ev, state.shape, item), strict=True):
        old = ev.peek(ref)
        starts = [at, *(ev.b.int(0) for _ in value.shape)]
        sizes = (None, *value.shape)
        ev.put(ref, ArrayState(ev.b("update", old, value, *starts, sizes=sizes, steps=(1,) * len(sizes))))
    _pair(ev, state, item)


def _pair(ev: Evaluator, state: StackState, item: AbstractValue) -> None:
    """An array put into a stack is shared with it in Python, and copied here."""
    if isinstance(item, TupleValue):
        for part in item.items:
            _pair(ev, state, part)
    elif isinstance(item, ListValue):
        ev.pair(item.ref, state.leaves)
    elif isinstance(item, ArrayValue):
        ev.pair(item.ref, state.leaves)
        root = ev.root(item.ref)
        if root != item.ref:
            ev.pair(root, state.leaves)


def append(ev: Evaluator, v: ListValue, state: StackState, item: AbstractValue) -> None:
    """`v.append(item)`."""
    form = item_form(ev, item)
    if form is None or _join(state.shape, form) != state.shape:
        raise Misfit(v.ref)
    if not state.leaves:
        ev.unsupported("a list of empty tuples that grows in a loop")
    room = ev.peek(state.leaves[0]).shape[0]
    count = ev.number(state.count)
    if isinstance(room, int) and count.hi is not None and count.hi >= room:
        state, room = _with_room(ev, state, count.hi + 1), count.hi + 1
    known = count.size is not None and known_lt(count.size, room, ev.facts)
    if not known and not (isinstance(room, int) and count.hi is not None and count.hi < room):
        full = ev.b("ge", count.value, ev.b.dim(room))
        ev.fail_if(full, "MemoryError", "a list grew beyond the length that was foreseen when it was compiled")
    _store(ev, state, count.value, item)
    ev.put(v.ref, StackState(state.shape, state.leaves, ev.binary("+", state.count, Const(1))))


def _with_room(ev: Evaluator, state: StackState, room: int) -> StackState:
    """The same stack with room for more items."""
    leaves = []
    for ref in state.leaves:
        old = ev.peek(ref)
        more = ev.b("empty", dtype=old.dtype, shape=(room - old.shape[0], *old.shape[1:]))
        twin = ev.allocate(ArrayState(ev.b("concat", old, more, axis=0)))
        ev.pair(twin, [ref, *ev.state.partners.get(ref, ())])
        leaves.append(twin)
    return StackState(state.shape, tuple(leaves), state.count)


def getitem(ev: Evaluator, v: ListValue, state: StackState, index: AbstractValue) -> AbstractValue:
    """`v[index]`."""
    if isinstance(index, SliceValue):
        return _slice(ev, state, index)
    return item_at(ev, state, position(ev, state.count, index, "list index out of range"))


def position(ev: Evaluator, count: AbstractValue, index: AbstractValue, message: str) -> Value:
    """A checked, non-negative index."""
    if not is_number(index) or any(not k.dtype.is_integer and k.dtype.kind != "b" for k in kinds_of(index)):
        ev.python_error("TypeError", f"list indices must be integers or slices, not {conversion.describe(ev, index)}")
    size, length = symbols.known_size(index), symbols.known_size(count)
    if isinstance(index, Const) and index.value < 0:
        index = ev.binary("+", count, Const(int(index.value)))
        size = symbols.known_size(index)
    if size is not None and length is not None:
        if known_le(0, size, ev.facts) and known_lt(size, length, ev.facts):
            return ev.b("cast", ev.number(index).value, dtype=I64) if ev.kind(index).dtype != I64 else ev.number(index).value
    n = ev.number(count).value
    k = ev.number(index).value
    k = k if k.dtype == I64 else ev.b("cast", k, dtype=I64)
    zero = ev.b.int(0)
    at = ev.b("select", ev.b("lt", k, zero), ev.b("add", k, n), k)
    ev.fail_if(ev.b("or", ev.b("lt", at, zero), ev.b("ge", at, n)), "IndexError", message)
    return at


def item_at(ev: Evaluator, state: StackState, at: Value) -> AbstractValue:
    """The item at a position that is in range: numbers, and views for arrays."""
    leaves = iter(state.leaves)
    return _item(ev, state.shape, leaves, at)


def _item(ev: Evaluator, form: Item, leaves: Any, at: Value) -> AbstractValue:
    if isinstance(form, TupleItem):
        return TupleValue(tuple(_item(ev, part, leaves, at) for part in form.parts), form.cls)
    if isinstance(form, NumberItem):
        value = ev.b("index", ev.read(next(leaves)), at, sizes=(None,), steps=(1,))
        tag = ev.b("index", ev.read(next(leaves)), at, sizes=(None,), steps=(1,)) if len(form.kinds) > 1 else None
        return Scalar(value, form.kinds, tag)
    if isinstance(form, ListItem):
        return _list_item(ev, form, leaves, at)
    ref = next(leaves)
    base = ArrayValue(ref, ev.peek(ref).array)
    starts = [at, *(ev.b.int(0) for _ in form.type.shape)]
    sizes = (None, *form.type.shape)
    return step_view(ev, base, "index", starts, sizes=sizes, steps=(1,) * len(sizes))


def _list_item(ev: Evaluator, form: ListItem, leaves: Any, at: Value) -> ListValue:
    """An inner list, as a copy that is a partner of the stack."""
    rows, refs = [], []
    for _ in leaf_types(form.part):
        ref = next(leaves)
        value = ev.read(ref)
        starts = [at, *(ev.b.int(0) for _ in value.shape[1:])]
        sizes = (None, *value.shape[1:])
        rows.append(ev.allocate(ArrayState(ev.b("index", value, *starts, sizes=sizes, steps=(1,) * len(sizes)))))
        refs.append(ref)
    made = ListValue(ev.allocate(StackState(form.part, tuple(rows), ev.size_value(form.length))))
    ev.pair(made.ref, refs)
    for row in rows:
        ev.pair(row, refs)
    return made


def setitem(ev: Evaluator, v: ListValue, state: StackState, index: AbstractValue, item: AbstractValue) -> None:
    """`v[index] = item`."""
    form = item_form(ev, item)
    if form is None or _join(state.shape, form) != state.shape:
        raise Misfit(v.ref)
    at = position(ev, state.count, index, "list assignment index out of range")
    for ref, other in list(ev.state.heap.items()):
        if isinstance(other, ViewState) and other.base in state.leaves:
            ev.state.poisoned[ref] = ev.span  # in Python it is still the old item
    _store(ev, state, at, item)


def pop(ev: Evaluator, v: ListValue, state: StackState, index: AbstractValue) -> AbstractValue:
    """`v.pop()` of the last item."""
    if not (isinstance(index, Const) and index.value == -1):
        ev.unsupported("pop of another item than the last of a list that grew in a loop", "use an array and an index")
    at = position(ev, state.count, index, "pop from empty list")
    item = item_at(ev, state, at)
    ev.put(v.ref, StackState(state.shape, state.leaves, ev.binary("-", state.count, Const(1))))
    return _detached(ev, item)


def _detached(ev: Evaluator, item: AbstractValue) -> AbstractValue:
    """An item that left its stack: arrays are copied."""
    if isinstance(item, TupleValue):
        return TupleValue(tuple(_detached(ev, x) for x in item.items), item.cls)
    return ev.new_array(ev.array(item)) if isinstance(item, ArrayValue) else item


def copy(ev: Evaluator, state: StackState) -> StackState:
    """A stack of its own with the same items."""
    leaves = []
    for ref in state.leaves:
        twin = ev.allocate(ArrayState(ev.read(ref)))
        ev.pair(twin, [ref]) if any(isinstance(f, (ArrayItem, ListItem)) for f in _flat(state.shape)) else None
        leaves.append(twin)
    return StackState(state.shape, tuple(leaves), state.count)


def _flat(form: Item) -> list[Item]:
    if isinstance(form, ListItem):
        return [form, *_flat(form.part)]
    return [f for part in form.parts for f in _flat(part)] if isinstance(form, TupleItem) else [form]


def _slice(ev: Evaluator, state: StackState, index: SliceValue) -> AbstractValue:
    """`v[a:b]`: a list of copies; its length must be known."""
    length = stack_size(ev, state)
    leaves = []
    count: AbstractValue | None = None
    for ref in state.leaves:
        value = ev.read(ref)
        whole = ev.new_array(_first(ev, value, length))
        part = ev.getitem(whole, index)
        assert isinstance(part, ArrayValue)
        count = ev.size_value(part.type.shape[0])
        twin = ev.allocate(ArrayState(ev.read(part.ref)))
        if any(isinstance(f, (ArrayItem, ListItem)) for f in _flat(state.shape)):
            ev.pair(twin, [ref])
        leaves.append(twin)
    assert count is not None
    return ListValue(ev.allocate(StackState(state.shape, tuple(leaves), count)))


def stack_size(ev: Evaluator, state: StackState) -> Size:
    """The length as a size; refused where it depends on data."""
    size = symbols.known_size(state.count)
    if size is None:
        ev.error(
            DataDependentShapeError, "the length of this list depends on run-time data, so the shape does",
            code=diagnostics.DATA_SHAPE,
            fix="store into an array of the largest length (np.zeros) and keep the number of elements in use",
        )
    return size


def _first(ev: Evaluator, value: Value, count: Size) -> Value:
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
            ev.error(TypeMismatchError, "the dtype of an array of this list depends on the run-time kinds of its items",
                     code=diagnostics.CONFLICT, fix="append float(...) of each item")
        value = _first(ev, ev.read(next(leaves)), length)
        next(leaves)
        return value
    if isinstance(form, ListItem):
        return _as_array(ev, form.part, leaves, length)
    return _first(ev, ev.read(next(leaves)), length)


def from_list(ev: Evaluator, v: ListValue) -> StackState | None:
    """Make a list of static length a stack, for an index that is only known at run time."""
    items = conversion.items(ev, v)
    if not items:
        return None
    form = form_of(ev, items)
    if form is None:
        return None
    state = new_stack(ev, form, len(items), items)
    ev.put(v.ref, state)
    return state


def common_form(ev: Evaluator, state: ListState | StackState) -> Item | None:
    """The form of the items of a list, whichever way it is stored."""
    if isinstance(state, StackState):
        form: Item = state.shape
        return form
    return form_of(ev, state.items)  # type: ignore[arg-type]


def join_forms(a: Item | None, b: Item | None, empty: tuple[bool, bool]) -> Item | None:
    """The form for the items of two lists, of which some may be empty."""
    if empty[0] or a is None:
        return b if empty[0] else None
    if empty[1] or b is None:
        return a if empty[1] else None
    return _join(a, b)


def stacked_values(ev: Evaluator, form: Item, room: Size, state: ListState | StackState) -> list[Value]:
    """The count and the element arrays of a list as a stack of `form` with `room`."""
    if isinstance(state, ListState):
        made = new_stack(ev, form, room, state.items)  # type: ignore[arg-type]
        return [ev.b.int(len(state.items)), *(ev.peek(ref) for ref in made.leaves)]
    if state.shape != form:
        raise Misfit(0)
    values = [ev.peek(ref) for ref in state.leaves]
    grown = [
        v if v.shape[0] == room
        else ev.b("concat", v, ev.b("empty", dtype=v.dtype, shape=(room - v.shape[0], *v.shape[1:])), axis=0)
        for v in values
    ]
    return [ev.number(state.count).value, *grown]


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
    from tangra.frontend.results import StackNode

    leaves = iter(state.leaves)
    return StackNode(_item_node(builder, state.shape, leaves), builder.node(state.count), v.ref)


def _item_node(builder: ResultBuilder, form: Item, leaves: Any) -> Node:
    from tangra.frontend.results import ArrayNode, NumberNode, StackNode, TupleNode

    if isinstance(form, TupleItem):
        return TupleNode(tuple(_item_node(builder, part, leaves) for part in form.parts), form.cls)
    if isinstance(form, ListItem):
        inner = _item_node(builder, form.part, leaves)
        return StackNode(inner, builder.node(builder.ev.size_value(form.length)), -1)
    ref = next(leaves)
    value = builder.ev.read(ref)
    index = builder.add(value)
    if isinstance(form, ArrayItem):
        return ArrayNode(index, ref, value.dtype.numpy)
    tag = builder.add(builder.ev.read(next(leaves))) if len(form.kinds) > 1 else None
    return NumberNode(index, form.kinds, tag)


# ---- loops ----------------------------------------------------------------------------------------------------------------


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
        form = join_all([*(item_form(ev, x) for x in items), *logged])  # type: ignore[arg-type]
        return None if form is None else Growth(form, more, True, items)  # type: ignore[arg-type]
    if isinstance(after, StackState):
        form = form_of(ev, items) if items else after.shape  # type: ignore[arg-type]
        form = None if form is None else _join(form, after.shape)
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


def _no_bound(ev: Evaluator) -> None:
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


