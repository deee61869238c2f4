"""Modules full of NumPy, SciPy and JAX as they are shipped, checked like files of a project. Nothing calls them with
known shapes, so what counts is that nothing false is reported.

`python -m tests.wild.modules --python /path/to/python [--package NAME]` (make check-modules) writes
`answers/modules.txt`: for each module its lines, errors, warnings and notes, in how many of its array expressions the
shape is known, and for how many calls of NumPy and JAX that stand in it there is a rule.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tangra.checker import render
from tangra.checker.checking import no_progress
from tangra.checker.entries import check_entries
from tangra.checker.evaluator import Evaluator
from tangra.checker.modules import import_module
from tangra.checker.project import open_project, site_packages
from tangra.checker.reports import Report
from tangra.checker.room import with_room
from tests.wild.record import ANSWERS
from tests.wild.run import known, share

PACKAGES = {
    "scipy": """
        signal._filter_design signal._signaltools signal._spectral_py ndimage._filters optimize._optimize
        spatial.distance stats._multivariate interpolate._rbfinterp integrate._ivp.rk linalg._matfuncs""",
    "networkx": "drawing.layout",
    "jax": "example_libraries.stax example_libraries.optimizers _src.scipy.linalg _src.scipy.signal _src.nn.functions",
    "flax": "linen.attention linen.linear linen.recurrent nnx.nn.normalization",
    "optax": "_src.transform losses._classification",
    "equinox": "nn._attention nn._conv nn._rnn",
    "einops": "layers.flax",
}
"""The modules of each package. The other files of their package are read as a project's are; of jax they are not, whose
functions are known by rule."""
TABLE = ANSWERS / "modules.txt"


@dataclass
class Found:
    """What checking one module gave."""

    name: str
    lines: int
    reports: list[Report]
    arrays: int
    known: int
    calls: Counter[str]

    def line(self) -> str:
        """The module's line of the table."""
        errors, warnings, notes = (
            sum(report.severity == word for report in self.reports) for word in ("error", "warning", "note")
        )
        ruled = {name: count for name, count in self.calls.items() if known(name)}
        rules = f"{share(sum(ruled.values()), self.calls.total())} of {self.calls.total()} calls"
        names = f"{share(len(ruled), len(self.calls))} of {len(self.calls)} names"
        shapes = f"{share(self.known, self.arrays)} of {self.arrays}"
        return f"{self.name} | {self.lines} | {errors} | {warnings} | {notes} | {shapes} | {rules}, {names}"


HEADER = (
    "module | lines | errors | warnings | notes | array expressions of known shape | calls of NumPy and JAX with a rule"
)


def check(package: str, python: Path) -> Iterator[Found]:
    """Check the modules of a package, in one run."""
    packages = site_packages(python)[0]
    names = [f"{package}.{name}" for name in PACKAGES[package].split()]
    paths = [packages.joinpath(*name.split(".")).with_suffix(".py") for name in names]
    runs: list[Evaluator] = []

    def run(folder: Path) -> None:
        project = open_project(folder, python)
        project.config = replace(project.config, follow=() if package == "jax" else (package,))
        ev = Evaluator(project)
        ev.checked = frozenset(paths)
        for name, path in zip(names, paths, strict=True):
            import_module(ev, name, path)
        check_entries(ev, no_progress)
        ev.reports.settle(ev.runs)
        runs.append(ev)

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text("", encoding="utf-8")
        with_room(lambda: run(Path(folder)))
    project, statistics = runs[0].project, runs[0].statistics
    for name, path in zip(names, paths, strict=True):
        file = project.files[path]
        assert file.tree is not None
        reports = runs[0].reports.chosen(project.config, project.files, [path])
        arrays, shapes = (sum(key[0] == id(file) for key in keys) for keys in (statistics.arrays, statistics.known))
        yield Found(name, len(file.lines), reports, arrays, shapes, calls(file.tree))
    for what in (statistics.spent, statistics.failures, [*statistics.broken_rules]):
        if what:
            print(f"{package}: budget spent, or failures: {', '.join(what[:12])}")


def calls(tree: ast.Module) -> Counter[str]:
    """The calls of functions of NumPy and JAX that stand in a file, by the dotted names that its imports give them."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        dotted = _dotted(node.func, names) if isinstance(node, ast.Call) else None
        if dotted and dotted.startswith(("numpy.", "jax.")) and "._src" not in dotted:
            found[dotted] += 1
    return found


def _dotted(node: ast.AST, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, names)
        return None if owner is None else f"{owner}.{node.attr}"
    return None


def _written(lines: dict[str, str]) -> None:
    """Put the new lines in place of those of the same modules in the table."""
    old = TABLE.read_text(encoding="utf-8").splitlines()[1:] if TABLE.exists() else []
    table = {line.partition(" | ")[0]: line for line in old} | lines
    wanted = [f"{package}.{name}" for package, listed in PACKAGES.items() for name in listed.split()]
    rows = [table[name] for name in wanted if name in table]
    TABLE.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Check; the exit status says whether nothing false was reported."""
    parser = argparse.ArgumentParser(prog="python -m tests.wild.modules")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--package", choices=PACKAGES)
    options = parser.parse_args(arguments)
    lines: dict[str, str] = {}
    missing: Counter[str] = Counter()
    errors = warnings = total = 0
    for package in PACKAGES if options.package is None else (options.package,):
        start = time.process_time()
        for found in check(package, options.python):
            lines[found.name] = found.line()
            print(lines[found.name], flush=True)
            for report in found.reports:
                print(render(report, None, lambda path: path.name))
            errors += sum(report.severity == "error" for report in found.reports)
            warnings += sum(report.severity == "warning" for report in found.reports)
            total += found.lines
            missing.update({name: count for name, count in found.calls.items() if not known(name)})
        print(f"{package}: {time.process_time() - start:.0f} s of processor time", flush=True)
    _written(lines)
    print(f"{errors} errors and {warnings} warnings in {total} lines")
    print("without a rule: " + ", ".join(f"{name} ({count})" for name, count in missing.most_common(40)))
    return 0 if not errors and warnings * 5000 <= total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
