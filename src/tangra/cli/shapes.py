"""`tangra shapes`: a file with the shapes that its names were found to have, as comments at the line ends."""

from __future__ import annotations

import argparse
from typing import cast

from tangra.checker import check
from tangra.checker.reports import cleaned
from tangra.checker.source import SourceFile
from tangra.cli.main import CLEAN, Misuse
from tangra.shape_rules import shape_text

COLUMN = 60


def run_shapes(options: argparse.Namespace) -> int:
    """Print the file."""
    path = options.file.resolve()
    if not path.is_file():
        raise Misuse(f"{options.file}: no such file")
    outcome = check([path], python=options.python)
    source = cast("SourceFile | None", outcome.source(path))
    if source is None:
        raise Misuse(f"{options.file} is excluded by the project's settings")
    if source.problem is not None:
        raise Misuse(f"{options.file}:{source.problem[0]}: {source.problem[2]}")
    found = outcome.shapes.get(path, {})
    for number, line in enumerate(source.lines, 1):
        values = found.get(number)
        if not values:
            print(line)
            continue
        text = ", ".join(f"{name}: {cleaned(shape_text(value.shape))}" for name, value in values.items())
        print(f"{line.ljust(COLUMN)}  # {text}")
    return CLEAN
