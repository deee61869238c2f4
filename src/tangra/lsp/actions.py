"""Quick fixes: the changes that the checker tried and found to work, and the comment that silences a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lsprotocol import types

from tangra.checker import Place, Report
from tangra.checker.reports import Edit, Fix
from tangra.checker.source import SourceFile
from tangra.lsp.diagnostics import diagnostic
from tangra.lsp.places import in_document, location
from tangra.lsp.positions import Part
from tangra.lsp.workbench import Known, Workbench

_IGNORED = re.compile(r"(#\s*tangra:\s*ignore\[[^\]]*)\]")


def actions(
    bench: Workbench, known: Known, part: Part, wanted: types.Range, encoding: str | None, versioned: bool
) -> Iterator[types.CodeAction]:
    """The quick fixes of findings in a range of a part. `versioned`: the client takes edits of versions."""
    for report in known.analysis.findings:
        now = known.now(report.place)
        where = None if now is None else in_document(known.document, now, encoding)
        if now is None or where is None or where[0] != part.uri or not _touches(where[1], wanted):
            continue
        shown = diagnostic(bench, report, where[1], encoding)
        for number, fix in enumerate(report.fixes):
            edit = _edit(bench, fix.edits, encoding, versioned)
            if edit is not None:
                yield _action(fix.title, shown, edit, preferred=number == 0)
        ignoring = ignore_fix(known, report, now)
        if ignoring is not None:
            edit = _now(bench, known, ignoring.edits, encoding, versioned)
            yield _action(ignoring.title, shown, edit, preferred=False)


def _action(title: str, shown: types.Diagnostic, edit: types.WorkspaceEdit, preferred: bool) -> types.CodeAction:
    title = f"Tangra: {title}"
    kind = types.CodeActionKind.QuickFix
    return types.CodeAction(title, kind=kind, diagnostics=[shown], is_preferred=preferred, edit=edit)


def _touches(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges share a line; editors ask for the line of the cursor as often as for a finding's range."""
    return one.start.line <= other.end.line and other.start.line <= one.end.line


def _edit(bench: Workbench, edits: Sequence[Edit], encoding: str | None, versioned: bool) -> types.WorkspaceEdit | None:
    """Edits of an analysis as the client takes them; None if what they change was edited since."""
    found: list[tuple[str, int | None, types.TextEdit]] = []
    for each in edits:
        at = location(bench, each.place, encoding)
        if at is None:
            return None
        document = bench.documents.get(each.place.file)
        part = None if document is None else document.part_of(at.uri)
        found.append((at.uri, None if part is None else part.version, types.TextEdit(at.range, each.text)))
    return _workspace_edit(found, versioned)


def _now(
    bench: Workbench, known: Known, edits: Sequence[Edit], encoding: str | None, versioned: bool
) -> types.WorkspaceEdit:
    """Edits of the present text as the client takes them."""
    found = []
    for each in edits:
        where = in_document(known.document, each.place, encoding)
        part = None if where is None else known.document.part_of(where[0])
        if where is not None and part is not None:
            found.append((where[0], part.version, types.TextEdit(where[1], each.text)))
    return _workspace_edit(found, versioned)


def _workspace_edit(found: Sequence[tuple[str, int | None, types.TextEdit]], versioned: bool) -> types.WorkspaceEdit:
    if versioned:
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version), [edit])
                for uri, version, edit in found
            ]
        )
    changes: dict[str, list[types.TextEdit]] = {}
    for uri, _, edit in found:
        changes.setdefault(uri, []).append(edit)
    return types.WorkspaceEdit(changes=dict(changes))


def ignore_fix(known: Known, report: Report, now: Place) -> Fix | None:
    """The comment that silences a finding, at the end of its line; None where no comment can stand."""
    lines = known.document.lines
    for number in dict.fromkeys((now.end_line, now.line)):
        line = lines[number - 1]
        listed = _IGNORED.search(line)
        if listed is not None:
            edit = Edit(_point(now, number, listed.end(1) + 1), f", {report.code}")
        else:
            text = line.rstrip()
            place = Place(now.file, number, len(text) + 1, number, len(line) + 1)
            edit = Edit(place, f"  # tangra: ignore[{report.code}]")
        changed = line[: edit.place.column - 1] + edit.text + line[edit.place.end_column - 1 :]
        file = SourceFile(now.file, "\n".join([*lines[: number - 1], changed, *lines[number:]]))
        if report.code in (file.ignored.get(number) or ()):
            return Fix(f"ignore {report.code} here", (edit,))
    return None


def _point(now: Place, line: int, column: int) -> Place:
    return Place(now.file, line, column, line, column)
