"""The server: the protocol's notifications go to the workbench, its requests are answered from it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from tangra.lsp.calls import Choices
from tangra.lsp.diagnostics import diagnostics_of, result_id
from tangra.lsp.positions import Document, document
from tangra.lsp.settings import from_json
from tangra.lsp.texts import Texts
from tangra.lsp.workbench import Known, Workbench, file_path

T = TypeVar("T")
NOTEBOOKS = types.NotebookDocumentSyncOptions(
    [
        types.NotebookDocumentFilterWithCells(
            [types.NotebookCellLanguage("python")], types.NotebookDocumentFilterNotebookType("jupyter-notebook")
        )
    ]
)


class TangraServer(LanguageServer):
    """The language server, with the workbench behind it."""

    def __init__(self) -> None:
        super().__init__("tangra", _version(), notebook_document_sync=NOTEBOOKS)
        self.bench = Workbench(self._finished, self._log)
        self.choices = Choices()
        self.picks = False
        self.published: dict[str, list[types.Diagnostic]] = {}
        self.pulled: dict[str, str] = {}
        self._pulling: Counter[str] = Counter()
        self._asking: set[asyncio.Task[Any]] = set()
        self._refused: set[str] = set()

    @property
    def encoding(self) -> str | None:
        """The unit of columns that client and server agreed on."""
        return self.workspace.position_encoding

    def supports(self, *path: str) -> Any:
        """What the client said of a capability: `supports("workspace", "inlay_hint", "refresh_support")`."""
        value: Any = self.client_capabilities
        for name in path:
            value = getattr(value, name, None)
        return value

    @property
    def hovers_markdown(self) -> bool:
        """Whether the client shows Markdown."""
        return types.MarkupKind.Markdown in (self.supports("text_document", "hover", "content_format") or ())

    def take_text(self, uri: str) -> None:
        """A file was opened or changed."""
        path = file_path(uri)
        if path is None or path.suffix == ".ipynb":
            return
        text = self.workspace.get_text_document(uri)
        self._take(document(path, text.version or 0, [(uri, text.version, text.source)], False))

    def take_notebook(self, uri: str) -> None:
        """A notebook was opened or changed."""
        notebook, path = self.workspace.get_notebook_document(notebook_uri=uri), file_path(uri)
        if notebook is None or path is None:
            return
        cells = []
        for cell in notebook.cells:
            if cell.kind == types.NotebookCellKind.Code:
                text = self.workspace.get_text_document(cell.document)
                cells.append((cell.document, text.version, text.source))
        before = self.bench.documents.get(path)
        for gone in {part.uri for part in before.parts} - {uri for uri, _, _ in cells} if before else ():
            self.withdraw(gone)
        self._take(document(path, notebook.version, cells, True))

    def _take(self, changed: Document) -> None:
        if self.bench.update(changed):
            self.fetch_new_settings()
        self._move(changed.path)

    def fetch_new_settings(self) -> None:
        """Ask for the settings of a project that was not open before."""
        if self.supports("workspace", "configuration"):
            self._in_passing(self.fetch_settings())

    def _in_passing(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let something be done that nobody waits for."""
        self._asking.add(task := asyncio.get_running_loop().create_task(work))
        task.add_done_callback(self._asking.discard)

    async def answer(self, what: str, request: Awaitable[T]) -> T | None:
        """The client's answer to a request; None where it refuses or has left, which is written to its log once."""
        try:
            return await request
        except (JsonRpcException, OSError) as error:
            if what not in self._refused:
                self._refused.add(what)
                with suppress(OSError):
                    self._log(f"the client refused {what}: {error}", False)
        return None

    def _move(self, path: Path) -> None:
        """Publish what was found before the edit where it is now."""
        known = self.bench.known(path)
        if known is not None and not self.pulls:
            self._publish(known)

    @property
    def pulls(self) -> bool:
        """Whether the client asks for diagnostics, so that none are pushed."""
        return self.supports("text_document", "diagnostic") is not None

    @property
    def asks_again(self) -> bool:
        """Whether the client pulls diagnostics again when it is told that they changed."""
        return bool(self.supports("workspace", "diagnostics", "refresh_support"))

    def _publish(self, known: Known) -> None:
        show = self.bench.setting_of(known.document.path).diagnostics
        for uri, items in diagnostics_of(self.bench, known, self.encoding).items():
            part = known.document.part_of(uri)
            shown = items if show else []
            if self.published.get(uri) == shown and known.lines.is_identity and not shown:
                continue
            self.published[uri] = shown
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri, shown, version=None if part is None else part.version)
            )

    def keep_texts(self, params: types.InitializeParams) -> None:
        """Have open documents kept as texts whose lines end where the protocol says."""
        before = self.workspace
        self.protocol._workspace = Texts(
            before.root_uri, self._text_document_sync_kind, params.workspace_folders or [], before.position_encoding
        )

    def close(self, uri: str) -> None:
        """A file or notebook was closed."""
        path = file_path(uri)
        known = None if path is None else self.bench.documents.get(path)
        if path is None or known is None:
            return
        for part in known.parts:
            self.withdraw(part.uri)
        self.bench.close(path)

    def withdraw(self, uri: str) -> None:
        """A document was closed: nothing is said of it any more."""
        self.pulled.pop(uri, None)
        if self.published.pop(uri, None) and not self.pulls:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _finished(self, fresh: list[Path]) -> None:
        """An analysis is done. Nothing waits for what the client makes of it."""
        for path in fresh:
            known = self.bench.known(path)
            if known is not None and not self.pulls:
                with suppress(OSError):  # the client has left
                    self._publish(known)
        if (
            self.pulls
            and self.supports("workspace", "diagnostics", "refresh_support")
            and self._has_other_findings(fresh)
        ):
            self._in_passing(self.answer("to pull again", self.workspace_diagnostic_refresh_async(None)))
        self.refresh_shapes()

    def _has_other_findings(self, paths: list[Path]) -> bool:
        """Whether a document has other diagnostics than when they were asked for, and nobody waits for them."""
        for path in paths:
            known = self.bench.known(path)
            for uri, items in (diagnostics_of(self.bench, known, self.encoding) if known else {}).items():
                if self.pulled.get(uri) not in (None, result_id(uri, items)) and not self._pulling[uri]:
                    return True
        return False

    @contextmanager
    def being_pulled(self, uri: str) -> Iterator[None]:
        """Somebody waits for the diagnostics of a document."""
        self._pulling[uri] += 1
        try:
            yield
        finally:
            self._pulling[uri] -= 1

    def refresh_shapes(self) -> None:
        """Have the client ask again for what shows shapes."""
        if self.supports("workspace", "inlay_hint", "refresh_support"):
            self._in_passing(self.answer("new inlay hints", self.workspace_inlay_hint_refresh_async(None)))
        if self.supports("workspace", "code_lens", "refresh_support"):
            self._in_passing(self.answer("new code lenses", self.workspace_code_lens_refresh_async(None)))

    def _log(self, text: str, show: bool) -> None:
        """Write to the client's log, and tell the user."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))
        if show:
            first = text.strip().splitlines()[-1]
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"Tangra: {first}"))

    async def known(self, uri: str, fresh: bool = True, previews: bool = False) -> Known | None:
        """What is known of the open file that a document belongs to; `fresh`: of its present text, which is waited
        for (with `previews`, the edited function alone will do), else of the last text that was checked, unless there
        is none."""
        path = self.bench.path(uri)
        if path is None:
            return None
        if not fresh and (found := self.bench.known(path)) is not None:
            return found
        return await self.bench.current(path, previews)

    def take_settings(self, values: Any) -> None:
        """Settings that the client sent without being asked."""
        if isinstance(values, dict):
            self.picks = values.get("picksCalls", self.picks) is True
            self._choose(None, values.get("tangra", values))

    async def fetch_settings(self, pushed: Any = None) -> None:
        """Ask the client for its settings, of each project where it can tell them apart."""
        if not self.supports("workspace", "configuration"):
            self.take_settings(pushed)
            return
        items = [types.ConfigurationItem(section="tangra")]
        roots = list(self.bench.rooms)
        items += [types.ConfigurationItem(scope_uri=root.as_uri(), section="tangra") for root in roots]
        asked = self.workspace_configuration_async(types.ConfigurationParams(items))
        values = await self.answer("to tell its settings", asked)
        if not isinstance(values, Sequence) or isinstance(values, str):
            self.take_settings(pushed)
            return
        for root, value in zip([None, *roots], values, strict=False):
            self._choose(root, value)

    def _choose(self, root: Path | None, values: Any) -> None:
        settings, wrong = from_json(values)
        for text in wrong:
            self._log(text, True)
        self.bench.choose(root, settings)


def _version() -> str:
    try:
        return version("tangra")
    except PackageNotFoundError:
        return "0+unknown"


def create() -> TangraServer:
    """A server with all its features."""
    from tangra.lsp import features, synchronisation

    server = TangraServer()
    synchronisation.register(server)
    features.register(server)
    return server


def serve() -> None:
    """Serve on standard input and output until the client says exit."""
    create().start_io()
