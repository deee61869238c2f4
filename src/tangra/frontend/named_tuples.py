"""NamedTuples: how they are made, their fields, and the methods that `NamedTuple` writes."""

from __future__ import annotations

import collections
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, Const, TupleValue
from tangra.frontend import classes, containers, conversion, diagnostics, fixed
from tangra.frontend.paths import Path

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

UNKNOWN_FIELD = "TypeError" if sys.version_info >= (3, 13) else "ValueError"
"""What `_replace` raises for a name that is no field."""


def construct(ev: Evaluator, cls: Any, args: list[AbstractValue], kwargs: dict[str, AbstractValue]) -> TupleValue:
    """An instance of a NamedTuple class."""
    for method in ("__new__", "__init__"):
        own = classes.member(ev, cls, method)
        if (
            own is not None
            and own[1] not in (tuple, object)
            and not classes.is_generated(getattr(own[0], "__func__", own[0]))
        ):
            ev.unsupported(
                f"constructing {cls.__name__}, a NamedTuple whose {method} is written by hand,",
                "construct it outside and pass it in",
                diagnostics.UNSUPPORTED_CALL,
            )
    names = list(cls._fields)
    if len(args) > len(names):
        ev.python_error("TypeError", f"{cls.__name__} takes {len(names)} arguments but {len(args)} were given")
    given: dict[str, AbstractValue] = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name in given or name not in names:
            ev.python_error("TypeError", f"{cls.__name__}() got an unexpected or repeated argument '{name}'")
        given[name] = value
    for name in names:
        if name not in given:
            if name not in cls._field_defaults:
                ev.python_error("TypeError", f"{cls.__name__}() missing a required argument: '{name}'")
            path = Path(cls, (("attr", "_field_defaults"), ("item", name)), name)
            given[name] = classes.default_value(ev, cls._field_defaults[name], path)
    return TupleValue(tuple(given[name] for name in names), cls)


def attribute(ev: Evaluator, v: TupleValue, name: str) -> AbstractValue | None:
    """A field or method of a NamedTuple."""
    cls: Any = v.cls
    if cls is None:
        return None
    if name in cls._fields:
        return conversion.slot(ev, v.items[cls._fields.index(name)], f"the field {name}")
    if name == "_fields":
        return Const(cls._fields)
    found = classes.member(ev, cls, name)
    if found is None or classes.is_generated(found[0]) or found[1] in (tuple, object):
        return None
    return classes.bind(ev, v, cls, found, name)


def written(stored: Any) -> Callable[..., AbstractValue] | None:
    """The meaning of a method that `NamedTuple` wrote, as it is stored in a class; None for others."""
    function = getattr(stored, "__func__", stored)
    code = getattr(function, "__code__", None)
    return _METHODS.get(function.__name__) if code is not None and code.co_filename == collections.__file__ else None


def _replace(ev: Evaluator, v: TupleValue, /, **changes: AbstractValue) -> AbstractValue:
    cls: Any = v.cls
    make = classes.member(ev, cls, "_make")
    if make is None or written(make[0]) is None:
        ev.unsupported(f"{cls.__name__}._replace(), which calls a _make() written by hand,", "call the class")
    items = dict(zip(cls._fields, containers.as_items(ev, v, "_replace()"), strict=False))
    unknown = [name for name in changes if name not in cls._fields]
    if unknown:
        ev.python_error(UNKNOWN_FIELD, f"Got unexpected field names: {unknown!r}")
    return _make(ev, Const(cls), TupleValue(tuple({**items, **changes}.values())))


def _make(ev: Evaluator, cls: AbstractValue, iterable: AbstractValue, /) -> AbstractValue:
    of: Any = ev.static(cls, "the class")
    if fixed.own_method(of, "__len__"):
        ev.unsupported(f"{of.__name__}._make(), which asks a __len__ written by hand,", "call the class")
    items = tuple(containers.as_items(ev, iterable, "_make()"))
    if len(items) != len(of._fields):
        ev.python_error("TypeError", f"Expected {len(of._fields)} arguments, got {len(items)}")
    return TupleValue(items, of)


def _asdict(ev: Evaluator, v: TupleValue) -> AbstractValue:
    cls: Any = v.cls
    pairs = list(zip(cls._fields, containers.as_items(ev, v, "_asdict()"), strict=False))
    return containers.new_dict(ev, [name for name, _ in pairs], [item for _, item in pairs])


_METHODS: dict[str, Callable[..., AbstractValue]] = {"_replace": _replace, "_make": _make, "_asdict": _asdict}
