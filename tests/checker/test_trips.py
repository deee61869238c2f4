"""Trips of loops that are not evaluated: everything is found that is found when all are, and no more is left out than
may be."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tangra.checker import check
from tangra.checker.heap import Value
from tangra.checker.trips import Trips
from tests.checker.test_summaries import told

NET = """
import torch
from torch import nn

class Odd(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

net = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), Odd(3), nn.Conv2d(8, 8, 3), Odd(4),
    nn.Conv2d(8, 8, 5), nn.ReLU(), nn.Linear(2, 3), nn.Linear(2, 3), nn.Linear(2, 3, bias=False), Odd(4), nn.ReLU(),
)
last = net[0]
"""
PROGRAMS = {
    "initialisation": (
        """
for m in net.modules():
    if isinstance(m, nn.Conv2d):
        nn.init.kaiming_normal_(m.weight, mode="fan_out")
        if m.bias is not None:
            nn.init.zeros_(m.bias)
    elif isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, 0, 0.01)
x = torch.zeros(2, 3)
""",
        6,
    ),
    "an attribute decides": (
        """
for m in net.modules():
    if isinstance(m, nn.Conv2d) and m.kernel_size[0] == 5:
        width += 1
    elif isinstance(m, nn.Linear) and m.bias is None:
        width += 10
x = torch.zeros(width) + torch.zeros(15)
y = torch.zeros(width) + torch.zeros(16)
""",
        4,
    ),
    "an attribute of a class of the program decides": (
        """
for m in net.modules():
    if isinstance(m, Odd) and m.n == 4:
        width += 1
x = torch.zeros(width) + torch.zeros(6)
y = torch.zeros(width) + torch.zeros(7)
""",
        5,
    ),
    "an attribute is asked for before the class": (
        """
for m in net.modules():
    if hasattr(m, "n"):
        width += m.n
x = torch.zeros(width) + torch.zeros(15)
y = torch.zeros(width) + torch.zeros(14)
""",
        2,
    ),
    "which one it is decides": (
        """
for m in net.modules():
    if isinstance(m, nn.ReLU):
        found.append(m)
    if m is last:
        width += 1
x = torch.zeros(width) + torch.zeros(len(found) + 1)
""",
        0,
    ),
    "a trip changes what the next one reads": (
        """
for m in net.modules():
    if isinstance(m, nn.ReLU):
        width = width * 2
    elif isinstance(m, nn.Linear):
        if width > 20:
            x = torch.zeros(width) + torch.zeros(32)
""",
        2,
    ),
    "a trip that fails": (
        """
for m in net.modules():
    if isinstance(m, nn.Linear):
        m(torch.zeros(2, 5))
""",
        0,
    ),
    "the variable behind the loop": (
        """
for m in net.modules():
    if isinstance(m, nn.ReLU):
        pass
y = nn.Linear(3, 4) if isinstance(m, nn.ReLU) else nn.Linear(5, 4)
x = y(torch.zeros(2, 5))
""",
        9,
    ),
    "the loop ends early": (
        """
for m in net.modules():
    if isinstance(m, nn.Linear):
        break
    width += 1
x = torch.zeros(width) + torch.zeros(14)
""",
        0,
    ),
    "a function keeps the variable": (
        """
for m in net.modules():
    if isinstance(m, nn.ReLU):
        found.append(lambda: m)
x = torch.zeros(len(found)) + torch.zeros(4)
""",
        0,
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, left_out = PROGRAMS[name]
    path = tmp_path / "program.py"
    path.write_text(f"{NET}def run(found, width):\n{indent(text, '    ')}\nrun([], 4)\n")
    skipped = [0]
    original = Trips.skip

    def counted(self: Trips, item: Value) -> bool:
        known = original(self, item)
        skipped[0] += known
        return known

    monkeypatch.setattr(Trips, "skip", counted)
    with_trips = told(check([path]))
    assert skipped[0] == left_out
    assert with_trips == told(check([path], summaries=False))
    assert with_trips["shapes"] or with_trips["reports"]
