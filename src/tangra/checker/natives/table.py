"""The tables of natives by name, and the decorator that fills them."""

from __future__ import annotations

from collections.abc import Callable

from tangra.checker.heap import Native, Value

BUILTINS: dict[str, Value] = {}
"""What builtin names stand for."""
LIBRARY: dict[str, Value] = {}
"""What dotted names of libraries stand for."""

Run = Callable[..., Value]


def native(*names: str, takes_open: bool = False) -> Callable[[Run], Run]:
    """Declare natives; `builtins.` names are also reached without it."""

    def declare(run: Run) -> Run:
        for name in names:
            made = Native(name, run, takes_open)
            LIBRARY[name] = made
            if name.startswith("builtins."):
                BUILTINS[name.removeprefix("builtins.")] = made
        return run

    return declare
