"""What can be called from Python: objects with a table of wrappers, which compiled code goes through at each call."""

from __future__ import annotations

from typing import Any

from tangra.native.dispatch import MISS, Entry, Table, install, table


class CompiledCall:
    """A callable that compiled forms of a call serve where they can, and `_call_carefully` where none does.

    The methods here are those of an interpreter without wrappers; `native.install` puts others in their place when the
    first wrapper is there.
    """

    __slots__ = ("_table",)
    _table: Table

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._call_carefully(*args, **kwargs)

    def _attempt(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call a wrapper; `MISS` if none serves the call."""
        return MISS

    def _call_carefully(self, /, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a callable without a way to call it")

    def _serve_by(self, entries: tuple[Entry, ...]) -> None:
        """Try these wrappers from now on, in this order."""
        install(CompiledCall)
        self._table = table(entries)

    @property
    def _entries(self) -> tuple[Entry, ...]:
        """The wrappers that are tried."""
        return self._table.entries if hasattr(self, "_table") else ()
