"""Classes of the program that derive from `dict` and `list`: objects with attributes that also hold items.

The items are a container of the checker's own in a hidden field, which the methods of `dict` and `list` work on.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.dispatch import call as call_value
from tangra.checker.heap import ClassCell, DictCell, Instance, ListCell, Native, Value
from tangra.checker.iteration import elements, one_element
from tangra.checker.natives.containers import DICT, LIST, Method
from tangra.shape_rules.values import UNKNOWN, Unknown

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

ITEMS = "$items"


def items_of(ev: Evaluator, owner: Value) -> Value:
    """The container inside an object; made when first asked for."""
    if not isinstance(owner, Instance):
        return UNKNOWN
    held = owner.fields.get(ITEMS)
    if held is None:
        known = "$unknown" not in owner.fields
        is_dict = owner.cls.derives_from("builtins.dict")
        held = DictCell({} if known else None) if is_dict else ListCell(() if known else None)
        ev.write(owner, ITEMS, held)
    return held


def _delegated(method: Method) -> Callable[..., Value]:
    def run(ev: Evaluator, call: Call) -> Value:
        held = items_of(ev, call.args[0])
        call.args = call.args[1:]
        return UNKNOWN if isinstance(held, Unknown) else method(ev, held, call)

    return run


def _get(ev: Evaluator, owner: Value, call: Call) -> Value:
    from tangra.checker.subscripts import get_item

    return get_item(ev, owner, call.args[0], call.node or ast.Pass())


def _set(ev: Evaluator, owner: Value, call: Call) -> Value:
    from tangra.checker.subscripts import set_item

    set_item(ev, owner, call.args[0], call.args[1], call.node or ast.Pass())
    return None


def _delete(ev: Evaluator, owner: Value, call: Call) -> Value:
    from tangra.checker.subscripts import delete_item

    delete_item(ev, owner, call.args[0])
    return None


def _has(ev: Evaluator, owner: Value, call: Call) -> Value:
    from tangra.checker.operators import contains

    known = contains(ev, owner, call.args[0])
    return Unknown("bool") if known is None else known


def _length(ev: Evaluator, owner: Value, call: Call) -> Value:
    held = owner.entries if isinstance(owner, DictCell) else owner.items
    return ev.ctx.fresh("n") if held is None else len(held)


def _iterate(ev: Evaluator, owner: Value, call: Call) -> Value:
    found = elements(ev, owner, call.node)
    return ListCell(found, "iterator", UNKNOWN if found is not None else one_element(ev, owner, call.node))


def _fill(ev: Evaluator, owner: Value, call: Call) -> Value:
    if call.args or call.kwargs or call.open:
        (DICT if isinstance(owner, DictCell) else LIST)["update"](ev, owner, call)
    return None


COMMON: dict[str, Method] = {
    "__getitem__": _get,
    "__setitem__": _set,
    "__delitem__": _delete,
    "__contains__": _has,
    "__len__": _length,
    "__iter__": _iterate,
    "__init__": _fill,
}


def _base(name: str, methods: dict[str, Method]) -> ClassCell:
    cls = ClassCell(name, ())
    cls.dotted = f"builtins.{name}"
    for word, method in {**methods, **COMMON}.items():
        cls.fields[word] = Native(f"method {word}", _delegated(method), takes_open=word == "__init__")
    return cls


def _make_property(ev: Evaluator, call: Call) -> Value:
    receiver = call.args[0]
    for place, name in enumerate(("fget", "fset", "fdel"), start=1):
        ev.write(receiver, name, call.get(place, name))
    return None


def _read_property(ev: Evaluator, call: Call) -> Value:
    receiver, owner = call.args[:2]
    getter = receiver.fields.get("fget", UNKNOWN) if isinstance(receiver, Instance) else UNKNOWN
    return receiver if owner is None else call_value(ev, getter, [owner], {}, call.node)


PROPERTY_CLASS = ClassCell("property", ())
PROPERTY_CLASS.dotted = "builtins.property"
PROPERTY_CLASS.fields = {
    "__init__": Native("method __init__", _make_property),
    "__get__": Native("method __get__", _read_property),
}
DICT_CLASS = _base("dict", DICT)
LIST_CLASS = _base("list", LIST)
BASES = {
    **dict.fromkeys(("builtins.property", "functools.cached_property"), PROPERTY_CLASS),
    **dict.fromkeys(("builtins.dict", "collections.UserDict", "typing.OrderedDict"), DICT_CLASS),
    **dict.fromkeys(("collections.OrderedDict", "collections.defaultdict"), DICT_CLASS),
    **dict.fromkeys(("builtins.list", "collections.UserList"), LIST_CLASS),
}
"""The classes that names of builtin containers stand for where a class derives from them."""
