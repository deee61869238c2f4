"""A client for the tests: an editor on pygls's client, over standard input and output of a real server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInternalError
from pygls.lsp.client import LanguageClient

WAIT = 30.0


class Editor:
    """One session with a server; files are opened by their names in `folder`."""

    def __init__(self, folder: Path, configuration: dict[str, Any]) -> None:
        self.client = client = LanguageClient("tests", "1")
        self.folder, self.configuration = folder, configuration
        self.shown: list[str] = []
        self.logged: list[str] = []
        self.errors = ""
        self.registered: dict[str, Any] = {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.refreshed = self.asked_to_pull = 0
        self.refuses = self.is_silent = False
        self.versions: dict[str, int] = {}
        self.changed, self.leaves = asyncio.Event(), asyncio.Event()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published.append(params)
            self.changed.set()

        async def answer() -> None:
            """As the editor answers requests: readily, by an error, or not at all."""
            self.changed.set()
            if self.refuses:
                raise JsonRpcInternalError("not now")
            if self.is_silent:
                await self.leaves.wait()

        @client.feature(types.WORKSPACE_DIAGNOSTIC_REFRESH)
        async def asked(params: None) -> None:
            self.asked_to_pull += 1
            await answer()

        @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
        async def refreshed(params: None) -> None:
            self.refreshed += 1
            await answer()

        @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
        async def lenses_refreshed(params: None) -> None:
            await answer()

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def shown(params: types.ShowMessageParams) -> None:
            self.shown.append(params.message)
            self.changed.set()

        @client.feature(types.WINDOW_LOG_MESSAGE)
        def logged(params: types.LogMessageParams) -> None:
            self.logged.append(params.message)
            self.changed.set()

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        async def register(params: types.RegistrationParams) -> None:
            await answer()
            self.registered.update({each.method: each.register_options for each in params.registrations})
            self.changed.set()

        @client.feature(types.WORKSPACE_CONFIGURATION)
        async def configure(params: types.ConfigurationParams) -> list[Any]:
            await answer()
            return [self.configuration.get(item.scope_uri or "", self.configuration.get("")) for item in params.items]

    async def listen(self, stream: asyncio.StreamReader) -> None:
        """Keep what the server writes to its standard error."""
        while line := await stream.readline():
            self.errors += line.decode("utf-8", "replace")

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> None:
        self.versions[self.uri(name)] = 1
        item = types.TextDocumentItem(self.uri(name), "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def send(self, name: str, version: int, *changes: Any) -> None:
        """Changes under a version of the client's choice."""
        self.versions[self.uri(name)] = version
        document = types.VersionedTextDocumentIdentifier(version, self.uri(name))
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, list(changes)))

    def close(self, name: str) -> None:
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(self.uri(name)))
        )

    def write(self, name: str, text: str) -> int:
        """The whole text anew; returns its version."""
        return self._change(name, types.TextDocumentContentChangeWholeDocument(text))

    def edit(self, name: str, start: tuple[int, int], end: tuple[int, int], text: str) -> int:
        """Replace a range, given in the protocol's positions; returns the version."""
        where = types.Range(types.Position(*start), types.Position(*end))
        return self._change(name, types.TextDocumentContentChangePartial(where, text))

    def _change(self, name: str, change: Any) -> int:
        uri = self.uri(name)
        self.versions[uri] += 1
        document = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        return self.versions[uri]

    def touched(self, path: Path) -> None:
        """A file changed on the disk."""
        event = types.FileEvent(path.as_uri(), types.FileChangeType.Changed)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    def open_notebook(self, name: str, cells: list[str], markup: set[int] = frozenset()) -> list[str]:
        """Open a notebook; the addresses of its cells."""
        uris = [f"vscode-notebook-cell://{self.folder / name}#c{number}" for number in range(len(cells))]
        self.versions.update(dict.fromkeys(uris, 1))
        kinds = [
            types.NotebookCellKind.Markup if n in markup else types.NotebookCellKind.Code for n in range(len(cells))
        ]
        listed = [types.NotebookCell(kind, uri) for kind, uri in zip(kinds, uris, strict=True)]
        notebook = types.NotebookDocument(self.uri(name), "jupyter-notebook", 1, listed)
        texts = [types.TextDocumentItem(uri, "python", 1, text) for uri, text in zip(uris, cells, strict=True)]
        self.client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, texts))
        self.versions[self.uri(name)] = 1
        return uris

    def _change_notebook(self, name: str, cells: types.NotebookDocumentCellChanges) -> None:
        self.versions[self.uri(name)] += 1
        document = types.VersionedNotebookDocumentIdentifier(self.versions[self.uri(name)], self.uri(name))
        change = types.NotebookDocumentChangeEvent(cells=cells)
        self.client.notebook_document_did_change(types.DidChangeNotebookDocumentParams(document, change))

    def edit_cell(self, name: str, uri: str, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        self.versions[uri] += 1
        where = types.Range(types.Position(*start), types.Position(*end))
        document = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        change = types.TextDocumentContentChangePartial(where, text)
        content = types.NotebookDocumentCellContentChanges(document, [change])
        self._change_notebook(name, types.NotebookDocumentCellChanges(text_content=[content]))

    def remove_cell(self, name: str, number: int) -> None:
        array = types.NotebookCellArrayChange(number, 1)
        self._change_notebook(
            name, types.NotebookDocumentCellChanges(structure=types.NotebookDocumentCellChangeStructure(array))
        )

    def move_cell(self, name: str, place: int, to: int, cell: types.NotebookCell) -> None:
        """A cell is taken from its place and put elsewhere, as clients tell it: the cells between are told anew."""
        array = types.NotebookCellArrayChange(place, 1)
        self._change_notebook(
            name, types.NotebookDocumentCellChanges(structure=types.NotebookDocumentCellChangeStructure(array))
        )
        array = types.NotebookCellArrayChange(to, 0, [cell])
        self._change_notebook(
            name, types.NotebookDocumentCellChanges(structure=types.NotebookDocumentCellChangeStructure(array))
        )

    def close_notebook(self, name: str, cells: list[str]) -> None:
        params = types.DidCloseNotebookDocumentParams(
            types.NotebookDocumentIdentifier(self.uri(name)), [types.TextDocumentIdentifier(uri) for uri in cells]
        )
        self.client.notebook_document_did_close(params)

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Wait for something to hold, which is asked whenever the server has said something."""

        async def wait() -> Any:
            while not (found := holds()):
                self.changed.clear()
                await self.changed.wait()
            return found

        return await asyncio.wait_for(wait(), WAIT)

    def last(self, name: str) -> types.PublishDiagnosticsParams | None:
        return self.last_of(self.uri(name))

    def last_of(self, uri: str) -> types.PublishDiagnosticsParams | None:
        return next((each for each in reversed(self.published) if each.uri == uri), None)

    async def found(self, name: str, count: int) -> list[types.Diagnostic]:
        """The diagnostics of a file's present version, once there are `count` of them."""

        return await self.found_in(self.uri(name), count)

    async def found_in(self, uri: str, count: int) -> list[types.Diagnostic]:
        def there() -> types.PublishDiagnosticsParams | None:
            last = self.last_of(uri)
            current = last is not None and last.version == self.versions[uri] and len(last.diagnostics) == count
            return last if current else None

        return list((await self.until(there)).diagnostics)

    async def hover(self, name: str, line: int, character: int) -> types.Hover | None:
        return await self.hover_in(self.uri(name), line, character)

    async def hover_in(self, uri: str, line: int, character: int) -> types.Hover | None:
        params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        return await asyncio.wait_for(self.client.text_document_hover_async(params), WAIT)

    async def hints(self, name: str, first: int = 0, last: int = 10_000) -> dict[tuple[int, int], str]:
        where = types.Range(types.Position(first, 0), types.Position(last, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(self.uri(name)), where)
        found = await asyncio.wait_for(self.client.text_document_inlay_hint_async(params), WAIT)
        return {(each.position.line, each.position.character): str(each.label) for each in found or []}


@asynccontextmanager
async def editor(
    folder: Path,
    capabilities: types.ClientCapabilities | None = None,
    options: dict[str, Any] | None = None,
    configuration: dict[str, Any] | None = None,
    refuses: bool = False,
    is_silent: bool = False,
) -> AsyncIterator[Editor]:
    """A server with an editor on it; it has to end well. The editor `refuses` what it is asked, or `is_silent`."""
    made = Editor(folder, configuration or {})
    made.refuses, made.is_silent = refuses, is_silent
    client = made.client
    await client.start_io(sys.executable, "-m", "tangra.cli", "lsp")
    errors = asyncio.create_task(made.listen(client._server.stderr))
    try:
        made.initialized = await client.initialize_async(
            types.InitializeParams(
                capabilities=capabilities or types.ClientCapabilities(),
                initialization_options=options,
                workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
            )
        )
        client.initialized(types.InitializedParams())
        yield made
        made.leaves.set()
        await asyncio.wait_for(client.shutdown_async(None), WAIT)
        client.exit(None)
        assert await asyncio.wait_for(client._server.wait(), WAIT) == 0
        await errors
        assert "Traceback" not in made.errors, made.errors
    finally:
        errors.cancel()
        if client._server.returncode is None:
            client._server.kill()
            await client._server.wait()
        await client.stop()


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario to its end."""

    async def run() -> None:
        await scenario()

    asyncio.run(run())
