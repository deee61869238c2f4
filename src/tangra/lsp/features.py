"""What the client asks: hover, inlay hints, quick fixes, the calls of functions, where sizes come from, diagnostics."""

from __future__ import annotations

from lsprotocol import types

from tangra.lsp.actions import actions
from tangra.lsp.calls import NEXT_CALL, lenses
from tangra.lsp.diagnostics import SOURCE, diagnostics_of, result_id
from tangra.lsp.hints import hints
from tangra.lsp.hover import hover
from tangra.lsp.places import location
from tangra.lsp.positions import from_position
from tangra.lsp.server import TangraServer
from tangra.lsp.workbench import Known

PULL = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier=SOURCE)
FIXES = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])


def register(server: TangraServer) -> None:
    """Have the server answer."""
    _shapes(server)
    _calls(server)
    _findings(server)


def _shapes(server: TangraServer) -> None:
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
        encoding, markdown = server.encoding, server.hovers_markdown
        return list(hints(known, part, params.range, settings, server.choices, encoding, markdown))

    @server.feature(types.TEXT_DOCUMENT_TYPE_DEFINITION)
    async def born(params: types.TypeDefinitionParams) -> list[types.Location] | None:
        """Where the sizes of an array come from, one place for each axis."""
        known = await server.known(params.text_document.uri)
        if known is None:
            return None
        line, column = place_in(server, known, params.text_document.uri, params.position)
        found = await server.bench.births(known.document.path, line, column)
        places = [location(server.bench, birth.place, server.encoding) for birth in found]
        return [place for number, place in enumerate(places) if place is not None and place not in places[:number]]


def _calls(server: TangraServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def listed(params: types.CodeLensParams) -> list[types.CodeLens] | None:
        uri = params.text_document.uri
        known = await server.known(uri)
        part = None if known is None else known.document.part_of(uri)
        if known is None or part is None or not server.bench.setting_of(known.document.path).code_lens:
            return None
        return list(lenses(server.bench, server.choices, known, part, server.encoding, server.picks))

    @server.command(NEXT_CALL)
    async def chosen(uri: str, name: str, *number: int) -> None:
        """Show the shapes of another call of a function: of the one with this number, or (-1) of all together;
        without a number, of the next."""
        known = await server.known(uri)
        function = next((each for each in known.analysis.functions if each.name == name), None) if known else None
        if known is None or function is None:
            return
        if number:
            server.choices.choose(known, function, number[0])
        else:
            server.choices.following(known, function)
        server.refresh_shapes()


def _findings(server: TangraServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, FIXES)
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

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, PULL)
    async def pulled(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        uri = params.text_document.uri
        with server.being_pulled(uri):
            known = await server.known(uri, previews=server.asks_again)
        items: list[types.Diagnostic] = []
        if known is not None and server.bench.setting_of(known.document.path).diagnostics:
            items = diagnostics_of(server.bench, known, server.encoding).get(uri, [])
        name = server.pulled[uri] = result_id(uri, items)
        if name == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(result_id=name)
        return types.RelatedFullDocumentDiagnosticReport(items=items, result_id=name)


def place_in(server: TangraServer, known: Known, uri: str, position: types.Position) -> tuple[int, int]:
    """The checker's line and column of a position in a document."""
    part = known.document.part_of(uri)
    if part is None:
        return 0, 0
    line, column = from_position(part.lines, position, server.encoding)
    return line + part.first, column
