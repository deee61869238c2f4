"""The checker's side: programs evaluated over the libraries' sources, and the structure of what they return."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tangra.checker.evaluator import Evaluator
from tangra.checker.heap import DictCell, Instance, ListCell
from tangra.checker.modules import import_module
from tangra.checker.project import open_project
from tangra.checker.reports import Report
from tangra.checker.room import with_room
from tangra.shape_rules.values import Record, Tensor, Unknown
from tangra.shapes import Dim
from tests.wild.programs import Program
from tests.wild.record import holds_array

FOLLOWED = ("torchvision", "timm", "transformers", "equinox")


@dataclass
class Evaluation:
    """What one library's programs gave: structures and seconds by program, all reports, what was understood."""

    results: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    arrays: int = 0
    known: int = 0
    lines: int = 0
    spent: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)


def evaluate(folder: Path, listed: Sequence[Program], python: Path) -> Evaluation:
    """Write the programs into `folder` and evaluate them one after the other, as one project."""
    found = Evaluation()
    paths = []
    for program in listed:
        path = (folder / f"{program.module}.py").resolve()
        path.write_text(program.text, encoding="utf-8")
        paths.append(path)
    (folder / "pyproject.toml").write_text("", encoding="utf-8")

    def run() -> None:
        project = open_project(folder, python)
        project.config = replace(project.config, follow=FOLLOWED)
        ev = Evaluator(project)
        ev.checked = frozenset(paths)
        for program, path in zip(listed, paths, strict=True):
            start = time.process_time()
            module = import_module(ev, program.module, path)
            found.seconds[program.name] = time.process_time() - start
            found.results[program.name] = structure(module.fields.get("out"))
        statistics = ev.statistics
        found.reports = ev.reports.chosen(project.config, project.files, list(project.files))
        found.arrays, found.known = len(statistics.arrays), len(statistics.known)
        found.spent, found.failures = statistics.spent, statistics.failures
        found.missing, found.broken = statistics.missing_rules, statistics.broken_rules
        found.lines = sum(len(file.lines) for file in project.files.values())

    with_room(run)
    return found


def structure(value: Any, depth: int = 0) -> Any:
    """As `record.structure`, of abstract values; a size or value nobody knows is `?`."""
    if isinstance(value, Tensor):
        known = [str(size) if isinstance(size, int) else "?" for size in value.dims or ()]
        sizes = "..." if value.dims is None else ", ".join(known)
        return f"{value.dtype or '?'}[{sizes}]"
    if isinstance(value, DictCell):
        if value.entries is None:
            return "dict?"
        return {str(key): structure(item, depth + 1) for key, item in value.entries.items()}
    if isinstance(value, ListCell):
        if value.items is None:
            return {"list?": structure(value.element, depth + 1)}
        return [structure(item, depth + 1) for item in value.items]
    if isinstance(value, tuple | Record):
        return {"()": [structure(item, depth + 1) for item in value]}
    if isinstance(value, Instance):
        return _instance(value, depth)
    if isinstance(value, Unknown | Dim):
        return "?"
    return value if value is None or isinstance(value, bool | int | float | str) else "?"


def _instance(value: Instance, depth: int) -> Any:
    if "$items" in value.fields:
        return structure(value.fields["$items"], depth)
    names = value.cls.fields.get("_fields")
    if isinstance(names, tuple):
        return {"()": [structure(value.fields.get(name), depth + 1) for name in names]}
    held = {} if depth > 8 else {
        name: found
        for name, item in sorted(value.fields.items())
        if not name.startswith(("_", "$")) and holds_array(found := structure(item, depth + 1))
    }  # fmt: skip
    return {"class": value.cls.name, **held}


def agrees(found: Any, answer: Any, depends_on_data: bool) -> bool:
    """Whether the checker's structure is the library's; `?` is no answer except for what depends on data."""
    if isinstance(answer, dict):
        return (
            isinstance(found, dict)
            and list(found) == list(answer)
            and all(agrees(found[key], item, depends_on_data) for key, item in answer.items())
        )
    if isinstance(answer, list):
        return (
            isinstance(found, list)
            and len(found) == len(answer)
            and all(agrees(one, other, depends_on_data) for one, other in zip(found, answer, strict=True))
        )
    if depends_on_data and isinstance(answer, str) and isinstance(found, str) and holds_array(answer):
        a, b = (text.rstrip("]").replace("[", ", ").split(", ") for text in (found, answer))
        return len(a) == len(b) and all(one in (other, "?") for one, other in zip(a, b, strict=True))
    return type(found) is type(answer) and found == answer
