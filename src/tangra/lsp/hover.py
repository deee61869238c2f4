"""Hover: the shape of the expression under the pointer, over all calls and in each. Other servers say the rest, so
there is an answer only where a shape is known."""

from __future__ import annotations

from lsprotocol import types

from tangra.checker import Place
from tangra.checker.observations import Case, Sight
from tangra.lsp.places import in_document, place_text
from tangra.lsp.shapes import of_cases, type_text
from tangra.lsp.workbench import Known, file_uri

MAX_CALLS = 3
"""Calls whose shapes are listed; the others are counted."""


def hover(known: Known, line: int, column: int, encoding: str | None, markdown: bool) -> types.Hover | None:
    """The shape at a position of the present text (counted from 1); None where none is known."""
    for sight in known.sights_at(line, column):
        now = known.now(sight.place)
        where = None if now is None else in_document(known.document, now, encoding)
        if where is None or not is_known(sight):
            continue
        kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
        return types.Hover(types.MarkupContent(kind, "\n".join(lines_of(known, sight, markdown))), where[1])
    return None


def is_known(sight: Sight) -> bool:
    """Whether some shape of the expression is known."""
    return any(shape is not None for case in sight.cases for shape in case.shapes)


def lines_of(known: Known, sight: Sight, markdown: bool) -> list[str]:
    """What is said of an expression: its shape, then the calls with theirs."""
    declared = [case for case in sight.cases if not case.calls]
    called = [case for case in sight.cases if case.calls]
    name = sight.text or "expression"
    first = declared[0] if declared and is_known_case(declared[0]) else None
    if first is not None:
        said = type_text(first)
    elif len(called) == 1:
        said = type_text(called[0])
    else:
        said = of_cases(called) or "shapes of several ranks"
    head = [f"```python\n{name}: {said}\n```"] if markdown else [f"{name}: {said}"]
    if first is None and len(called) == 1:
        return [*head, f"called from {call_chain(known, called[0].calls, markdown)}"]
    rows = [f"{type_text(case)} called from {call_chain(known, case.calls, markdown)}" for case in called[:MAX_CALLS]]
    more = [f"{len(called) - MAX_CALLS} more"] if len(called) > MAX_CALLS else []
    return [*head, *(f"- {row}" for row in (*rows, *more))]


def is_known_case(case: Case) -> bool:
    """Whether some shape of the case is known."""
    return any(shape is not None for shape in case.shapes)


def call_chain(known: Known, calls: tuple[Place, ...], markdown: bool) -> str:
    """The calls that lead to a context, the innermost first: `model.py:20, from train.py:40`."""
    words = []
    for place in calls:
        text = place_text(place, known)
        words.append(f"[{text}]({file_uri(place.file)}#L{place.line})" if markdown else text)
    return ", from ".join(words)
