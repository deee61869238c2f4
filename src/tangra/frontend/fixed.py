"""Python objects that are read while compiling: only what can't change afterwards may be.

Lists, dicts, arrays and objects of user classes that a function captures are read again at each call. Every other
object is known by its identity alone, so reading a deque's items or a set's members at compile time would keep what
they were then: compiled code would go on with old numbers.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import operator
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api import registry
from tangra.api.values import Const
from tangra.errors import UnsupportedError
from tangra.frontend import diagnostics

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

IMMUTABLE: tuple[type, ...] = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    range,
    slice,
    type(Ellipsis),
    type(NotImplemented),
    np.generic,
    np.dtype,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.GenericAlias,
    types.UnionType,
    types.ModuleType,
    decimal.Decimal,
    fractions.Fraction,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    enum.Enum,
    np.ufunc,
)
HARMLESS = frozenset(["__init__", "__new__", "__repr__", "__str__", "__format__", "__reduce__", "__copy__"])
"""Special methods that change nothing about what operators give."""


def is_fixed(obj: Any) -> bool:
    """Whether what Python's operators make of an object can't change."""
    if isinstance(obj, (tuple, frozenset)):
        return all(is_fixed(item) for item in obj) and not redefines(type(obj))
    return isinstance(obj, (*IMMUTABLE, *registry.OPAQUE))


def redefines(cls: type) -> bool:
    """Whether a subclass of a built-in type has operators of its own. Enumerations' are those of their values."""
    if issubclass(cls, enum.Enum) or not cls.__flags__ & (1 << 9):
        return False
    names = {name for c in cls.__mro__ if c.__flags__ & (1 << 9) for name in vars(c) if name.startswith("__")}
    return any(own_method(cls, name) for name in names - HARMLESS)


def own_method(cls: type, name: str) -> bool:
    """Whether the user wrote a method of that name for a class that extends a built-in one."""
    return any(isinstance(vars(c).get(name), types.FunctionType) for c in cls.__mro__ if c.__flags__ & (1 << 9))


def contents(ev: Evaluator, v: Const, doing: str) -> Any:
    """The object of a constant whose contents are about to be read; a diagnostic where it may change later."""
    if not is_fixed(v.value):
        refuse(ev, v.value, doing)
    return v.value


def equality(ev: Evaluator, op: Callable[[Any, Any], Any], left: Const, right: Const) -> None:
    """Refuse to compare objects by contents that may change; comparison by identity is fixed."""
    if op in (operator.is_, operator.is_not):
        return
    for v in (left, right):
        by_identity = op in (operator.eq, operator.ne) and vars(object)["__eq__"] is _definition(
            type(v.value), "__eq__"
        )
        if not by_identity:
            contents(ev, v, "an operator on")


def _definition(cls: type, name: str) -> Any:
    return next(vars(c)[name] for c in cls.__mro__ if name in vars(c))


def refuse(ev: Evaluator, obj: Any, doing: str) -> None:
    """An object whose contents compiled code would not read again."""
    cls = type(obj)
    name = cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"
    ev.error(
        UnsupportedError,
        f"{doing} a {name}, which may change after compilation without being noticed",
        code=diagnostics.UNSUPPORTED_VALUE,
        fix="make it a list, a dict, a tuple or a NumPy array, which are read again at each call",
    )
