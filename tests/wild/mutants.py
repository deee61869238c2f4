"""The checker on mutants of the libraries' models that torch refuses: is the error reported, on the traceback's line?

`python -m tests.wild.mutants --python /path/to/python [--library NAME] [--only TEXT] [--part 1/4]` (make check-mutants)
reads what `record_mutants` recorded, has the checker evaluate each program over the changed source, and writes
`answers/mutants.txt`: a line for each mutant, with what torch says and what the checker says. Found is one whose error
is reported on the very line that the traceback ends with in the libraries. A report on a mutant that runs is false.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tangra.checker.evaluator import Evaluator
from tangra.checker.modules import import_module
from tangra.checker.project import open_project, site_packages
from tangra.checker.reports import Report
from tangra.checker.room import with_room
from tangra.checker.source import SourceCache
from tests.wild.evaluation import FOLLOWED
from tests.wild.mutation import Change
from tests.wild.programs import Program, programs
from tests.wild.record import ANSWERS

CACHE = SourceCache()
"""The files as they are, read once."""
TABLE = ANSWERS / "mutants.txt"


def errors(program: Program, path: Path, text: str, python: Path) -> list[Report]:
    """The errors that are reported when the file at `path` holds `text`."""
    found: list[Report] = []

    def run(folder: Path) -> None:
        driver = (folder / f"{program.module}.py").resolve()
        driver.write_text(program.text, encoding="utf-8")
        project = open_project(driver, python, CACHE)
        project.config = replace(project.config, follow=FOLLOWED)
        ev = Evaluator(project)
        ev.checked = frozenset([driver])
        import_module(ev, program.module, driver)
        found.extend(report for report in ev.reports.found.values() if report.severity == "error")

    CACHE.set_overlay(path, text.encode())
    try:
        with tempfile.TemporaryDirectory() as folder:
            with_room(lambda: run(Path(folder)))
    finally:
        CACHE.set_overlay(path, None)
    return found


def judged(mutant: dict[str, Any], python: Path) -> tuple[str, str]:
    """A verdict (found, elsewhere, silent, false or right), and the line of the table."""
    change = Change(*(mutant[word] for word in ("line", "column", "old", "new")))
    packages = site_packages(python)[0]
    path = packages / mutant["library"] / mutant["file"]
    program = next(each for each in programs() if each.name == mutant["program"] and each.library == mutant["library"])
    reports = errors(program, path, change.applied(path.read_text(encoding="utf-8")), python)
    texts = [f"{_short(report.place.file, packages)}:{report.place.line} {report.code}" for report in reports]
    ours = ", ".join(texts) or "-"
    place = f"{mutant['library']}/{mutant['file']}:{change.line}:{change.column}"
    what = f"{program.name}: {place} {change.old} > {change.new}"
    if "fails" not in mutant:
        return "false" if reports else "right", f"{what} | runs | {ours}"
    file, line = mutant["fails"]
    hit = any(report.place.file == packages / file and report.place.line == line for report in reports)
    verdict = "found" if hit else "elsewhere" if reports else "silent"
    return verdict, f"{what} | {file}:{line} {mutant['error'].splitlines()[0][:90]} | {ours}"


def _short(path: Path, packages: Path) -> str:
    return str(path.relative_to(packages)) if path.is_relative_to(packages) else path.name


def _written(verdicts: Iterable[tuple[str, str, str]]) -> None:
    """Put the new lines in place of those of the same mutants in the table."""
    lines: dict[str, str] = {}
    if TABLE.exists():
        for line in TABLE.read_text(encoding="utf-8").splitlines():
            lines[line.split(" | ")[1]] = line
    for _, verdict, text in verdicts:
        lines[text.split(" | ")[0]] = f"{verdict:9} | {text}"
    TABLE.write_text("".join(f"{line}\n" for line in lines.values()), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Compare; the exit status says whether four of five are found and nothing else is."""
    parser = argparse.ArgumentParser(prog="python -m tests.wild.mutants")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--library", default="", help="only mutants of this library")
    parser.add_argument(
        "--only", default="", help="only mutants whose place (library/file:line) or program has this text"
    )
    parser.add_argument("--part", default="1/1", help="the second of four quarters is 2/4")
    options = parser.parse_args(arguments)
    files = sorted((ANSWERS / "mutants").glob("*.json"))
    recorded = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    part, parts = map(int, options.part.split("/"))
    verdicts = []
    mutants = [mutant for answers in recorded for kind in ("failing", "running") for mutant in answers[kind]]
    for mutant in mutants[part - 1 :: parts]:
        library = mutant["library"]
        place = f"{mutant['program']} {library}/{mutant['file']}:{mutant['line']}"
        if options.library in library and options.only in place:
            verdict, text = judged(mutant, options.python)
            verdicts.append((library, verdict, text))
            if verdict not in ("found", "right"):
                print(f"{verdict}: {text}", flush=True)
    _written(verdicts)
    good = True
    for library in dict.fromkeys(library for library, _, _ in verdicts):
        counts = {
            word: sum(each == word for name, each, _ in verdicts if name == library)
            for word in ("found", "elsewhere", "silent", "right", "false")
        }
        total = counts["found"] + counts["elsewhere"] + counts["silent"]
        good &= counts["found"] >= 0.8 * total and not counts["false"]
        print(
            f"{library}: {counts['found']} of {total} found on the line, {counts['elsewhere']} reported elsewhere; "
            f"{counts['false']} of {counts['right'] + counts['false']} that run are reported"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
