"""The texts of open documents, changed as the protocol says: lines end at CR, LF or CRLF only, and a position behind
the end of a line is its end. (pygls also ends lines at form feeds and other signs, which move everything behind them.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lsprotocol import types
from pygls.workspace import PositionCodec, ServerTextPosition, TextDocument, Workspace

from tangra.lsp.positions import code_points

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Codec(PositionCodec):
    """Positions in the client's units."""

    def position_from_client_units(self, lines: Sequence[str], position: types.Position) -> ServerTextPosition:
        """The position in code points."""
        if position.line >= len(lines):
            return ServerTextPosition(len(lines), 0)
        text = lines[position.line].rstrip("\r\n")
        return ServerTextPosition(position.line, code_points(text, position.character, self.encoding))


class PlainText(TextDocument):
    """A text whose lines end where the protocol says."""

    @property
    def lines(self) -> Sequence[str]:
        """The lines with their ends."""
        found = _LINE.findall(self.source)
        if not found or found[-1].endswith(("\n", "\r")):
            found.append("")
        return tuple(found)


class Texts(Workspace):
    """All open documents."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._position_codec = Codec(encoding=self.position_encoding)

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> TextDocument:
        return PlainText(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )
