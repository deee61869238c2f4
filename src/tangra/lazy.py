"""Packages whose names are imported when they are first used, so that a part of one does not load all of it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any


def names_from(package: str, modules: dict[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for `package`: `modules` has names separated by spaces, by the module of the package that they
    are in. A package's static imports, for readers and type checkers, stand under `TYPE_CHECKING`."""
    places = {name: module for module, names in modules.items() for name in names.split()}

    def find(name: str) -> Any:
        module = places.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{package}.{module}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return find
