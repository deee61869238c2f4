"""What the protocol leaves to server and client: pulled diagnostics, notebooks, several roots, units of columns,
settings, files that change on the disk, and a worker that dies."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, editor, play

BUG = "import torch\n\na = torch.zeros(2, 3)\nb = torch.zeros(5, 3)\nc = a @ b\n"
FINE = BUG.replace("5, 3", "3, 5")
PULLS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities()),
    workspace=types.WorkspaceClientCapabilities(diagnostics=types.DiagnosticWorkspaceClientCapabilities(True)),
)
CONFIGURES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        configuration=True,
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
    )
)


async def pull(ed: Editor, uri: str, previous: str | None = None) -> Any:
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri), previous_result_id=previous)
    return await ed.client.text_document_diagnostic_async(params)


def test_a_client_that_pulls_gets_no_pushes(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editor(tmp_path, PULLS) as ed:
            ed.open("p.py", BUG)
            full = await pull(ed, ed.uri("p.py"))
            assert [each.code for each in full.items] == ["TG511"]
            again = await pull(ed, ed.uri("p.py"), full.result_id)
            assert (again.kind, again.result_id) == ("unchanged", full.result_id)
            ed.write("p.py", FINE)
            mended = await pull(ed, ed.uri("p.py"), full.result_id)
            assert (mended.kind, list(mended.items)) == ("full", [])
            assert ed.published == []

    play(scenario)


def test_a_client_that_pulls_is_told_when_another_file_changed_the_answer(tmp_path: Path) -> None:
    async def scenario() -> None:
        (tmp_path / "pyproject.toml").write_text("")
        use = "from sizes import n\nimport torch\ntorch.zeros(2, n) + torch.zeros(2, 4)\n"
        (tmp_path / "sizes.py").write_text("n = 4\n")
        async with editor(tmp_path, PULLS) as ed:
            ed.open("use.py", use)
            ed.open("sizes.py", "n = 4\n")
            assert list((await pull(ed, ed.uri("use.py"))).items) == []
            ed.write("sizes.py", "n = 5\n")
            await ed.until(lambda: ed.asked_to_pull)
            assert [each.code for each in (await pull(ed, ed.uri("use.py"))).items] == ["TG510"]

    play(scenario)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_are_counted_in_the_units_agreed_on(tmp_path: Path, encoding: str) -> None:
    async def scenario() -> None:
        capabilities = types.ClientCapabilities(general=types.GeneralClientCapabilities(position_encodings=[encoding]))
        async with editor(tmp_path, capabilities) as ed:
            assert ed.initialized.capabilities.position_encoding == encoding
            text = "import torch\nx = ('ü😀', torch.zeros(2) + torch.zeros(3))\n"
            ed.open("p.py", text)
            (found,) = await ed.found("p.py", 1)
            units = {"utf-8": 6, "utf-16": 3, "utf-32": 2}[encoding]
            assert (found.range.start.character, found.range.end.character) == (9 + units, 9 + units + 31)
            assert await ed.hover("p.py", 1, 9 + units + 8) is not None  # the first of the two arrays
            ed.edit("p.py", (1, 9 + units + 30), (1, 9 + units + 31 - 1), "")
            at = 9 + units + len("torch.zeros(2) + torch.zeros(")
            ed.edit("p.py", (1, at), (1, at + 1), "2")
            assert await ed.found("p.py", 0) == []

    play(scenario)


def test_a_form_feed_is_no_end_of_a_line(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editor(tmp_path) as ed:
            ed.open("p.py", "import torch\n\x0cx = torch.zeros(2)\ny = x + torch.zeros(3)\n")
            (found,) = await ed.found("p.py", 1)
            assert found.range.start.line == 2
            ed.edit("p.py", (2, 20), (2, 21), "2")
            assert await ed.found("p.py", 0) == []

    play(scenario)


def test_notebooks_are_one_program_in_cells(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with editor(tmp_path) as ed:
            cells = ["import torch\n%matplotlib inline\na = torch.zeros(2, 3)", "text", "b = torch.zeros(5, 3)\na @ b"]
            notebook = ed.open_notebook("n.ipynb", cells, markup={1})
            (found,) = await ed.found_in(notebook[2], 1)
            assert (found.code, found.range.start.line, found.range.start.character) == ("TG511", 1, 0)
            hover = await ed.hover_in(notebook[2], 1, 0)
            assert hover is not None
            assert hover.contents.value.startswith("a: (2, 3)")
            ed.edit_cell("n.ipynb", notebook[0], (2, 19), (2, 20), "5")
            assert await ed.found_in(notebook[2], 1) != []
            ed.edit_cell("n.ipynb", notebook[2], (1, 5), (1, 5), ".T[:, 0:5] @ torch.zeros(5, 1)")
            await ed.until(lambda: ed.last_of(notebook[2]).diagnostics == ())
            ed.remove_cell("n.ipynb", 0)
            ed.close_notebook("n.ipynb", notebook[1:])
            assert ed.errors == ""

    play(scenario)


def test_two_roots_have_settings_of_their_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "pyproject.toml").write_text("")
        configuration = {(tmp_path / "one").as_uri(): {"ignore": ["TG511"]}}
        async with editor(tmp_path, CONFIGURES, configuration=configuration) as ed:
            ed.open("one/p.py", BUG)
            ed.open("two/p.py", BUG)
            await ed.found("two/p.py", 1)
            await ed.found("one/p.py", 0)
            ed.configuration = {"": {"diagnostics": False}}
            ed.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
            await ed.found("two/p.py", 0)

    play(scenario)


def test_the_environment_can_change(tmp_path: Path) -> None:
    async def scenario() -> None:
        package = tmp_path / "env" / "lib" / "python3.11" / "site-packages" / "widths"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("n = 5\n")
        root = tmp_path / "project"
        root.mkdir()
        (root / "pyproject.toml").write_text('[tool.tangra]\nfollow = ["widths"]\n')
        text = "import torch\nfrom widths import n\ntorch.zeros(4) + torch.zeros(n)\n"
        async with editor(root, CONFIGURES, configuration={"": {}}) as ed:
            ed.open("p.py", text)
            await ed.found("p.py", 0)
            ed.configuration = {"": {"python": str(tmp_path / "env")}}
            ed.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
            (found,) = await ed.found("p.py", 1)
            assert found.code == "TG510"

    play(scenario)


def test_files_and_settings_that_change_on_the_disk_are_read_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings, sizes = tmp_path / "pyproject.toml", tmp_path / "sizes.py"
        settings.write_text("")
        sizes.write_text("n = 4\n")
        async with editor(tmp_path, CONFIGURES) as ed:
            ed.open("use.py", "from sizes import n\nimport torch\ntorch.zeros(2, n) + torch.zeros(2, 4)\n")
            await ed.found("use.py", 0)
            watchers = ed.registered[types.WORKSPACE_DID_CHANGE_WATCHED_FILES]["watchers"]
            assert [each["globPattern"] for each in watchers] == ["**/*.py", "**/*.ipynb", "**/pyproject.toml"]
            sizes.write_text("n = 55\n")
            ed.touched(sizes)
            await ed.found("use.py", 1)
            settings.write_text('[tool.tangra]\nignore = ["TG510"]\n')
            ed.touched(settings)
            await ed.found("use.py", 0)
            settings.write_text("[tool.tangra]\nignroe = []\n")
            ed.touched(settings)
            await ed.until(lambda: any("ignroe is not a setting" in text for text in ed.shown))

    play(scenario)


def test_a_worker_that_dies_takes_nothing_with_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        for name in ("bad", "good"):
            (tmp_path / name).mkdir()
        (tmp_path / "good" / "pyproject.toml").write_text("")
        (tmp_path / "bad" / "pyproject.toml").write_text('[tool.tangra]\nrules = ["rules.py"]\n')
        rules = tmp_path / "bad" / "rules.py"
        rules.write_text("import os; os._exit(9)\n")
        async with editor(tmp_path) as ed:
            ed.open("good/p.py", BUG)
            ed.open("bad/p.py", BUG)
            await ed.until(lambda: len(ed.shown) == 1)
            await ed.found("good/p.py", 1)
            for _ in range(2):
                ed.write("bad/p.py", BUG + "\n")
            await ed.until(lambda: sum("ended" in text for text in ed.logged) >= 3)
            assert len([text for text in ed.shown if "bad" in text]) == 1
            rules.write_text("raise RuntimeError('my own fault')\n")
            ed.touched(rules)
            await ed.until(lambda: any("my own fault" in text for text in ed.shown))
            rules.write_text("")
            ed.touched(rules)
            await ed.found("bad/p.py", 1)

    play(scenario)


def test_the_last_of_many_edits_counts(tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = "".join(f"def f{n}(x):\n" + "    x = x @ x\n" * 30 + f"f{n}(torch.zeros(3, 3))\n" for n in range(40))
        async with editor(tmp_path) as ed:
            ed.open("p.py", BUG + slow)
            for n in range(20):
                ed.edit("p.py", (3, 16), (3, 17 if n < 11 else 18), str(n))
            (found,) = await ed.found("p.py", 1)
            assert "(19, 3)" in found.message
            versions = [each.version for each in ed.published]
            assert versions == sorted(versions)

    play(scenario)
