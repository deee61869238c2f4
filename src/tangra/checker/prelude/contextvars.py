"""contextvars: variables of a context, of which there is one here."""

from __future__ import annotations

from typing import Any


class ContextVar:
    def __init__(self, name: Any, *, default: Any = None) -> None:
        self.name = name
        self.value = default

    def get(self, *default: Any) -> Any:
        return default[0] if default and self.value is None else self.value

    def set(self, value: Any) -> Any:
        old = self.value
        self.value = value
        return old

    def reset(self, token: Any) -> None:
        self.value = token
