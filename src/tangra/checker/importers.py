"""Which files of a project lead to a given one: those that import it, by way of others too.

Only import statements count, and they are found in the text, so nothing has to be parsed for the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tangra.checker.project import Project, python_files

MAX_FILES = 5_000
"""Files of one project that are searched; in larger ones only the package of the file is."""

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<dots>\.*)(?P<base>[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#;]*)"
    r"|import[ \t]+(?P<modules>[^\n#;]*))",
    re.MULTILINE,
)
_NAME = re.compile(r"(\w+(?:\.\w+)*)(?:\s+as\s+\w+)?")


def with_importers(project: Project, files: Iterable[Path]) -> list[Path]:
    """`files`, and then the files of their project that import one of them."""
    wanted = list(files)
    importers: dict[Path, list[Path]] = {}
    for candidate in _candidates(project, wanted):
        for found in imported_files(project, candidate):
            importers.setdefault(found, []).append(candidate)
    reached = dict.fromkeys(wanted)
    queue = list(reached)
    while queue:
        for importer in importers.get(queue.pop(), ()):
            if importer not in reached:
                reached[importer] = None
                queue.append(importer)
    return [*wanted, *sorted(set(reached) - set(wanted))]


def _candidates(project: Project, files: list[Path]) -> list[Path]:
    """The files that may import one of `files`: the whole project's where something marks its root, else those of the
    package or folder that each lies in."""
    excluded = project.config.exclude
    if project.is_marked:
        found = []
        for file in python_files([project.root], excluded):
            found.append(file)
            if len(found) > MAX_FILES:
                break
        else:
            return found
    near: dict[Path, None] = {}
    for file in files:
        top = file.parent
        if not (top / "__init__.py").is_file():
            near.update(dict.fromkeys(each for each in sorted(top.glob("*.py")) if each.is_file()))
            continue
        while (top.parent / "__init__.py").is_file():
            top = top.parent
        near.update(dict.fromkeys(python_files([top], excluded)))
    return list(near)[:MAX_FILES]


def imported_files(project: Project, path: Path) -> Iterator[Path]:
    """The files that import statements in the file `path` name."""
    text = project.read_text(path, counts=False)  # who imports whom is found anew for every question
    if "import" not in text:
        return
    for match in _IMPORT.finditer(text):
        if match["modules"] is not None:
            for name in _NAME.findall(match["modules"]):
                yield from _files(project, name, path)
            continue
        base = _absolute(project, path, len(match["dots"]), match["base"])
        if base is None:
            continue
        yield from _files(project, base, path)
        for name in _NAME.findall(match["names"]):
            found = project.find_module(f"{base}.{name}", path)
            if found is not None:
                yield found


def _files(project: Project, dotted: str, importer: Path) -> Iterator[Path]:
    """The file of a module and of the packages it lies in, all of which an import runs."""
    parts = dotted.split(".")
    for end in range(1, len(parts) + 1):
        found = project.find_module(".".join(parts[:end]), importer)
        if found is not None:
            yield found


def _absolute(project: Project, path: Path, level: int, base: str) -> str | None:
    if not level:
        return base or None
    parts = project.module_name(path).split(".")
    kept = parts[: len(parts) - level + (path.name == "__init__.py")]
    return ".".join([*kept, *([base] if base else [])]) or None
