"""Checks that programs make of their sizes: reported where they certainly fail, and only there."""

from pathlib import Path

import pytest

from tests.checker.programs import run

BLOCK = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, dim, heads, stride=1):
        super().__init__()
        if stride not in [1, 2]:
            raise ValueError("stride")
        if dim % heads:
            raise ValueError("heads")
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, n, c = x.shape
        assert n == 16 and c > 1, "tokens"
        return self.proj(x)

"""


def found(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    return [(report.place.line, report.code) for report in run(tmp_path, text).reports if report.severity != "note"]


@pytest.mark.parametrize(
    ("call", "line", "words"),
    [
        ("Block(96, 8, stride=3)", 9, "`stride not in [1, 2]` holds: `stride` is 3"),
        ("Block(96, 7)", 11, "`dim % heads` holds: `dim` is 96 and `heads` is 7"),
        ("Block(96, 8)(torch.zeros(2, 15, 96))", 16, "`n == 16 and c > 1` fails: `n` is 15"),
    ],
)
def test_a_check_of_sizes_that_fails(tmp_path: Path, call: str, line: int, words: str) -> None:
    reports = run(tmp_path, BLOCK + call + "\n").reports
    assert [(report.place.line, report.code) for report in reports] == [(line, "TG507")]
    assert words in reports[0].message


@pytest.mark.parametrize(
    "call",
    [
        "Block(96, 8)(torch.zeros(2, 16, 96))",
        "try:\n    Block(96, 7)\nexcept ValueError:\n    pass",
        "import pytest\nwith pytest.raises(ValueError):\n    Block(96, 7)",
        "import os\nif os.environ.get('X'):\n    Block(96, 7)",
        "def unused(n: int):\n    return Block(n, 7)",
        "def test_it():\n    return Block(96, 7)",
        "for n in range(int(torch.rand(1))):\n    Block(96, 7)",
    ],
)
def test_what_may_not_happen_is_no_finding(tmp_path: Path, call: str) -> None:
    assert found(tmp_path, BLOCK + call + "\n") == []


def test_what_sizes_do_not_decide_is_no_finding(tmp_path: Path) -> None:
    text = """
import sys
import torch

FLAG = None

def f(x):
    if sys.version_info < (9, 0):
        raise RuntimeError("old")
    return x

def g(x):
    if FLAG is None:
        raise RuntimeError("set FLAG")
    return x

def h(x):
    raise NotImplementedError

def k(n):
    if n < 3:
        raise ValueError("nothing to do with arrays")

f(torch.zeros(2))
g(torch.zeros(2))
h(torch.zeros(2))
k(1)
"""
    assert found(tmp_path, text) == []
