"""`tangra shapes`: a file with the shapes that its names were found to have, as comments at the line ends.

Where none is known, an example of a likely call stands behind "e.g.".
"""

from __future__ import annotations

import argparse
from typing import cast

from tangra.checker import check
from tangra.checker.reports import shown_size
from tangra.checker.source import SourceFile
from tangra.cli.main import CLEAN, Misuse
from tangra.shape_rules import Tensor, shape_text

COLUMN = 60


def run_shapes(options: argparse.Namespace) -> int:
    """Print the file."""
    path = options.file.resolve()
    if not path.is_file():
        raise Misuse(f"{options.file}: no such file")
    outcome = check([path], python=options.python, likely=True)
    source = cast("SourceFile | None", outcome.source(path))
    if source is None:
        raise Misuse(f"{options.file} is excluded by the project's settings")
    if source.problem is not None:
        raise Misuse(f"{options.file}:{source.problem[0]}: {source.problem[2]}")
    found, examples = outcome.shapes.get(path, {}), outcome.examples.get(path, {})
    for number, line in enumerate(source.lines, 1):
        text = _comment(found.get(number, {}), examples.get(number, {}))
        print(f"{line.ljust(COLUMN)}  # {text}" if text else line)
    return CLEAN


def _shape(array: Tensor) -> str:
    return shape_text(None if array.shape is None else tuple(map(shown_size, array.shape)))  # type: ignore[arg-type]


def _comment(known: dict[str, Tensor], examples: dict[str, Tensor]) -> str:
    """The shapes of a line's names."""
    texts = {name: f"{name}: {_shape(value)}" for name, value in known.items()}
    for name, value in examples.items():
        if value.dims is not None and (name not in known or known[name].dims is None):
            texts[name] = f"e.g. {name}: {_shape(value)}"
    return ", ".join(texts.values())
