"""The server as editors meet it: diagnostics as you type, hover, inlay hints."""

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from lsprotocol import types

from tangra.lsp.settings import Settings, _camel
from tests.lsp.editor import editor, play

MODEL = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, 8)

    def forward(self, x):
        y = self.first(x)
        return y
"""
TRAIN = "import torch\nfrom model import Net\n\nnet = Net(16)\nout = net(torch.zeros(4, 17))\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def test_a_finding_has_its_range_code_explanation_and_the_calls_that_lead_there(project: Path) -> None:
    async def scenario() -> None:
        async with editor(project) as ed:
            ed.open("model.py", MODEL)
            (found,) = await ed.found("model.py", 1)
            assert found.range == types.Range(types.Position(10, 12), types.Position(10, 25))
            assert (found.severity, found.code, found.source) == (types.DiagnosticSeverity.Error, "TG516", "tangra")
            assert "17 features" in found.message
            assert "`self.first` is `nn.Linear(width, 8)` of line 8" in found.message
            (related,) = found.related_information
            assert related.location.uri == ed.uri("train.py")
            assert related.location.range == types.Range(types.Position(4, 6), types.Position(4, 29))
            assert found.code_description is not None
            explained = Path(found.code_description.href.removeprefix("file://")).read_text()
            assert explained.startswith("# TG516: ")

    play(scenario)


def test_an_edit_is_checked_and_what_it_mends_is_gone(project: Path) -> None:
    async def scenario() -> None:
        async with editor(project) as ed:
            ed.open("model.py", MODEL)
            await ed.found("model.py", 1)
            ed.open("train.py", TRAIN)
            ed.edit("train.py", (4, 25), (4, 27), "16")
            assert await ed.found("model.py", 0) == []
            assert await ed.found("train.py", 0) == []
            ed.edit("train.py", (4, 25), (4, 27), "15")
            (found,) = await ed.found("model.py", 1)
            assert "15 features" in found.message
            ed.close("train.py")  # without having been saved: the file counts again
            await ed.until(lambda: "17 features" in ed.last("model.py").diagnostics[0].message)

    play(scenario)


def test_a_closed_file_keeps_no_diagnostics(project: Path) -> None:
    async def scenario() -> None:
        async with editor(project) as ed:
            ed.open("model.py", MODEL)
            await ed.found("model.py", 1)
            ed.close("model.py")
            await ed.until(lambda: not ed.last("model.py").diagnostics)

    play(scenario)


def test_half_typed_code_keeps_what_is_known_around_it(project: Path) -> None:
    async def scenario() -> None:
        async with editor(project) as ed:
            ed.open("model.py", MODEL)
            await ed.found("model.py", 1)
            ed.edit("model.py", (7, 0), (7, 0), "        self.second = nn.Linear(\n")
            (found,) = await ed.found("model.py", 1)
            assert (found.code, found.range.start.line) == ("TG516", 11)
            ed.edit("model.py", (11, 25), (11, 25), ".rel(")
            (found,) = await ed.found("model.py", 1)
            assert (found.code, found.range.start.line) == ("TG516", 11)
            assert await ed.hints("model.py") == {(10, 23): ": (4, 17)"}

    play(scenario)


def test_hints_show_the_shapes_of_names_and_parameters_over_all_calls(project: Path) -> None:
    async def scenario() -> None:
        train = TRAIN.replace("17", "16") + "net(torch.zeros(9, 16))\n"
        async with editor(project) as ed:
            ed.open("train.py", train)
            ed.open("model.py", MODEL)
            assert await ed.hints("model.py") == {(9, 23): ": (4|9, 16)", (10, 9): ": (4|9, 8)"}
            assert await ed.hints("model.py", 10, 11) == {(10, 9): ": (4|9, 8)"}
            assert await ed.hints("train.py") == {(4, 3): ": (4, 8)"}

    play(scenario)


def test_hover_tells_the_shape_and_where_the_function_is_called(project: Path) -> None:
    async def scenario() -> None:
        calls = "".join(f"net(torch.zeros({n}, 16))\n" for n in range(5, 8))
        (project / "train.py").write_text(TRAIN.replace("17", "16") + calls)
        async with editor(project) as ed:
            ed.open("model.py", MODEL)
            found = await ed.hover("model.py", 11, 15)
            assert found is not None
            assert found.contents.value.splitlines() == [
                "y: (…, 8)",
                "- (4, 8)  torch.float32 called from train.py:5",
                "- (5, 8)  torch.float32 called from train.py:6",
                "- (6, 8)  torch.float32 called from train.py:7",
                "- 1 more",
            ]
            assert found.range == types.Range(types.Position(11, 15), types.Position(11, 16))
            whole = await ed.hover("model.py", 10, 13)  # `self.first`, which is no array: its call is
            assert whole is not None
            assert whole.range == types.Range(types.Position(10, 12), types.Position(10, 25))
            assert await ed.hover("model.py", 6, 10) is None

    play(scenario)


def test_parts_can_be_turned_off(project: Path) -> None:
    async def scenario() -> None:
        options = {"hover": False, "inlayHints": False, "diagnostics": False, "ignore": "TG5"}
        async with editor(project, options={"tangra": options}) as ed:
            ed.open("model.py", MODEL)
            assert await ed.hover("model.py", 11, 15) is None
            assert await ed.hints("model.py") == {}
            assert await ed.found("model.py", 0) == []
            assert ed.shown == ["Tangra: the setting tangra.ignore has to be a list of texts, not 'TG5'"]

    play(scenario)


def test_starting_needs_no_numerical_library(project: Path) -> None:
    code = (
        "import sys; import tangra.lsp.server as s, tangra.lsp.worker; s.create();"
        "print([n for n in ('numpy', 'llvmlite', 'jax', 'scipy', 'rich') if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "[]"


def test_documentation_and_extension_know_every_setting() -> None:
    root = Path(__file__).parents[2]
    names = {_camel(each.name) for each in fields(Settings)}
    table = (root / "docs" / "editors.md").read_text().split("## Settings")[1].split("## Visual")[0]
    told = {
        name
        for row in table.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert told == names
    declared = json.loads((root / "editors" / "vscode" / "package.json").read_text())
    properties = declared["contributes"]["configuration"]["properties"]
    assert {name.removeprefix("tangra.") for name in properties} == names | {"command", "serverPython"}
    defaults = {_camel(each.name): getattr(Settings(), each.name) for each in fields(Settings)}
    for name, value in defaults.items():
        assert properties[f"tangra.{name}"]["default"] == (list(value) if isinstance(value, tuple) else value)


def test_the_edited_function_is_shown_before_the_whole_program(project: Path) -> None:
    async def scenario() -> None:
        async with editor(project) as ed:
            ed.open("model.py", MODEL)
            await ed.found("model.py", 1)
            ed.edit("model.py", (10, 12), (10, 25), "x @ x")
            (found,) = await ed.found("model.py", 1)
            assert (found.code, found.range.start.line) == ("TG511", 10)
            assert found.related_information[0].location.uri == ed.uri("train.py")

            def shown() -> bool:
                codes = [[item.code for item in each.diagnostics] for each in ed.published if each.version == 2]
                return codes.count(["TG511"]) == 2  # of the function, and of the program

            await ed.until(shown)

    play(scenario)
