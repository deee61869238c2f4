"""Fixes applied to programs; and run under the real libraries: no fixed program may fail on the line that failed.

`TANGRA_PEERS=/path/to/python python -m tests.checker.fixing` uses an interpreter with torch, JAX and NumPy.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tangra.checker import Report, check
from tangra.checker.reports import Fix
from tests.checker.cases import Case, load
from tests.checker.verify import run


def applied(text: str, fix: Fix) -> str:
    """The program with the fix."""
    lines = text.split("\n")
    for edit in sorted(fix.edits, key=lambda edit: (edit.place.line, edit.place.column), reverse=True):
        at = edit.place
        first, last = lines[at.line - 1], lines[at.end_line - 1]
        lines[at.line - 1 : at.end_line] = [first[: at.column - 1] + edit.text + last[at.end_column - 1 :]]
    return "\n".join(lines)


def finding(folder: Path, case: Case) -> Report:
    """What is found on the marked line of a case."""
    path = folder / "program.py"
    path.write_text(case.bug, encoding="utf-8")
    return next(each for each in check([path]).reports if (each.place.line, each.code) == (case.line, case.code))


def main() -> int:
    """Run all fixed programs; the exit status says whether each got past its line."""
    programs, lines = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for case in load():
            for number, fix in enumerate(finding(Path(folder), case).fixes):
                name = f"{case.name}: {fix.title}"
                programs.append((name, applied(case.runnable("bug"), fix)))
                lines[name] = case.line
    results = run(programs, os.environ.get("TANGRA_PEERS", sys.executable))
    wrong = 0
    for name, (line, message) in results.items():
        if line == lines[name]:
            wrong += 1
            print(f"{name}: line {line} still fails: {message}")
    print(f"{len(programs)} fixes, {sum(line is None for line, _ in results.values())} run to the end, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
