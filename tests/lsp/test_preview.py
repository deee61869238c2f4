"""Previews of an edited function: what the whole check then finds in it, and nothing where they can't know."""

from pathlib import Path

import pytest

from tangra.lsp.session import Analysis, EditorSession, Options, Text

PROGRAM = '''import torch
from torch import nn

SCALE = 2


def widened(x, width):
    """Twice as wide."""
    wide = torch.cat([x, x], 1)
    return wide[:, :width]


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, 8)
        self.second = nn.Linear(8, 4)
        self.seen = []

    def forward(self, x):
        self.seen.append(x)
        y = self.first(x)
        y = widened(y, 8)
        for _ in range(2):
            y = torch.relu(y)
        if x.shape[0] > 5:
            y = y * SCALE
        return self.second(y)


def unused(a):
    return a + 1


net = Net(16)
for size in (4, 9):
    out = net(torch.zeros(size, 16))
net.first = None
net.seen.clear()
'''

EDITS = [
    ("        y = self.first(x)\n", "        y = self.first(x.T)\n"),
    ("        y = self.first(x)\n", "        y = self.first(x)\n        z = y @ y\n        y = y + torch.zeros(3)\n"),
    ("        y = widened(y, 8)\n", "        y = widened(y, 7)\n"),
    ("        y = widened(y, 8)\n", ""),
    ("    wide = torch.cat([x, x], 1)\n", "    wide = torch.cat([x, x[:, :, None]], 1)\n"),
    ("            y = y * SCALE\n", "            y = y * torch.zeros(9, 8, SCALE)\n"),
    ("            y = torch.relu(y)\n", "            y = torch.relu(y).sum(3)\n"),
    ("        return self.second(y)\n", "        assert len(self.seen) == 1\n        return self.second(y[:, 1:])\n"),
    ("        self.second = nn.Linear(8, 4)\n", "        self.second = nn.Linear(8, 5)  # tangra: ignore\n"),
    ("        y = self.first(x)\n", "        y = self.first(x\n"),
]


def texts(analysis: Analysis, lines: tuple[int, int] | None = None) -> tuple[object, object]:
    """Findings and shapes, of all lines or of some."""
    first, last = lines or (1, 10_000)
    findings = [
        (each.place, each.code, each.message, sorted(fix.title for fix in each.fixes))
        for each in analysis.findings
        if first <= each.place.line <= last
    ]
    sights = {(each.place, each.kind, each.cases) for each in analysis.sights if first <= each.place.line <= last}
    return findings, sights


def function_around(text: str, place: int) -> tuple[int, int]:
    """The lines of the function around a character of the text."""
    lines = text.split("\n")
    line = text[:place].count("\n")
    first = next(number for number in range(line, -1, -1) if lines[number].lstrip().startswith("def "))
    width = len(lines[first]) - len(lines[first].lstrip())
    inside = range(first + 1, len(lines))
    last = next((n for n in inside if lines[n].strip() and len(lines[n]) - len(lines[n].lstrip()) <= width), len(lines))
    return first + 1, last


@pytest.fixture
def session(tmp_path: Path) -> EditorSession:
    (tmp_path / "pyproject.toml").write_text("")
    made = EditorSession(Options())
    made.set_text(tmp_path / "p.py", Text(1, (PROGRAM,)))
    results = made.analyse()
    assert results.failures == []
    assert [each.message for each in results.files[tmp_path / "p.py"].findings] == []
    return made


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_a_preview_is_what_the_check_finds_in_the_function(
    session: EditorSession, tmp_path: Path, old: str, new: str
) -> None:
    path = tmp_path / "p.py"
    text = PROGRAM.replace(old, new)
    session.set_text(path, Text(2, (text,)))
    shown = session.preview(path)
    assert shown is not None
    assert shown.version == 2
    again = session.preview(path)
    assert again is not None
    assert texts(again) == texts(shown)
    whole = session.analyse().files[path]
    where = function_around(text, PROGRAM.index(old))
    assert texts(shown, where) == texts(whole, where)
    other = EditorSession(Options())
    other.set_text(path, Text(2, (text,)))
    if old.count("(") == new.count("(") == new.count(")"):  # it parses, so that no older tree plays a part
        assert texts(whole) == texts(other.analyse().files[path])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def widened(x, width):", "def widened(x, width=8):"),
        ("SCALE = 2", "SCALE = 3"),
        ("return wide[:, :width]", "return wide\n\n\nlater = 1"),
        ("nn.Linear(8, 4)\n        self.seen", "nn.Linear(8, 4)\n\n    def more(self):\n        self.seen"),
    ],
)
def test_there_is_none_where_more_than_a_called_function_changed(
    session: EditorSession, tmp_path: Path, old: str, new: str
) -> None:
    assert PROGRAM.count(old) == 1
    session.set_text(tmp_path / "p.py", Text(2, (PROGRAM.replace(old, new),)))
    assert session.preview(tmp_path / "p.py") is None


def test_what_is_outside_the_function_moves_along(session: EditorSession, tmp_path: Path) -> None:
    path = tmp_path / "p.py"
    text = PROGRAM.replace("net.first = None\n", "net.first = None\nout @ out\n")
    session.set_text(path, Text(2, (text,)))
    session.analyse()
    session.set_text(path, Text(3, (text.replace("    wide =", "    more = x\n\n    wide ="),)))
    shown = session.preview(path)
    assert shown is not None
    assert [(each.place.line, each.code) for each in shown.findings] == [(41, "TG511")]
    assert [each.place.line for each in shown.functions if each.name == "Net.forward"] == [22]
    assert texts(shown) == texts(session.analyse().files[path])
