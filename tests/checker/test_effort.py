"""What takes too long ends by counts, not by the clock: what is found must not depend on how fast a machine is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangra.checker import check, entries, evaluator
from tangra.checker.evaluator import Evaluator
from tangra.shapes.dims import MADE
from tests.checker.test_summaries import told

PROGRAM = """
import torch

def windows(x: torch.Tensor):
    n, m = x.shape
    for k in range(2, 12):
        x = torch.nn.functional.pad(x, (0, (k - m % k) % k, 0, (k - n % k) % k))
        n, m = x.shape
        x = x.view(n // k, k, m // k, k).permute(0, 2, 1, 3).reshape(n * m // k, k)
        x = x.view(n, m)
        n, m = x.shape
    return x

def later():
    return torch.zeros(2) + torch.zeros(3)
"""


def test_sizes_that_grow_end_by_what_they_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "ENTRY_SECONDS", 1e9)
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    before = MADE[0]
    first = told(check([path]))
    assert MADE[0] - before < 2 * evaluator.ENTRY_STEPS / evaluator.SIZE_STEPS
    assert first["spent"] == ["windows of program.py"]
    assert [report["code"] for report in first["reports"]] == ["TG510"]  # type: ignore[attr-defined]
    assert told(check([path])) == first


FACTORIES = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(width, 8)

    def forward(self, x: torch.Tensor):
        return self.layer(x) + torch.zeros(3)

def build(flag: bool, *settings):
    total = 0
    for k in range(400):
        for setting in settings:
            if flag and setting:
                total = total + k
    return total
"""


def test_functions_of_one_file_that_build_the_same_share_a_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator, "ENTRY_SECONDS", 1e9)
    monkeypatch.setattr(entries, "FILE_STEPS", 20_000)
    path = tmp_path / "program.py"
    factories = "".join(
        f"\ndef make_{k}(flag: bool, *settings):\n    return build(flag, {k}, *settings)\n" for k in range(12)
    )
    path.write_text(f"{FACTORIES}{factories}\ndef last():\n    return torch.zeros(2) + torch.zeros(4)\n")
    steps: list[int] = []
    begin = Evaluator.begin_entry
    monkeypatch.setattr(Evaluator, "begin_entry", lambda self: (steps.append(self.steps), begin(self))[1])
    outcome = check([path])
    assert sum(steps) < 20_000 + 20 * entries.LEAST_STEPS
    assert len(outcome.statistics.spent) > 8
    wrong = [number for number, line in enumerate(path.read_text().splitlines(), 1) if "+ torch.zeros" in line]
    assert [(report.code, report.place.line) for report in outcome.reports] == [("TG510", line) for line in wrong]
    assert told(check([path])) == told(check([path], summaries=False))
