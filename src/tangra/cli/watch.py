"""`tangra check --watch`: check again whenever a file of the projects changes, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tangra.checker import ConfigError, Outcome
from tangra.checker.project import Project, open_project, python_files
from tangra.cli.main import Misuse

INTERVAL = 0.3
"""Seconds between two looks at the files."""

Stamps = dict[Path, tuple[int, int]]


def watch(run: Callable[[], Outcome], paths: Iterable[Path], wait: Callable[[float], None] = time.sleep) -> None:
    """Run, and run again after every change; returns when the user interrupts it."""
    asked = list(paths)
    projects = [open_project(path) for path in asked]
    known = False
    try:
        while True:
            if sys.stdout.isatty():
                sys.stdout.write("\x1b[2J\x1b[3J\x1b[H")
            before = stamps(projects, asked)
            try:
                projects, known = run().projects, True
            except (ConfigError, Misuse) as error:
                if not known:
                    raise
                print(f"tangra: {error}", file=sys.stderr)
            # What changed while it was read counts as a change. What only the run showed to matter is as it left it.
            after = stamps(projects, asked)
            seen = {**{path: after[path] for project in projects for path in project.files if path in after}, **before}
            print("watching for changes, Ctrl-C ends it", flush=True)
            while stamps(projects, asked) == seen:
                wait(INTERVAL)
    except KeyboardInterrupt:
        print()


def stamps(projects: Iterable[Project], asked: Iterable[Path]) -> Stamps:
    """When the files that matter were changed last: those that were read, those of the projects, and their settings."""
    found: Stamps = {}
    for project in projects:
        if project.is_marked:
            _add(found, python_files([project.root], project.config.exclude))
        _add(found, project.files)
        _add(found, [project.root / "pyproject.toml", *(project.root / name for name in project.config.rules)])
    for path in asked:
        _add(found, python_files([path]) if path.is_dir() else (file.resolve() for file in path.parent.glob("*.py")))
    return found


def _add(found: Stamps, paths: Iterable[Path]) -> None:
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
