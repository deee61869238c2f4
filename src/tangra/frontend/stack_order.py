"""Items of grown lists in other places: `pop`, `insert`, `reverse`, `sort`, slices where the length depends on data.

All of them take a list of places, an int64 for each item that there is room for, and read the arrays there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tangra.api.elementwise import is_number, kinds_of
from tangra.api.kinds import PYBOOL, PYINT
from tangra.api.values import AbstractValue, Const, ListValue, Scalar, SliceValue
from tangra.frontend import conversion, stacks
from tangra.frontend.heap import ListState, StackState
from tangra.frontend.stack_items import Item, ListItem, NumberItem, TupleItem, item_memory, leaf_types, room_of
from tangra.ir import BOOL, I64, U8, Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NOT_ORDERED = "a list with NaN in it has no order, and compiled code does not sort it; use np.sort, which puts NaN last"


def with_places(ev: Evaluator, v: ListValue, index: AbstractValue) -> StackState | None:
    """The stack that a list is, or becomes where no constant can be asked for in place of `index` and its items are
    numbers and tuples of them; else None."""
    state = ev.look(v.ref)
    if isinstance(state, StackState):
        return state
    if not isinstance(index, Scalar) or conversion.sources_of(ev, index) is not None:
        return None
    if any(item_memory(ev, item) for item in conversion.items(ev, v) or ()):
        return None
    return stacks.from_list(ev, v)


def moved(ev: Evaluator, state: StackState, places: Value, count: AbstractValue) -> StackState:
    """The items at `places`, of which `count` are in use; there is as much room as before."""
    room, known = room_of(ev, state), places.shape[0]
    if known != room:  # places of the items that there are, made of a list of keys
        places = ev.b("concat", places, ev.b.full(ev.b.int(0), (room - known,)), axis=0)
    leaves = tuple(stacks.twin(ev, [ref], ev.b("gather", ev.read(ref), places)) for ref in state.leaves)
    return StackState(state.shape, leaves, count)


def pop(ev: Evaluator, v: ListValue, state: StackState, index: AbstractValue) -> AbstractValue:
    """`v.pop(index)`."""
    count = ev.number(state.count).value
    ev.fail_if(ev.b("eq", count, ev.b.int(0)), "IndexError", "pop from empty list")
    at = stacks.position(ev, state.count, index, "pop index out of range")
    item = stacks.detached(ev, stacks.item_at(ev, state, at))
    _remove(ev, v, state, at)
    return item


def delete(ev: Evaluator, v: ListValue, state: StackState, index: AbstractValue) -> None:
    """`del v[index]`."""
    if isinstance(index, SliceValue):
        ev.unsupported("deleting a slice of a list that grew in a loop", "keep the items that stay in a new list")
    _remove(ev, v, state, stacks.position(ev, state.count, index, "list assignment index out of range"))


def _remove(ev: Evaluator, v: ListValue, state: StackState, at: Value) -> None:
    k = _numbers(ev, state)
    behind = ev.b("cast", ev.b("ge", k, _all(ev, at, k)), dtype=I64)
    places = _within(ev, ev.b("add", k, behind))
    ev.put(v.ref, moved(ev, state, places, ev.binary("-", state.count, Const(1))))


def insert(ev: Evaluator, v: ListValue, index: AbstractValue, item: AbstractValue) -> None:
    """`v.insert(index, item)`: appended, then moved to its place."""
    before = ev.look(v.ref)
    assert isinstance(before, StackState)
    n = ev.number(before.count).value
    at = _clipped(ev, index, n, ev.b.int(0), n)
    stacks.append(ev, v, before, item)
    state = ev.look(v.ref)
    assert isinstance(state, StackState)
    k = _numbers(ev, state)
    here, last = _all(ev, at, k), _all(ev, n, k)
    shifted = ev.b("select", ev.b("le", k, last), ev.b("sub", k, _all(ev, ev.b.int(1), k)), k)
    places = ev.b("select", ev.b("lt", k, here), k, ev.b("select", ev.b("eq", k, here), last, shifted))
    ev.put(v.ref, moved(ev, state, places, state.count))


def reverse(ev: Evaluator, v: ListValue, state: StackState) -> None:
    """`v.reverse()`."""
    k = _numbers(ev, state)
    ev.put(v.ref, moved(ev, state, _turned(ev, k, k, ev.number(state.count).value), state.count))


def part(ev: Evaluator, state: StackState, index: SliceValue) -> ListValue:
    """`v[a:b:c]` of a list of any length: a list of copies, with the same room."""
    step = conversion.static_step(ev, index, "the step of a slice")
    n, b = ev.number(state.count).value, ev.b
    low, high = (b.int(0), n) if step > 0 else (b.int(-1), b("sub", n, b.int(1)))
    ends = (low, high) if step > 0 else (high, low)
    start, stop = (
        end if _is_none(given) else _clipped(ev, given, n, low, high)
        for given, end in zip((index.start, index.stop), ends, strict=True)
    )
    span = b("sub", stop, start) if step > 0 else b("sub", start, stop)
    trips = b("floordiv", b("add", span, b.int(abs(step) - 1)), b.int(abs(step)))
    count = ev.scalar(b("maximum", trips, b.int(0)), PYINT)
    k = _numbers(ev, state)
    places = b("add", _all(ev, start, k), b("mul", k, _all(ev, b.int(step), k)))
    return ListValue(ev.allocate(moved(ev, state, _within(ev, places), count)))


def holds(ev: Evaluator, state: StackState, item: AbstractValue) -> Value | None:
    """For each place whether the item there is in use and equal to a number; None for items of other forms."""
    if not isinstance(state.shape, NumberItem):
        return None
    k = _numbers(ev, state)
    equal = ev.array(ev.binary("==", ev.new_array(ev.read(state.leaves[0])), item))
    return ev.b("and", equal, ev.b("lt", k, _all(ev, ev.number(state.count).value, k)))


def contains(ev: Evaluator, state: StackState, item: AbstractValue) -> AbstractValue | None:
    """`item in v`."""
    mask = holds(ev, state, item)
    return None if mask is None else ev.scalar(ev.b("reduce_or", mask, axes=(0,)), PYBOOL)


# ---- order
# ----------------------------------------------------------------------------------------------------------------


def sort(
    ev: Evaluator, v: ListValue, key: AbstractValue, reverse: bool, known: list[AbstractValue] | None = None
) -> None:
    """`v.sort(key=key, reverse=reverse)` of a list that is a stack, or can be one; `known` are its keys, if
    they were asked for before."""
    from tangra.frontend import containers

    before = ev.look(v.ref)
    static = isinstance(before, ListState)
    if isinstance(before, ListState) and len(before.items) < 2:
        for item in conversion.items(ev, v) or ():
            if known is None and not _is_none(key):
                ev.call(key, [item], {})
        return
    keys = None
    if known is not None:
        keys = stacks.from_list(ev, containers.new_list(ev, known))
    elif not _is_none(key):
        keys = _keys(ev, v, key)
    state = stacks.from_list(ev, v) if static else ev.look(v.ref)
    keys = state if _is_none(key) and isinstance(state, StackState) else keys
    if not isinstance(state, StackState) or keys is None or not _sortable(keys.shape):
        ev.unsupported(
            "sorting items of several types, or by run-time keys other than numbers and tuples or lists of numbers",
            "use np.argsort on an array of the keys",
        )
    result = moved(ev, state, _order(ev, keys, reverse), state.count)
    if static:
        ev.put(v.ref, ListState(tuple(stacks.item_at(ev, result, ev.b.int(k)) for k in range(_length(result)))))
    else:
        ev.put(v.ref, result)


def _length(state: StackState) -> int:
    assert isinstance(state.count, Const)
    return int(state.count.value)


def _keys(ev: Evaluator, v: ListValue, key: AbstractValue) -> StackState | None:
    """What `key` gives for each item."""
    from tangra.frontend import container_methods, containers, iteration

    found = containers.new_list(ev, [])

    def note(item: AbstractValue) -> None:
        container_methods.append(ev, found, ev.call(key, [item], {}))

    iteration.for_each(ev, v, note, key=ev.loop_key(("keys", ev.span)))
    state = ev.look(found.ref)
    return state if isinstance(state, StackState) else stacks.from_list(ev, found)


def _sortable(form: Item) -> bool:
    if isinstance(form, TupleItem):
        return all(_sortable(part) for part in form.parts)
    if isinstance(form, ListItem):
        return isinstance(form.length, int) and _sortable(form.part)
    return isinstance(form, NumberItem) and len({kind.dtype for kind in form.kinds}) == 1


def _columns(ev: Evaluator, form: Item, values: Iterator[Value]) -> list[Value]:
    """The numbers that keys of a form are compared by, first the first."""
    if isinstance(form, TupleItem):
        return [column for part in form.parts for column in _columns(ev, part, values)]
    if isinstance(form, ListItem):
        assert isinstance(form.length, int)
        rows = [next(values) for _ in leaf_types(form.part)]
        items = [iter([_item(ev, row, k) for row in rows]) for k in range(form.length)]
        return [column for item in items for column in _columns(ev, form.part, item)]
    assert isinstance(form, NumberItem)
    column = next(values)
    for _ in leaf_types(form)[1:]:
        next(values)  # kinds of one dtype compare alike
    return [column]


def _item(ev: Evaluator, row: Value, k: int) -> Value:
    starts = [ev.b.int(0), ev.b.int(k), *(ev.b.int(0) for _ in row.shape[2:])]
    sizes = (row.shape[0], None, *row.shape[2:])
    return ev.b("index", row, *starts, sizes=sizes, steps=(1,) * len(sizes))


def _order(ev: Evaluator, keys: StackState, reverse: bool) -> Value:
    """The places of the items in the order of their keys. Equal ones keep theirs, also when reversed."""
    b = ev.b
    k, n = _numbers(ev, keys), ev.number(keys.count).value
    order = _turned(ev, k, k, n) if reverse else k
    columns = _columns(ev, keys.shape, map(ev.read, keys.leaves))
    _require_order(ev, columns, k, n)
    for column in reversed(columns):
        column = b("cast", column, dtype=U8) if column.dtype == BOOL else column
        order = b("gather", order, b("argsort", b("gather", column, order), axis=0))
    if isinstance(keys.count, Const) and keys.count.value == k.shape[0]:
        return _turned(ev, order, k, n) if reverse else order
    unused = b("cast", b("ge", order, _all(ev, n, order)), dtype=U8)
    order = b("gather", order, b("argsort", unused, axis=0))
    return _turned(ev, order, k, n) if reverse else order


def _require_order(ev: Evaluator, columns: list[Value], k: Value, n: Value) -> None:
    """Fail where two or more keys are sorted of which one is NaN: no order has it, and where CPython leaves the items
    depends on the way in which it sorts."""
    b = ev.b
    used = b("and", b("lt", k, _all(ev, n, k)), _all(ev, b("gt", n, b.int(1)), k))
    for column in columns:
        if column.dtype.is_float and k.shape[0] != 1:
            unordered = b("reduce_or", b("and", b("isnan", column), used), axes=(0,))
            ev.fail_if(unordered, "ValueError", NOT_ORDERED)


# ---- places
# ----------------------------------------------------------------------------------------------------------------


def _numbers(ev: Evaluator, state: StackState) -> Value:
    return ev.b("iota", dtype=I64, shape=(room_of(ev, state),), axis=0)


def _all(ev: Evaluator, scalar: Value, like: Value) -> Value:
    return ev.b.full(scalar, like.shape)


def _within(ev: Evaluator, places: Value) -> Value:
    """Places that are in range; those of items that are not in use may be anywhere."""
    last = ev.b("sub", ev.b.dim(places.shape[0]), ev.b.int(1))
    low = ev.b("minimum", places, _all(ev, last, places))
    return ev.b("maximum", low, _all(ev, ev.b.int(0), places))


def _turned(ev: Evaluator, order: Value, k: Value, n: Value) -> Value:
    """The first `n` of `order` backwards."""
    last = _all(ev, ev.b("sub", n, ev.b.int(1)), k)
    back = ev.b("gather", order, _within(ev, ev.b("sub", last, k)))
    return ev.b("select", ev.b("le", k, last), back, order)


def _clipped(ev: Evaluator, index: AbstractValue, n: Value, low: Value, high: Value) -> Value:
    """An index from the front or the back, moved into a range."""
    if not is_number(index) or any(x.dtype.is_float for x in kinds_of(index)):
        ev.python_error("TypeError", f"'{conversion.describe(ev, index)}' object cannot be interpreted as an integer")
    k = ev.number(index).value
    k = k if k.dtype == I64 else ev.b("cast", k, dtype=I64)
    k = ev.b("select", ev.b("lt", k, ev.b.int(0)), ev.b("add", k, n), k)
    return ev.b("maximum", ev.b("minimum", k, high), low)


def _is_none(v: AbstractValue) -> bool:
    return isinstance(v, Const) and v.value is None
