"""The calls of a function, one of them chosen; and where the sizes of an array come from."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, editor, play

MODEL = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(16, 8)

    def forward(self, x):
        y = self.first(x)
        return y
"""
TRAIN = """import torch
from model import Net

net = Net()
net(torch.zeros(4, 16))
net(torch.zeros(9, 16))
"""
REFRESHES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        inlay_hint=types.InlayHintWorkspaceClientCapabilities(True),
    )
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


async def lenses(ed: Editor, name: str) -> list[tuple[int, types.Command]]:
    params = types.CodeLensParams(types.TextDocumentIdentifier(ed.uri(name)))
    found = await ed.client.text_document_code_lens_async(params)
    return [(each.range.start.line, each.command) for each in found or []]


async def execute(ed: Editor, command: str, arguments: list[Any]) -> None:
    await ed.client.workspace_execute_command_async(types.ExecuteCommandParams(command, arguments=arguments))


async def births(ed: Editor, name: str, line: int, character: int) -> list[tuple[str, int, str]]:
    """File, line and text of where the sizes at a position come from."""
    params = types.TypeDefinitionParams(types.TextDocumentIdentifier(ed.uri(name)), types.Position(line, character))
    found = []
    for each in await ed.client.text_document_type_definition_async(params) or []:
        path = Path(each.uri.removeprefix("file://"))
        text = path.read_text().splitlines()[each.range.start.line]
        found.append((path.name, each.range.start.line, text[each.range.start.character : each.range.end.character]))
    return found


def test_the_calls_stand_above_the_function_and_one_after_the_other_can_be_looked_at(project: Path) -> None:
    async def scenario() -> None:
        async with editor(project, REFRESHES) as ed:
            ed.open("model.py", MODEL)
            inner, (line, lens) = await lenses(ed, "model.py")
            assert (inner[0], inner[1].title) == (5, "called from train.py:4")
            assert (line, lens.title) == (9, "called from train.py:5, 1 more")
            assert await ed.hints("model.py") == {(9, 23): ": (4|9, 16)", (10, 9): ": (4|9, 8)"}
            for shape, title in (("(4, 8)", "train.py:5 (1 of 2)"), ("(9, 8)", "train.py:6 (2 of 2)")):
                before = ed.refreshed
                await execute(ed, lens.command, list(lens.arguments))
                await ed.until(lambda: ed.refreshed > before)
                assert (await ed.hints("model.py"))[10, 9] == f": {shape}"
                assert (await lenses(ed, "model.py"))[1][1].title == f"shapes of the call from {title}"
            await execute(ed, lens.command, list(lens.arguments))
            assert (await ed.hints("model.py"))[10, 9] == ": (4|9, 8)"
            await execute(ed, lens.command, [*lens.arguments, 1])
            assert (await ed.hints("model.py"))[10, 9] == ": (9, 8)"

    play(scenario)


def test_a_client_with_a_list_gets_the_calls_to_choose_from(project: Path) -> None:
    async def scenario() -> None:
        async with editor(project, options={"picksCalls": True}) as ed:
            ed.open("model.py", MODEL)
            lens = (await lenses(ed, "model.py"))[1][1]
            assert lens.command == "tangra.pickCall"
            uri, name, calls = lens.arguments
            assert (uri, name) == (ed.uri("model.py"), "Net.forward")
            assert [call["label"] for call in calls] == ["train.py:5", "train.py:6"]
            assert calls[1]["uri"] == ed.uri("train.py")
            assert (calls[1]["line"], calls[1]["character"]) == (5, 0)

    play(scenario)


def test_sizes_come_from_the_call_and_the_layer(project: Path) -> None:
    async def scenario() -> None:
        async with editor(project) as ed:
            ed.open("model.py", MODEL)
            assert await births(ed, "model.py", 11, 15) == [
                ("train.py", 4, "torch.zeros(4, 16)"),
                ("model.py", 7, "nn.Linear(16, 8)"),
            ]
            ed.edit("model.py", (0, 0), (0, 0), "\n\n")
            found = await ed.client.text_document_type_definition_async(
                types.TypeDefinitionParams(types.TextDocumentIdentifier(ed.uri("model.py")), types.Position(13, 15))
            )
            assert [each.range.start.line for each in found] == [4, 9]
            assert await births(ed, "model.py", 3, 3) == []

    play(scenario)


def test_named_sizes_come_from_the_annotation_that_names_them(tmp_path: Path) -> None:
    async def scenario() -> None:
        text = (
            "import torch\nfrom jaxtyping import Float\nfrom torch import Tensor\n\n\n"
            'def f(x: Float[Tensor, "batch time"], w: Float[Tensor, "time out"]):\n'
            "    y = x @ w\n    return y\n\n\n"
            "def g(x):\n    # tangra: x = (rows, 3)\n    return x.T\n"
        )
        (tmp_path / "p.py").write_text(text)
        async with editor(tmp_path) as ed:
            ed.open("p.py", text)
            assert await births(ed, "p.py", 7, 11) == [("p.py", 5, "batch"), ("p.py", 5, "out")]
            assert await births(ed, "p.py", 12, 12) == [("p.py", 11, "rows"), ("p.py", 10, "x")]

    play(scenario)
