"""Where a value of the live program is found again: a root object and steps from it."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Sign:
    """An object that stands for itself; pickled, it is the one of that name in a module."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __reduce__(self) -> tuple[Callable[..., Sign], tuple[str, str]]:
        return _sign, (self.module, self.name)


def _sign(module: str, name: str) -> Sign:
    found: Sign = getattr(sys.modules[module], name)
    return found


MISSING = Sign(__name__, "MISSING")
"""What a class has under a name that it does not define."""


def _own(cls: type, name: str) -> Any:
    return vars(cls).get(name, MISSING)


def _member(cls: type, name: str) -> Any:
    return next((vars(k)[name] for k in cls.__mro__ if name in vars(k)), MISSING)


_STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "item": operator.getitem,
    "attr": getattr,
    "own": _own,
    "member": _member,
}


@dataclass(frozen=True)
class ArgRoot:
    """The argument at a position of the traced call (the key of a keyword argument is its name)."""

    key: int | str


@dataclass(frozen=True, eq=False)
class Path:
    """`root` (an `ArgRoot` or a live object) followed by steps: ('item', key), ('attr', name), and of classes, as it is
    stored, ('member', name) for what they or their bases define and ('own', name) for what they define themselves."""

    root: Any
    steps: tuple[tuple[str, Any], ...] = ()
    text: str = ""

    def item(self, key: Any, text: str | None = None) -> Path:
        """The path to `self[key]`."""
        return Path(self.root, (*self.steps, ("item", key)), text or f"{self.text}[{key!r}]")

    def attr(self, name: str) -> Path:
        """The path to `self.name`."""
        return Path(self.root, (*self.steps, ("attr", name)), f"{self.text}.{name}")

    @property
    def key(self) -> Any:
        """What tells two paths apart."""
        root = self.root if isinstance(self.root, ArgRoot) else id(self.root)
        return root, tuple((kind, k if isinstance(k, (str, int)) else id(k)) for kind, k in self.steps)

    @property
    def is_argument(self) -> bool:
        return isinstance(self.root, ArgRoot)

    def read(self, arguments: dict[int | str, Any]) -> Any:
        """The object there now; `arguments` maps positions and keywords to the arguments of the call."""
        return self._walk(arguments, self.steps)

    def _walk(self, arguments: dict[int | str, Any], steps: tuple[tuple[str, Any], ...]) -> Any:
        value = arguments[self.root.key] if isinstance(self.root, ArgRoot) else self.root
        for kind, key in steps:
            value = _STEPS[kind](value, key)
        return value

    def assign(self, arguments: dict[int | str, Any], value: Any) -> None:
        """Replace the object there."""
        holder = self._walk(arguments, self.steps[:-1])
        kind, key = self.steps[-1]
        if kind == "item":
            holder[key] = value
        else:
            setattr(holder, key, value)

    def __str__(self) -> str:
        return self.text
