"""Answers kept between processes: what a check found, for as long as nothing that it read has changed.

A record is named by the question (the files, their settings, the Python, our own version) and lists what the answer
depends on. It is plain JSON, so that reading one can do nothing but fail, and then the question is answered anew.
Records lie in the folder of `tangra.disk`, which belongs to its owner alone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from tangra import disk
from tangra.checker.dependencies import hold
from tangra.checker.project import Project
from tangra.checker.reports import Edit, Fix, Place, Report
from tangra.checker.statistics import Statistics

VERSION = 1
PACKAGES = ("checker", "shape_rules", "shapes", "errors")


@cache
def own_version() -> str:
    """A word for the code that answers: the sizes and times of its files."""
    here = Path(__file__).parents[1]
    found = []
    for package in PACKAGES:
        for folder, _, names in os.walk(here / package):
            for name in sorted(names):
                if name.endswith(".py"):
                    status = os.stat(os.path.join(folder, name))
                    found.append(f"{folder} {name} {status.st_size} {status.st_mtime_ns}")
    return disk.key(*sorted(found))


def name_of(project: Project, files: Sequence[Path], wanted: Sequence[Path]) -> str:
    """The record's name."""
    paths = [ascii(str(path)) for path in (*files, Path("\0"), *wanted, Path("\0"), *project.site_packages)]
    return disk.key(str(VERSION), own_version(), sys.version, ascii(str(project.root)), ascii(project.config), *paths)


def find(name: str, project: Project) -> tuple[list[Report], Statistics] | None:
    """The answer that is kept as `name`, if it still holds."""
    content = disk.get(name)
    if content is None:
        return None
    try:
        data: Any = json.loads(content)
        if not hold(data["files"], data["folders"]):
            return None
        reports = [_report(each) for each in data["reports"]]
        return reports, _statistics(data["statistics"], str(project.root))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def keep(name: str, project: Project, reports: Sequence[Report], statistics: Statistics) -> None:
    """Keep an answer."""
    data = {
        **project.dependencies.as_json(),
        "reports": [_data(report) for report in reports],
        "statistics": {
            "arrays": len(statistics.arrays),
            "known": len(statistics.known),
            "spent": statistics.spent,
            "missing": statistics.missing_rules,
            "broken": statistics.broken_rules,
        },
    }
    disk.put(name, json.dumps(data, ensure_ascii=True).encode())


def _statistics(data: Any, where: str) -> Statistics:
    return Statistics(
        arrays={(where, number) for number in range(int(data["arrays"]))},
        known={(where, number) for number in range(int(data["known"]))},
        spent=[str(place) for place in data["spent"]],
        missing_rules={str(word): int(count) for word, count in data["missing"].items()},
        broken_rules={str(word): int(count) for word, count in data["broken"].items()},
    )


def _data(report: Report) -> dict[str, object]:
    """The finding as `--format json` has it, and what that leaves out."""
    related = [{**asdict(place), "file": str(place.file), "message": message} for place, message in report.related]
    return {**report.as_json(), "own_fix": report.fix, "related": related}


def _place(data: Any) -> Place:
    numbers = (int(data[name]) for name in ("line", "column", "end_line", "end_column"))
    return Place(Path(data["file"]), *numbers)


def _report(data: Any) -> Report:
    fixes = [
        Fix(str(fix["title"]), tuple(Edit(_place(edit), str(edit["text"])) for edit in fix["edits"]))
        for fix in data["fixes"]
    ]
    return Report(
        _place(data),
        str(data["severity"]),
        str(data["code"]),
        str(data["message"]),
        [str(note) for note in data["notes"]],
        [(_place(each), str(each["message"])) for each in data["related"]],
        None if data["own_fix"] is None else str(data["own_fix"]),
        fixes,
    )
