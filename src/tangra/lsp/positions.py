"""Places in documents: the checker's lines and columns from 1 in code points, the protocol's from 0 in the client's
units, and the parts (cells of a notebook) that a file of the checker may consist of in the editor."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types

from tangra.checker import Place
from tangra.lsp.session import Text

_END = re.compile(r"\r\n|\r|\n")
_WIDTHS = {types.PositionEncodingKind.Utf8: "utf-8", types.PositionEncodingKind.Utf16: "utf-16-le"}


def split_lines(text: str) -> list[str]:
    """The lines of a text as the protocol counts them, without their ends."""
    return _END.split(text)


def units(text: str, encoding: str | None) -> int:
    """The length of a text in the client's units (UTF-16 where it did not say)."""
    if text.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(text: str, count: int, encoding: str | None) -> int:
    """How many code points of `text` the client counts as `count` units; a place inside one counts it whole."""
    if text.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return min(count, len(text))
    passed = 0
    for number, character in enumerate(text):
        if passed >= count:
            return number
        passed += units(character, encoding)
    return len(text)


@dataclass(frozen=True)
class Part:
    """A document of the protocol: a whole file, or a cell. `first` lines of the checker's file come before it."""

    uri: str
    version: int | None
    first: int
    lines: tuple[str, ...]


@dataclass
class Document:
    """A file that is open in the editor, as it is now."""

    path: Path
    version: int
    parts: list[Part]
    is_notebook: bool = False
    texts: tuple[str, ...] = ()
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = [line for part in self.parts for line in part.lines]

    @property
    def text(self) -> Text:
        """What the worker gets."""
        return Text(self.version, self.texts, self.is_notebook)

    def part_at(self, line: int) -> Part | None:
        """The part that holds the checker's line (from 1)."""
        index = bisect_right([part.first for part in self.parts], line - 1) - 1
        if index < 0 or line - 1 - self.parts[index].first >= len(self.parts[index].lines):
            return None
        return self.parts[index]

    def part_of(self, uri: str) -> Part | None:
        """The part with this address."""
        return next((part for part in self.parts if part.uri == uri), None)


def document(path: Path, version: int, sources: Sequence[tuple[str, int | None, str]], is_notebook: bool) -> Document:
    """An open file from its parts' addresses, versions and texts."""
    parts, first = [], 0
    for uri, part_version, text in sources:
        lines = tuple(text.split("\n") if is_notebook else split_lines(text))
        parts.append(Part(uri, part_version, first, lines))
        first += len(lines)
    return Document(path, version, parts, is_notebook, tuple(text for _, _, text in sources))


def to_position(lines: Sequence[str], line: int, column: int, encoding: str | None) -> types.Position:
    """The protocol's position of a line and column (from 1) among `lines`."""
    if line > len(lines):
        return types.Position(len(lines), 0)
    text = lines[max(line, 1) - 1]
    return types.Position(max(line, 1) - 1, units(text[: max(column, 1) - 1], encoding))


def to_range(lines: Sequence[str], place: Place, encoding: str | None, first: int = 0) -> types.Range:
    """The protocol's range of a place, in a part that begins behind `first` lines."""
    return types.Range(
        to_position(lines, place.line - first, place.column, encoding),
        to_position(lines, place.end_line - first, place.end_column, encoding),
    )


def from_position(lines: Sequence[str], position: types.Position, encoding: str | None) -> tuple[int, int]:
    """The line and column (from 1) of the protocol's position."""
    if position.line >= len(lines):
        return len(lines) + 1, 1
    return position.line + 1, code_points(lines[position.line], position.character, encoding) + 1
