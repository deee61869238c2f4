"""Where a value of the live program is found again: a root object and steps from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ArgRoot:
    """The argument at a position of the traced call (the key of a keyword argument is its name)."""

    key: int | str


@dataclass(frozen=True, eq=False)
class Path:
    """`root` (an `ArgRoot` or a live object) followed by steps: ('item', key) or ('attr', name)."""

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
            value = value[key] if kind == "item" else getattr(value, key)
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
