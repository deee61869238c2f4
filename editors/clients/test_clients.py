"""`tangra lsp` under pytest-lsp, a client of others' making that poses as several editors: it offers what each of them
offers, and warns of every answer that the editor could not have taken. `make test-editors` runs this, in a virtual
environment of its own, because pytest-lsp brings a plugin into every test run; the server's Python is `TANGRA_PYTHON`.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

SERVER = [os.environ["TANGRA_PYTHON"], "-m", "tangra.cli", "lsp"]
WAIT = 60.0
UNANSWERED = (
    types.CLIENT_REGISTER_CAPABILITY,
    types.WORKSPACE_INLAY_HINT_REFRESH,
    types.WORKSPACE_CODE_LENS_REFRESH,
)
"""What the editors answer, and pytest-lsp does not."""
PROGRAM = (Path(__file__).parent.parent / "net.py").read_text()
"""A network whose last layer was built for another size: what all editors are shown."""
FAULT = 13
"""The line of the fault, from 0."""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program in a project of its own."""
    (tmp_path / "pyproject.toml").write_text("")
    path = tmp_path / "net.py"
    path.write_text(PROGRAM)
    return path


@pytest_lsp.fixture(config=ClientServerConfig(server_command=SERVER), params=["visual_studio_code", "neovim", "emacs"])
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient, program: Path) -> AsyncIterator[None]:
    """A session of an editor with the program open."""
    for asked in (
        types.CLIENT_REGISTER_CAPABILITY,
        types.WORKSPACE_INLAY_HINT_REFRESH,
        types.WORKSPACE_CODE_LENS_REFRESH,
    ):
        lsp_client.feature(asked)(lambda params: None)  # what the editors answer, and pytest-lsp does not
    folder = types.WorkspaceFolder(uri=program.parent.as_uri(), name="project")
    offered = client_capabilities(request.param)
    await lsp_client.initialize_session(types.InitializeParams(capabilities=offered, workspace_folders=[folder]))
    document = types.TextDocumentItem(uri=program.as_uri(), language_id="python", version=1, text=PROGRAM)
    lsp_client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))
    yield
    await lsp_client.shutdown_session()


async def findings(client: LanguageClient, uri: str, count: int) -> list[types.Diagnostic]:
    """The findings of a file, asked for if the editor asks, else as they were sent, once there are so many: after an
    edit the old ones stay, moved along, until there are new ones."""
    offered = client.capabilities.text_document
    document = types.TextDocumentIdentifier(uri=uri)
    async with asyncio.timeout(WAIT):
        while True:
            if offered is not None and offered.diagnostic is not None:
                asked = types.DocumentDiagnosticParams(text_document=document)
                report = await client.text_document_diagnostic_async(asked)
                found = list(report.items) if isinstance(report, types.RelatedFullDocumentDiagnosticReport) else None
            else:
                found = list(client.diagnostics[uri]) if uri in client.diagnostics else None
            if found is not None and len(found) == count:
                return found
            await asyncio.sleep(0.1)


@pytest.mark.asyncio
async def test_the_finding_is_shown_and_its_fix_mends_it(client: LanguageClient, program: Path) -> None:
    """From the finding to the fix, to a file without findings."""
    uri = program.as_uri()
    (found,) = await findings(client, uri, 1)
    assert (found.range.start.line, found.code, found.severity) == (FAULT, "TG516", types.DiagnosticSeverity.Error)
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri=uri),
            range=found.range,
            context=types.CodeActionContext(diagnostics=[found]),
        )
    )
    fix = next(action for action in actions or [] if isinstance(action, types.CodeAction) and action.is_preferred)
    assert fix.edit is not None
    listed = [change for change in fix.edit.document_changes or [] if isinstance(change, types.TextDocumentEdit)]
    (edit,) = [one for change in listed for one in change.edits] or (fix.edit.changes or {})[uri]
    assert isinstance(edit, types.TextEdit | types.AnnotatedTextEdit)
    client.diagnostics.clear()
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(uri=uri, version=2),
            content_changes=[types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text)],
        )
    )
    assert await findings(client, uri, 0) == []


@pytest.mark.asyncio
async def test_shapes_are_hinted_and_told(client: LanguageClient, program: Path) -> None:
    """Inlay hints for who shows them; hovers for all."""
    document = types.TextDocumentIdentifier(uri=program.as_uri())
    whole = types.Range(types.Position(0, 0), types.Position(len(PROGRAM.split("\n")), 0))
    offered = client.capabilities.text_document
    if offered is not None and offered.inlay_hint is not None:
        hints = await client.text_document_inlay_hint_async(types.InlayHintParams(text_document=document, range=whole))
        told = {hint.position.line: hint.label for hint in hints or []}
        assert "8, 16, 28, 28" in str(told[11])
    hover = await client.text_document_hover_async(types.HoverParams(document, types.Position(12, 15)))
    assert hover is not None
    assert "8, 16, 28, 28" in str(hover.contents)
