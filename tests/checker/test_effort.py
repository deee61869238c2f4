"""What takes too long ends by counts, not by the clock: what is found must not depend on how fast a machine is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangra.checker import check, evaluator
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
