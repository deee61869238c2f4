"""Baselines: findings that are known and not told again, matched by what the line says and not by its number.

A finding's mark is made of its file (relative to the baseline's folder), its code, the text of its line, and the names
of the functions and classes around it. Where several have the same mark, as many are known as the file lists.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from tangra.checker import Outcome, Report
from tangra.checker.files import write_whole
from tangra.checker.source import SourceFile
from tangra.cli.main import Misuse

VERSION = 1
MAX_BYTES = 50_000_000


def fingerprints(outcome: Outcome, reports: Sequence[Report], folder: Path | None = None) -> list[str]:
    """The mark of each finding, by which it is known again after lines moved; paths are relative to `folder`."""
    base = Path(os.getcwd()) if folder is None else folder
    return [_mark(outcome, report, base) for report in reports]


def _mark(outcome: Outcome, report: Report, base: Path) -> str:
    source = cast("SourceFile | None", outcome.source(report.place.file))
    line, around = "", ""
    if source is not None and report.place.line <= len(source.lines):
        line = " ".join(source.lines[report.place.line - 1].split())
        around = _around(source, report.place.line)
    parts = [Path(os.path.relpath(report.place.file, base)).as_posix(), report.code, around, line]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _around(source: SourceFile, line: int) -> str:
    """The names of the definitions that the line lies in, outermost first."""
    names: list[str] = []
    body: list[ast.stmt] = [] if source.tree is None else source.tree.body
    while True:
        inner = next((node for node in body if node.lineno <= line <= (node.end_lineno or node.lineno)), None)
        if inner is None:
            return ".".join(names)
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(inner.name)
        body = [part for part in ast.iter_child_nodes(inner) if isinstance(part, ast.stmt)]


def write_baseline(path: Path, outcome: Outcome) -> int:
    """Write all findings as known ones; returns how many."""
    marks = fingerprints(outcome, outcome.reports, path.resolve().parent)
    listed = [
        {
            "file": Path(os.path.relpath(report.place.file, path.resolve().parent)).as_posix(),
            "code": report.code,
            "message": report.message,
            "mark": mark,
        }
        for report, mark in zip(outcome.reports, marks, strict=True)
    ]
    try:
        write_whole(path, json.dumps({"version": VERSION, "findings": listed}, indent=2).encode() + b"\n")
    except OSError as error:
        raise Misuse(f"--baseline {path}: it can't be written: {error.strerror or error}") from None
    return len(listed)


def read_baseline(path: Path) -> Counter[str]:
    """How often each mark is known. Raises `Misuse` for a file that is not a baseline."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Misuse(f"--baseline {path}: the file is too large to be a baseline")
        data: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise Misuse(f"--baseline {path}: {error.strerror or error}; --write-baseline makes one") from None
    except (ValueError, RecursionError):
        raise Misuse(f"--baseline {path}: the file is not JSON") from None
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("findings"), list):
        raise Misuse(f"--baseline {path}: the file is not a baseline of this version; --write-baseline makes one")
    marks = [each["mark"] for each in data["findings"] if isinstance(each, dict) and isinstance(each.get("mark"), str)]
    if len(marks) != len(data["findings"]):
        raise Misuse(f"--baseline {path}: a finding in it has no mark; --write-baseline makes a new one")
    return Counter(marks)


def without_known(path: Path, outcome: Outcome) -> tuple[list[Report], int]:
    """The findings that are not in the baseline, and how many of the baseline are gone."""
    known = read_baseline(path)
    fresh = []
    for report, mark in zip(
        outcome.reports, fingerprints(outcome, outcome.reports, path.resolve().parent), strict=True
    ):
        if known[mark] > 0:
            known[mark] -= 1
        else:
            fresh.append(report)
    return fresh, known.total()
