"""Loading everything that registers itself: AST handlers, builtins, the API's entries, the operations."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tangra.frontend.heap import Deleted, MaybeNone, Result

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

HANDLERS = (
    "expressions",
    "assignment",
    "statements",
    "attributes",
    "calls",
    "comprehension",
    "names",
    "pybuiltins",
    "pyheapq",
    "pyoperator",
    "pystdlib",
)


@lru_cache(maxsize=1)
def load_all() -> None:
    """Import every module whose import declares something."""
    import tangra.api
    import tangra.ops
    from tangra.api import registry

    for name in HANDLERS:
        importlib.import_module(f"tangra.frontend.{name}")
    for package in (tangra.ops, tangra.api):
        for info in pkgutil.iter_modules(package.__path__):
            name = f"{package.__name__}.{info.name}"
            if name not in registry.PENDING.values():
                importlib.import_module(name)


def is_deleted(v: Any) -> bool:
    """Whether a slot was deleted."""
    return isinstance(v, Deleted)


def bound(ev: Evaluator, v: Any, name: str) -> Result:
    """The value of a slot that changes outside."""
    from tangra.frontend import conversion

    return v if isinstance(v, MaybeNone) else conversion.slot(ev, v, name)
