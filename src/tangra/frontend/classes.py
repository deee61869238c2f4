"""Instances of the user's classes: construction, attributes, methods, dataclasses and NamedTuples."""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
from typing import TYPE_CHECKING, Any

from tangra.api import registry
from tangra.api.kinds import PYBOOL
from tangra.api.values import AbstractValue, ArrayValue, BoundMethod, Const, InstanceValue, Scalar, TupleValue
from tangra.frontend import conversion, descriptors, diagnostics, stack_instances
from tangra.frontend.heap import Deleted, InstanceState, MaybeNone, MaybeUnbound, Slot
from tangra.frontend.objects import LIBRARIES
from tangra.frontend.paths import MISSING, Path

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@dataclasses.dataclass(frozen=True)
class SuperValue:
    """`super()` inside a method: attributes are searched after `owner` in the class of `self`."""

    self: AbstractValue
    owner: type


def lookup(cls: type, name: str, after: type | None = None) -> tuple[Any, type] | None:
    """A class attribute as it is stored, and the class that has it."""
    for k in mro_after(cls, after):
        if name in vars(k):
            return vars(k)[name], k
    return None


def mro_after(cls: type, after: type | None) -> tuple[type, ...]:
    """The classes that attributes of `cls` are searched in, in order; behind `after`, as `super()` does."""
    return cls.__mro__ if after is None else cls.__mro__[cls.__mro__.index(after) + 1 :]


def member(ev: Evaluator, cls: type, name: str, after: type | None = None) -> tuple[Any, type] | None:
    """`lookup`, and what it found is required of later calls: a class may get another method while the program runs."""
    found = lookup(cls, name, after)
    if (
        found is not None
        and not isinstance(found[0], (*_METHODS, *registry.OPAQUE))
        and not (found[1] is object and name in _REPLACED)
    ):
        return found  # data is read by its path at each call
    searched = mro_after(cls, after)
    if after is not None and searched != searched[0].__mro__:
        for k in searched[: None if found is None else searched.index(found[1]) + 1]:
            _require(ev, k, name, vars(k).get(name, MISSING), "own")
    elif any(map(_may_change, searched)):
        _require(ev, searched[0], name, MISSING if found is None else found[0], "member")
    return found


def _require(ev: Evaluator, cls: type, name: str, expected: Any, step: str) -> None:
    ev.live.guard(Path(cls, ((step, name),), f"{cls.__name__}.{name}"), "is", expected)


_REPLACED = frozenset(f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge", "init", "hash", "str", "repr"))
"""Methods of `object` for which a class may get its own while the program runs."""
_METHODS = (types.FunctionType, property, classmethod, staticmethod, functools.cached_property)


def _may_change(cls: type) -> bool:
    """A class that a class statement of the user made."""
    return bool(cls.__flags__ & (1 << 9)) and cls.__module__.partition(".")[0] not in LIBRARIES


def is_generated(function: Any) -> bool:
    """A method that `dataclass` or `NamedTuple` wrote: it has no source of its own."""
    return isinstance(function, types.FunctionType) and function.__code__.co_filename.startswith("<")


def user_class(v: AbstractValue) -> type | None:
    """The user's class that a value is an instance of, NamedTuples included; None for values of Python's own types."""
    return v.cls if isinstance(v, (InstanceValue, TupleValue)) else None


def special_method(ev: Evaluator, v: AbstractValue, name: str) -> AbstractValue | None:
    """A method with a special name that the user wrote, bound; None if there is none."""
    cls = user_class(v)
    found = None if cls is None else member(ev, cls, name)
    if cls is None or found is None or found[1] in (object, tuple) or is_generated(found[0]):
        return None
    return bind(ev, v, cls, found, name)


def bind(ev: Evaluator, v: AbstractValue, cls: type, found: tuple[Any, type], name: str) -> AbstractValue:
    """What reading a class attribute through an instance gives."""
    value, owner = found
    if isinstance(v, TupleValue):
        from tangra.frontend import named_tuples

        written = named_tuples.written(value)
        if written is not None:
            return BoundMethod(Const(cls) if isinstance(value, classmethod) else v, written)
    if isinstance(value, (types.FunctionType, *registry.OPAQUE)):
        return BoundMethod(v, Const(value))
    if isinstance(value, property):
        if value.fget is None:
            ev.python_error("AttributeError", f"property '{name}' has no getter")
        return ev.call(Const(value.fget), [v], {})
    if isinstance(value, functools.cached_property):
        result = ev.call(Const(value.func), [v], {})
        assert isinstance(v, InstanceValue)
        set_slot(ev, v, name, result)
        return result
    if isinstance(value, staticmethod):
        return ev.live.lift(value.__func__, Path(owner, (("attr", name),), f"{owner.__name__}.{name}"))
    if isinstance(value, classmethod):
        return BoundMethod(Const(cls), Const(value.__func__))
    if descriptors.is_of_user(value):
        return descriptors.read(ev, v, cls, found, name)
    if hasattr(type(value), "__get__") and not isinstance(value, type):
        ev.unsupported(f"the descriptor {owner.__name__}.{name}", "use a property or a plain attribute")
    holder = cls if lookup(cls, name) == found else owner
    return ev.live.lift(value, Path(holder, (("attr", name),), f"{holder.__name__}.{name}"))


def slot(ev: Evaluator, v: InstanceValue, name: str) -> AbstractValue | None:
    """An instance's own attribute; None if it has none."""
    found = held(ev, v, name)
    if isinstance(found, MaybeUnbound):
        message = f"'{v.cls.__name__}' object has no attribute '{name}'"
        ev.fail_if(ev.b("not", found.bound), "AttributeError", message)
        found = found.value
    return None if found is None else conversion.slot(ev, found, f"the attribute {name}")


def held(ev: Evaluator, v: InstanceValue, name: str) -> Slot | None:
    """What an instance holds under a name, if it does so on some paths."""
    state = ev.look(v.ref)
    assert isinstance(state, InstanceState), state
    found = state.get(name)
    if isinstance(found, Deleted):
        return None
    return ev.live.attribute(v.ref, name) if found is None else found


def own_slot(ev: Evaluator, v: InstanceValue, name: str) -> MaybeNone | None:
    """An instance's own attribute if it is None on some paths, be it that its class says so."""
    found = held(ev, v, name)
    if isinstance(found, MaybeUnbound) and not isinstance(found.value, MaybeNone):
        stored = member(ev, v.cls, name)
        if stored is not None and stored[0] is None:
            bind(ev, v, v.cls, stored, name)
            return MaybeNone(found.value, found.bound)
    return found if isinstance(found, MaybeNone) else None


def set_on_some_paths(ev: Evaluator, v: AbstractValue, name: str) -> MaybeUnbound | None:
    """An attribute that an instance has on some paths, and has none of that name on the others."""
    found = held(ev, v, name) if isinstance(v, InstanceValue) else None
    if not isinstance(found, MaybeUnbound) or not isinstance(v, InstanceValue) or _is_inherited(ev, v, name):
        return None
    return found


def set_slot(ev: Evaluator, v: InstanceValue, name: str, value: Any) -> None:
    """Set an instance's own attribute."""
    state = ev.look(v.ref)
    assert isinstance(state, InstanceState), state
    as_it_was = isinstance(value, ArrayValue) and state.get(name) == value  # as after `v.name += 1` of an array
    if not as_it_was and not stack_instances.write(ev, v, name, value):
        ev.put(v.ref, state.with_attr(name, value))


def getattr_(ev: Evaluator, v: InstanceValue, name: str, hook: bool = True) -> AbstractValue | None:
    """`v.name`; None if there is no such attribute. `hook`: whether the class's `__getattr__` is asked then."""
    reading = member(ev, v.cls, "__getattribute__")
    if reading is not None and isinstance(reading[0], types.FunctionType):
        ev.unsupported(f"{v.cls.__name__}.__getattribute__", "use properties")
    found = member(ev, v.cls, name)
    if found is not None and (isinstance(found[0], property) or descriptors.is_data(found[0])):
        return bind(ev, v, v.cls, found, name)
    own = held(ev, v, name)
    if isinstance(own, MaybeUnbound) and _is_inherited(ev, v, name, hook):
        from tangra.frontend import branches

        value, there = own.value, Scalar(own.bound, (PYBOOL,))
        return branches.choose(
            ev,
            there,
            lambda: conversion.slot(ev, value, f"the attribute {name}"),
            lambda: _inherited(ev, v, name, hook),  # type: ignore[arg-type, return-value]
        )
    return slot(ev, v, name) if own is not None else _inherited(ev, v, name, hook)


def _is_inherited(ev: Evaluator, v: InstanceValue, name: str, hook: bool = True) -> bool:
    """Whether reading an attribute that an instance does not have gives something."""
    found = member(ev, v.cls, name)
    of_class = found is not None and not isinstance(found[0], _SLOTS)
    return of_class or (hook and member(ev, v.cls, "__getattr__") is not None)


def _inherited(ev: Evaluator, v: InstanceValue, name: str, hook: bool) -> AbstractValue | None:
    """What reading an attribute that an instance does not have gives."""
    if name == "__class__":
        return Const(v.cls)
    found = member(ev, v.cls, name)
    if found is not None and not isinstance(found[0], _SLOTS):
        return bind(ev, v, v.cls, found, name)
    fallback = member(ev, v.cls, "__getattr__") if hook else None
    return ev.call(Const(fallback[0]), [v, Const(name)], {}) if fallback is not None else None


def setattr_(ev: Evaluator, v: InstanceValue, name: str, value: AbstractValue) -> None:
    """`v.name = value`."""
    hook = member(ev, v.cls, "__setattr__")
    if hook is not None and isinstance(hook[0], types.FunctionType) and not is_generated(hook[0]):
        ev.call(Const(hook[0]), [v, Const(name), value], {})
        return
    if hook is not None and _is_locked(v.cls, hook, name):
        ev.python_error("FrozenInstanceError", f"cannot assign to field '{name}'")
    set_plainly(ev, v, name, value)


def _is_locked(cls: type, hook: tuple[Any, type], name: str) -> bool:
    """Whether a `__setattr__` or `__delattr__` that `dataclass` wrote for a frozen class refuses an attribute: other
    ones of classes derived without `dataclass` are free."""
    if not is_frozen(cls) or not is_generated(hook[0]):
        return False
    return cls is hook[1] or name in [f.name for f in dataclasses.fields(hook[1])]


def set_plainly(ev: Evaluator, v: InstanceValue, name: str, value: AbstractValue) -> None:
    """`object.__setattr__(v, name, value)`."""
    found = member(ev, v.cls, name)
    if found is not None and isinstance(found[0], property):
        if found[0].fset is None:
            ev.python_error("AttributeError", f"property '{name}' of '{v.cls.__name__}' object has no setter")
        ev.call(Const(found[0].fset), [v, value], {})
    elif found is not None and descriptors.is_data(found[0]):
        descriptors.write(ev, v, found, name, value)
    elif found is not None and isinstance(found[0], types.GetSetDescriptorType):
        ev.unsupported(f"assignment to .{name} of {conversion.describe(ev, v)}", "set attributes one by one")
    elif not v.cls.__dictoffset__ and not (found is not None and isinstance(found[0], types.MemberDescriptorType)):
        problem = f"has no attribute '{name}'" if found is None else f"attribute '{name}' is read-only"
        ev.python_error("AttributeError", f"'{v.cls.__name__}' object {problem}")
    else:
        set_slot(ev, v, name, value)


def delattr_(ev: Evaluator, v: InstanceValue, name: str) -> None:
    """`del v.name`."""
    found = member(ev, v.cls, name)
    hook = member(ev, v.cls, "__delattr__")
    if hook is not None and isinstance(hook[0], types.FunctionType) and not is_generated(hook[0]):
        ev.unsupported(f"{v.cls.__name__}.__delattr__")
    if hook is not None and _is_locked(v.cls, hook, name):
        ev.python_error("FrozenInstanceError", f"cannot delete field '{name}'")
    if found is not None and (isinstance(found[0], property) or descriptors.is_data(found[0])):
        ev.unsupported(f"del of {v.cls.__name__}.{name}, which is a descriptor")
    if slot(ev, v, name) is None:
        ev.python_error("AttributeError", f"'{v.cls.__name__}' object has no attribute '{name}'")
    set_slot(ev, v, name, Deleted())


_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)
"""What stands in a class for the places of its instances' own attributes."""


def is_frozen(cls: type) -> bool:
    """A dataclass with frozen=True."""
    params = getattr(cls, "__dataclass_params__", None)
    return bool(params is not None and params.frozen)


def attribute_names(ev: Evaluator, v: InstanceValue) -> list[str]:
    """Names of an instance's own attributes, in order."""
    state = ev.look(v.ref)
    assert isinstance(state, InstanceState)
    names = [n for n in ev.live.has_attributes(v.ref) if not isinstance(state.get(n), Deleted)]
    return names + [n for n, x in state.attrs if n not in names and not isinstance(x, Deleted)]


def _member(ev: Evaluator, cls: type[enum.Enum], value: AbstractValue) -> AbstractValue:
    """`cls(value)`: the member of an enumeration that has this value."""
    try:
        return Const(cls(ev.static(value, f"the value of a {cls.__name__}")))
    except ValueError as error:
        ev.python_error("ValueError", str(error))


# ---- construction -----------------------------------------------------------------------------------------


def construct(ev: Evaluator, cls: type, args: list[AbstractValue], kwargs: dict[str, AbstractValue]) -> AbstractValue:
    """`cls(*args, **kwargs)` for a class of the user."""
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        from tangra.frontend import named_tuples

        return named_tuples.construct(ev, cls, args, kwargs)
    if issubclass(cls, enum.Enum) and len(args) == 1 and not kwargs:
        return _member(ev, cls, args[0])
    metaclass = type(cls)
    if metaclass is not type and metaclass.__name__ != "ABCMeta":
        ev.unsupported(f"constructing {cls.__name__}, whose metaclass is {metaclass.__name__}")
    if cls is types.SimpleNamespace:
        return _namespace(ev, args, kwargs)
    if issubclass(cls, BaseException) or not _is_plain(ev, cls):
        ev.unsupported(
            f"constructing {cls.__name__} in compiled code",
            "construct it outside and pass it in",
            diagnostics.UNSUPPORTED_CALL,
        )
    v = InstanceValue(ev.allocate(InstanceState()), cls)
    init = member(ev, cls, "__init__")
    assert init is not None
    if init[1] is object:
        if args or kwargs:
            ev.python_error("TypeError", f"{cls.__name__}() takes no arguments")
    else:
        ev.call(Const(init[0]), [v, *args], kwargs)
    return v


def _namespace(ev: Evaluator, args: list[AbstractValue], kwargs: dict[str, AbstractValue]) -> AbstractValue:
    """`types.SimpleNamespace(**kwargs)`."""
    if args:
        ev.python_error("TypeError", "no positional arguments expected")
    return InstanceValue(ev.allocate(InstanceState(tuple(kwargs.items()))), types.SimpleNamespace)


def _is_plain(ev: Evaluator, cls: type) -> bool:
    new = member(ev, cls, "__new__")
    return new is not None and new[1] is object and not _has_foreign_base(cls)


def _has_foreign_base(cls: type) -> bool:
    """Whether a base other than object, and helpers without state, is not written in Python."""
    return any(
        k is not object and not k.__flags__ & (1 << 9) and k.__module__ not in ("typing", "abc") for k in cls.__mro__
    )


def default_value(ev: Evaluator, value: Any, path: Path) -> AbstractValue:
    """A default: numbers are constants of the program."""
    return Const(value) if isinstance(value, (int, float, complex)) else ev.live.lift(value, path)
