"""Lists that grow in run-time loops, or are indexed at run time: one array per number or array in an item, and a count.

A list becomes a stack when a loop's body appends to it (`growing` finds such lists after a trial of the body, `convert`
rewrites the state before the loop) or when it is indexed by a run-time int. The arrays have room for what the loop can
append at most. An array that is appended is copied: it and the stack are partners, so that a later write to it, which
in Python changes the list too, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tangra.api.elementwise import as_joined, as_joined_rows, is_number, kinds_of
from tangra.api.numpy_layout import step_view
from tangra.api.values import AbstractValue, ArrayValue, Const, InstanceValue, ListValue, Scalar, SliceValue, TupleValue
from tangra.frontend import conversion, counted_lists, memory, stack_instances, stack_rows, symbols
from tangra.frontend.heap import ArrayState, ListState, StackState, ViewState
from tangra.frontend.stack_arrays import first_rows, stack_size
from tangra.frontend.stack_items import (
    ArrayItem,
    ConstItem,
    InstanceItem,
    Item,
    ListItem,
    Misfit,
    NumberItem,
    TupleItem,
    form_of,
    holds_instances,
    item_form,
    item_memory,
    join_items,
    leaf_types,
    room_of,
)
from tangra.ir import I64, Value
from tangra.shapes import Size
from tangra.shapes.prover import known_le, known_lt

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def new_stack(ev: Evaluator, form: Item, room: Size, items: Sequence[AbstractValue]) -> StackState:
    """A stack with room for `room` items, of which the first are `items`."""
    leaves = []
    for t in leaf_types(form):
        value = ev.b("empty", dtype=t.dtype, shape=(room, *t.shape))
        leaves.append(ev.allocate(ArrayState(value)))
    state = StackState(form, tuple(leaves), Const(len(items)))
    for k, item in enumerate(items):
        store(ev, state, ev.b.int(k), item)
    return state


def leaf_values(ev: Evaluator, form: Item, item: AbstractValue) -> list[Value]:
    """What the arrays of a stack hold of an item."""
    if isinstance(form, NumberItem):
        value, tag = as_joined(ev, item, form.kinds, form.dtype)
        return [value, tag] if len(form.kinds) > 1 else [value]
    if isinstance(form, ArrayItem):
        return [ev.array(item)]
    if isinstance(form, ListItem):
        assert isinstance(item, ListValue)
        state = ev.look(item.ref)
        assert isinstance(state, (ListState, StackState))
        for ref in state.leaves if isinstance(state, StackState) else ():
            ev.read(ref)  # an error if it is stale
        return stacked_values(ev, form.part, form.length, state)[1:]
    if isinstance(form, ConstItem):
        return []
    if isinstance(form, InstanceItem):
        assert isinstance(item, InstanceValue)
        held = zip(form.parts, stack_instances.attributes(ev, item), strict=True)
        return [ev.b.int(0), *(v for part, x in held for v in leaf_values(ev, part, x))]
    assert isinstance(item, TupleValue)
    return [v for part, x in zip(form.parts, item.items, strict=True) for v in leaf_values(ev, part, x)]


def store(ev: Evaluator, state: StackState, at: Value, item: AbstractValue) -> None:
    for ref, value in zip(state.leaves, leaf_values(ev, state.shape, item), strict=True):
        store_leaf(ev, ref, at, value)
    _pair(ev, state, item)


def store_leaf(ev: Evaluator, ref: int, at: Value, value: Value) -> None:
    """Write a part of an item into its array, at a position that is in range."""
    starts = [at, *(ev.b.int(0) for _ in value.shape)]
    sizes = (None, *value.shape)
    new = ev.b("update", ev.peek(ref), value, *starts, sizes=sizes, steps=(1,) * len(sizes))
    if isinstance(ev.look(ref), ViewState):
        ev.write(ArrayValue(ref, new.array), new)
        return
    for other in ev.state.partners.get(ref, ()):
        if isinstance(held := ev.state.heap.get(other), ViewState) and held.base == ref:
            ev.poison(other, ref)  # of an item that was taken out: in Python it is still that item
    ev.put(ref, ArrayState(new))


def _pair(ev: Evaluator, state: StackState, item: AbstractValue) -> None:
    """An array or list put into a stack is shared with it in Python, and copied here, and so is all that it may be.
    What is put into it twice is shared by two of its items: a write to one is then refused."""
    places = [memory.chain(ev, ev.state, leaf) for leaf in state.leaves]
    wholes = [links[-1] for links in places]
    for ref in item_memory(ev, item):
        for links in places:
            if ref in links or any(ref in ev.state.partners.get(link, ()) for link in links):
                ev.pair_with_itself(links[-1])
            if memory.writes_fail(ev, ev.state, ref) is not False:
                ev.state.read_only[links[-1]] = None
        for other in (ref, *ev.state.partners.get(ref, ())):
            ev.pair(other, wholes)


def fitting(ev: Evaluator, v: ListValue, state: StackState, item: AbstractValue) -> StackState:
    """The stack that `v` is, able to hold `item`: numbers of other kinds make it a wider one."""
    wide = _wide_form(ev, v, state, item)
    if wide == state.shape:
        return state
    found = stack_rows.widen(ev, v.ref, wide)
    if found is None:
        found = widened(ev, state, wide)
        ev.put(v.ref, found)
    return found


def _wide_form(ev: Evaluator, v: ListValue, state: StackState, item: AbstractValue) -> Item:
    form = item_form(ev, item)
    wide = None if form is None else join_items(state.shape, form)
    if wide is None:
        raise Misfit(v.ref, ev.span)
    return wide


def widened(ev: Evaluator, state: StackState, form: Item) -> StackState:
    """The same stack with items of a wider form."""
    refs = iter(state.leaves)
    return StackState(form, tuple(_wide(ev, state.shape, form, refs, ev.number(state.count).value)), state.count)


def _wide(ev: Evaluator, old: Item, new: Item, refs: Iterator[int], count: Value) -> list[int]:
    """The arrays of a wider form, made of those of `old`, which are taken from `refs`."""
    if isinstance(old, TupleItem) and isinstance(new, TupleItem):
        return [ref for a, b in zip(old.parts, new.parts, strict=True) for ref in _wide(ev, a, b, refs, count)]
    if isinstance(old, InstanceItem) and isinstance(new, InstanceItem):
        pairs = zip(old.parts, new.parts, strict=True)
        return [next(refs), *(ref for a, b in pairs for ref in _wide(ev, a, b, refs, count))]
    if isinstance(old, ListItem) and isinstance(new, ListItem):
        return _wide(ev, old.part, new.part, refs, count)
    mine = [next(refs) for _ in leaf_types(old)]
    if old == new:
        return mine
    assert isinstance(old, NumberItem)
    assert isinstance(new, NumberItem)
    numbers = [ev.peek(ref) for ref in mine]
    return twins(ev, mine, as_joined_rows(ev, numbers, count, old.kinds, new.kinds, new.dtype))


def append(ev: Evaluator, v: ListValue, state: StackState, item: AbstractValue) -> None:
    """`v.append(item)`."""
    if v.ref in ev.counted:
        counted_lists.count(ev, v.ref, state, _wide_form(ev, v, state, item))
        return
    state = fitting(ev, v, state, item)
    if not state.leaves:
        ev.unsupported("a list of empty tuples that grows in a loop")
    room = room_of(ev, state)
    count = ev.number(state.count)
    if isinstance(room, int) and count.hi is not None and count.hi >= room:
        state, room = with_room(ev, state, count.hi + 1), count.hi + 1
    known = count.size is not None and known_lt(count.size, room, ev.facts)
    if not known and not (isinstance(room, int) and count.hi is not None and count.hi < room):
        if v.ref in ev.roomy:
            full = ev.b("ge", count.value, ev.b.dim(room))
            ev.fail_if(full, "MemoryError", "a list grew beyond the length that was foreseen when it was compiled")
        else:
            state = with_room(ev, state, room + 1)
    store(ev, state, count.value, item)
    ev.put(v.ref, StackState(state.shape, state.leaves, ev.binary("+", state.count, Const(1))))


def with_room(ev: Evaluator, state: StackState, room: Size) -> StackState:
    """The same stack with room for more items."""
    leaves = []
    for ref in state.leaves:
        old = ev.peek(ref)
        more = ev.b("empty", dtype=old.dtype, shape=(room - old.shape[0], *old.shape[1:]))
        leaves.append(twin(ev, [ref], ev.b("concat", old, more, axis=0)))
    return StackState(state.shape, tuple(leaves), state.count)


def twin(ev: Evaluator, olds: Sequence[int], value: Value) -> int:
    """An array that takes the place of others in a stack: what shared memory with those, in Python, does with it."""
    return twins(ev, olds, [value])[0]


def twins(ev: Evaluator, olds: Sequence[int], values: Sequence[Value]) -> list[int]:
    """Arrays that together take the place of others; they share nothing with each other."""
    shared = memory.kin(ev, olds)
    links = [link for old in olds for link in memory.chain(ev, ev.state, old)]
    made = []
    for value in values:
        twin = ev.allocate(ArrayState(value))
        ev.pair(twin, shared)
        if any(link in ev.state.partners.get(link, ()) for link in links):
            ev.pair_with_itself(twin)
        for old in links:
            if old in ev.state.poisoned:
                ev.state.poisoned[twin] = ev.state.poisoned[old]
            if old in ev.state.read_only:
                ev.state.read_only[twin] = ev.state.read_only[old]
        made.append(twin)
    return made


def getitem(ev: Evaluator, v: ListValue, state: StackState, index: AbstractValue) -> AbstractValue:
    """`v[index]`."""
    if isinstance(index, SliceValue):
        return _slice(ev, state, index)
    at = position(ev, state.count, index, "list index out of range")
    held = original(ev, state)
    return item_at(ev, state, at, v) if held is None else item_of(ev, state, at, held.items, v)  # type: ignore[arg-type]


def position(ev: Evaluator, count: AbstractValue, index: AbstractValue, message: str) -> Value:
    """A checked, non-negative index."""
    if not is_number(index) or any(not k.dtype.is_integer and k.dtype.kind != "b" for k in kinds_of(index)):
        ev.python_error("TypeError", f"list indices must be integers or slices, not {conversion.describe(ev, index)}")
    size, length = symbols.known_size(index), symbols.known_size(count)
    if isinstance(index, Const) and index.value < 0:
        index = ev.binary("+", count, Const(int(index.value)))
        size = symbols.known_size(index)
    k = ev.number(index).value
    k = k if k.dtype == I64 else ev.b("cast", k, dtype=I64)
    if _inside(ev, size, length):
        return k
    n = ev.number(count).value
    zero = ev.b.int(0)
    at = ev.b("select", ev.b("lt", k, zero), ev.b("add", k, n), k)
    ev.fail_if(ev.b("or", ev.b("lt", at, zero), ev.b("ge", at, n)), "IndexError", message)
    return at


def _inside(ev: Evaluator, index: Size | None, length: Size | None) -> bool:
    """Whether an index is known to be in range and not negative."""
    if index is None or length is None:
        return False
    return bool(known_le(0, index, ev.facts) and known_lt(index, length, ev.facts))


def item_at(ev: Evaluator, state: StackState, at: Value, v: ListValue | None = None) -> AbstractValue:
    """The item at a position that is in range: numbers, and views for arrays. `v` is the list, if the item stays
    there."""
    return part_at(ev, state.shape, iter(state.leaves), at, None if v is None else v.ref)


def item_of(
    ev: Evaluator, state: StackState, at: Value, items: Sequence[AbstractValue], v: ListValue | None = None
) -> AbstractValue:
    """The same of a stack that was made of `items`: it is noted which array from before the call an array is."""
    found = item_at(ev, state, at, v)
    refs = [item.ref if isinstance(item, ArrayValue) and item.ref in ev.live.paths else 0 for item in items]
    if isinstance(found, ArrayValue) and any(refs):
        held = ev.look(found.ref)
        assert isinstance(held, ViewState)
        origin = ev.b("index", ev.b.const_array(np.array(refs), I64), at, sizes=(None,), steps=(1,))
        ev.state.heap[found.ref] = replace(held, origin=origin)
    return found


def part_at(ev: Evaluator, form: Item, leaves: Iterator[int], at: Value, owner: int | None = None) -> AbstractValue:
    """What is of `form` at a position of `leaves`, of the list `owner`."""
    if isinstance(form, TupleItem):
        return TupleValue(tuple(part_at(ev, part, leaves, at, owner) for part in form.parts), form.cls)
    if isinstance(form, NumberItem):
        value = ev.b("index", ev.read(next(leaves)), at, sizes=(None,), steps=(1,))
        tag = ev.b("index", ev.read(next(leaves)), at, sizes=(None,), steps=(1,)) if len(form.kinds) > 1 else None
        return Scalar(value, form.kinds, tag)
    if isinstance(form, ListItem):
        return stack_rows.row(ev, form, leaves, at, owner)
    if isinstance(form, ConstItem):
        return Const(form.value)
    if isinstance(form, InstanceItem):
        place = None if owner is None else (owner, at)
        return stack_instances.item(ev, form, leaves, lambda part: part_at(ev, part, leaves, at, owner), place)
    ref = next(leaves)
    base = ArrayValue(ref, ev.peek(ref).array)
    starts = [at, *(ev.b.int(0) for _ in form.type.shape)]
    sizes = (None, *form.type.shape)
    return step_view(ev, base, "index", starts, sizes=sizes, steps=(1,) * len(sizes))


def pop(ev: Evaluator, v: ListValue, state: StackState, index: AbstractValue) -> AbstractValue:
    """`v.pop(index)`."""
    if not (isinstance(index, Const) and index.value == -1):
        from tangra.frontend import stack_order

        return stack_order.pop(ev, v, state, index)
    at = position(ev, state.count, index, "pop from empty list")
    item = detached(ev, item_at(ev, state, at))
    cut(ev, v, state, ev.binary("-", state.count, Const(1)))
    return item


def cut(ev: Evaluator, v: ListValue, state: StackState, count: AbstractValue) -> None:
    """Make a stack as short as `count`. Views of what it loses go on to be what they are, in Python: they are made
    partners of the arrays of the stack, and an item that may be put into their place makes them stale."""
    for ref in views_of(ev, state.leaves):
        ev.pair(ref, state.leaves)
    ev.put(v.ref, StackState(state.shape, state.leaves, count))


def views_of(ev: Evaluator, leaves: Sequence[int]) -> frozenset[int]:
    """The views of items of a stack that there are."""
    return frozenset(r for r, held in ev.state.heap.items() if isinstance(held, ViewState) and held.base in leaves)


def detached(ev: Evaluator, item: AbstractValue) -> AbstractValue:
    """An item that leaves its stack: arrays are copied. Whatever else may be that item, in Python, is a partner."""
    if isinstance(item, TupleValue):
        return TupleValue(tuple(detached(ev, x) for x in item.items), item.cls)
    if isinstance(item, InstanceValue):
        return stack_instances.detached(ev, item, lambda held: detached(ev, held))
    if not isinstance(item, ArrayValue):
        return item
    leaf = ev.root(item.ref)
    found = ev.new_array(ev.array(item))
    ev.pair(found.ref, sorted((views_of(ev, (leaf,)) | ev.state.partners.get(leaf, frozenset())) - {item.ref}))
    if leaf in ev.state.read_only:
        ev.state.read_only[found.ref] = ev.state.read_only[leaf]
    return found


def copy(ev: Evaluator, state: StackState) -> StackState:
    """A stack of its own with the same items."""
    leaves = []
    for ref in state.leaves:
        leaves.append(_copied(ev, state, ref, ev.read(ref)))
    return StackState(state.shape, tuple(leaves), state.count)


def deep_copy(ev: Evaluator, state: StackState) -> StackState:
    """A stack of its own with copies of the items, of which two are one where they were."""
    leaves = []
    for ref in state.leaves:
        leaves.append(ev.allocate(ArrayState(ev.read(ref))))
        if ref in ev.state.partners.get(ref, ()):
            ev.pair_with_itself(leaves[-1])
    return StackState(state.shape, tuple(leaves), state.count)


def _copied(ev: Evaluator, state: StackState, ref: int, value: Value) -> int:
    """An array for a list of items that another list holds in `ref`: arrays and lists among them are in both."""
    return twin(ev, [ref], value) if holds_memory(state.shape) else ev.allocate(ArrayState(value))


def holds_memory(form: Item) -> bool:
    """Whether an item has something in it that can be changed."""
    return any(isinstance(f, (ArrayItem, ListItem, InstanceItem)) for f in _flat(form))


def _flat(form: Item) -> list[Item]:
    if isinstance(form, ListItem):
        return [form, *_flat(form.part)]
    if isinstance(form, InstanceItem):
        return [form]
    return [f for part in form.parts for f in _flat(part)] if isinstance(form, TupleItem) else [form]


def _slice(ev: Evaluator, state: StackState, index: SliceValue) -> AbstractValue:
    """`v[a:b]`: a list of copies."""
    size = symbols.known_size(state.count)
    if size is None:
        from tangra.frontend import stack_order

        return stack_order.part(ev, state, index)
    length = stack_size(ev, state)
    leaves = []
    count: AbstractValue | None = None
    for ref in state.leaves:
        value = ev.read(ref)
        whole = ev.new_array(first_rows(ev, value, length))
        part = ev.getitem(whole, index)
        assert isinstance(part, ArrayValue)
        count = ev.size_value(part.type.shape[0])
        leaves.append(_copied(ev, state, ref, ev.read(part.ref)))
    assert count is not None
    return ListValue(ev.allocate(StackState(state.shape, tuple(leaves), count)))


def from_list(ev: Evaluator, v: ListValue) -> StackState | None:
    """Make a list of static length a stack, for an index that is only known at run time."""
    items = conversion.items(ev, v)
    if not items:
        return None
    form = form_of(ev, items)
    if form is None or holds_instances(form):
        return None
    was = ev.look(v.ref)
    assert isinstance(was, ListState)
    state = replace(new_stack(ev, form, len(items), items), was=was)
    ev.state.heap[v.ref] = state  # nothing changes for what else the list may be
    return state


def original(ev: Evaluator, state: StackState) -> ListState | None:
    """The list of static length that a stack still is; None if there is none, or arrays were written since."""
    if state.was is None:
        return None
    refs = [ref for item in state.was.items for ref in item_memory(ev, item)]  # type: ignore[arg-type]
    return None if any(ref in ev.state.poisoned for ref in refs) else state.was


def stacked_values(ev: Evaluator, form: Item, room: Size, state: ListState | StackState) -> list[Value]:
    """The count and the element arrays of a list as a stack of `form` with `room`."""
    if isinstance(state, ListState):
        made = new_stack(ev, form, room, state.items)  # type: ignore[arg-type]
        return [ev.b.int(len(state.items)), *(ev.peek(ref) for ref in made.leaves)]
    if state.shape != form:
        state = widened(ev, state, form)
    values = [ev.peek(ref) for ref in state.leaves]
    grown = [
        v
        if v.shape[0] == room
        else ev.b("concat", v, ev.b("empty", dtype=v.dtype, shape=(room - v.shape[0], *v.shape[1:])), axis=0)
        for v in values
    ]
    return [ev.number(state.count).value, *grown]
