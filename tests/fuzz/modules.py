"""Source text of a program to a live module, of which the functions have source to read."""

from __future__ import annotations

import itertools
import linecache
import sys
import types
from typing import Any

from tests.fuzz import plain_windows

_NUMBERS = itertools.count()


def load(source: str, name: str | None = None) -> types.ModuleType:
    """Execute `source` as a module, with a name that no other has or the one given. Tracebacks, `inspect` and the
    compiler find its lines; dataclasses find the module."""
    name = name or f"fuzzed_{next(_NUMBERS)}"
    file = f"{name}.py"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    module = types.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(compile(source, file, "exec"), module.__dict__)
    return module


def plain(module: types.ModuleType) -> Any:
    """`f` of a module as CPython is to run it: convolutions and pools are plain loops."""
    if "F" not in vars(module):
        return module.f

    def f(*args: Any) -> Any:
        real, module.F = module.F, plain_windows
        try:
            return module.f(*args)
        finally:
            module.F = real

    return f


def unload(module: types.ModuleType) -> None:
    """Forget a module that `load` made."""
    sys.modules.pop(module.__name__, None)
    linecache.cache.pop(str(module.__file__), None)
