"""`tangra check`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tangra.checker import Config, Outcome, Report, Session, with_options
from tangra.checker.config import parse_version
from tangra.checker.explanations import begins_code
from tangra.cli.baseline import read_baseline, without_known, write_baseline
from tangra.cli.formats import FORMATS, counted, statistics_text
from tangra.cli.main import CLEAN, ERRORS, INTERNAL, Misuse
from tangra.cli.progress import Progress


def run_check(options: argparse.Namespace) -> int:
    """Check the paths, print the findings, and return the exit status."""
    paths = _paths(options)
    session = Session(python=options.python, configure=_configuration(options))
    if options.stdin_filename is not None:
        session.sources.set_overlay(options.stdin_filename.resolve(), sys.stdin.buffer.read())
    if not options.watch:
        return _once(options, session, paths)[1]
    from tangra.cli.watch import watch

    watch(lambda: _once(options, session, paths)[0], paths)
    return CLEAN


def _paths(options: argparse.Namespace) -> list[Path]:
    """What to check; raises `Misuse` for options that make no sense."""
    target: Path | None = options.stdin_filename
    if target is not None and not os.path.exists(target):
        raise Misuse(f"--stdin-filename {target}: the file has to exist, so that its project is known")
    paths: list[Path] = list(options.paths) or [target or Path()]
    if target is None and Path("-") in paths:
        raise Misuse("a program on standard input needs --stdin-filename FILE, which says where it belongs")
    paths = [target if target is not None and path == Path("-") else path for path in paths]
    for path in paths:
        if not os.path.exists(path):
            raise Misuse(f"{path}: no such file or folder")
        if not path.is_dir() and not path.is_file():
            raise Misuse(f"{path}: neither a file nor a folder")
    if options.python is not None and not os.path.exists(options.python):
        raise Misuse(f"--python {options.python}: no such environment")
    if options.watch and (target is not None or options.write_baseline or options.format != "text"):
        raise Misuse("--watch prints for people, again and again: it goes with files and --format text only")
    if options.write_baseline and options.baseline is None:
        raise Misuse("--write-baseline needs --baseline FILE, which says where")
    if options.baseline is not None and not options.write_baseline:
        read_baseline(options.baseline)
    return paths


def _configuration(options: argparse.Namespace) -> Callable[[Config], Config]:
    select, ignore = codes(options.select), codes(options.ignore)
    version = python_version(options.python_version)

    def configure(config: Config) -> Config:
        config = with_options(config, select, ignore, options.strict)
        return replace(config, python_version=version) if version is not None else config

    return configure


def _once(options: argparse.Namespace, session: Session, paths: list[Path]) -> tuple[Outcome, int]:
    progress = Progress()
    try:
        outcome = session.check(paths, progress=progress, kept=not options.no_cache)
    finally:
        progress.clear()
    reports: Sequence[Report] = outcome.reports
    if options.write_baseline:
        count = write_baseline(options.baseline, outcome)
        print(f"wrote {counted(count, 'finding')} to {options.baseline}", file=sys.stderr)
        reports = []
    elif options.baseline is not None:
        reports, gone = without_known(options.baseline, outcome)
        if gone:
            print(f"{counted(gone, 'finding')} of {options.baseline} no longer there", file=sys.stderr)
    text = FORMATS[options.format](outcome, reports)
    if text:
        print(text)
    if options.statistics:
        print(statistics_text(outcome), file=sys.stdout if options.format == "text" else sys.stderr)
    if outcome.statistics.failures:
        for failure in outcome.statistics.failures:
            print(f"tangra: internal error in {failure}", file=sys.stderr)
        print("Please report it; the other findings stand.", file=sys.stderr)
        return outcome, INTERNAL
    strict = options.strict or any(project.config.strict for project in outcome.projects)
    return outcome, status(reports, strict)


def codes(given: Sequence[str]) -> list[str]:
    """Codes, which may be given one by one or with commas between."""
    found = [code.strip() for text in given for code in text.split(",") if code.strip()]
    for code in found:
        if not code.startswith("TG"):
            raise Misuse(f"{code} is not a code; codes look like TG511, and TG51 means all that begin so")
        if not begins_code(code):
            raise Misuse(f"no code begins with {code}; `tangra explain TG511` tells of one")
    return found


def python_version(given: str | None) -> tuple[int, int] | None:
    """The version that `--python-version` names."""
    if given is None:
        return None
    version = parse_version(given)
    if version is None:
        raise Misuse(f"--python-version {given}: versions look like 3.11")
    return version


def status(reports: Sequence[Report], strict: bool) -> int:
    """The exit status that the findings ask for."""
    serious = {"error", "warning"} if strict else {"error"}
    return ERRORS if any(report.severity in serious for report in reports) else CLEAN
