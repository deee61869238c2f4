"""What `dataclasses` makes of a class: comparisons of instances, `replace`, `asdict` and `astuple`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, DictValue, InstanceValue, ListValue, TupleValue
from tangra.frontend import classes, containers
from tangra.frontend.heap import StackState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

SIGNS = {"eq": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def compare(ev: Evaluator, name: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    """`left.__eq__(right)`, or one of the order, as `dataclass` writes it; None where it does not, or declines."""
    if name not in SIGNS or not isinstance(left, InstanceValue):
        return None
    found = classes.member(ev, left.cls, f"__{name}__")
    if found is None or not classes.is_generated(found[0]) or not dataclasses.is_dataclass(found[1]):
        return None
    if not (isinstance(right, InstanceValue) and left.cls is right.cls):
        return None
    names = [f.name for f in dataclasses.fields(found[1]) if f.compare]
    sides = ([classes.getattr_(ev, v, n) for n in names] for v in (left, right))
    mine, theirs = (TupleValue(tuple(x for x in side if x is not None)) for side in sides)
    return ev.binary(SIGNS[name], mine, theirs)


def replace(ev: Evaluator, v: AbstractValue, /, **changes: AbstractValue) -> AbstractValue:
    """`dataclasses.replace(v, **changes)`."""
    if not isinstance(v, InstanceValue) or not dataclasses.is_dataclass(v.cls):
        ev.python_error("TypeError", "replace() should be called on dataclass instances")
    cls: Any = v.cls
    given: dict[str, AbstractValue] = {}
    for f in dataclasses.fields(cls):
        if not f.init:
            if f.name in changes:
                ev.python_error("ValueError", f"field {f.name} is declared with init=False")
            continue
        value = changes[f.name] if f.name in changes else classes.getattr_(ev, v, f.name)
        assert value is not None, f.name
        given[f.name] = value
    given.update({name: value for name, value in changes.items() if name not in given})
    return classes.construct(ev, cls, [], given)


def as_dict(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """`dataclasses.asdict(v)`."""
    return _fields(ev, "asdict", v, lambda names, values: containers.new_dict(ev, names, values))


def as_tuple(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """`dataclasses.astuple(v)`."""
    return _fields(ev, "astuple", v, lambda names, values: TupleValue(tuple(values)))


Make = Callable[[list[str], list[AbstractValue]], AbstractValue]


def _fields(ev: Evaluator, called: str, v: AbstractValue, make: Make) -> AbstractValue:
    if not isinstance(v, InstanceValue) or not dataclasses.is_dataclass(v.cls):
        ev.python_error("TypeError", f"{called}() should be called on dataclass instances")
    names = [f.name for f in dataclasses.fields(v.cls)]
    values = [classes.getattr_(ev, v, n) for n in names]
    return make(names, [_deep(ev, called, x, make) for x in values if x is not None])


def _deep(ev: Evaluator, called: str, v: AbstractValue, make: Make) -> AbstractValue:
    """The value of a field: dataclasses in it become what the whole becomes, the rest is copied."""
    from tangra.frontend.copying import deep_copy

    def items(of: AbstractValue) -> list[AbstractValue]:
        return [_deep(ev, called, x, make) for x in containers.as_items(ev, of, f"{called}()")]

    if isinstance(v, InstanceValue) and dataclasses.is_dataclass(v.cls):
        return _fields(ev, called, v, make)
    if isinstance(v, TupleValue):
        return TupleValue(tuple(items(v)), v.cls)
    if isinstance(v, ListValue) and not isinstance(ev.look(v.ref), StackState):
        return containers.new_list(ev, items(v))
    if isinstance(v, DictValue):
        pairs = containers.pairs_of(ev, v)
        return containers.new_dict(ev, [k for k, _ in pairs], [_deep(ev, called, x, make) for _, x in pairs])
    return deep_copy(ev, v)
