"""`tangra check`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from tangra.checker import Outcome, Report, SourceCache, check, render, with_options
from tangra.checker.source import SourceFile
from tangra.cli.main import CLEAN, ERRORS, INTERNAL, Misuse


def run_check(options: argparse.Namespace) -> int:
    """Check the paths, print the findings, and return the exit status."""
    overlays: dict[Path, bytes] = {}
    paths: list[Path] = list(options.paths)
    if options.stdin_filename is not None:
        target = options.stdin_filename.resolve()
        overlays[target] = sys.stdin.buffer.read()
        paths = paths or [target]
        if not target.exists():
            raise Misuse(
                f"--stdin-filename {options.stdin_filename}: the file has to exist, so that its project is known"
            )
    paths = paths or [Path()]
    for path in paths:
        if not path.exists():
            raise Misuse(f"{path}: no such file or folder")
    if options.python is not None and not options.python.exists():
        raise Misuse(f"--python {options.python}: no such environment")
    select, ignore = codes(options.select), codes(options.ignore)
    strict: list[bool] = [options.strict]
    outcome = check(
        paths,
        python=options.python,
        sources=SourceCache(overlays),
        configure=lambda config: with_options(config, select, ignore, options.strict),
    )
    strict += [project.config.strict for project in outcome.projects]
    if options.format == "json":
        print(json.dumps([report.as_json() for report in outcome.reports], indent=2))
    else:
        print_text(outcome)
    if options.statistics:
        print(statistics_text(outcome), file=sys.stderr if options.format == "json" else sys.stdout)
    if outcome.statistics.failures:
        for failure in outcome.statistics.failures:
            print(f"tangra: internal error in {failure}", file=sys.stderr)
        print("Please report it; the other findings stand.", file=sys.stderr)
        return INTERNAL
    return status(outcome.reports, any(strict))


def codes(given: Sequence[str]) -> list[str]:
    """Codes, which may be given one by one or with commas between."""
    found = [code.strip() for text in given for code in text.split(",") if code.strip()]
    for code in found:
        if not code.startswith("TG"):
            raise Misuse(f"{code} is not a code; codes look like TG511, and TG51 means all that begin so")
    return found


def status(reports: Sequence[Report], strict: bool) -> int:
    """The exit status that the findings ask for."""
    serious = {"error", "warning"} if strict else {"error"}
    return ERRORS if any(report.severity in serious for report in reports) else CLEAN


def print_text(outcome: Outcome) -> None:
    """The findings for people, and a line that counts them."""
    for report in outcome.reports:
        source = cast("SourceFile | None", outcome.source(report.place.file))
        print(render(report, source, shown_path(report.place.file)))
        print()
    print(summary(outcome))


def shown_path(path: Path) -> str:
    """The path relative to where the user is, if it lies below."""
    here = Path(os.getcwd())
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def summary(outcome: Outcome) -> str:
    """How many findings of each kind, in how many files."""
    counts = {
        severity: sum(report.severity == severity for report in outcome.reports)
        for severity in ("error", "warning", "note")
    }
    parts = [_counted(count, severity) for severity, count in counts.items() if count]
    files = _counted(len(outcome.files), "file")
    return f"{', '.join(parts) or 'nothing found'} in {files}"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def statistics_text(outcome: Outcome) -> str:
    """How much of the program was understood."""
    statistics = outcome.statistics
    total = len(statistics.arrays)
    known = len(statistics.known)
    share = 100 * known / total if total else 100
    lines = [f"shapes known in {share:.0f} % of {_counted(total, 'array expression')}"]
    if statistics.spent:
        lines.append(f"budget spent in {_counted(len(statistics.spent), 'place')}: {', '.join(statistics.spent[:5])}")
    missing = sorted(statistics.missing_rules.items(), key=lambda item: (-item[1], item[0]))
    if missing:
        names = ", ".join(f"{name} ({count})" for name, count in missing[:10])
        lines.append(f"without a rule: {names}{' …' if len(missing) > 10 else ''}")
    if statistics.broken_rules:
        lines.append(f"rules that failed: {', '.join(sorted(statistics.broken_rules))}")
    return "\n".join(lines)
