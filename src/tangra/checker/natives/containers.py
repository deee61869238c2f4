"""Methods of lists, dicts, sets, strings and tuples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import DictCell, ListCell, Native, Raised, Value
from tangra.checker.iteration import elements, one_element
from tangra.checker.joining import join, join_all, same, told_apart
from tangra.checker.natives.counters import counter_method
from tangra.shape_rules.values import UNKNOWN, Unknown
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

Method = Callable[..., Value]
MAX_TEXT = 20_000

STRING_METHODS = frozenset(
    [
        "lower",
        "upper",
        "title",
        "capitalize",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "rsplit",
        "replace",
        "startswith",
        "endswith",
        "find",
        "rfind",
        "count",
        "isdigit",
        "isalpha",
        "isupper",
        "islower",
        "isidentifier",
        "partition",
        "rpartition",
        "removeprefix",
        "removesuffix",
        "swapcase",
        "index",
        "splitlines",
    ]
)


def container_method(owner: Value, name: str) -> Value | None:
    """The method of a container or string, bound to it; None if there is none of ours."""
    if isinstance(owner, ListCell):
        method = LIST.get(name)
    elif isinstance(owner, DictCell):
        own = counter_method(owner, name) if owner.kind == "counter" else None
        if own is not None:
            return own
        method = DICT.get(name)
    elif isinstance(owner, str):
        method = _string(name)
    elif isinstance(owner, Unknown) and owner.kind == "str":
        return Native(name, lambda ev, call: _of_text(ev, name))
    elif isinstance(owner, tuple):
        method = TUPLE.get(name)
    elif isinstance(owner, int | float) and name in ("bit_length", "is_integer", "item"):
        return Native(name, lambda ev, call: owner if name == "item" else getattr(owner, name)())
    else:
        return None
    if method is None:
        return None
    return Native(f"{type(owner).__name__}.{name}", lambda ev, call: method(ev, owner, call))


def _append(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    value = call.args[0]
    if owner.items is None:
        ev.write(owner, "element", join(owner.element, value, ev.joined_size))
    elif owner.kind == "set":
        if not any(same(value, item) for item in owner.items):
            ev.write(owner, "items", (*owner.items, value) if not isinstance(value, Unknown) else None)
    else:
        ev.write(owner, "items", (*owner.items, value))
    return None


def _extend(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    for argument in call.args:
        added = elements(ev, argument, call.node)
        if added is None or owner.items is None:
            known = list(owner.items or ())
            one = one_element(ev, argument, call.node) if added is None else join_all(added, ev.joined_size)
            old = join_all(known, ev.joined_size) if known else owner.element
            ev.write(owner, "element", one if not known and owner.items == () else join(old, one, ev.joined_size))
            ev.write(owner, "items", None)
        elif owner.kind == "set":
            ev.write(owner, "items", tuple(dict.fromkeys((*owner.items, *added))))
        else:
            ev.write(owner, "items", (*owner.items, *added))
    return None


def _insert(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    place, value = call.args[:2]
    if owner.items is None or not isinstance(place, int):
        ev.write(owner, "items", None)
    else:
        items = list(owner.items)
        items.insert(place, value)
        ev.write(owner, "items", tuple(items))
    return None


def _pop(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    place = call.args[0] if call.args else -1
    items = owner.items
    if items is None:
        return owner.element
    if not isinstance(place, int):
        ev.write(owner, "items", None)
        return join_all(list(items), ev.joined_size)
    if not -len(items) <= place < len(items):
        raise PythonRaise(Raised("IndexError"))
    rest = list(items)
    value = rest.pop(place)
    ev.write(owner, "items", tuple(rest))
    return value


def _popleft(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    call.args = [0]
    return _pop(ev, owner, call)


def _clear(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    ev.write(owner, "items", ())
    return None


def _reverse(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    if owner.items is not None:
        ev.write(owner, "items", owner.items[::-1])
    return None


def _sort(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    items = owner.items
    if items is not None:
        plain = all(isinstance(item, int | float) for item in items) or all(isinstance(item, str) for item in items)
        if plain and not call.kwargs:
            ev.write(owner, "items", tuple(sorted(items)))
        else:
            ev.write(owner, "items", (join_all(list(items), ev.joined_size),) * len(items))
    return None


def _without(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    """`remove` and `discard`."""
    items, value = owner.items, call.args[0]
    if items is None or not all(map(_is_plain, (*items, value))):
        ev.write(owner, "items", None)
        return None
    place = next((place for place, item in enumerate(items) if item == value), None)
    if place is not None:
        ev.write(owner, "items", items[:place] + items[place + 1 :])
    return None


def _is_plain(value: Value) -> bool:
    """Whether equality with another such value is known."""
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float | bytes)


def _set_operation(name: str) -> Method:
    def run(ev: Evaluator, owner: ListCell, call: Call) -> Value:
        items = owner.items
        others = [elements(ev, argument, call.node) for argument in call.args]
        values = [value for row in (items, *others) for value in row or ()]
        if items is None or None in others or not all(map(_is_plain, values)):
            return ListCell(None, owner.kind)
        found = dict.fromkeys(items)
        for row in others:
            found = SET_OPERATIONS[name](found, dict.fromkeys(row or ()))
        return ListCell(list(found), owner.kind)

    return run


Ordered = dict[Value, None]
SET_OPERATIONS: dict[str, Callable[[Ordered, Ordered], Ordered]] = {
    "union": lambda a, b: {**a, **b},
    "intersection": lambda a, b: {item: None for item in a if item in b},
    "difference": lambda a, b: {item: None for item in a if item not in b},
    "symmetric_difference": lambda a, b: {item: None for item in [*a, *b] if (item in a) != (item in b)},
}


def _forget(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    ev.write(owner, "items", None)
    return None


def _copy(ev: Evaluator, owner: ListCell, call: Call) -> Value:
    return ListCell(owner.items, owner.kind, owner.element)


def _index(ev: Evaluator, owner: Value, call: Call) -> Value:
    items = owner.items if isinstance(owner, ListCell) else owner
    if items is not None and not any(isinstance(item, Unknown | Dim) for item in (*items, call.args[0])):
        for place, item in enumerate(items):
            if same(item, call.args[0]):
                return place
    return ev.ctx.fresh("i")


def _count(ev: Evaluator, owner: Value, call: Call) -> Value:
    return ev.ctx.fresh("n")


def _numel(ev: Evaluator, owner: tuple[Value, ...], call: Call) -> Value:
    from tangra.shapes import prod

    return prod(owner) if all(isinstance(item, int | Dim) for item in owner) else UNKNOWN


LIST: dict[str, Method] = {
    "append": _append,
    "add": _append,
    "extend": _extend,
    "update": _extend,
    "insert": _insert,
    "appendleft": lambda ev, owner, call: _insert(ev, owner, _front(call)),
    "pop": _pop,
    "popleft": _popleft,
    "clear": _clear,
    "reverse": _reverse,
    "sort": _sort,
    "remove": _without,
    "discard": _without,
    "rotate": _forget,
    "copy": _copy,
    "index": _index,
    "count": _count,
    **{name: _set_operation(name) for name in SET_OPERATIONS},
    "issubset": lambda ev, owner, call: Unknown("bool"),
    "send": lambda ev, owner, call: UNKNOWN,
    "close": lambda ev, owner, call: None,
}
TUPLE: dict[str, Method] = {"index": _index, "count": _count, "numel": _numel}


def _front(call: Call) -> Call:
    call.args = [0, *call.args]
    return call


def _get(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    from tangra.checker.expressions import is_key

    default = call.get(1, "default")
    if owner.entries is None:
        values = [one.get(call.args[0], default) for one in owner.variants] if is_key(call.args[0]) else []
        return join_all(values, ev.joined_size) if values else owner.fields["element"]
    if not is_key(call.args[0]):
        return join_all([*owner.entries.values(), default], ev.joined_size)
    return owner.entries.get(call.args[0], default)


def _set_default(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    from tangra.checker.expressions import is_key

    key, default = call.args[0], call.get(1, "default")
    if owner.entries is None or not is_key(key):
        ev.write(owner, "entries", None)
        return UNKNOWN
    if key not in owner.entries:
        ev.write(owner, "entries", {**owner.entries, key: default})
    return owner.entries.get(key, default)


def _items(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    if owner.entries is None:
        return ListCell(None, "view", (Unknown(), owner.fields["element"]))
    return ListCell(list(owner.entries.items()), "view")


def _keys(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    return ListCell(None if owner.entries is None else list(owner.entries), "view")


def _values(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    if owner.entries is None:
        return ListCell(None, "view", owner.fields["element"])
    return ListCell(list(owner.entries.values()), "view")


def _update(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    from tangra.checker.natives.builtin import pairs_of

    added = pairs_of(ev, call.args[0]) if call.args else {}
    if added is None or not owner.variants or call.open:
        ev.write(owner, "entries", None)
    else:
        changed = [{**one, **added, **call.kwargs} for one in owner.variants]
        ev.write(owner, "entries", told_apart(changed, ev.joined_size))
    return None


def _dict_pop(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    key, entries = call.args[0], owner.entries
    if entries is None or isinstance(key, Unknown):
        ev.write(owner, "entries", None)
        return UNKNOWN
    if key in entries:
        ev.write(owner, "entries", {name: value for name, value in entries.items() if name != key})
        return entries[key]
    if len(call.args) > 1 or call.kwargs:
        return call.get(1, "default")
    raise PythonRaise(Raised("KeyError"))


def _dict_copy(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    made = DictCell(owner.entries, owner.kind, owner.factory)
    if len(owner.variants) > 1:
        made.fields["entries"] = owner.variants
    return made


def _dict_clear(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    ev.write(owner, "entries", {})
    return None


DICT: dict[str, Method] = {
    "get": _get,
    "setdefault": _set_default,
    "items": _items,
    "keys": _keys,
    "values": _values,
    "update": _update,
    "pop": _dict_pop,
    "copy": _dict_copy,
    "clear": _dict_clear,
    "move_to_end": lambda ev, owner, call: ev.write(owner, "entries", None),
    "popitem": lambda ev, owner, call: ev.write(owner, "entries", None) or UNKNOWN,
}


def _string(name: str) -> Method | None:
    if name == "format":
        return _format
    if name == "join":
        return _join_strings
    return (lambda ev, owner, call: _call_string(ev, owner, name, call)) if name in STRING_METHODS else None


def _of_text(ev: Evaluator, name: str) -> Value:
    """What a method of a text that nobody knows gives."""
    if name in ("index", "count", "rindex"):
        return ev.ctx.fresh("n")
    if name in ("find", "rfind"):
        return ev.ctx.opaque_int()
    if name in ("split", "rsplit", "splitlines"):
        return ListCell(None, "list", Unknown("str"))
    if name in ("partition", "rpartition"):
        return (Unknown("str"),) * 3
    return Unknown("str") if name in TEXT_METHODS else UNKNOWN


TEXT_METHODS = frozenset(
    {"lower", "upper", "strip", "lstrip", "rstrip", "replace", "removeprefix", "removesuffix", "swapcase", "title",
     "capitalize", "format", "join", "zfill", "center", "ljust", "rjust", "expandtabs", "casefold", "translate"}
)  # fmt: skip


def _call_string(ev: Evaluator, owner: str, name: str, call: Call) -> Value:
    plain = all(isinstance(arg, str | int | tuple) or arg is None for arg in (*call.args, *call.kwargs.values()))
    if not plain or call.open or len(owner) > MAX_TEXT:
        return _of_text(ev, name)
    try:
        result = getattr(owner, name)(*call.args, **call.kwargs)
    except (ValueError, TypeError):
        raise PythonRaise(Raised("ValueError")) from None
    if isinstance(result, list):
        return ListCell(result)
    return UNKNOWN if isinstance(result, str) and len(result) > MAX_TEXT else result


def _format(ev: Evaluator, owner: str, call: Call) -> Value:
    values = (*call.args, *call.kwargs.values())
    if call.open or ":" in owner or not all(isinstance(value, str | int | float) for value in values):
        return Unknown("str")
    try:
        return owner.format(*call.args, **call.kwargs)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        return Unknown("str")


def _join_strings(ev: Evaluator, owner: str, call: Call) -> Value:
    items = elements(ev, call.args[0], call.node)
    if items is None or not all(isinstance(item, str) for item in items):
        return Unknown("str")
    return owner.join(items) if sum(map(len, items)) < MAX_TEXT else Unknown("str")
