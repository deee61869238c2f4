"""Arguments that an option of `tg.jit` names, by position or name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from tangra.errors import EntryError
from tangra.frontend.parameters import signature

Key = int | str
BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Chosen:
    """What the option `option` of the function called `name` names; errors have the code `code`."""

    def __init__(self, option: str, function: Callable[..., Any], name: str, code: str) -> None:
        self.option, self.function, self.name, self.code = option, function, name, code

    def listed(self, given: Any) -> tuple[Key, ...]:
        """The arguments that `given` names: one, or several."""
        if isinstance(given, (int, str)):
            return (self.key(given),)
        if not isinstance(given, Iterable):
            raise self._error(given, "is no position and no name", "name arguments by position or name")
        return tuple(map(self.key, given))

    def key(self, given: Any) -> Key:
        """The name of an argument that may be given by keyword, the position of another."""
        if type(given) not in (int, str):
            raise self._error(given, "is no position and no name", "name arguments by position or name")
        try:
            parameters = signature(self.function).parameters
        except (TypeError, ValueError):
            return int(given) if isinstance(given, int) else str(given)
        if isinstance(given, str):
            if given not in parameters:
                raise self._missing(given, parameters)
            return str(given)
        positional = [p for p in parameters.values() if p.kind in BY_POSITION]
        if 0 <= given < len(positional):
            by_position = positional[given].kind is inspect.Parameter.POSITIONAL_ONLY
            return int(given) if by_position else positional[given].name
        if given < 0 or all(p.kind is not inspect.Parameter.VAR_POSITIONAL for p in parameters.values()):
            raise self._missing(given, parameters)
        return int(given)

    def positions(self, keys: Iterable[Key]) -> dict[str, int]:
        """Where the arguments stand that are named."""
        names = [key for key in keys if isinstance(key, str)]
        parameters = list(signature(self.function).parameters) if names else []
        return {name: parameters.index(name) for name in names}

    def _missing(self, given: Key, parameters: Iterable[str]) -> EntryError:
        return self._error(
            given, f"{self.name} has no such argument", f"its arguments are {', '.join(parameters) or 'none'}"
        )

    def _error(self, given: Any, problem: str, way: str) -> EntryError:
        return EntryError(f"{self.option}={given!r}: {problem}", code=self.code, fix=way)
