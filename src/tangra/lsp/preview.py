"""What is shown of an edited function before the program is checked anew: the function alone, as it was called in the
last check. Everything outside it is what the last check found, moved."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tangra.checker import Place, Report
from tangra.checker.observations import FunctionSeen, Observer, Sight
from tangra.checker.reports import Reports
from tangra.checker.reruns import rerun
from tangra.checker.source import SourceFile
from tangra.lsp.linemap import LineMap

if TYPE_CHECKING:
    from tangra.lsp.session import Analysis

Definition = ast.FunctionDef | ast.AsyncFunctionDef
Placed = TypeVar("Placed", Report, Sight)


Span = tuple[int, int]
"""The first and the last line of a function."""


@dataclass
class Glance:
    """The edited function of a file: what it was in the last check (`base` is the version of that text) and what it is
    now, with what was found in it."""

    base: int
    version: int
    lines: list[str]
    was: Span
    now: Span
    findings: list[Report]
    sights: list[Sight]
    broken: list[tuple[int, int]]


def edited_function(old: SourceFile, new: SourceFile, lines: LineMap) -> tuple[Definition, Definition] | None:
    """The function whose body all edits are in, as it was and as it is; None if more than that changed."""
    if old.tree is None or new.tree is None:
        return None
    before = (lines.first + 1, len(lines.old) - lines.last)
    after = (lines.first + 1, len(lines.new) - lines.last)
    was, now = _around(old.tree, before, ()), _around(new.tree, after, ())
    if was is None or now is None or was[0] != now[0] or was[1].lineno != now[1].lineno:
        return None
    return was[1], now[1]


def _around(tree: ast.AST, edit: tuple[int, int], path: tuple[str, ...]) -> tuple[tuple[str, ...], Definition] | None:
    """The outermost function whose body holds the lines of an edit (an insertion between two lines has none)."""
    first, last = edit
    for node in getattr(tree, "body", ()):
        end = getattr(node, "end_lineno", 0) or 0
        if isinstance(node, ast.ClassDef) and node.lineno < first and last <= end:
            return _around(node, edit, (*path, node.name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            begin = node.body[0].lineno
            if node.lineno < begin <= first and last <= end and (last >= first or first <= end):
                return (*path, node.name), node
    return None


def glance(
    observer: Observer, path: Path, new: SourceFile, versions: tuple[int, int], cancelled: Callable[[], bool]
) -> Glance | None:
    """Evaluate the edited function alone, as it was called in the last check. `versions` are those of the text that was
    checked and of the present one. None where more than a function was edited, or it was not called."""
    old = observer.sources.get(path)
    if old is None:
        return None
    lines = LineMap(old.lines, new.lines)
    found = edited_function(old, new, lines)
    entries = [] if found is None else observer.entries.get(found[0], [])
    if found is None or not entries:
        return None
    now = found[1]
    seen, reports = Observer(), Reports()
    for entry in entries:
        for report in rerun(entry, now, new, seen, cancelled).found.values():
            if report.function is now:
                reports.add(report)
    reports.settle({now: len(entries)})
    fresh = [] if observer.config is None else reports.chosen(observer.config, {path: new}, [path])
    inside = set(ast.walk(now))
    sights = [sight for node, sight in seen.sights_by_node(path) if node in inside]
    was, span = ((node.lineno, node.end_lineno or node.lineno) for node in found)
    return Glance(*versions, new.lines, was, span, fresh, sights, [])


def composed(last: Analysis, seen: Glance) -> Analysis:
    """The last check of a file with what was seen of the edited function, all in the present text."""
    lines, was, path = LineMap(last.lines, seen.lines), seen.was, last.path
    findings = [moved for each in last.findings if (moved := _moved(each, was, lines)) is not None]
    sights = [there for each in last.sights if (there := _moved(each, was, lines)) is not None]
    return replace(
        last,
        version=seen.version,
        lines=seen.lines,
        findings=[*findings, *(_with_calls(each, path, was, lines) for each in seen.findings)],
        sights=[*sights, *(_with_calls(each, path, was, lines) for each in seen.sights)],
        functions=list(_functions(last, seen, lines)),
        broken=seen.broken,
    )


def _functions(last: Analysis, seen: Glance, lines: LineMap) -> Iterator[FunctionSeen]:
    """The functions and their calls, where they are now."""
    for function in last.functions:
        place = function.place
        end = lines.nearest(place.end_line) if place.line != seen.was[0] else seen.now[1]
        contexts = tuple(
            tuple(_place(call, seen.was, lines) or call if call.file == last.path else call for call in calls)
            for calls in function.contexts
        )
        yield FunctionSeen(replace(place, line=lines.nearest(place.line), end_line=end), function.name, contexts)


def _moved(found: Placed, was: Span, lines: LineMap) -> Placed | None:
    """What lies outside the function, where it is now."""
    if was[0] <= found.place.line <= was[1]:
        return None
    place = _place(found.place, was, lines)
    return None if place is None else _with_calls(replace(found, place=place), found.place.file, was, lines)


def _with_calls(found: Placed, path: Path, was: Span, lines: LineMap) -> Placed:
    """What was found, with the calls in the same file that lead there where they are now."""
    if len(lines.old) == len(lines.new):
        return found

    def now(place: Place) -> Place:
        return (_place(place, was, lines) or place) if place.file == path else place

    changes: dict[str, Any]
    if isinstance(found, Report):
        changes = {"related": [(now(place), text) for place, text in found.related]}
    else:
        changes = {"cases": tuple(replace(case, calls=tuple(map(now, case.calls))) for case in found.cases)}
    return replace(found, **changes)


def _place(place: Place, was: Span, lines: LineMap) -> Place | None:
    """Where a place outside the function is now."""
    line, end_line = lines.line(place.line), lines.line(place.end_line)
    if line is None or end_line is None or was[0] < place.line <= was[1]:
        return None
    if line == place.line:
        return place
    return Place(place.file, line, place.column, end_line, place.end_column)
