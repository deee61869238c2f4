"""After random edits a session, and answers kept on disk, say what a check from scratch without summaries says."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tangra.checker import Session, check
from tests.checker.cases import load
from tests.checker.test_summaries import told

EDITS = 12


def edited(text: str, rng: random.Random) -> str:
    """The text with one small change, as people make them."""
    lines = text.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        numbers = list(re.finditer(r"\d+", text))
        match = rng.choice(numbers)
        return text[: match.start()] + str(rng.randrange(1, 9)) + text[match.end() :]
    if kind == 1:
        del lines[place]
    elif kind == 2:
        lines.insert(place, lines[place])
    elif kind == 3:
        lines.insert(place, "\n")
    elif kind == 4:
        lines[place] = lines[place].rstrip("\n") + " + (\n"
    else:
        other = rng.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
    return "".join(lines) or "x = 1\n"


@pytest.mark.parametrize("seed", range(6))
def test_sessions_after_random_edits(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    (tmp_path / "pyproject.toml").write_text("")
    names = [f"part{number}" for number in range(4)]
    for number, case in enumerate(rng.sample(load(), len(names))):
        head = "".join(f"import {name}\n" for name in names[:number])
        (tmp_path / f"{names[number]}.py").write_text(head + case.runnable("bug"))
    session = Session()
    for _ in range(EDITS):
        path = tmp_path / f"{rng.choice(names)}.py"
        path.write_text(edited(path.read_text(), rng))
        asked = [tmp_path] if rng.random() < 0.5 else [path]
        assert told(session.check(asked)) == told(check(asked, summaries=False))


@pytest.mark.parametrize("seed", range(3))
def test_answers_on_disk_after_random_edits(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path / "cache"))
    rng = random.Random(seed)
    path = tmp_path / "program.py"
    old = rng.choice(load()).runnable("bug")
    for _ in range(EDITS):
        text = edited(old, rng) if rng.random() < 0.7 else old
        path.write_text(text)
        for _ in range(2):
            kept = {**told(check([path], kept=True)), "shapes": None}
            assert kept == {**told(check([path], summaries=False)), "shapes": None}
