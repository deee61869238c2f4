"""What live objects are to the compiler: constants of the language, or objects of the user's with state."""

from __future__ import annotations

import dataclasses
import enum
import types
from typing import Any

import numpy as np

from tangra.api import registry
from tangra.frontend import mangling

LIBRARIES = frozenset(
    {
        "numpy",
        "math",
        "scipy",
        "builtins",
        "functools",
        "itertools",
        "operator",
        "dataclasses",
        "typing",
        "jaxtyping",
        "collections",
        "sys",
        "types",
        "enum",
        "copy",
        "cmath",
        "random",
        "ml_dtypes",
    }
)
"""Top-level packages whose attributes are constants of the language, not state of the user's program."""

_PARAMS = "__dataclass_params__"


def is_user_instance(obj: Any) -> bool:
    """An instance of a plain class of the user, whose attributes are its state."""
    cls = type(obj)
    if cls is types.SimpleNamespace:
        return True
    if isinstance(obj, (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)):
        return False
    if not _is_from_statement(cls):
        return False
    modules = cls.__module__, getattr(obj, "__module__", None)  # functions made by Cython are of classes of its own
    if any(isinstance(name, str) and name.partition(".")[0] in LIBRARIES for name in modules):
        return False
    if isinstance(obj, tuple(registry.OPAQUE)):
        return False
    return not isinstance(obj, (enum.Enum, BaseException, list, dict, str, int, float, set, tuple, np.generic))


def _is_from_statement(cls: type) -> bool:
    """Whether a class was made by a class statement: C code makes classes, too, whose objects have no attributes to
    look into (locks, patterns)."""
    made = cls.__flags__ & (1 << 9)
    return bool(made) and any("__dict__" in vars(base) or "__slots__" in vars(base) for base in cls.__mro__)


def is_frozen(obj: Any) -> bool:
    """A frozen dataclass of the user's: such an object counts by what it holds."""
    cls = type(obj)
    return is_user_instance(obj) and dataclasses.is_dataclass(cls) and bool(getattr(cls, _PARAMS).frozen)


def new(cls: Any) -> Any:
    """A new instance. A `__new__` of the user's may want arguments, or return an instance that is there already."""
    try:
        return object.__new__(cls)
    except TypeError:  # a class whose instances are laid out by C code
        return cls.__new__(cls)


def is_empty(cell: types.CellType) -> bool:
    """Whether the variable of a closure is unbound."""
    try:
        _ = cell.cell_contents
    except ValueError:
        return True
    return False


def slot_names(cls: type) -> list[str]:
    """The attributes for which instances of a class have slots."""
    names: list[str] = []
    for base in cls.__mro__:
        slots = vars(base).get("__slots__", ())
        names += (mangling.full(n, base.__name__) for n in ((slots,) if isinstance(slots, str) else slots))
    return [n for n in dict.fromkeys(names) if n not in ("__dict__", "__weakref__")]


def attribute_names(obj: Any) -> list[str]:
    """The attributes that an instance has of its own, in its dict or in slots."""
    names = list(getattr(obj, "__dict__", ()))
    names += [n for n in slot_names(type(obj)) if n not in names and hasattr(obj, n)]
    return [n for n in names if n not in ("__dict__", "__weakref__")]
