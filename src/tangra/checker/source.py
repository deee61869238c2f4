"""Reading one file: text in its declared encoding, notebooks as one script, the syntax tree, comments for the checker.

A file that can't be decoded or parsed is a diagnostic, never an exception.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import sys
import tokenize
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

from tangra.checker.dependencies import digest
from tangra.checker.files import MAX_BYTES, read_regular
from tangra.checker.type_comments import add_annotations

Found = TypeVar("Found")
MAX_SIGNS = 400_000
"""Commas, brackets, ends of lines and their like in one file; the trees of larger ones would take half a gigabyte."""
MAX_NESTING = 400
"""Brackets open at once; Python's own parser refuses more."""

SIGNS = (b",", b"(", b"[", b"{", b"=", b"+", b"-", b"*", b".", b"\n")
_IGNORE = re.compile(r"#\s*tangra:\s*ignore\b(?:\[([^\]]*)\]|(?!\[))")
_STATED = re.compile(r"#\s*tangra:\s*(\w+)\s*(?:=|:)\s*(.*)$")
_SHAPE = re.compile(r"(?:(\w+)\s*)?\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*")
_PYTHON_CELL = re.compile(r"\s*%%(?:time|capture|prun)\b")
_TIMED = re.compile(r"^(\s*)%time (?=\s*\w)")
_CAUGHT = re.compile(r"^(\s*\w+(?:\s*,\s*\w+)*\s*=\s*)[!%](?=\s*\w)")
_MAGIC = re.compile(r"^\s*[%!?]|^\s*[\w.]+\?\??\s*$")


@dataclass(frozen=True)
class Stated:
    """`# tangra: x = (B, 3)` in a comment: the shape of an input, with the user's words for each size."""

    name: str
    dtype: str | None
    sizes: tuple[str, ...]


Given = Stated | int | float | str
"""What an argument is said to be: an array of a shape, or a constant."""


def parse_stated(name: str, text: str) -> Stated | None:
    """What `float32 (B, 3)` says of the shape of `name`; None for a text of another form."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    dtype, sizes = match.groups()
    return Stated(name, dtype, tuple(word.strip() for word in sizes.split(",") if word.strip()))


@dataclass
class SourceFile:
    """One file's text and tree. `problem` is (line, column, message) where there is no tree."""

    path: Path
    text: str
    tree: ast.Module | None = None
    problem: tuple[int, int, str] | None = None
    cells: list[tuple[int, int]] = field(default_factory=list)
    digest: str = ""

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return re.split(r"\r\n|\r|\n", self.text)

    @cached_property
    def comments(self) -> dict[int, str]:
        """The comments that address the checker, by line."""
        if "tangra:" not in self.text:
            return {}
        return {line: text for line, text in _comments(self.text) if "tangra:" in text}

    @cached_property
    def ignored(self) -> dict[int, frozenset[str] | None]:
        """Lines whose diagnostics are not wanted: the codes, or None for all."""
        found: dict[int, frozenset[str] | None] = {}
        for line, text in self.comments.items():
            match = _IGNORE.search(text)
            if match:
                codes = match.group(1)
                found[line] = None if codes is None else frozenset(code.strip() for code in codes.split(","))
        return found

    @cached_property
    def stated(self) -> dict[int, Stated]:
        """Shapes that comments state, by line."""
        found = {}
        for line, text in self.comments.items():
            match = _STATED.search(text)
            stated = parse_stated(*match.groups()) if match else None
            if stated is not None:
                found[line] = stated
        return found

    def column(self, line: int, offset: int) -> int:
        """The column in code points, from 1, of the byte offset that the syntax tree gives."""
        if not 1 <= line <= len(self.lines):
            return offset + 1
        text = self.lines[line - 1]
        return offset + 1 if text.isascii() else len(text.encode("utf-8")[:offset].decode("utf-8", "replace")) + 1


class SourceCache:
    """Files that were read, kept as long as they don't change, and unsaved buffers that stand in for files."""

    def __init__(self, overlays: Mapping[Path, bytes] | None = None) -> None:
        self.overlays: dict[Path, bytes] = dict(overlays or {})
        self._files: dict[Path, tuple[object, SourceFile]] = {}
        self._findings: dict[tuple[Path, Callable[[str], object]], tuple[object, object]] = {}

    def set_overlay(self, path: Path, content: bytes | None) -> None:
        """What stands in for the file at `path`; None: nothing."""
        if content is None:
            self.overlays.pop(path, None)
        else:
            self.overlays[path] = content

    def read(self, path: Path, version: tuple[int, int] | None = None) -> SourceFile:
        """The parsed file as it is now; the grammar is that of a Python `version`, if one is given."""
        stamp = self._stamp(path)
        known = self._files.get(path)
        if known is not None and known[0] == (stamp, version):
            return known[1]
        file = read(path, self.overlays.get(path), version)
        self._files[path] = ((stamp, version), file)
        return file

    def found_in(self, path: Path, find: Callable[[str], Found]) -> Found:
        """What `find` finds in the text of a file (of a notebook, in its code), which need not parse, and in which what
        can't be decoded is left out."""
        stamp = self._stamp(path)
        known = self._findings.get((path, find))
        if known is not None and known[0] == stamp:
            return cast(Found, known[1])
        content = self.overlays.get(path)
        try:
            content = read_regular(path) if content is None else content
        except OSError:
            content = b""
        found = find(self.read(path).text if path.suffix == ".ipynb" else content.decode("utf-8", "replace"))
        self._findings[path, find] = stamp, found
        return found

    def _stamp(self, path: Path) -> object:
        """What changes whenever the file does."""
        content = self.overlays.get(path)
        if content is not None:
            return content
        try:
            found = os.stat(path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def read(path: Path, content: bytes | None = None, version: tuple[int, int] | None = None) -> SourceFile:
    """The file at `path`, or `content` in its place (an unsaved buffer)."""
    try:
        data = read_regular(path) if content is None else content
    except OSError as error:
        return SourceFile(path, "", problem=(1, 1, f"the file can't be read: {error.strerror or error}"))
    file = _from_bytes(path, data, version)
    file.digest = digest(data)
    return file


def _from_bytes(path: Path, data: bytes, version: tuple[int, int] | None) -> SourceFile:
    if len(data) > MAX_BYTES or _is_too_large(data):
        return SourceFile(path, "", problem=(1, 1, f"the file has {len(data):,} bytes, too many to be checked"))
    try:
        text = _decoded(data)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return SourceFile(path, "", problem=(1, 1, f"the text can't be decoded: {error}"))
    if path.suffix == ".ipynb":
        return _notebook(path, text, version)
    return parse(path, text, version)


def parse(path: Path, text: str, version: tuple[int, int] | None = None) -> SourceFile:
    """The syntax tree of `text`, or the reason why there is none."""
    file = SourceFile(path, text)
    if _nesting(text) > MAX_NESTING:
        file.problem = (1, 1, f"brackets are nested deeper than {MAX_NESTING}")
        return file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file.tree = ast.parse(text, feature_version=version)
            add_annotations(file.tree, text)
    except SyntaxError as error:
        newer = version is not None and version > sys.version_info[:2]
        hint = f" (by the grammar of the Python that runs the checker, {sys.version_info[0]}.{sys.version_info[1]})"
        message = f"the file does not parse: {error.msg}{hint if newer else ''}"
        file.problem = (error.lineno or 1, error.offset or 1, message)
    except (ValueError, RecursionError, MemoryError) as error:
        file.problem = (1, 1, f"the file does not parse: {str(error) or type(error).__name__}")
    return file


def _is_too_large(data: bytes) -> bool:
    return len(data) > MAX_SIGNS and sum(map(data.count, SIGNS)) > MAX_SIGNS


def _decoded(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in re.findall(r"[()\[\]{}]", text):
        depth = max(0, depth + (1 if character in "([{" else -1))
        deepest = max(deepest, depth)
    return deepest


def _comments(text: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _notebook(path: Path, text: str, version: tuple[int, int] | None) -> SourceFile:
    """The code cells in order; magics become comments, so that lines keep their numbers within the script."""
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return SourceFile(path, text, problem=(1, 1, "the notebook is not the JSON that Jupyter writes"))
    return parse_cells(path, sources, version)


def _as_python(line: str) -> str:
    """A line of a cell as Python, of the same length where it holds code: what `!` or `%` gives is unknown."""
    timed = _TIMED.match(line)
    if timed is not None:
        return f"{timed[1]}if 1: {line[timed.end() :]}"
    if _MAGIC.match(line):
        return "# " + line
    caught = _CAUGHT.match(line)
    return line if caught is None else f"{caught[1]}get_ipython()"


def parse_cells(path: Path, sources: Sequence[str], version: tuple[int, int] | None = None) -> SourceFile:
    """The code cells of a notebook, parsed as one script."""
    lines: list[str] = []
    starts: list[tuple[int, int]] = []
    for number, source in enumerate(sources, 1):
        starts.append((len(lines) + 1, number))
        foreign = source.lstrip().startswith("%%") and not _PYTHON_CELL.match(source)
        lines += ["# " + line if foreign else _as_python(line) for line in source.split("\n")]
    file = parse(path, "\n".join(lines) + "\n", version)
    file.cells = starts
    return file
