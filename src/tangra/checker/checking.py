"""The checker as a function: paths in, findings out. The command line and editors call this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker import records
from tangra.checker.codes import SYNTAX
from tangra.checker.config import Config
from tangra.checker.files import resolved
from tangra.checker.importers import with_importers
from tangra.checker.project import Project, open_project, python_files
from tangra.checker.reports import Place, Report
from tangra.checker.room import with_room
from tangra.checker.source import SourceCache
from tangra.checker.statistics import Statistics

if TYPE_CHECKING:
    from tangra.checker.heap import Value
    from tangra.checker.observations import Observer


@dataclass
class Outcome:
    """What checking found: the reports, the files, how much was understood, and shapes by file, line and name;
    `examples` are those of likely calls."""

    reports: list[Report] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    statistics: Statistics = field(default_factory=Statistics)
    shapes: dict[Path, dict[int, dict[str, Value]]] = field(default_factory=dict)
    examples: dict[Path, dict[int, dict[str, Value]]] = field(default_factory=dict)
    projects: list[Project] = field(default_factory=list)

    def source(self, path: Path) -> object:
        """The parsed file, from the project that read it."""
        return next((project.files[path] for project in self.projects if path in project.files), None)


Progress = Callable[[int, int, str], None]


def no_progress(done: int, total: int, name: str) -> None:
    """Tell nobody."""


def check(
    paths: Sequence[Path],
    *,
    python: Path | None = None,
    sources: SourceCache | None = None,
    configure: Callable[[Config], Config] = lambda config: config,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Progress = no_progress,
    observer: Observer | None = None,
    summaries: bool = True,
    kept: bool = False,
    likely: bool = False,
) -> Outcome:
    """Check files and folders. Nothing of theirs is imported or run, except rule files that the settings name.

    A file that is named is checked with the files of its project that import it, so that their calls are seen; what is
    reported is of the files asked for. `progress` gets how many of how many parts are done, and the name of the next;
    `observer` sees what arrays expressions hold. Without `summaries` every call is evaluated, which finds the same and
    takes longer; so it is with an observer that has no `edited` files, as it sees every call. With `kept`, an answer of
    an earlier process is given again where it still holds (see `records`); it says nothing of `shapes`. With `likely`,
    functions that nobody calls are called as is likely too, for examples of shapes (see `samples`).
    """
    outcome = Outcome()
    run = _Run(cancelled, progress, observer, summaries, kept and observer is None, likely)
    sources = SourceCache() if sources is None else sources
    groups: dict[Path, _Group] = {}
    for path in paths:
        project = open_project(path, python, sources)
        group = groups.setdefault(project.root, _Group(project))
        if resolved(path) in sources.overlays:  # which may not be on the disk yet
            group.named.append(resolved(path))
        else:
            (group.named if path.is_file() else group.walked).extend(python_files([path], project.config.exclude))
    for group in groups.values():
        group.project.config = configure(group.project.config)
        with_room(lambda group=group: _check_group(group, outcome, run))  # type: ignore[misc]
    return outcome


@dataclass(frozen=True)
class _Run:
    """How one question is answered; see `check`."""

    cancelled: Callable[[], bool]
    progress: Progress
    observer: Observer | None
    summaries: bool
    kept: bool
    likely: bool


@dataclass
class _Group:
    """What is checked of one project: files that were named, and files of folders that were."""

    project: Project
    named: list[Path] = field(default_factory=list)
    walked: list[Path] = field(default_factory=list)


def _check_group(group: _Group, outcome: Outcome, run: _Run) -> None:
    project = group.project
    wanted = list(dict.fromkeys([*group.named, *group.walked]))
    leading = (
        with_importers(project, group.named) | dict.fromkeys(group.walked) if group.named else dict.fromkeys(wanted)
    )
    files = list(leading)
    outcome.files += wanted
    outcome.projects.append(project)
    name = records.name_of(project, files, wanted) if run.kept and not project.sources.overlays else None
    known = None if name is None else records.find(name, project)
    if known is not None:
        reports, statistics = known
        for path in {report.place.file for report in reports}:
            project.read(path)
    else:
        reports, statistics = _evaluate(project, leading, wanted, outcome, run)
        if name is not None and not statistics.late and not statistics.failures:
            records.keep(name, project, reports, statistics)
    outcome.reports += reports
    outcome.statistics.add(statistics)


def _evaluate(
    project: Project, files: dict[Path, frozenset[str] | None], wanted: list[Path], outcome: Outcome, run: _Run
) -> tuple[list[Report], Statistics]:
    from tangra.checker.entries import check_entries
    from tangra.checker.evaluator import Evaluator
    from tangra.checker.inputs import load_inputs
    from tangra.checker.modules import import_module
    from tangra.checker.own_rules import load_rules
    from tangra.checker.stated import tell_unheard

    ev = Evaluator(project, run.cancelled)
    ev.observer = run.observer
    if run.observer is not None:
        run.observer.config = project.config
    ev.summaries.enabled = run.summaries and (run.observer is None or bool(run.observer.edited))
    ev.checked = frozenset(files)
    ev.leading = {path: names for path, names in files.items() if names is not None}
    ev.own_rules = load_rules(project)
    ev.inputs = load_inputs(project)
    for number, path in enumerate(files):
        run.progress(number, len(files), path.name)
        source = project.read(path)
        if source.problem is not None:
            line, column, message = source.problem
            ev.reports.add(Report(Place(path, line, column, line, column + 1), "error", SYNTAX, message))
            continue
        tell_unheard(ev, source)
        import_module(ev, project.module_name(path), path)
    check_entries(ev, run.progress)
    ev.reports.settle(ev.runs)
    if run.likely:
        from tangra.checker.samples import sample

        sample(ev)
        outcome.examples.update({path: lines for path, lines in ev.examples.items() if path in ev.checked})
    outcome.shapes.update({path: lines for path, lines in ev.shapes.items() if path in ev.checked})
    counted = {id(project.files[path]) for path in wanted if path in project.files}
    ev.statistics.arrays = {key for key in ev.statistics.arrays if key[0] in counted}
    ev.statistics.known &= ev.statistics.arrays
    return ev.reports.chosen(project.config, project.files, wanted), ev.statistics


def with_options(config: Config, select: Sequence[str], ignore: Sequence[str], strict: bool) -> Config:
    """The project's settings with those of the command line in front."""
    return replace(
        config,
        select=tuple(select) or config.select,
        ignore=(*config.ignore, *ignore),
        strict=config.strict or strict,
    )
