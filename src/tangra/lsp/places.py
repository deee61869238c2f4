"""The checker's places as locations of the protocol, whether the file is open in the editor or not."""

from __future__ import annotations

from lsprotocol import types

from tangra.checker import Place
from tangra.lsp.positions import Document, split_lines, to_range
from tangra.lsp.workbench import Known, Workbench, file_uri


def in_document(document: Document, place: Place, encoding: str | None) -> tuple[str, types.Range] | None:
    """The part of an open file and the range in it that a place of its present text is."""
    part = document.part_at(place.line)
    if part is None:
        return None
    return part.uri, to_range(part.lines, place, encoding, part.first)


def location(bench: Workbench, place: Place, encoding: str | None) -> types.Location | None:
    """Where a place of some file is: in the editor's text of it if it is open."""
    known = bench.known(place.file)
    if known is not None:
        now = known.now(place)
        found = None if now is None else in_document(known.document, now, encoding)
        return None if found is None else types.Location(*found)
    document = bench.documents.get(place.file)
    if document is not None:
        found = in_document(document, place, encoding)
        return None if found is None else types.Location(*found)
    try:
        lines = split_lines(place.file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        lines = []
    return types.Location(file_uri(place.file), to_range(lines, place, encoding))


def place_text(place: Place, here: Known | None = None) -> str:
    """A place in words: `train.py:40`, or `line 40` in the same file; in a notebook its cell too."""
    if here is not None and place.file == here.document.path:
        now = here.now(place) or place
        part = here.document.part_at(now.line) if here.document.is_notebook else None
        if part is not None:
            return f"cell {here.document.parts.index(part) + 1}, line {now.line - part.first}"
        return f"line {now.line}"
    return f"{place.file.name}:{place.line}"
