"""The methods of lists, dicts, tuples and constant strings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tangra.api import registry
from tangra.api.numbers import by_python
from tangra.api.values import (
    AbstractValue,
    BoundMethod,
    Const,
    DictValue,
    DictView,
    IterValue,
    ListValue,
    TupleValue,
)
from tangra.frontend import conversion
from tangra.frontend.containers import (
    NONE,
    as_items,
    delitem,
    dict_state,
    item_index,
    list_state,
    new_dict,
    new_list,
    pairs_of,
    setitem,
    with_key,
    without_key,
)
from tangra.frontend.heap import DictState, ListState, MaybeNone, Result, StackState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


LIST_METHODS: dict[str, Callable[..., AbstractValue]] = {}
DICT_METHODS: dict[str, Callable[..., AbstractValue]] = {}


def _method(table: dict[str, Callable[..., AbstractValue]], name: str) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        table[name] = function
        return function

    return add


@_method(LIST_METHODS, "append")
def append(ev: Evaluator, v: ListValue, item: AbstractValue) -> AbstractValue:
    state = ev.look(v.ref)
    from tangra.frontend import stack_items, stacks

    ev.appended.setdefault(v.ref, []).append(stack_items.item_form(ev, item))
    if isinstance(state, StackState):
        stacks.append(ev, v, state, item)
        return NONE
    ev.put(v.ref, ListState((*list_state(ev, v).items, item)))
    return NONE


@_method(LIST_METHODS, "extend")
def extend(ev: Evaluator, v: ListValue, more: AbstractValue) -> AbstractValue:
    found = None if isinstance(more, IterValue) else ev.iterate(more)
    if found is None:
        from tangra.frontend import iteration

        itself = isinstance(more, ListValue)
        iteration.for_each(
            ev, more, lambda item: append(ev, v, item) and None, key=_key(ev), unroll=True, fixed_length=itself
        )
        return NONE
    for item in list(found):
        append(ev, v, item)
    return NONE


def _key(ev: Evaluator) -> Any:
    """A key for a loop that the evaluation at this place runs."""
    return ev.loop_key(("extend", ev.span))


@_method(LIST_METHODS, "insert")
def insert(ev: Evaluator, v: ListValue, index: AbstractValue, item: AbstractValue) -> AbstractValue:
    from tangra.frontend import stack_items, stack_order

    if stack_order.with_places(ev, v, index) is not None:
        ev.appended.setdefault(v.ref, []).append(stack_items.item_form(ev, item))
        stack_order.insert(ev, v, index, item)
        return NONE
    items = list(list_state(ev, v).items)
    items.insert(conversion.static_index(ev, index, "the position of insert()"), item)
    ev.put(v.ref, ListState(tuple(items)))
    return NONE


@_method(LIST_METHODS, "pop")
def pop(ev: Evaluator, v: ListValue, index: AbstractValue = Const(-1)) -> AbstractValue:
    from tangra.frontend import stack_order, stacks

    state = stack_order.with_places(ev, v, index)
    if state is not None:
        return stacks.pop(ev, v, state, index)
    items = list(list_state(ev, v).items)
    if not items:
        ev.python_error("IndexError", "pop from empty list")
    item = items.pop(item_index(ev, index, len(items), "pop"))
    ev.put(v.ref, ListState(tuple(items)))
    return conversion.slot(ev, item, "an item of the list")


@_method(LIST_METHODS, "remove")
def remove(ev: Evaluator, v: ListValue, item: AbstractValue) -> AbstractValue:
    where = index_of(ev, v, item)
    delitem(ev, v, where)
    return NONE


@_method(LIST_METHODS, "index")
def index_of(
    ev: Evaluator,
    v: AbstractValue,
    item: AbstractValue,
    start: AbstractValue | None = None,
    stop: AbstractValue | None = None,
    /,
) -> AbstractValue:
    from tangra.frontend import searching

    return searching.index_of(ev, v, item, *(end for end in (start, stop) if end is not None))


@_method(LIST_METHODS, "count")
def count_of(ev: Evaluator, v: AbstractValue, item: AbstractValue) -> AbstractValue:
    from tangra.frontend import searching

    return searching.count_of(ev, v, item)


@_method(LIST_METHODS, "copy")
def copy_list(ev: Evaluator, v: ListValue) -> ListValue:
    state = ev.look(v.ref)
    if isinstance(state, StackState):
        from tangra.frontend import stacks

        return ListValue(ev.allocate(stacks.copy(ev, state)))
    return new_list(ev, as_items(ev, v, "copy()"))


@_method(LIST_METHODS, "clear")
def clear(ev: Evaluator, v: ListValue) -> AbstractValue:
    state = ev.look(v.ref)
    if isinstance(state, StackState):
        from tangra.frontend import stacks

        stacks.cut(ev, v, state, Const(0))
    else:
        ev.put(v.ref, ListState(()))
    return NONE


@_method(LIST_METHODS, "reverse")
def reverse(ev: Evaluator, v: ListValue) -> AbstractValue:
    state = ev.look(v.ref)
    if isinstance(state, StackState):
        from tangra.frontend import stack_order

        stack_order.reverse(ev, v, state)
        return NONE
    ev.put(v.ref, ListState(list_state(ev, v).items[::-1]))
    return NONE


@_method(LIST_METHODS, "sort")
def sort(
    ev: Evaluator, v: ListValue, *, key: AbstractValue = NONE, reverse: AbstractValue = Const(False)
) -> AbstractValue:
    """In place. Keys that are only known at run time must be numbers, or tuples of them."""
    from tangra.frontend import stack_order

    backwards = bool(ev.static(reverse, "the direction of a sort"))
    if isinstance(ev.look(v.ref), StackState):
        stack_order.sort(ev, v, key, backwards)
        return NONE
    items = list(list_state(ev, v).items)
    found = [conversion.slot(ev, x, "an item of the list") for x in items]
    keys = found if isinstance(key, Const) and key.value is None else [ev.call(key, [x], {}) for x in found]
    try:
        plain = [conversion.plain(ev, k) for k in keys]
    except conversion.NotPlain:
        stack_order.sort(ev, v, key, backwards, keys)
        return NONE
    order = by_python(ev, lambda: sorted(range(len(items)), key=plain.__getitem__, reverse=backwards))
    ev.put(v.ref, ListState(tuple(items[k] for k in order)))
    return NONE


@_method(DICT_METHODS, "get")
def dict_get(ev: Evaluator, v: DictValue, key: AbstractValue, default: AbstractValue = NONE) -> Result:
    found = dict_state(ev, v).get(conversion.static_key(ev, key))
    if found is None or isinstance(found, MaybeNone):
        return default if found is None else found
    return conversion.slot(ev, found, "the value")


@_method(DICT_METHODS, "keys")
def dict_keys(ev: Evaluator, v: DictValue) -> AbstractValue:
    return DictView("keys", v)


@_method(DICT_METHODS, "values")
def dict_values(ev: Evaluator, v: DictValue) -> AbstractValue:
    return DictView("values", v)


@_method(DICT_METHODS, "items")
def dict_items(ev: Evaluator, v: DictValue) -> AbstractValue:
    return DictView("items", v)


@_method(DICT_METHODS, "update")
def update_dict(
    ev: Evaluator, v: DictValue, other: AbstractValue | None = None, /, **more: AbstractValue
) -> AbstractValue:
    from tangra.frontend import iteration

    def one(pair: AbstractValue) -> None:
        key, value = as_items(ev, pair, "a pair of update()")
        setitem(ev, v, key, value)

    if isinstance(other, IterValue):
        iteration.for_each(ev, other, one, key=_key(ev), unroll=True)
    state = dict_state(ev, v)
    pairs = [] if other is None or isinstance(other, IterValue) else pairs_of(ev, other)
    for key, value in [*pairs, *more.items()]:
        state = with_key(state, key, value)
    ev.put(v.ref, state)
    return NONE


@_method(DICT_METHODS, "setdefault")
def setdefault(ev: Evaluator, v: DictValue, key: AbstractValue, default: AbstractValue = NONE) -> AbstractValue:
    found = dict_state(ev, v).get(conversion.static_key(ev, key))
    if found is not None:
        return conversion.slot(ev, found, "the value")
    setitem(ev, v, key, default)
    return default


@_method(DICT_METHODS, "pop")
def dict_pop(ev: Evaluator, v: DictValue, key: AbstractValue, default: AbstractValue | None = None) -> AbstractValue:
    name = conversion.static_key(ev, key)
    found = dict_state(ev, v).get(name)
    if found is None:
        if default is None:
            ev.python_error("KeyError", repr(name))
        return default
    without_key(ev, v, name)
    return conversion.slot(ev, found, "the value")


@_method(DICT_METHODS, "popitem")
def popitem(ev: Evaluator, v: DictValue) -> AbstractValue:
    keys = dict_state(ev, v).keys
    if not keys:
        ev.python_error("KeyError", "'popitem(): dictionary is empty'")
    return TupleValue((ev.live.constant(keys[-1]), dict_pop(ev, v, Const(keys[-1]))))


@_method(DICT_METHODS, "copy")
def copy_dict(ev: Evaluator, v: DictValue) -> AbstractValue:
    state = dict_state(ev, v)
    return new_dict(ev, list(state.keys), list(state.values))


@_method(DICT_METHODS, "clear")
def clear_dict(ev: Evaluator, v: DictValue) -> AbstractValue:
    ev.put(v.ref, DictState((), ()))
    return NONE


CLASS_METHODS: dict[tuple[type, str], Callable[..., AbstractValue]] = {}
"""Methods of built-in classes that are called on the class: handler(ev, cls, *args)."""


def class_method(cls: type, name: str) -> Callable[[Any], Any]:
    """Declare one."""

    def add(function: Any) -> Any:
        CLASS_METHODS[cls, name] = function
        return function

    return add


@class_method(dict, "fromkeys")
def fromkeys(
    ev: Evaluator, cls: AbstractValue, iterable: AbstractValue, value: AbstractValue = NONE, /
) -> AbstractValue:
    keys = [conversion.static_key(ev, key) for key in as_items(ev, iterable, "dict.fromkeys()")]
    return new_dict(ev, list(dict.fromkeys(keys)), [value] * len(dict.fromkeys(keys)))


def method(ev: Evaluator, receiver: AbstractValue, name: str) -> AbstractValue | None:
    """A method of a container or constant string, bound; None if there is none."""
    if isinstance(receiver, ListValue) and name in LIST_METHODS:
        return BoundMethod(receiver, LIST_METHODS[name])
    if isinstance(receiver, DictValue) and name in DICT_METHODS:
        return BoundMethod(receiver, DICT_METHODS[name])
    if isinstance(receiver, TupleValue) and name in ("index", "count"):
        return BoundMethod(receiver, LIST_METHODS[name])
    if isinstance(receiver, Const) and isinstance(receiver.value, (str, bytes, tuple, range)):
        function = getattr(receiver.value, name, None)
        if callable(function):
            return BoundMethod(receiver, _constant_method(name))
    form = {ListValue: "list", DictValue: "dict", TupleValue: "tuple"}.get(type(receiver))
    entry = registry.METHODS.get((form, name)) if form else None
    return BoundMethod(receiver, entry) if entry is not None else None


def _listed(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """What a method of a text takes the items of, as a list."""
    return new_list(ev, as_items(ev, v, "this method")) if isinstance(v, (IterValue, DictView)) else v


def _constant_method(name: str) -> Callable[..., AbstractValue]:
    def call(ev: Evaluator, receiver: Const, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        listed = [_listed(ev, a) for a in args]
        plain_args = [ev.static(a, f"an argument of .{name}()") for a in listed]
        plain_kwargs = {k: ev.static(a, f"an argument of .{name}()") for k, a in kwargs.items()}
        for argument in (*plain_args, *plain_kwargs.values()):
            ev.live.reads.as_text(argument)
        return ev.live.constant(by_python(ev, lambda: getattr(receiver.value, name)(*plain_args, **plain_kwargs)))

    return call
