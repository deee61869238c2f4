"""Training loops: data sets in parts, and what a replay memory gives back."""

from pathlib import Path

from tests.checker.programs import lines, shapes


def test_random_split(tmp_path: Path) -> None:
    found = shapes(
        tmp_path,
        """
        import torch
        from torch.utils.data import DataLoader, TensorDataset, random_split

        data = TensorDataset(torch.rand(100, 4), torch.rand(100))
        train, val = random_split(data, [80, 20])
        for x, y in DataLoader(val, batch_size=20):
            a = x
        train, val = random_split(data, [0.7, 0.3], generator=torch.Generator().manual_seed(0))
        for x, y in DataLoader(val, batch_size=30):
            b = x
        """,
    )
    assert (found["a"], found["b"]) == ("(20, 4)", "(30, 4)")


REPLAY = """
import random
from collections import deque, namedtuple
import torch
import torch.nn as nn

Transition = namedtuple("Transition", ("state", "action"))


class Memory:
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, n):
        return random.sample(self.memory, n)


policy, memory = nn.Linear({width}, 2), Memory(100)
for step in range(40):
    memory.push(torch.randn(1, 4), torch.zeros(1, 1, dtype=torch.long))
batch = Transition(*zip(*memory.sample(16)))
state = torch.cat(batch.state)
q = policy(state).gather(1, torch.cat(batch.action))
"""


def test_replay_memory(tmp_path: Path) -> None:
    found = shapes(tmp_path, REPLAY.format(width=4))
    assert (found["state"], found["q"]) == ("(16, 4)", "(16, 1)")
    assert lines(tmp_path, REPLAY.format(width=3)) == [(26, "TG516")]


LOADED = """
import torch
from torch.utils.data import DataLoader

items = [torch.zeros(n, 3) for n in (4, 4, 6, 6, 5)]
for x in DataLoader(items, batch_size=2{options}, collate_fn=torch.stack):
    pass
"""


def test_items_of_a_list_are_put_together_in_order(tmp_path: Path) -> None:
    assert lines(tmp_path, LOADED.format(options="")) == []
    assert lines(tmp_path, LOADED.format(options=", shuffle=True")) == []
    swapped = LOADED.replace("(4, 4, 6, 6, 5)", "(4, 6, 4, 6, 5)")
    assert lines(tmp_path, swapped.format(options="")) == [(6, "TG515")]
    assert lines(tmp_path, swapped.format(options=", shuffle=True")) == []
    assert lines(tmp_path, LOADED.replace("batch_size=2", "batch_size=8").format(options=", shuffle=True")) != []


PARAMETRIZED = """
import torch
from torch import nn
from torch.nn.utils import parametrize


class Doubled(nn.Module):
    def forward(self, w):
        return torch.cat([w, w])


layer = nn.Linear(6, 4)
parametrize.register_parametrization(layer, "weight", Doubled(){unsafe})
y = layer(torch.zeros(2, 6))
"""


def test_parametrizations_keep_the_shape(tmp_path: Path) -> None:
    assert lines(tmp_path, PARAMETRIZED.format(unsafe="")) == [(13, "TG526")]
    assert lines(tmp_path, PARAMETRIZED.format(unsafe=", unsafe=True")) == []
