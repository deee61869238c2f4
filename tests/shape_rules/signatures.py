"""The parameters of the real functions, methods and layers that rules describe.

`/path/to/python -m tests.shape_rules.signatures` writes `parameters.json` of `tangra.shape_rules` (make record-shapes),
by which calls are bound. Functions written in C have mostly no signature to be read.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import sys
from typing import Any

from tangra.shape_rules import ModuleRule, Rule, registry
from tangra.shape_rules.operators import CLASSES
from tangra.shape_rules.parameters import PARAMETERS
from tests.shape_rules.libraries import lookup

P = inspect.Parameter
MARKS = {P.POSITIONAL_ONLY: "{}/", P.POSITIONAL_OR_KEYWORD: "{}", P.KEYWORD_ONLY: "*{}"}


def parameters(name: str, bound: int) -> list[str] | None:
    """The parameters of the real object with this name, without the first `bound`; None if they can't be read or there
    may be any number of them."""
    with contextlib.suppress(Exception):
        found: list[P] = list(inspect.signature(lookup(name)).parameters.values())[bound:]
        if all(one.kind in MARKS for one in found):
            return [MARKS[one.kind].format(one.name) for one in found]
    return None


def described(library: str) -> dict[str, Rule]:
    """The rules of a library by name; a layer's is its constructor."""
    found: dict[str, Rule] = {}
    for name, entry in registry.entries(library).items():
        made = entry.method("__init__") if isinstance(entry, ModuleRule) else entry
        if isinstance(made, Rule):
            found[name] = made
        forward: Any = entry.method("forward") if isinstance(entry, ModuleRule) else None
        if forward is not None:
            found[f"{name}.forward"] = forward
    cls = CLASSES.get(library)
    if cls is not None:
        found |= {f"{cls}.{name}": rule for name, rule in registry.methods(cls).items()}
    return found


def main() -> int:
    """Record."""
    found = {}
    for library in registry.LIBRARIES:
        for name, rule in described(library).items():
            real = parameters(name, 0 if rule.name.endswith(".__init__") else rule.bound)
            if real is not None:
                found[name] = real
    lines = (f"{json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found))
    PARAMETERS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
