"""With summaries of calls everything is found that is found without: findings, shapes, statistics."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangra.checker import Outcome, check
from tangra.checker.evaluator import Evaluator
from tangra.checker.observations import Observer
from tangra.checker.reports import cleaned
from tangra.checker.summaries import Summaries
from tangra.shape_rules import shape_text
from tests.checker.cases import load


def told(outcome: Outcome) -> dict[str, object]:
    """Everything that a run says."""
    statistics = outcome.statistics
    return {
        "reports": [report.as_json() for report in outcome.reports],
        "shapes": {
            (path.name, line, name): cleaned(shape_text(value.shape)) + str(value.dtype)
            for path, lines in outcome.shapes.items()
            for line, names in lines.items()
            for name, value in names.items()
        },
        "counts": (len(statistics.arrays), len(statistics.known)),
        "spent": statistics.spent,
        "failures": statistics.failures,
        "missing": statistics.missing_rules,
        "broken": statistics.broken_rules,
    }


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> list[Summaries]:
    """The summaries of every run from now on."""
    made: list[Summaries] = []
    original = Summaries.__init__

    def remembered(self: Summaries, ev: Evaluator) -> None:
        original(self, ev)
        made.append(self)

    monkeypatch.setattr(Summaries, "__init__", remembered)
    return made


@pytest.mark.parametrize("which", ["bug", "twin"])
def test_all_situations(tmp_path: Path, which: str) -> None:
    for number, case in enumerate(load()):
        (tmp_path / f"case{number}.py").write_text(case.runnable(which))
    assert told(check([tmp_path])) == told(check([tmp_path], summaries=False))


_SECTIONS = (Path(__file__).parent / "summaries.txt").read_text().split("=== ")[1:]
PROGRAMS = {name: text for name, _, text in (section.partition("\n") for section in _SECTIONS)}
STATE = PROGRAMS.pop("state") + "\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_state_that_calls_read_and_write(name: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(STATE + PROGRAMS[name])
    outcome = check([path])
    assert outcome.shapes or outcome.reports
    assert told(outcome) == told(check([path], summaries=False))


def test_summaries_are_used(tmp_path: Path, replayed: list[Summaries]) -> None:
    (tmp_path / "program.py").write_text(STATE + "def f():\n    return [make(2) for _ in range(10)]\n")
    check([tmp_path])
    assert replayed[-1].replayed >= 9


def test_a_forgotten_write_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above can fail: without the journal's version a summary outlives what it read."""
    path = tmp_path / "program.py"
    path.write_text("import torch\nW = 4\ndef f():\n    return torch.zeros(W)\na = f()\nW = 5\nb = f()\n")
    wanted = told(check([path], summaries=False))
    assert told(check([path])) == wanted
    monkeypatch.setattr(Summaries, "_holds", lambda self, summary: True)
    assert told(check([path])) != wanted


LIBRARY = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(width, width) for _ in range(3)])

    def forward(self, x):
        return torch.relu(self.layers(x))

def stack(width, wrap):
    return nn.Sequential(Block(width), wrap(Block(width)), Block(width))
"""
OPEN = """
import torch
from torch import nn
from library import Block, stack

class Wrapped(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.head = nn.Linear(8, 8)

    def forward(self, x):
        y = self.inner(x)
        return self.head(y) + y

net = stack(8, Wrapped)
x = torch.zeros(2, 8)
for _ in range(3):
    x = net(x)
    y = net(torch.zeros(5, 8))
blocks = [Block(8) for _ in range(4)]
for block in blocks:
    x = block(x)
z = stack(8, lambda inner: Wrapped(inner))(torch.zeros(3, 8))
wrong = net(torch.zeros(2, 9))
"""


def test_an_editor_sees_the_same_of_its_files(tmp_path: Path, replayed: list[Summaries]) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "library.py").write_text(LIBRARY)
    path = tmp_path / "open.py"
    path.write_text(OPEN)
    every, some = Observer([path]), Observer([path])
    assert told(check([path], observer=every, summaries=False)) == told(check([path], observer=some))
    assert list(every.sights(path)) == list(some.sights(path))
    assert list(every.functions_in(path)) == list(some.functions_in(path))
    assert [run.replayed > 5 for run in replayed] == [False, True]
    forward = [function for function in some.functions_in(path) if function.name == "Wrapped.forward"]
    assert len(forward[0].contexts) == 4
