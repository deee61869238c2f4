"""Likely calls of what nobody calls: examples of shapes, and nothing else."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tangra.checker import check
from tangra.checker.reports import cleaned
from tangra.shape_rules import shape_text

NET = """
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn, Tensor


@dataclass
class Settings:
    width: Any = 48


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, 3 * width)

    def forward(self, hidden_states):
        made = self.first(hidden_states)
        a, b, c = made.chunk(3, dim=-1)
        return a + b


class Net(nn.Module):
    def __init__(self, settings: Settings, depth=2):
        super().__init__()
        self.stem = nn.Conv2d(3, settings.width, 16, stride=16)
        self.blocks = nn.ModuleList([Block(settings.width) for _ in range(depth)])

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = x + block(x)
        out = x.mean(dim=1)
        return out


def small(pretrained=False, **kwargs):
    return Net(Settings(**kwargs))


def broken(width=10):
    first = torch.zeros(3, width)
    return first @ torch.zeros(width + 1, 4)
"""


def examples(path: Path, text: str, likely: bool = True) -> tuple[dict[str, str], list[tuple[int, str]], float]:
    """Examples by name, the findings, and the share of known shapes."""
    path.write_text(text)
    outcome = check([path], likely=likely)
    statistics = outcome.statistics
    assert statistics.failures == []
    found = {name: value for names in outcome.examples.get(path, {}).values() for name, value in names.items()}
    texts = {name: cleaned(shape_text(value.shape)) for name, value in found.items()}
    findings = [(report.place.line, report.code) for report in outcome.reports]
    return texts, findings, len(statistics.known) / len(statistics.arrays)


def test_factories_build_models_that_are_fed(tmp_path: Path) -> None:
    texts, findings, known = examples(tmp_path / "p.py", NET)
    assert texts["made"] == "(N, 196, 144)"
    assert texts["a"] == "(N, 196, 48)"
    assert texts["out"] == "(N, 48)"
    without, same, before = examples(tmp_path / "q.py", NET, likely=False)
    assert without == {}
    assert findings == same
    assert known > 0.95 > before


def test_configurations_are_made_of_what_a_class_says_its_attribute_is(tmp_path: Path) -> None:
    text = NET.replace("settings: Settings, depth=2", "config, depth=2").replace("settings.width", "config.width")
    text = text.replace("class Net(nn.Module):", "class Net(nn.Module):\n    config: Settings\n").partition(
        "def small"
    )[0]
    assert examples(tmp_path / "p.py", text)[0]["out"] == "(N, 48)"


def test_failures_of_likely_calls_are_not_told(tmp_path: Path) -> None:
    text = "import torch\n\ndef broken(width=10):\n    return torch.zeros(3, width) @ torch.zeros(11, 4)\n"
    assert examples(tmp_path / "p.py", text)[1] == []


def test_a_dataclass_of_a_module_nobody_calls_is_made(tmp_path: Path) -> None:
    text = """
        import flax.linen as nn


        class Net(nn.Module):
            width: int = 8

            @nn.compact
            def __call__(self, x):
                return nn.Dense(self.width)(x)
        """
    texts, findings, _ = examples(tmp_path / "p.py", textwrap.dedent(text))
    assert findings == []
    assert texts == {}


def test_likely_calls_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(
        NET + "\n\nseen = []\n\n\ndef f(x=3, y=None):\n    seen.append(x)\n    return len(seen) * y.sum()\n"
    )
    with_likely, without = (check([tmp_path / "p.py"], likely=likely) for likely in (True, False))
    assert {str(value) for value in _values(with_likely.shapes)} == {str(value) for value in _values(without.shapes)}
    assert with_likely.statistics.missing_rules == without.statistics.missing_rules


def _values(shapes: dict[Path, dict[int, dict[str, object]]]) -> list[tuple[int, str, str]]:
    return [
        (line, name, cleaned(str(value)))
        for lines in shapes.values()
        for line, names in lines.items()
        for name, value in names.items()
    ]


LISTS = """
import torch
from torch import nn, Tensor


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, stride=4)

    def forward(self, images{annotation}, frames=None):{comment}
        maps = [self.stem(image[None]) for image in images]
        first = maps[0]
        return first
"""


def test_lists_are_known_from_annotations_and_from_comments(tmp_path: Path) -> None:
    comments = (": list[Tensor]", ""), ("", "\n        # type: (List[Tensor], Optional[Tensor]) -> Tensor")
    for number, (annotation, comment) in enumerate(comments):
        text = LISTS.replace("{annotation}", annotation).replace("{comment}", comment)
        assert examples(tmp_path / f"p{number}.py", text)[0]["first"] == "(1, 8, 56, 56)"
