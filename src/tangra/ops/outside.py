"""Functions of SciPy as references of operations, imported at the first use: SciPy takes longer to import than all of
NumPy, and compiling needs none of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def outside(module: str, name: str) -> Callable[..., Any]:
    """The function `name` of `module`, which is imported when it is first called."""

    def call(*args: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*args)

    call.__name__ = name
    return call
