"""Every situation: the bug is found on its line, once and with its code; its correct twin has no finding."""

from pathlib import Path

import pytest

from tangra.checker.reports import Report
from tests.checker.cases import Case, load
from tests.checker.programs import run

CASES = load()


def _findings(case: Case, folder: Path, text: str) -> list[Report]:
    """What is found, of notes only those with the bug's own code."""
    return [report for report in run(folder, text).reports if report.severity != "note" or report.code == case.code]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_bug_is_found_on_its_line(case: Case, tmp_path: Path) -> None:
    found = [(report.place.line, report.code) for report in _findings(case, tmp_path, case.bug)]
    assert found == [(case.line, case.code)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_correct_twin_has_no_finding(case: Case, tmp_path: Path) -> None:
    assert [report.message for report in _findings(case, tmp_path, case.twin)] == []


def test_the_situations_are_covered() -> None:
    assert len(CASES) == len({case.name for case in CASES}) >= 120
    assert len({number for case in CASES for number in case.situations}) >= 60
