"""How a transformed function is called by its module, for pickling and copying."""

from __future__ import annotations

import sys
from typing import Any


def global_name(obj: Any) -> str | None:
    """The qualified name by which `obj` itself is found in its module (it decorates a function there), or None."""
    name = getattr(obj, "__qualname__", None)
    found: Any = sys.modules.get(getattr(obj, "__module__", None) or "")
    for part in name.split(".") if name else ():
        found = getattr(found, part, None)
    return name if found is obj else None
