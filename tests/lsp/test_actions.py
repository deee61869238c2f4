"""Quick fixes in the editor: what the checker offers, as edits that make its finding go away."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, editor, play

PROGRAM = "import torch\n\na = torch.zeros(2, 3)\nb = torch.zeros(5, 3)\nc = a @ b  # ünïcode 😀\n"
VERSIONED = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
    )
)


async def actions(ed: Editor, name: str, line: int, only: list[str] | None = None) -> list[types.CodeAction]:
    where = types.Range(types.Position(line, 0), types.Position(line, 0))
    context = types.CodeActionContext([], only=only)
    params = types.CodeActionParams(types.TextDocumentIdentifier(ed.uri(name)), where, context)
    return list(await ed.client.text_document_code_action_async(params) or [])


def edits(action: types.CodeAction) -> dict[str, list[types.TextEdit]]:
    return {uri: list(changes) for uri, changes in action.edit.changes.items()}


def test_fixes_are_edits_and_the_first_is_preferred(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editor(tmp_path) as ed:
            ed.open("p.py", PROGRAM)
            first, ignoring = await actions(ed, "p.py", 4)
            assert [first.title, ignoring.title] == ["Tangra: write `b.T` for `b`", "Tangra: ignore TG511 here"]
            assert (first.is_preferred, ignoring.is_preferred) == (True, False)
            assert first.kind == types.CodeActionKind.QuickFix
            assert first.diagnostics[0].code == "TG511"
            where = types.Range(types.Position(4, 8), types.Position(4, 9))
            assert edits(first) == {ed.uri("p.py"): [types.TextEdit(where, "b.T")]}
            ed.edit("p.py", (4, 8), (4, 9), "b.T")
            assert await ed.found("p.py", 0) == []
            assert await actions(ed, "p.py", 4) == []

    play(scenario)


def test_the_ignore_comment_ends_the_line_in_the_clients_units(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editor(tmp_path, VERSIONED) as ed:
            ed.open("p.py", PROGRAM)
            ignoring = (await actions(ed, "p.py", 4, ["quickfix"]))[-1]
            (change,) = ignoring.edit.document_changes
            assert (change.text_document.uri, change.text_document.version) == (ed.uri("p.py"), 1)
            assert list(change.edits) == [
                types.TextEdit(types.Range(types.Position(4, 23), types.Position(4, 23)), "  # tangra: ignore[TG511]")
            ]
            ed.edit("p.py", (4, 23), (4, 23), "  # tangra: ignore[TG511]")
            assert await ed.found("p.py", 0) == []
            assert await actions(ed, "p.py", 4, ["refactor"]) == []

    play(scenario)


def test_a_second_code_joins_the_comment(tmp_path: Path) -> None:
    async def scenario() -> None:
        text = PROGRAM.replace("# ünïcode 😀", "# tangra: ignore[TG530]")
        async with editor(tmp_path) as ed:
            ed.open("p.py", text)
            ignoring = (await actions(ed, "p.py", 4))[-1]
            (edit,) = ignoring.edit.changes[ed.uri("p.py")]
            start = edit.range.start.character
            line = text.splitlines()[4]
            assert line[:start] + edit.new_text + line[start:] == "c = a @ b  # tangra: ignore[TG530, TG511]"

    play(scenario)


@pytest.mark.parametrize("where", ["model.py", "train.py"])
def test_a_fix_may_be_in_another_file(tmp_path: Path, where: str) -> None:
    async def scenario() -> None:
        (tmp_path / "pyproject.toml").write_text("")
        head = "import torch\nfrom torch import nn\n\nhead = nn.Linear(16, 4)\n"
        use = "import torch\nfrom model import head\n\nhead(torch.zeros(2, 24))\n"
        (tmp_path / "model.py").write_text(head)
        (tmp_path / "train.py").write_text(use)
        async with editor(tmp_path) as ed:
            ed.open("train.py", use)
            if where == "model.py":  # open, and moved by an edit that is not saved
                ed.open("model.py", "\n" + head)
            fix = (await actions(ed, "train.py", 3))[0]
            assert fix.title == f"Tangra: change 16 to 24 in `nn.Linear(16, 4)` of line {4 + (where == 'model.py')}"
            line = 3 + (where == "model.py")
            expected = types.TextEdit(types.Range(types.Position(line, 17), types.Position(line, 19)), "24")
            assert edits(fix) == {ed.uri("model.py"): [expected]}

    play(scenario)
