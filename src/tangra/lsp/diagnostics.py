"""Findings as diagnostics: with the calls that lead there, a code that links to its explanation, and moved along with
edits until the next analysis replaces them."""

from __future__ import annotations

import hashlib
import json

from lsprotocol import types

from tangra.checker import Report
from tangra.lsp.explain import explanation_uri
from tangra.lsp.places import in_document, location
from tangra.lsp.workbench import Known, Workbench

SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}
SOURCE = "tangra"


def diagnostics_of(bench: Workbench, known: Known, encoding: str | None) -> dict[str, list[types.Diagnostic]]:
    """The diagnostics of a file by the address of its parts; each part is there, also without any."""
    found: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in known.document.parts}
    for report in known.analysis.findings:
        now = known.now(report.place)
        where = None if now is None else in_document(known.document, now, encoding)
        if where is not None:
            found[where[0]].append(diagnostic(bench, report, where[1], encoding))
    return found


def diagnostic(bench: Workbench, report: Report, where: types.Range, encoding: str | None) -> types.Diagnostic:
    """One finding."""
    notes = [note for note in report.notes if note not in report.message]
    text = "\n".join([report.message, *notes, *([f"fix: {report.advice}"] if report.advice else [])])
    related = []
    for place, message in report.related:
        at = location(bench, place, encoding)
        if at is not None:
            related.append(types.DiagnosticRelatedInformation(at, f"{message} here"))
    return types.Diagnostic(
        range=where,
        message=text,
        severity=SEVERITIES[report.severity],
        code=report.code,
        code_description=types.CodeDescription(explanation_uri(report.code)),
        source=SOURCE,
        related_information=related or None,
    )


def result_id(uri: str, items: list[types.Diagnostic]) -> str:
    """A name of the diagnostics of one document: equal lists have equal names."""
    rows = [[str(item.range), item.code, item.message, str(item.related_information)] for item in items]
    text = json.dumps([uri, rows])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
