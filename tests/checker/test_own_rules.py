"""Shape rules of a project for its own functions, methods and layers; rules and files of rules that break."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangra.checker import ConfigError, Report, check

RULES = """
from tangra.shape_rules import Failure, Tensor, module, rule

@rule("pkg.ops.pairwise")
def pairwise(ctx, a: Tensor, b: Tensor):
    ctx.require_equal(a.dims[1], b.dims[1], Failure("TG529", f"pairwise: {a} and {b} differ in their last axis"))
    return a.like((a.dims[0], b.dims[0]))

@rule("pkg.ops.Mesh.scaled")
def scaled(ctx, mesh, by: Tensor):
    return by.like((2, *by.dims))

@module("pkg.ops.Gate")
class Gate:
    def __init__(self, ctx, width):
        self.width = width

    def forward(self, ctx, x: Tensor):
        ctx.require_equal(x.dims[-1], self.width, Failure("TG516", f"Gate: {x} does not end in {self.width}"))
        return x
"""
OPS = """
import ctypes
import torch
from torch import nn

def pairwise(a, b):
    torch.zeros(2) + torch.zeros(3)
    return ctypes.CDLL("ops").pairwise(a, b)

class Mesh:
    def scaled(self, by):
        return ctypes.CDLL("ops").scaled(by)

    def other(self, by):
        return by.T

class Gate(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = ctypes.CDLL("ops").gate(width)

    def forward(self, x):
        return self.weight(x)
"""


def findings(root: Path, program: str, rules: str = RULES) -> list[Report]:
    """What is found in a program that uses a package with rules."""
    (root / "pyproject.toml").write_text("[tool.tangra]\nrules = ['shapes.py']\nexclude = ['shapes.py']\n")
    (root / "shapes.py").write_text(rules)
    (root / "pkg").mkdir(exist_ok=True)
    (root / "pkg" / "__init__.py").touch()
    (root / "pkg" / "ops.py").write_text(OPS)
    (root / "main.py").write_text("import numpy as np\nimport torch\nfrom torch import nn\n" + program)
    return check([root / "main.py"]).reports


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("from pkg.ops import pairwise\npairwise(np.ones((3, 4)), np.ones((5, 6)))", (5, "TG529")),
        ("from pkg import ops\nops.pairwise(np.ones((3, 4)), np.ones((5, 4))) @ np.ones(4)", (5, "TG511")),
        ("from pkg.ops import Mesh\nMesh().scaled(np.ones((3, 4))) @ np.ones(5)", (5, "TG511")),
        ("from pkg.ops import Mesh\nMesh().other(np.ones((3, 4))) @ np.ones(4)", (5, "TG511")),
        ("from pkg.ops import Gate\nnn.Sequential(Gate(5), nn.Linear(5, 3), Gate(4))(torch.ones(2, 5))", (5, "TG516")),
        ("from pkg.ops import Gate\nnn.Linear(5, 3)(Gate(4)(torch.ones(2, 4)))", (5, "TG516")),
    ],
)
def test_a_rule_stands_for_a_function_a_method_and_a_layer_of_the_project(
    tmp_path: Path, program: str, found: tuple[int, str]
) -> None:
    assert [(report.place.line, report.code) for report in findings(tmp_path, program)] == [found]


FITS = """
from pkg.ops import Gate, Mesh, pairwise
pairwise(np.ones((3, 4)), np.ones((5, 4))) @ np.ones(5)
Mesh().scaled(np.ones((3, 4))) @ np.ones(4)
nn.Sequential(Gate(5), nn.Linear(5, 3), Gate(3))(torch.ones(2, 5))
"""


def test_calls_that_fit_are_silent_and_the_source_is_still_checked(tmp_path: Path) -> None:
    assert findings(tmp_path, FITS) == []
    (found,) = check([tmp_path]).reports
    assert (found.place.file.name, found.place.line, found.code) == ("ops.py", 7, "TG510")


def test_in_messages_an_array_is_its_shape(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "from pkg.ops import pairwise\npairwise(np.ones((3, 4)), np.ones((5, 6)))")
    assert found.message == "pairwise: (3, 4) and (5, 6) differ in their last axis"


def test_a_rule_that_fails_in_itself_is_told_at_the_call(tmp_path: Path) -> None:
    rules = "from tangra.shape_rules import rule\n@rule('pkg.ops.pairwise')\ndef f(ctx, a, b):\n    return a.nothing\n"
    program = "from pkg.ops import pairwise\npairwise(np.ones((3, 4)), 1)"
    (found,) = findings(tmp_path, program, rules)
    assert (found.place.line, found.severity, found.code) == (5, "warning", "TG508")
    assert found.message.startswith("the shape rule of this call failed: AttributeError: ")
    assert found.message.endswith("(shapes.py:4)")


@pytest.mark.parametrize(
    ("rules", "told"),
    [("x = 1\ny = (", "shapes.py:2: the file of rules can't be run: SyntaxError: "), ("1 / 0", "shapes.py:1: ")],
)
def test_a_file_of_rules_that_does_not_run_is_misuse(tmp_path: Path, rules: str, told: str) -> None:
    with pytest.raises(ConfigError) as info:
        findings(tmp_path, "", rules)
    assert told in str(info.value)


def test_a_file_of_rules_that_is_not_there(tmp_path: Path) -> None:
    findings(tmp_path, "")
    (tmp_path / "shapes.py").unlink()
    with pytest.raises(ConfigError, match=r"shapes\.py: the file of rules can't be run: FileNotFoundError"):
        check([tmp_path / "main.py"])
