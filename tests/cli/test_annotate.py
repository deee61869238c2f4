"""`tangra annotate`: what is written, what is left alone, and that the result says the same to the checker and runs."""

from pathlib import Path

import pytest

from tangra.checker import check
from tangra.cli import annotate, main

PROGRAM = '''"""Words."""
from __future__ import annotations

import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, 8)  # a comment

    def forward(self, x, mask=None):
        return self.first(x)


def product(a,   b: np.ndarray) -> np.ndarray:
    """Of matrices."""
    return a @ b


def scaled(x, factor=2.0):
    if factor > 1:
        return x * factor
    return x


def several(x):
    return x, x


def maybe(x):
    if x.sum() > 0:
        return x


def ranks(x):
    return x


net = Net(5)
net(torch.zeros(3, 5))
net(torch.zeros(7, 5))
product(np.zeros((2, 3)), np.zeros((3, 4)))
product(np.zeros((5, 3)), np.zeros((3, 4)))
scaled(torch.zeros(3, dtype=torch.int64), 3)
several(torch.zeros(2))
maybe(torch.zeros(2))
ranks(torch.zeros(2))
ranks(torch.zeros(2, 2))
'''
WANTED = {
    "class Net(nn.Module):": "class Net(nn.Module):",
    "    def forward(self, x, mask=None):": '    def forward(self, x: Float[torch.Tensor, "n 5"], mask=None) -> '
    'Float[torch.Tensor, "n 8"]:',
    "def product(a,   b: np.ndarray) -> np.ndarray:": 'def product(a: Float[np.ndarray, "n 3"],   '
    'b: Float[np.ndarray, "3 4"]) -> Float[np.ndarray, "n 4"]:',
    "def scaled(x, factor=2.0):": 'def scaled(x: Int[torch.Tensor, "3"], factor=2.0):',
    "def several(x):": 'def several(x: Float[torch.Tensor, "2"]):',
    "def maybe(x):": 'def maybe(x: Float[torch.Tensor, "2"]):',
    "def ranks(x):": "def ranks(x):",
}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_signatures_are_written_and_nothing_else_changes(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["annotate", str(program)]) == 0
    assert capsys.readouterr().out == f"annotated 5 of 7 functions that were seen in {program}\n"
    text = program.read_text()
    wanted = PROGRAM
    for old, new in WANTED.items():
        wanted = wanted.replace(old, new)
    kept = [line for line in text.splitlines() if "jaxtyping" not in line]
    assert kept == wanted.splitlines()
    assert "from jaxtyping import Float, Int" in text.splitlines()
    assert check([program]).reports == []


def test_a_difference_is_shown_and_nothing_written(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["annotate", "--diff", str(program)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert '+def several(x: Float[torch.Tensor, "2"]):' in lines
    assert "-def several(x):" in lines
    assert program.read_text() == PROGRAM


def test_a_wrong_call_is_found_afterwards(program: Path) -> None:
    assert main(["annotate", str(program)]) == 0
    program.write_text(program.read_text() + "net(torch.zeros(3, 6))\n")
    assert {report.code for report in check([program]).reports} >= {"TG502"}


def test_names_of_the_file_are_used_and_respected(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "import numpy\nfrom torch import Tensor, zeros\nFloat = float\n\n\ndef f(x: Tensor):\n    return x + 1\n\n\n"
        "def g(x):\n    return x\n\n\nf(zeros(2))\ng(numpy.zeros(3, dtype=bool))\n"
    )
    assert main(["annotate", str(path)]) == 0
    text = path.read_text()
    assert 'def f(x: jaxtyping.Float[Tensor, "2"]) -> jaxtyping.Float[Tensor, "2"]:' in text
    assert 'def g(x: jaxtyping.Bool[numpy.ndarray, "3"]) -> jaxtyping.Bool[numpy.ndarray, "3"]:' in text
    assert "import jaxtyping\n" in text


def test_callers_in_other_files_count(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    path = tmp_path / "lib.py"
    path.write_text("def f(x):\n    return x.T\n")
    (tmp_path / "use.py").write_text(
        "import numpy as np\nfrom lib import f\nf(np.zeros((2, 3)))\nf(np.zeros((4, 3)))\n"
    )
    assert main(["annotate", str(path)]) == 0
    text = path.read_text()
    assert 'def f(x: Float[numpy.ndarray, "n 3"]) -> Float[numpy.ndarray, "3 n"]:' in text
    assert "import numpy\n" in text


def test_what_would_be_reported_is_left_out(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = annotate.signatures

    def wrong(*arguments: object) -> object:
        for found in original(*arguments):  # type: ignore[arg-type]
            if found.name == "several":
                found.annotations["x"] = 'Float[torch.Tensor, "99"]'
            yield found

    monkeypatch.setattr(annotate, "signatures", wrong)
    assert main(["annotate", str(program)]) == 0
    text = program.read_text()
    assert "def several(x):" in text
    assert 'def maybe(x: Float[torch.Tensor, "2"]):' in text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.py", b"def f(:\n"),
        ("latin.py", b"# coding: latin-1\nx = '\xe4'\n"),
        ("note.ipynb", b"{}"),
        ("a.txt", b""),
    ],
)
def test_misuse_is_status_2_and_changes_nothing(
    tmp_path: Path, name: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert main(["annotate", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert path.read_bytes() == content


def test_a_file_without_arrays_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "plain.py"
    path.write_bytes(b"def f(x):\r\n    return x\r\nf(1)\r\n")
    assert main(["annotate", str(path)]) == 0
    assert path.read_bytes() == b"def f(x):\r\n    return x\r\nf(1)\r\n"
