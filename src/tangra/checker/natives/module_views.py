"""`module._modules`, `._parameters` and `._buffers`: dicts in torch, views of a module's attributes here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import ClassCell, Instance, ListCell, Native, Raised, Value, Wrapped
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown

if TYPE_CHECKING:
    from tangra.checker.calls import Call
    from tangra.checker.evaluator import Evaluator

OWNER, KIND = "$owner", "$kind"
VIEW = ClassCell("OrderedDict", ())


def _is_held(value: Value, kind: str) -> bool:
    if kind == "_modules":
        return isinstance(value, Instance) and value.cls.derives_from("torch.nn.Module")
    return isinstance(value, Tensor) and value.parameter == (kind == "_parameters")


def _pairs(view: Instance) -> dict[str, Value] | None:
    """The names and values; None where some may not be known."""
    owner, kind = view.fields[OWNER], view.fields[KIND]
    if "$unknown" in owner.fields:
        return None
    return {name: value for name, value in owner.fields.items() if name[0] != "$" and _is_held(value, kind)}


def _get(ev: Evaluator, call: Call) -> Value:
    view, name = call.args[:2]
    pairs = _pairs(view)
    if pairs is None or not isinstance(name, str):
        return UNKNOWN
    if name in pairs:
        return pairs[name]
    raise PythonRaise(Raised("KeyError"))


def _get_or(ev: Evaluator, call: Call) -> Value:
    pairs, name = _pairs(call.args[0]), call.args[1]
    return UNKNOWN if pairs is None or not isinstance(name, str) else pairs.get(name, call.get(2, "default"))


def _set(ev: Evaluator, call: Call) -> Value:
    view, name, value = call.args[:3]
    ev.write(view.fields[OWNER], name if isinstance(name, str) else "$unknown", value)
    return None


def _delete(ev: Evaluator, call: Call) -> Value:
    view, name = call.args[:2]
    if isinstance(name, str):
        ev.journal.delete(view.fields[OWNER], name)
    return None


def _pop(ev: Evaluator, call: Call) -> Value:
    value = _get_or(ev, call) if len(call.args) > 2 else _get(ev, call)
    _delete(ev, call)
    return value


def _has(ev: Evaluator, call: Call) -> Value:
    pairs, name = _pairs(call.args[0]), call.args[1]
    return Unknown("bool") if pairs is None or not isinstance(name, str) else name in pairs


def _length(ev: Evaluator, call: Call) -> Value:
    pairs = _pairs(call.args[0])
    return ev.ctx.fresh("n") if pairs is None else len(pairs)


def _listing(pick: Callable[[dict[str, Value]], list[Value]]) -> Callable[..., Value]:
    def run(ev: Evaluator, call: Call) -> Value:
        pairs = _pairs(call.args[0])
        return ListCell(None if pairs is None else pick(pairs), "view")

    return run


VIEW.fields = {
    name: Native(f"method {name}", run)
    for name, run in {
        "__getitem__": _get,
        "__setitem__": _set,
        "__delitem__": _delete,
        "__contains__": _has,
        "__len__": _length,
        "__iter__": _listing(list),
        "get": _get_or,
        "pop": _pop,
        "keys": _listing(list),
        "values": _listing(lambda pairs: list(pairs.values())),
        "items": _listing(lambda pairs: list(pairs.items())),
    }.items()
}


def view_property(kind: str) -> Wrapped:
    """The attribute of `torch.nn.Module` that gives the view."""

    def make(ev: Evaluator, call: Call) -> Value:
        view = Instance(VIEW)
        view.fields = {OWNER: call.args[0], KIND: kind}
        return view

    return Wrapped("property", Native(kind, make))
