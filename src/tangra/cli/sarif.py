"""Findings as a SARIF 2.1.0 log, which code hosts and editors read.

Files below the working directory are named relative to it (`%SRCROOT%`), others by `file:` addresses. Columns count
code points. A result's fingerprint is that of the baseline, so that hosts follow a finding when its line moves.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tangra.checker import Outcome, Place, Report
from tangra.checker.reports import Edit
from tangra.cli.baseline import fingerprints
from tangra.errors import REGISTRY

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"


def sarif_text(outcome: Outcome, reports: Sequence[Report]) -> str:
    """The whole log."""
    return json.dumps(sarif(outcome, reports), indent=2)


def sarif(outcome: Outcome, reports: Sequence[Report]) -> dict[str, Any]:
    """The log as plain data."""
    from tangra.cli.main import version

    import_module("tangra.shape_rules.failures")  # it declares the titles of codes
    codes = sorted({report.code for report in reports})
    driver = {
        "name": "tangra",
        "version": version(),
        "rules": [{"id": code, "shortDescription": {"text": REGISTRY.get(code, code)}} for code in codes],
    }
    failures = [{"level": "error", "message": {"text": failure}} for failure in outcome.statistics.failures]
    marks = fingerprints(outcome, reports)
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"uri": Path(os.getcwd()).as_uri().rstrip("/") + "/"}},
        "invocations": [{"executionSuccessful": not failures, "toolExecutionNotifications": failures}],
        "results": [
            _result(report, codes.index(report.code), mark) for report, mark in zip(reports, marks, strict=True)
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(report: Report, index: int, mark: str) -> dict[str, Any]:
    notes = [*report.notes, *([f"fix: {report.advice}"] if report.advice else [])]
    found: dict[str, Any] = {
        "ruleId": report.code,
        "ruleIndex": index,
        "level": report.severity,
        "message": {"text": "\n".join([report.message, *notes])},
        "locations": [{"physicalLocation": _physical(report.place)}],
        "partialFingerprints": {"tangra/v1": mark},
    }
    if report.fixes:
        found["fixes"] = [
            {"description": {"text": fix.title}, "artifactChanges": [_change(edit) for edit in fix.edits]}
            for fix in report.fixes
        ]
    if report.related:
        found["relatedLocations"] = [
            {"id": number, "message": {"text": message}, "physicalLocation": _physical(place)}
            for number, (place, message) in enumerate(report.related, 1)
        ]
    return found


def _change(edit: Edit) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.text}}
    return {"artifactLocation": _artifact(edit.place.file), "replacements": [replacement]}


def _physical(place: Place) -> dict[str, Any]:
    return {"artifactLocation": _artifact(place.file), "region": _region(place)}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _artifact(path: Path) -> dict[str, str]:
    here = Path(os.getcwd())
    if path.is_relative_to(here):
        return {"uri": quote(os.fsencode(path.relative_to(here).as_posix())), "uriBaseId": ROOT}
    return {"uri": path.as_uri()}
