"""Inlay hints: the shapes of parameters and of names where they are bound, behind the name."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tangra.checker.observations import Sight
from tangra.lsp.calls import Choices
from tangra.lsp.hover import lines_of
from tangra.lsp.positions import Part, to_position
from tangra.lsp.settings import Settings
from tangra.lsp.shapes import of_cases
from tangra.lsp.workbench import Known


def hints(
    known: Known,
    part: Part,
    wanted: types.Range,
    settings: Settings,
    choices: Choices,
    encoding: str | None,
    markdown: bool,
) -> Iterator[types.InlayHint]:
    """The hints in a range of a part: the shapes of the calls that were chosen, or of all together."""
    shown = {"name", "parameter"} if settings.inlay_hints_parameters else {"name"}
    for sight in known.analysis.sights:
        if sight.kind not in shown:
            continue
        now = known.now(sight.place)
        if now is None or not part.first < now.end_line <= part.first + len(part.lines):
            continue
        line = now.end_line - part.first
        if not wanted.start.line < line <= wanted.end.line + 1:
            continue
        text = of_cases(choices.cases(known, sight))
        if text is not None:
            yield types.InlayHint(
                to_position(part.lines, line, now.end_column, encoding),
                f": {text}",
                kind=types.InlayHintKind.Type,
                tooltip=_tooltip(known, sight, markdown),
            )


def _tooltip(known: Known, sight: Sight, markdown: bool) -> types.MarkupContent | str:
    lines = lines_of(known, sight, markdown)
    return types.MarkupContent(types.MarkupKind.Markdown, "\n".join(lines)) if markdown else "\n".join(lines)
