"""Methods that nobody calls, checked on an object as its constructor leaves it."""

from pathlib import Path

from tests.checker.programs import lines

STEPPER = """
import numpy as np
import torch
from torch import nn


class Stepper:
    def __init__(self, n: int):
        self.n = n
        self.rows = 3
        self.step = None
        self.table = np.zeros((4, 5))
        self.weights = None
        self._build()

    def _build(self):
        self.weights = np.zeros((3, 7))

    def advance(self, h):
        self.step = h
        self.rows = 4

    def dense(self):
        return self.table[:3] * self.step, np.zeros((self.rows, 2)) + np.ones((4, 1))

    def wrong(self):
        return self.table + self.weights  #!


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = None
        self.proj = nn.Linear(3, 4)

    def set_scale(self, scale):
        self.scale = scale

    def forward(self, x):
        return self.proj(x) * self.scale


net = Net()
"""


def test_what_other_methods_assign_is_unknown(tmp_path: Path) -> None:
    wanted = [number for number, line in enumerate(STEPPER.split("\n"), 1) if "#!" in line]
    assert [line for line, _ in lines(tmp_path, STEPPER)] == wanted
