"""Baselines: what is known is not told again, wherever its line moves; everything else is."""

import json
import os
import stat
from pathlib import Path

import pytest

from tangra.cli import main

BUG = "import torch\n\na = torch.zeros(3, 4)\nb = torch.zeros(5, 6)\nc = a @ b\n"


@pytest.fixture
def known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "bug.py").write_text(BUG)
    baseline = tmp_path / "known.json"
    assert main(["check", str(tmp_path), "--baseline", str(baseline), "--write-baseline"]) == 0
    assert "wrote 1 finding" in capsys.readouterr().err
    return baseline


def check(baseline: Path) -> int:
    return main(["check", str(baseline.parent), "--baseline", str(baseline)])


def test_what_is_known_is_not_told(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(known) == 0
    assert capsys.readouterr().out.startswith("nothing found in 1 file\n")
    assert [each["file"] for each in json.loads(known.read_text())["findings"]] == ["bug.py"]
    assert stat.S_IMODE(known.stat().st_mode) == 0o666 & ~_mask()


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_moved_lines_are_still_known(known: Path) -> None:
    (known.parent / "bug.py").write_text("'''Words.'''\n\n" + BUG.replace("c = a @ b", "\n\nc  =  a @ b"))
    assert check(known) == 0


def test_a_folder_that_moves_takes_its_baseline_along(known: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    known.parent.rename(elsewhere)
    assert check(elsewhere / "known.json") == 0
    elsewhere.rename(known.parent)


def test_a_second_finding_on_an_equal_line_is_new(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (known.parent / "bug.py").write_text(BUG + "c = a @ b\n")
    assert check(known) == 1
    assert capsys.readouterr().out.count("TG511") == 1


@pytest.mark.parametrize("change", [("a @ b", "b @ b"), ("a @ b", "a + b"), ("c = a @ b", "def f():\n    c = a @ b")])
def test_what_changed_is_told(known: Path, change: tuple[str, str]) -> None:
    (known.parent / "bug.py").write_text(BUG.replace(*change))
    assert check(known) == 1


def test_a_finding_that_is_gone_is_mentioned(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (known.parent / "bug.py").write_text(BUG.replace("5, 6", "4, 6"))
    assert check(known) == 0
    assert f"1 finding of {known} no longer there" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [3]}', "[" * 100_000, "\x00"],
)
def test_a_file_that_is_no_baseline_is_misuse(known: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    known.write_text(content)
    assert check(known) == 2
    assert f"--baseline {known}:" in capsys.readouterr().err


def test_misuse(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(known.parent), "--baseline", str(known.parent / "none.json")]) == 2
    assert main(["check", str(known.parent), "--write-baseline"]) == 2
    assert main(["check", str(known.parent), "--write-baseline", "--baseline", str(known / "x" / "y.json")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3
