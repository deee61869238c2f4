"""What `dataclasses` makes of a class: the methods that it writes, `replace`, `asdict` and `astuple`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, Const, DictValue, InstanceValue, ListValue, TupleValue
from tangra.frontend import classes, containers
from tangra.frontend.heap import StackState
from tangra.frontend.paths import Path

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

SIGNS = {"eq": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def written(ev: Evaluator, function: Any, args: list[AbstractValue]) -> type | None:
    """The dataclass whose method `function` is, written by `dataclass` and called on an instance; None for others."""
    if not classes.is_generated(function) or not args or not isinstance(args[0], InstanceValue):
        return None
    mro: tuple[type, ...] = args[0].cls.__mro__
    for cls in mro:
        if vars(cls).get(function.__name__) is function and "__dataclass_fields__" in vars(cls):
            return cls
    return None


def call(
    ev: Evaluator, cls: type, name: str, args: list[AbstractValue], kwargs: dict[str, AbstractValue]
) -> AbstractValue:
    """Call the method `name` that `dataclass` wrote for `cls`."""
    v, *rest = args
    assert isinstance(v, InstanceValue)
    if name == "__init__":
        _init(ev, v, cls, rest, kwargs)
        return Const(None)
    if name.strip("_") in SIGNS and len(rest) == 1 and not kwargs:
        found = _compared(ev, cls, SIGNS[name.strip("_")], v, rest[0])
        return Const(NotImplemented) if found is None else found
    ev.unsupported(f"calling the {name} that dataclass wrote for {cls.__name__}")


# ---- __init__ ---------------------------------------------------------------------------------------------


def _init(
    ev: Evaluator, v: InstanceValue, cls: Any, args: list[AbstractValue], kwargs: dict[str, AbstractValue]
) -> None:
    """The `__init__` that `dataclass` generates."""
    given = _bound(ev, cls, args, kwargs)
    init_only: list[AbstractValue] = []
    for f in _init_fields(cls):
        value = given.get(f.name)
        if value is None and (f.init or _is_set_at_once(cls, f)):
            value = _default(ev, cls, f)
        if value is None:
            if f.init:
                ev.python_error("TypeError", f"{cls.__name__}.__init__() missing a required argument: '{f.name}'")
            continue
        if f._field_type is dataclasses._FIELD_INITVAR:  # type: ignore[attr-defined]
            init_only.append(value)
        elif classes.is_frozen(cls):
            classes.set_plainly(ev, v, f.name, value)
        else:
            classes.setattr_(ev, v, f.name, value)
    post = classes.member(ev, v.cls, "__post_init__")
    if post is not None:
        ev.call(classes.bind(ev, v, v.cls, post, "__post_init__"), init_only, {})


def _bound(
    ev: Evaluator, cls: Any, args: list[AbstractValue], kwargs: dict[str, AbstractValue]
) -> dict[str, AbstractValue]:
    """The arguments of `__init__` by the names of its parameters."""
    parameters = [f for f in _init_fields(cls) if f.init]
    positional = [f.name for f in parameters if not f.kw_only]
    if len(args) > len(positional):
        takes = f"takes {len(positional) + 1} positional arguments, {len(args) + 1} were given"
        ev.python_error("TypeError", f"{cls.__name__}.__init__() {takes}")
    given = dict(zip(positional, args, strict=False))
    for name, value in kwargs.items():
        if name in given or name not in {f.name for f in parameters}:
            problem = "got multiple values for argument" if name in given else "got an unexpected keyword argument"
            ev.python_error("TypeError", f"{cls.__name__}.__init__() {problem} '{name}'")
        given[name] = value
    return given


def _is_set_at_once(cls: type, f: Any) -> bool:
    """Whether `__init__` sets a field that it does not take. A plain default stays in the class, unless that has
    slots."""
    with_slots = f.default is not dataclasses.MISSING and "__slots__" in vars(cls)
    return f.default_factory is not dataclasses.MISSING or with_slots


def _init_fields(cls: Any) -> list[Any]:
    """Fields and InitVar pseudo-fields, in order."""
    all_fields: dict[str, Any] = cls.__dataclass_fields__
    return [f for f in all_fields.values() if f._field_type is not dataclasses._FIELD_CLASSVAR]  # type: ignore[attr-defined]


def _default(ev: Evaluator, cls: type, f: Any) -> AbstractValue | None:
    if f.default is not dataclasses.MISSING:
        path = Path(cls, (("attr", "__dataclass_fields__"), ("item", f.name), ("attr", "default")), f"{f.name} default")
        return classes.default_value(ev, f.default, path)
    if f.default_factory is not dataclasses.MISSING:
        return ev.call(Const(f.default_factory), [], {})
    return None


# ---- comparisons ------------------------------------------------------------------------------------------


def compare(ev: Evaluator, name: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    """`left.__eq__(right)`, or one of the order, as `dataclass` writes it; None where it does not, or declines."""
    if name not in SIGNS or not isinstance(left, InstanceValue):
        return None
    found = classes.member(ev, left.cls, f"__{name}__")
    if found is None or not classes.is_generated(found[0]) or not dataclasses.is_dataclass(found[1]):
        return None
    return _compared(ev, found[1], SIGNS[name], left, right)


def _compared(ev: Evaluator, cls: Any, sign: str, left: InstanceValue, right: AbstractValue) -> AbstractValue | None:
    """Two instances of one class by the fields of `cls`; None for others."""
    if not (isinstance(right, InstanceValue) and left.cls is right.cls):
        return None
    names = [f.name for f in dataclasses.fields(cls) if f.compare]
    sides = ([classes.getattr_(ev, v, n) for n in names] for v in (left, right))
    mine, theirs = (TupleValue(tuple(x for x in side if x is not None)) for side in sides)
    return ev.binary(sign, mine, theirs)


# ---- functions of the module ------------------------------------------------------------------------------


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
