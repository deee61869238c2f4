"""The calls of a function: listed above it, and one of them chosen, whose shapes the hints then show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lsprotocol import types

from tangra.checker import Place
from tangra.checker.observations import Case, FunctionSeen, Sight
from tangra.lsp.places import in_document, location, place_text
from tangra.lsp.positions import Part
from tangra.lsp.workbench import Known, Workbench

NEXT_CALL = "tangra.nextCall"
PICK_CALL = "tangra.pickCall"


class Choices:
    """Which call's shapes are shown of each function: None for all together."""

    def __init__(self) -> None:
        self._chosen: dict[tuple[Path, str], tuple[Place, ...]] = {}

    def of(self, known: Known, function: FunctionSeen) -> tuple[Place, ...] | None:
        """The chosen calls, if the function still has them."""
        chosen = self._chosen.get((known.document.path, function.name))
        return chosen if chosen in function.contexts else None

    def choose(self, known: Known, function: FunctionSeen, index: int | None) -> None:
        """Show the call of this number (of `calls_of`), or all."""
        calls = calls_of(function)
        if index is None or not 0 <= index < len(calls):
            self._chosen.pop((known.document.path, function.name), None)
        else:
            self._chosen[known.document.path, function.name] = calls[index]

    def following(self, known: Known, function: FunctionSeen) -> None:
        """Show the next call; after the last, all."""
        calls, now = calls_of(function), self.of(known, function)
        self.choose(known, function, 0 if now is None else calls.index(now) + 1)

    def cases(self, known: Known, sight: Sight) -> tuple[Case, ...]:
        """The cases of an expression that are shown."""
        inside = [each for each in known.analysis.functions if _holds(each.place, sight.place)]
        for function in sorted(inside, key=lambda each: each.place.end_line - each.place.line):
            chosen = self.of(known, function)
            found = tuple(case for case in sight.cases if case.calls == chosen)
            if chosen is not None and found:
                return found
        return sight.cases


def calls_of(function: FunctionSeen) -> list[tuple[Place, ...]]:
    """The calls of a function, without the check from its annotations."""
    return [context for context in function.contexts if context]


def _holds(outer: Place, inner: Place) -> bool:
    return outer.line <= inner.line and inner.end_line <= outer.end_line


def lenses(
    bench: Workbench, choices: Choices, known: Known, part: Part, encoding: str | None, picks: bool
) -> Iterator[types.CodeLens]:
    """Above each function, where it is called from. `picks`: the client shows a list to choose from."""
    for function in known.analysis.functions:
        calls = calls_of(function)
        now = known.now(Place(function.place.file, function.place.line, 1, function.place.line, 1))
        where = None if now is None else in_document(known.document, now, encoding)
        if not calls or where is None or where[0] != part.uri:
            continue
        arguments: list[Any] = [part.uri, function.name]
        if picks:
            arguments.append([_listed(bench, known, call, encoding) for call in calls])
        title = _title(known, calls, choices.of(known, function))
        yield types.CodeLens(where[1], types.Command(title, PICK_CALL if picks else NEXT_CALL, arguments=arguments))


def _title(known: Known, calls: list[tuple[Place, ...]], chosen: tuple[Place, ...] | None) -> str:
    if chosen is not None:
        return f"shapes of the call from {place_text(chosen[0], known)} ({calls.index(chosen) + 1} of {len(calls)})"
    more = f", {len(calls) - 1} more" if len(calls) > 1 else ""
    return f"called from {place_text(calls[0][0], known)}{more}"


def _listed(bench: Workbench, known: Known, call: tuple[Place, ...], encoding: str | None) -> dict[str, Any]:
    """One call for the client's list."""
    at = location(bench, call[0], encoding)
    through = ", from ".join(place_text(place, known) for place in call)
    start = types.Position(0, 0) if at is None else at.range.start
    return {
        "label": through,
        "uri": "" if at is None else at.uri,
        "line": start.line,
        "character": start.character,
    }
