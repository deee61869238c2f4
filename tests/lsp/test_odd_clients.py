"""Clients that refuse, keep silent, leave, count their versions backwards or point behind the end of a text; files and
folders that come and go while they are open."""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, editor, play
from tests.lsp.test_protocol import BUG, FINE

ASKED = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        configuration=True,
        inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=True),
        code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=True),
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
    )
)
CHANGES = ((7, BUG, 1), (7, FINE, 0), (3, BUG, 1), (3, FINE, 0), (0, BUG, 1), (-4, FINE, 0))
"""A version, the text, and how many findings it has."""
CALLED = "import torch\n\n\ndef f(x):\n    return x @ torch.zeros(5, 3)\n\n\ny = f(torch.zeros(2, 3))\n"
CALLED += "y + torch.zeros(2, 3)\n"


@pytest.mark.parametrize("way", ["refuses", "is_silent"])
def test_a_client_that_answers_nothing_gets_findings_all_the_same(tmp_path: Path, way: str) -> None:
    async def scenario() -> None:
        async with editor(tmp_path, ASKED, **{way: True}) as ed:  # type: ignore[arg-type]
            ed.open("p.py", CALLED)
            await ed.found("p.py", 1)
            ed.edit("p.py", (4, 27), (4, 28), "3")
            await ed.found("p.py", 0)
            ed.edit("p.py", (4, 30), (4, 31), "7")  # the function alone shows nothing, the program does
            (found,) = await ed.found("p.py", 1)
            assert found.range.start.line == 8
            await ed.until(lambda: ed.refreshed >= 2)
            if way == "refuses":
                assert len([text for text in ed.logged if "refused new inlay hints" in text]) == 1

    play(scenario)


def test_versions_may_repeat_themselves_and_go_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        whole = types.TextDocumentContentChangeWholeDocument
        async with editor(tmp_path) as ed:
            ed.open("p.py", FINE)
            await ed.found("p.py", 0)
            for version, text, count in (
                (7, BUG, 1),
                (7, FINE, 0),
                (3, BUG, 1),
                (3, FINE, 0),
                (0, BUG, 1),
                (-4, FINE, 0),
            ):
                ed.send("p.py", version, whole(text))
                await ed.found("p.py", count)

    play(scenario)


def test_edits_behind_the_end_are_edits_at_the_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editor(tmp_path) as ed:
            ed.open("p.py", "import torch\n\U0001d465 = 1")
            ed.edit("p.py", (1, 900), (900, 900), "  # \U0001f600\n")
            ed.edit("p.py", (500, 3), (600, 1), "a = torch.zeros(2, 3)\n")
            ed.edit("p.py", (3, 0), (3, 0), "b = a @ a\n")
            (found,) = await ed.found("p.py", 1)
            assert (found.range.start.line, found.range.start.character) == (3, 4)
            assert await ed.hover("p.py", 99, 99) is None
            assert await ed.hints("p.py", 50, 10) == {}

    play(scenario)


def test_a_folder_may_become_a_project_and_vanish_while_its_file_is_open(tmp_path: Path) -> None:
    async def scenario() -> None:
        (tmp_path / "pyproject.toml").write_text("")
        inner = tmp_path / "inner"
        inner.mkdir()
        (inner / "sizes.py").write_text("n = 5\n")
        use = "from sizes import n\nimport torch\ntorch.zeros(2, n) @ torch.zeros(4, 2)\n"
        async with editor(tmp_path, ASKED) as ed:
            ed.open("inner/use.py", use)
            await ed.found("inner/use.py", 1)
            (inner / "pyproject.toml").write_text("[tool.tangra]\nignore = ['TG5']\n")
            ed.touched(inner / "pyproject.toml")
            await ed.found("inner/use.py", 0)
            shutil.rmtree(inner)
            ed.touched(inner / "pyproject.toml")
            ed.write("inner/use.py", use.replace("from sizes import n", "n = 6"))
            await ed.found("inner/use.py", 1)
            ed.close("inner/use.py")
            await ed.until(lambda: (last := ed.last("inner/use.py")) and not last.diagnostics)
            ed.open("other.py", BUG)
            await ed.found("other.py", 1)

    play(scenario)


def test_a_hundred_edits_without_a_tree_leave_the_rest_checked(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editor(tmp_path) as ed:
            ed.open("p.py", BUG + "\n\ndef half():\n    pass\n")
            await ed.found("p.py", 1)
            for number in range(100):
                ed.edit("p.py", (8, 4), (8, 4), "(" if number % 2 else "x [")
            (found,) = await ed.found("p.py", 1)
            assert found.range.start.line == 4
            ed.edit("p.py", (3, 16), (3, 17), "3")
            await ed.found("p.py", 0)

    play(scenario)


def test_cells_may_change_places(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editor(tmp_path) as ed:
            cells = ["import torch\n", "a = torch.zeros(2, 3)\n", "a = torch.zeros(5, 2)\n", "torch.zeros(4, 2) @ a\n"]
            uris = ed.open_notebook("n.ipynb", cells)
            await ed.found_in(uris[3], 1)
            moved = types.NotebookCell(types.NotebookCellKind.Code, uris[1])
            ed.move_cell("n.ipynb", 1, 2, moved)
            await ed.found_in(uris[3], 0)
            ed.remove_cell("n.ipynb", 2)
            await ed.found_in(uris[3], 1)

    play(scenario)


def test_a_client_that_leaves_while_its_files_are_checked_takes_the_server_along(tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = "".join(f"def f{n}(x):\n" + "    x = x @ x\n" * 30 + f"f{n}(torch.zeros(3, 3))\n" for n in range(200))
        ed = Editor(tmp_path, {})
        await ed.client.start_io(sys.executable, "-m", "tangra.cli", "lsp")
        server = ed.client._server
        assert server is not None
        assert server.stderr is not None
        assert server.stdin is not None
        errors = asyncio.create_task(ed.listen(server.stderr))
        await ed.client.initialize_async(types.InitializeParams(capabilities=ASKED))
        ed.client.initialized(types.InitializedParams())
        ed.open("p.py", BUG + slow)
        await asyncio.sleep(1)
        server.stdin.close()
        await asyncio.wait_for(server.wait(), 30)
        await errors
        assert "never retrieved" not in ed.errors, ed.errors
        await ed.client.stop()

    play(scenario)
