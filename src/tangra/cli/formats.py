"""How findings are printed: for people, as JSON, and as the annotations that GitHub shows beside a change."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from tangra.checker import Outcome, Report, render
from tangra.checker.source import SourceFile
from tangra.cli.sarif import sarif_text

GITHUB_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def text_lines(outcome: Outcome, reports: Sequence[Report]) -> str:
    """The findings for people, a line that counts them, and one that says how much was understood."""
    parts = []
    for report in reports:
        source = cast("SourceFile | None", outcome.source(report.place.file))
        parts.append(render(report, source, shown_path) + "\n")
    parts.append(summary(outcome, reports))
    if outcome.statistics.arrays:
        parts.append(understood(outcome))
    return "\n".join(parts)


def json_text(outcome: Outcome, reports: Sequence[Report]) -> str:
    """A list with every field of every finding."""
    return json.dumps([report.as_json() for report in reports], indent=2)


def github_text(outcome: Outcome, reports: Sequence[Report]) -> str:
    """Workflow commands, one line each: GitHub shows them at the lines of a pull request."""
    return "\n".join(map(_workflow_command, reports))


def _workflow_command(report: Report) -> str:
    place = report.place
    fields = {
        "file": shown_path(place.file),
        "line": place.line,
        "endLine": place.end_line,
        "col": place.column,
        "endColumn": max(place.column, place.end_column - 1) if place.end_line == place.line else place.end_column,
        "title": report.code,
    }
    shown = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in fields.items())
    notes = [*report.notes, *([f"fix: {report.advice}"] if report.advice else [])]
    called = [f"{message} {shown_path(at.file)}:{at.line}" for at, message in report.related]
    text = "\n".join([report.message, *notes, *called])
    return f"::{GITHUB_LEVELS[report.severity]} {shown}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """`text` with what ends a command, or a field of it, written as a percent code."""
    for sign in f"%\r\n{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


FORMATS: dict[str, Callable[[Outcome, Sequence[Report]], str]] = {
    "text": text_lines,
    "json": json_text,
    "github": github_text,
    "sarif": sarif_text,
}


def shown_path(path: Path) -> str:
    """The path relative to where the user is, if it lies below."""
    here = Path(os.getcwd())
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def summary(outcome: Outcome, reports: Sequence[Report]) -> str:
    """How many findings of each kind, in how many files."""
    counts = {
        severity: sum(report.severity == severity for report in reports) for severity in ("error", "warning", "note")
    }
    parts = [counted(count, severity) for severity, count in counts.items() if count]
    return f"{', '.join(parts) or 'nothing found'} in {counted(len(outcome.files), 'file')}"


def counted(count: int, word: str) -> str:
    """The number with its word, in the plural where it is not 1."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def understood(outcome: Outcome) -> str:
    """How much of the program was understood, in one line."""
    statistics = outcome.statistics
    total, known = len(statistics.arrays), len(statistics.known)
    share = 100 * known / total if total else 100
    spent = counted(len(statistics.spent), "function")
    return f"shapes known in {share:.0f} % of {counted(total, 'array expression')}, budget hit in {spent}"


def statistics_text(outcome: Outcome) -> str:
    """Where the budget was hit, and what has no shape rule."""
    statistics = outcome.statistics
    lines = []
    if statistics.spent:
        lines.append(f"budget hit in {', '.join(statistics.spent[:20])}")
    missing = sorted(statistics.missing_rules.items(), key=lambda item: (-item[1], item[0]))
    if missing:
        names = ", ".join(f"{name} ({count})" for name, count in missing[:10])
        lines.append(f"without a rule: {names}{' …' if len(missing) > 10 else ''}")
    if statistics.broken_rules:
        lines.append(f"rules that failed: {', '.join(sorted(statistics.broken_rules))}")
    return "\n".join(lines)
