"""The seam between server and checker: a project's unsaved texts in, findings and shapes of its open files out.

An `EditorSession` lives in the worker process. It is a `tangra.checker.Session` whose sources are read tolerantly: an
open file that does not parse keeps the last good tree of the block at fault.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tangra.checker import Config, ConfigError, Report, Session, SourceCache, with_options
from tangra.checker.codes import SYNTAX
from tangra.checker.observations import FunctionSeen, Observer, Sight
from tangra.checker.source import SourceFile, parse, parse_cells
from tangra.lsp.origins import Birth, births
from tangra.lsp.preview import Glance, composed, glance
from tangra.lsp.tolerant import parse_tolerantly


@dataclass(frozen=True)
class Text:
    """An unsaved text (one cell), or the code cells of a notebook. `version` is the editor's count."""

    version: int
    cells: tuple[str, ...]
    is_notebook: bool = False


@dataclass(frozen=True)
class Options:
    """What the user set in the editor: the environment, codes, and whether a file that does not parse is reported."""

    python: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    syntax_errors: bool = False


@dataclass
class Analysis:
    """What was found in an open file. `version` and `lines` are those of the text that was checked; `broken` are the
    lines (from 1, the end exclusive) of blocks that did not parse."""

    path: Path
    version: int
    lines: list[str]
    findings: list[Report] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    functions: list[FunctionSeen] = field(default_factory=list)
    broken: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Results:
    """The open files, and what went wrong: `failures` are faults of ours, `misuse` of the project's settings."""

    files: dict[Path, Analysis] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    misuse: str | None = None


class TolerantSources(SourceCache):
    """Sources of which those open in the editor have a tree also while something in them is half typed."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[Path, Text] = {}
        self._parsed: dict[Path, tuple[tuple[Text, tuple[int, int] | None], SourceFile]] = {}
        self._good: dict[Path, SourceFile] = {}
        self.broken: dict[Path, list[tuple[int, int]]] = {}
        self.problems: dict[Path, tuple[int, int, str]] = {}

    def set_text(self, path: Path, text: Text | None) -> None:
        """What the editor holds for the file at `path`; None: it was closed."""
        if text is None:
            for table in (self.texts, self._parsed, self._good, self.broken, self.problems):
                table.pop(path, None)
            self.set_overlay(path, None)
        else:
            self.texts[path] = text
            self.set_overlay(path, "\n".join(text.cells).encode("utf-8", "surrogatepass"))

    def read(self, path: Path, version: tuple[int, int] | None = None) -> SourceFile:
        """The parsed file as it is now."""
        text = self.texts.get(path)
        if text is None:
            return super().read(path, version)
        known = self._parsed.get(path)
        if known is not None and known[0] == (text, version):
            return known[1]
        file = parse_cells(path, text.cells, version) if text.is_notebook else parse(path, text.cells[0], version)
        self.problems.pop(path, None)
        self.broken[path] = []
        if file.problem is None:
            self._good[path] = file
        else:
            self.problems[path] = file.problem
            self.broken[path] = parse_tolerantly(file, self._good.get(path))
            file.problem = None
        self._parsed[path] = ((text, version), file)
        return file

    def reread(self, path: Path) -> SourceFile:
        """An open file as it is now, by the grammar by which it was read before."""
        known = self._parsed.get(path)
        return self.read(path, None if known is None else known[0][1])

    def lines(self, path: Path) -> list[str]:
        """The lines of an open file, as they were last parsed."""
        known = self._parsed.get(path)
        return self.read(path).lines if known is None or known[0][0] != self.texts[path] else known[1].lines


class EditorSession:
    """One project with its open files, kept between analyses."""

    def __init__(self, options: Options) -> None:
        self.sources = TolerantSources()
        self.observer = Observer()
        self.last: dict[Path, Analysis] = {}
        self.set_options(options)

    def set_options(self, options: Options) -> None:
        """The user chose other settings."""
        self.options = options
        self.session = Session(python=options.python, configure=self._configure)
        self.session.sources = self.sources

    def _configure(self, config: Config) -> Config:
        return with_options(config, self.options.select, self.options.ignore, False)

    def set_text(self, path: Path, text: Text | None) -> None:
        """What the editor holds for a file; None: it was closed."""
        self.sources.set_text(path, text)

    def analyse(self, cancelled: Callable[[], bool] = lambda: False) -> Results:
        """Check the open files; raises `Cancelled` once nobody waits for the answer."""
        results = Results()
        paths = list(self.sources.texts)
        observer = Observer(edited=paths)
        reports: list[Report] = []
        try:
            outcome = self.session.check(paths, cancelled, observer)
            reports, results.failures = outcome.reports, outcome.statistics.failures
        except ConfigError as error:
            results.misuse = str(error)
        for path in paths:
            broken = self.sources.broken.get(path, [])
            analysis = Analysis(path, self.sources.texts[path].version, self.sources.lines(path), broken=broken)
            analysis.findings = [report for report in reports if report.place.file == path]
            if self.options.syntax_errors and path in self.sources.problems:
                analysis.findings.append(syntax_error(path, *self.sources.problems[path]))
            analysis.sights = list(observer.sights(path))
            analysis.functions = list(observer.functions_in(path))
            results.files[path] = analysis
        self.observer, self.last = observer, results.files
        return results

    def glance(self, path: Path, cancelled: Callable[[], bool] = lambda: False) -> Glance | None:
        """What is found in a function that was edited since the last check: it alone is evaluated, as it was called
        then. None where more changed, or it was not called."""
        last, text = self.last.get(path), self.sources.texts.get(path)
        if last is None or text is None:
            return None
        with _without_collections():
            new = self.sources.reread(path)
            found = glance(self.observer, path, new, (last.version, text.version), cancelled)
        return None if found is None else replace(found, broken=self.sources.broken.get(path, []))

    def preview(self, path: Path) -> Analysis | None:
        """The last check of a file with what `glance` gives."""
        with _without_collections():
            seen = self.glance(path)
            return None if seen is None else composed(self.last[path], seen)

    def births(self, path: Path, line: int, column: int) -> list[Birth]:
        """Where the sizes of the array at a position of the text that was last checked come from."""
        return births(self.observer, path, line, column)


@contextmanager
def _without_collections() -> Iterator[None]:
    """A collection of garbage goes through all that the last check left: it can wait for the next check."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def syntax_error(path: Path, line: int, column: int, message: str) -> Report:
    """A file that does not parse, as a finding."""
    from tangra.checker import Place

    return Report(Place(path, line, column, line, column + 1), "error", SYNTAX, message)
