"""Arguments of functions that nobody calls get the rank that their first use decides, and nothing is told that only one
of two ranks would make wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangra.checker import check
from tangra.checker.reports import cleaned
from tangra.shape_rules import shape_text

HEAD = "import torch\nfrom torch import nn, Tensor\nimport torch.nn.functional as F\n"
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.second = nn.Conv2d({width}, 8, 1)
        self.norm = nn.BatchNorm2d(8)
        self.line = nn.Conv1d(8, 4, 1)

    def forward(self, x{annotation}):
"""


def net(body: str, width: int = 16, annotation: str = "") -> str:
    """A program with a layer that nobody calls."""
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return HEAD + NET.format(width=width, annotation=annotation) + lines


def found(path: Path, text: str) -> tuple[list[tuple[int, str]], dict[str, str]]:
    """Lines and codes of the findings, and the shapes of names."""
    path.write_text(text)
    outcome = check([path])
    assert outcome.statistics.failures == []
    shapes = {name: value for names in outcome.shapes.get(path, {}).values() for name, value in names.items()}
    texts = {name: cleaned(shape_text(value.shape)) for name, value in shapes.items()}
    return [(report.place.line, report.code) for report in outcome.reports], texts


@pytest.mark.parametrize("annotation", ["", ": Tensor"])
def test_a_layer_decides(tmp_path: Path, annotation: str) -> None:
    text = net("y = self.second(self.first(x))\nz = y.mean((2, 3))\nreturn z", annotation=annotation)
    reports, shapes = found(tmp_path / "p.py", text)
    assert reports == []
    assert shapes["y"] == "(N, 8, (H + 1)//2, (W + 1)//2)"
    assert shapes["z"] == "(N, 8)"


def test_taking_a_shape_apart_decides(tmp_path: Path) -> None:
    text = HEAD + "def f(x: Tensor):\n    b, t, d = x.size()\n    y = x.transpose(1, 2)\n    return y @ x\n"
    assert found(tmp_path / "p.py", text) == ([], {"y": "(N, C, L)"})
    text = HEAD + "def f(x: Tensor):\n    b, t, d = x.shape\n    return x.transpose(1, 3)\n"
    assert found(tmp_path / "p.py", text)[0] == [(6, "TG513")]


def test_layers_that_do_not_fit_each_other_are_told_without_a_call(tmp_path: Path) -> None:
    reports, _ = found(tmp_path / "p.py", net("y = self.first(x)\ny = self.second(y)\nreturn y", width=32))
    assert reports == [(15, "TG516")]


@pytest.mark.parametrize("body", ["return self.first(x).permute(1, 2, 0)", "return self.first(x).permute(0, 2, 3, 1)"])
def test_what_only_one_rank_makes_wrong_is_not_told(tmp_path: Path, body: str) -> None:
    assert found(tmp_path / "p.py", net(body))[0] == []


def test_what_both_ranks_make_wrong_is(tmp_path: Path) -> None:
    assert found(tmp_path / "p.py", net("return self.first(x).permute(0, 2, 1, 3, 4)"))[0] == [(14, "TG514")]


def test_one_rank_is_enough(tmp_path: Path) -> None:
    assert found(tmp_path / "p.py", net("y = self.norm(x)\nreturn y.permute(1, 2, 0)"))[0] == [(15, "TG514")]


def test_what_fits_every_rank_stays_open(tmp_path: Path) -> None:
    text = HEAD + "def f(x: Tensor, y: Tensor):\n    a = torch.relu(x)\n    b = a.sum(-1)\n    return b + y\n"
    assert found(tmp_path / "p.py", text) == ([], {"a": "(?)", "b": "(?)"})


def test_finding_out_leaves_no_trace(tmp_path: Path) -> None:
    text = net("self.seen = getattr(self, 'seen', 0) + 1\ny = torch.zeros(self.seen)\nreturn self.first(x), y")
    assert found(tmp_path / "p.py", text)[1]["y"] == "(1,)"


def test_several_arguments(tmp_path: Path) -> None:
    body = "a = self.line(y)\nb = self.first(x)\nreturn a, b"
    reports, shapes = found(tmp_path / "p.py", net(body, annotation=", y"))
    assert reports == []
    assert shapes["a"] == "(N, 4, C)"
    assert shapes["b"] == "(N, 16, (H + 1)//2, (W + 1)//2)"
