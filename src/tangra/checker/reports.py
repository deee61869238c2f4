"""What is reported: one finding per line and cause, with the call sites that lead to it, and its text for people.

Findings keep their place as line and column from 1, in code points, the end exclusive. Names that the checker made up
for sizes never reach a message: `cleaned` takes them out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tangra.checker.config import Config
from tangra.checker.source import SourceFile

MAX_RELATED = 3
SEVERITIES = ("error", "warning", "note")

_OPAQUE = re.compile(r"\?[\w$.\[\]]+")
_FLEXIBLE = re.compile(r"@(\w+?)\$\d+(?:\$-?\d+)?")


@dataclass(frozen=True)
class Place:
    """A range of source text."""

    file: Path
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Edit:
    """A range of source text and what should stand there."""

    place: Place
    text: str

    def as_json(self) -> dict[str, object]:
        """The fields as `--format json` prints them."""
        at = self.place
        return {
            "file": str(at.file),
            "line": at.line,
            "column": at.column,
            "end_line": at.end_line,
            "end_column": at.end_column,
            "text": self.text,
        }


@dataclass(frozen=True)
class Fix:
    """A change with which the call works: in words, and as edits."""

    title: str
    edits: tuple[Edit, ...]


@dataclass
class Report:
    """One finding. `notes` say where sizes came from; `related` are places that lead there; `fix` says what to do in
    words, `fixes` are changes that were tried. It was found `times` times, in `function` (a node; None: a module)."""

    place: Place
    severity: str
    code: str
    message: str
    notes: list[str] = field(default_factory=list)
    related: list[tuple[Place, str]] = field(default_factory=list)
    fix: str | None = None
    fixes: list[Fix] = field(default_factory=list)
    times: int = 1
    function: ast.AST | None = field(default=None, repr=False, compare=False)

    @property
    def advice(self) -> str | None:
        """What to do, in words: what the rule says, or the first change that was tried."""
        return self.fix or (self.fixes[0].title if self.fixes else None)

    def as_json(self) -> dict[str, object]:
        """The fields as `--format json` prints them."""
        place = self.place
        return {
            "file": str(place.file),
            "line": place.line,
            "column": place.column,
            "end_line": place.end_line,
            "end_column": place.end_column,
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "notes": self.notes,
            "related": [
                {"file": str(at.file), "line": at.line, "column": at.column, "message": message}
                for at, message in self.related
            ],
            "fix": self.advice,
            "fixes": [{"title": fix.title, "edits": [edit.as_json() for edit in fix.edits]} for fix in self.fixes],
        }


def cleaned(text: str) -> str:
    """`text` without the checker's names: a size nobody knows is `?`, one of an input has the input's name."""
    return _OPAQUE.sub("?", _FLEXIBLE.sub(r"\1", text))


def shown_size(size: object) -> str:
    """A size as people read it: what several sizes nobody knows make is no better known than one of them."""
    text = str(size)
    return "?" if len(_OPAQUE.findall(text)) > 1 else cleaned(text)


class Reports:
    """The findings so far; a second one of the same line and code only adds call sites."""

    def __init__(self) -> None:
        self.found: dict[tuple[Path, int, str], Report] = {}

    def is_new(self, report: Report) -> bool:
        """Whether there is no finding of its line and code yet."""
        return (report.place.file, report.place.line, report.code) not in self.found

    def add(self, report: Report) -> None:
        """Take a finding in."""
        key = (report.place.file, report.place.line, report.code)
        known = self.found.get(key)
        if known is None:
            if report.severity == "error" and self._follows(report):
                return
            report.message = cleaned(report.message)
            report.notes = [cleaned(note) for note in report.notes]
            report.related = report.related[:MAX_RELATED]
            self.found[key] = report
            return
        known.times += 1
        if SEVERITIES.index(report.severity) < SEVERITIES.index(known.severity):
            del self.found[key]
            report.times = known.times
            self.add(report)
            return
        seen = {place for place, _ in known.related}
        for place, message in report.related:
            if place not in seen and len(known.related) < MAX_RELATED:
                known.related.append((place, message))

    def _follows(self, report: Report) -> bool:
        """Whether the same expression certainly failed before, in another way: a later trip or call goes on with what
        is left of it."""
        place = report.place
        return any(
            other.place == place and other.severity == "error"
            for (file, line, _), other in self.found.items()
            if line == place.line and file == place.file
        )

    def settle(self, runs: Mapping[ast.AST, int]) -> None:
        """At the end, when it is known how often each function ran: a line that also worked, for another call, is not
        what has to be changed."""
        for report in self.found.values():
            if report.function is not None and runs.get(report.function, 0) > report.times:
                first, last = report.function.lineno, report.function.end_lineno  # type: ignore[attr-defined]
                file = report.place.file
                report.fixes = [
                    fix
                    for fix in report.fixes
                    if not any(edit.place.file == file and first <= edit.place.line <= last for edit in fix.edits)
                ]

    def chosen(self, config: Config, sources: dict[Path, SourceFile], wanted: Iterable[Path]) -> list[Report]:
        """The findings in the files asked for, without those that comments or the configuration refuse, in order."""
        files = set(wanted)
        kept = []
        for report in self.found.values():
            place = report.place
            if place.file not in files or not config.wants(report.code):
                continue
            source = sources.get(place.file)
            if source is not None and _is_ignored(source, report):
                continue
            kept.append(report)
        return sorted(kept, key=lambda report: (str(report.place.file), report.place.line, report.place.column))


def _is_ignored(source: SourceFile, report: Report) -> bool:
    for line in {report.place.line, report.place.end_line}:
        if line in source.ignored:
            codes = source.ignored[line]
            return codes is None or report.code in codes
    return False


def render(report: Report, source: SourceFile | None, shown: Callable[[Path], str]) -> str:
    """The finding as people read it in a terminal: place, message, source with carets, notes, call sites, fix; `shown`
    is how paths are written."""
    place = report.place
    text = [f"{shown(place.file)}:{place.line}:{place.column}: {report.severity}: {report.message} [{report.code}]"]
    text += _excerpt(place, source)
    text += [f"  in {cell}" for cell in [_cell(place, source)] if cell]
    text += [f"  note: {note}" for note in report.notes]
    text += [f"  {message} {shown(at.file)}:{at.line}:{at.column}" for at, message in report.related]
    if report.advice:
        text.append(f"  fix: {report.advice}")
    return "\n".join(text)


def _cell(place: Place, source: SourceFile | None) -> str | None:
    """Where a place of a notebook is, whose lines count through all of its code."""
    before = [(first, number) for first, number in source.cells if first <= place.line] if source is not None else []
    return f"line {place.line - before[-1][0] + 1} of code cell {before[-1][1]}" if before else None


def _excerpt(place: Place, source: SourceFile | None) -> list[str]:
    if source is None or not 1 <= place.line <= len(source.lines):
        return []
    line = source.lines[place.line - 1].expandtabs(1)
    if not line.strip():
        return []
    end = place.end_column if place.end_line == place.line else len(line) + 1
    start = min(place.column, len(line) + 1)
    width = max(1, min(end, len(line) + 1) - start)
    number = f"{place.line:5d}"
    return [f"{number} | {line}", f"{' ' * len(number)} | {' ' * (start - 1)}{'^' * width}"]
