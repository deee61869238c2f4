"""What the client asks: hover, inlay hints, quick fixes."""

from __future__ import annotations

from lsprotocol import types

from tangra.lsp.actions import actions
from tangra.lsp.hints import hints
from tangra.lsp.hover import hover
from tangra.lsp.positions import from_position
from tangra.lsp.server import TangraServer
from tangra.lsp.workbench import Known


def register(server: TangraServer) -> None:
    """Have the server answer."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        known = await server.known(params.text_document.uri)
        if known is None or not server.bench.setting_of(known.document.path).hover:
            return None
        line, column = place_in(server, known, params.text_document.uri, params.position)
        return hover(known, line, column, server.encoding, server.hovers_markdown)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def hinted(params: types.InlayHintParams) -> list[types.InlayHint] | None:
        uri = params.text_document.uri
        known = await server.known(uri, fresh=not server.supports("workspace", "inlay_hint", "refresh_support"))
        part = None if known is None else known.document.part_of(uri)
        if known is None or part is None:
            return None
        settings = server.bench.setting_of(known.document.path)
        if not settings.inlay_hints:
            return []
        return list(hints(known, part, params.range, settings, server.encoding, server.hovers_markdown))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    async def acted(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        uri, only = params.text_document.uri, params.context.only
        if only and not any(types.CodeActionKind.QuickFix.value.startswith(kind) for kind in only):
            return None
        known = await server.known(uri)
        part = None if known is None else known.document.part_of(uri)
        if known is None or part is None or not server.bench.setting_of(known.document.path).diagnostics:
            return None
        versioned = bool(server.supports("workspace", "workspace_edit", "document_changes"))
        return list(actions(server.bench, known, part, params.range, server.encoding, versioned))


def place_in(server: TangraServer, known: Known, uri: str, position: types.Position) -> tuple[int, int]:
    """The checker's line and column of a position in a document."""
    part = known.document.part_of(uri)
    if part is None:
        return 0, 0
    line, column = from_position(part.lines, position, server.encoding)
    return line + part.first, column
