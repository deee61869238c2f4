"""The table from Python objects (functions, types, modules' attributes) and method names to API entries."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tangra.api.context import Context
    from tangra.api.values import AbstractValue

Entry = Callable[..., "AbstractValue"]
"""entry(ctx, *args, **kwargs): positional and keyword arguments as in the real signature (Python binds them, so a
wrong call is a TypeError that the frontend reports), all abstract values; omitted ones are absent."""

WITH_ENTRIES = frozenset({"numpy", "scipy", "tangra", "jaxtyping"})
"""Packages beside the standard library whose functions have entries."""
FUNCTIONS: dict[int, tuple[Any, Entry]] = {}
METHODS: dict[tuple[str, str], Entry] = {}
ATTRIBUTES: dict[tuple[str, str], Entry] = {}
SUBSCRIPTS: dict[int, tuple[Any, Entry]] = {}

PENDING = {"scipy.special": "tangra.api.scipy_special"}
"""Libraries that take long to import, and the modules with their entries: these are loaded when a program has imported
the library itself."""

OPAQUE: list[type] = []
"""Classes whose instances are constants of the language, not objects of the user's: jitted and transformed
functions."""


def is_of_the_program(obj: Any) -> bool:
    """Whether a callable is a function in Python of some module that is no library with entries."""
    home = str(obj.__globals__.get("__name__")) if isinstance(obj, types.FunctionType) else "builtins"
    top = home.partition(".")[0]
    return top not in WITH_ENTRIES and top not in sys.stdlib_module_names


def function(*objects: Any) -> Callable[[Entry], Entry]:
    """Declare an entry for callables (`np.sum`, `math.exp`, a ufunc, a type used as a constructor).

    Entries are loaded with the first compilation. What the program has put in the place of a library's function until
    then is a function of the program, and means what it says.
    """

    def add(entry: Entry) -> Entry:
        for obj in objects:
            if not is_of_the_program(obj):
                FUNCTIONS[id(obj)] = (obj, entry)
        return entry

    return add


def method(receiver: str, *names: str) -> Callable[[Entry], Entry]:
    """Declare a method of a kind of receiver: 'array', 'scalar' (NumPy and Python numbers), 'list', 'dict', 'str',
    'tuple'.
    The entry gets the receiver as its first argument after the context."""

    def add(entry: Entry) -> Entry:
        for name in names:
            METHODS[receiver, name] = entry
        return entry

    return add


def attribute(receiver: str, *names: str) -> Callable[[Entry], Entry]:
    """Declare an attribute that is not a method (`shape`, `T`, `size`): entry(ctx, receiver)."""

    def add(entry: Entry) -> Entry:
        for name in names:
            ATTRIBUTES[receiver, name] = entry
        return entry

    return add


def subscript(obj: Any) -> Callable[[Entry], Entry]:
    """Declare what `obj[index]` means for an object that is used by subscription (`np.mgrid`): entry(ctx, index)."""

    def add(entry: Entry) -> Entry:
        SUBSCRIPTS[id(obj)] = (obj, entry)
        return entry

    return add


def find_subscript(obj: Any) -> Entry | None:
    """The entry for `obj[index]`, if there is one."""
    found = SUBSCRIPTS.get(id(obj))
    return found[1] if found is not None and found[0] is obj else None


def find(obj: Any) -> Entry | None:
    """The entry for a Python callable, if it has one."""
    found = FUNCTIONS.get(id(obj))
    if found is None and PENDING:
        load_pending()
        found = FUNCTIONS.get(id(obj))
    return found[1] if found is not None and found[0] is obj else None


def load_pending(all_of_them: bool = False) -> None:
    """Load the entries for libraries that the program has imported meanwhile."""
    for library in list(PENDING):
        if all_of_them or library in sys.modules:
            importlib.import_module(PENDING.pop(library))


def sub_entry(parent: Any, name: str) -> Entry | None:
    """The entry for `parent.name` where `parent` is itself a callable with methods, such as `np.add.at`."""
    return METHODS.get((f"ufunc:{getattr(parent, '__name__', '')}", name))


def names(ctx: Context | None = None) -> list[str]:
    """Names of everything declared, for documentation and 'did you mean'."""
    load_pending(all_of_them=True)
    return sorted({getattr(obj, "__name__", str(obj)) for obj, _ in FUNCTIONS.values()})
