"""Helpers: check a program given as text, and read off what was found."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tangra.checker import Outcome, Report, check
from tangra.checker.reports import cleaned
from tangra.shape_rules import shape_text


def run(folder: Path, text: str, name: str = "program.py") -> Outcome:
    """Check one program."""
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return check([path])


def reports(folder: Path, text: str) -> list[Report]:
    """What is found in a program, without notes."""
    return [report for report in run(folder, text).reports if report.severity != "note"]


def lines(folder: Path, text: str) -> list[tuple[int, str]]:
    """Line and code of what is found."""
    return [(report.place.line, report.code) for report in reports(folder, text)]


def shapes(folder: Path, text: str) -> dict[str, str]:
    """The last shape that each name was found to have, as text."""
    outcome = run(folder, text)
    assert outcome.reports == [], [report.message for report in outcome.reports]
    found: dict[str, str] = {}
    for by_line in outcome.shapes.values():
        for line in sorted(by_line):
            found.update({name: cleaned(shape_text(value.shape)) for name, value in by_line[line].items()})
    return found
