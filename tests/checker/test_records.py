"""Answers kept between processes: given again as long as nothing they depend on has changed, and never trusted."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tangra import disk
from tangra.checker import Outcome, check, checking, evaluator, records
from tests.checker.test_effort import PROGRAM

HELPER = "import torch\ndef make(n):\n    return torch.zeros(n, 4)\n"
MAIN = (
    "import torch\nfrom helper import make\nx = make(3) @ torch.zeros(5, 6)\ny = torch.zeros(3, 4).t().view(12)\n"
    "def f(a):\n    return a @ torch.zeros(5, 6)\nf(torch.zeros(2, 5)), f(torch.zeros(2, 4))\n"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    (folder / "helper.py").write_text(HELPER)
    (folder / "main.py").write_text(MAIN)
    return folder


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each evaluation."""
    times: list[int] = []
    original = checking._evaluate

    def counted(*arguments: object) -> object:
        times.append(1)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(checking, "_evaluate", counted)
    return times


def told(outcome: Outcome) -> object:
    statistics = outcome.statistics
    counts = (len(statistics.arrays), len(statistics.known), statistics.missing_rules, statistics.broken_rules)
    return [replace(report, times=1) for report in outcome.reports], outcome.files, counts


def test_an_answer_is_given_again(project: Path, evaluated: list[int]) -> None:
    fresh, kept, again = check([project]), check([project], kept=True), check([project], kept=True)
    assert len(evaluated) == 2
    assert told(fresh) == told(kept) == told(again)
    assert len(again.reports) == 3
    assert any(report.fixes or report.fix for report in again.reports)
    assert any(report.related for report in again.reports)
    assert again.source(project / "main.py") is not None


CHANGES: dict[str, Callable[[Path], object]] = {
    "the file": lambda folder: (folder / "main.py").write_text(MAIN.replace("5", "4")),
    "a file it imports": lambda folder: (folder / "helper.py").write_text(HELPER.replace("4", "5")),
    "a file that is gone": lambda folder: (folder / "helper.py").unlink(),
    "a package in front of a file": lambda folder: [
        (folder / "helper").mkdir(),
        (folder / "helper" / "__init__.py").write_text(HELPER.replace("4", "5")),
    ],
    "a new file": lambda folder: (folder / "more.py").write_text("x = 1\n"),
    "the settings": lambda folder: (folder / "pyproject.toml").write_text("[tool.tangra]\nignore = ['TG511']\n"),
    "a name that begins to be found": lambda folder: (
        (folder / "src").mkdir() or (folder / "src" / "helper.py").write_text(HELPER.replace("4", "5"))
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_evaluated(project: Path, change: str) -> None:
    if change == "a name that begins to be found":
        (project / "helper.py").unlink()
    check([project / "main.py", project], kept=True)
    CHANGES[change](project)
    assert told(check([project / "main.py", project], kept=True)) == told(check([project / "main.py", project]))


def test_a_change_of_ours_is_a_change(project: Path, evaluated: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    check([project], kept=True)
    monkeypatch.setattr(records, "own_version", lambda: "another")
    check([project], kept=True)
    assert len(evaluated) == 2


def test_rule_files_are_part_of_the_question(project: Path) -> None:
    head = "from tangra.shape_rules import Tensor, rule\n@rule('kept.made')\n"
    rule = head + "def made(ctx):\n    return Tensor('torch', {})\n"
    (project / "rules.py").write_text(rule.format("(5, 5)"))
    (project / "pyproject.toml").write_text("[tool.tangra]\nrules = ['rules.py']\n")
    (project / "main.py").write_text("import torch, kept\nx = kept.made() @ torch.zeros(5, 6)\n")
    assert told(check([project / "main.py"], kept=True))[0] == []  # type: ignore[index]
    (project / "rules.py").write_text(rule.format("(5, 7)"))
    assert [report.code for report in check([project / "main.py"], kept=True).reports] == ["TG511"]


def test_unsaved_text_is_never_kept(project: Path, evaluated: list[int]) -> None:
    from tangra.checker import SourceCache

    for text in (MAIN, MAIN.replace("5", "4")):
        check([project / "main.py"], sources=SourceCache({project / "main.py": text.encode()}), kept=True)
    check([project / "main.py"], kept=True)
    assert len(evaluated) == 3


def damaged(change: Callable[[dict], object]) -> Callable[[bytes], bytes]:
    def apply(content: bytes) -> bytes:
        data = json.loads(content)
        change(data)
        return json.dumps(data).encode()

    return apply


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"\x80\x04junk",
        lambda content: b"[" * 100_000,
        lambda content: b"null",
        lambda content: content[: len(content) // 2],
        damaged(lambda data: data.pop("files")),
        damaged(lambda data: data.update(folders=3)),
        damaged(lambda data: data["reports"][0].update(line="three")),
        damaged(lambda data: data["reports"][0].pop("severity")),
        damaged(lambda data: data["statistics"].update(missing=[])),
    ],
)
def test_a_damaged_record_is_no_answer(
    project: Path, damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    put = disk.put
    monkeypatch.setattr(disk, "put", lambda name, content: [names.append(name), put(name, content)])
    wanted = told(check([project], kept=True))
    content = disk.get(names[0])
    assert content is not None
    put(names[0], damage(content))
    assert told(check([project], kept=True)) == wanted


def test_only_the_owner_may_look_or_write(project: Path, evaluated: list[int]) -> None:
    check([project], kept=True)
    kept = disk.usable()
    assert kept is not None
    folder = Path(kept)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.glob("*/*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    folder.chmod(0o777)
    check([project], kept=True)
    assert len(evaluated) == 2


def test_what_the_budget_cut_short_is_kept_and_what_the_clock_did_is_not(
    project: Path, evaluated: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "main.py").write_text(PROGRAM)
    monkeypatch.setattr(evaluator, "ENTRY_STEPS", 10_000)
    first = check([project], kept=True)
    assert first.statistics.spent == ["windows of main.py"]
    assert not first.statistics.late
    assert check([project], kept=True).statistics.spent == first.statistics.spent
    assert len(evaluated) == 1
    monkeypatch.setattr(evaluator, "ENTRY_STEPS", 10**9)
    monkeypatch.setattr(evaluator, "ENTRY_SECONDS", -1.0)
    monkeypatch.setattr(evaluator, "LOOK_SECONDS", -1.0)
    (project / "main.py").write_text("def f(x):\n" + 3000 * "    x = x + 1\n" + "    return x\n")
    assert check([project], kept=True).statistics.late
    assert check([project], kept=True).statistics.late
    assert len(evaluated) == 3
