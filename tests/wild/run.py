"""`make check-wild`: the checker evaluates the programs over the libraries' sources and is compared with their answers.

`python -m tests.wild.run --python /path/to/python [--library NAME] [--only WORD] [--show]` prints for each library how
many whole results are as recorded, the reports (there should be none: the libraries are right), in how many array
expressions the shape is known, and for how many of the torch calls that the programs make there is a rule.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tangra.checker import render
from tangra.checker.natives import LIBRARY
from tangra.shape_rules import registry
from tests.wild.evaluation import Evaluation, agrees, evaluate
from tests.wild.programs import LIBRARIES, Program, programs
from tests.wild.record import ANSWERS


def main(arguments: list[str]) -> int:
    """Compare; the exit status says whether the targets are met."""
    parser = argparse.ArgumentParser(prog="python -m tests.wild.run")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="an interpreter with the libraries")
    parser.add_argument("--library", choices=LIBRARIES)
    parser.add_argument("--only", default="", help="only programs whose name contains this")
    parser.add_argument("--show", action="store_true", help="print what differs in full")
    options = parser.parse_args(arguments)
    worst = 0
    for library in LIBRARIES if options.library is None else (options.library,):
        listed = [each for each in programs() if each.library == library and options.only in each.name]
        if listed:
            worst = max(worst, _run(library, listed, options))
    return worst


def _run(library: str, listed: list[Program], options: argparse.Namespace) -> int:
    recorded = json.loads((ANSWERS / f"{library}.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        found = evaluate(Path(folder), listed, options.python)
    right = 0
    for program in listed:
        mine, answer = found.results[program.name], recorded["results"].get(program.name)
        same = agrees(mine, answer, program.depends_on_data)
        right += same
        if not same or options.show:
            width = None if options.show else 160
            verdict = "equal" if same else "differs"
            print(f"{library} {program.name}: {verdict}, {found.seconds[program.name]:.1f} s")
            print(f"    found  {json.dumps(mine)[:width]}\n    torch  {json.dumps(answer)[:width]}")
    for report in found.reports:
        if report.severity != "note":
            print(render(report, None, str))
    _print_summary(library, right, len(listed), found, recorded["calls"])
    return 0 if right >= 0.9 * len(listed) and not any(r.severity == "error" for r in found.reports) else 1


def _print_summary(library: str, right: int, total: int, found: Evaluation, calls: dict[str, int]) -> None:
    errors = sum(report.severity == "error" for report in found.reports)
    warnings = sum(report.severity == "warning" for report in found.reports)
    print(f"{library}: {right} of {total} results as recorded, {sum(found.seconds.values()):.0f} s of processor time")
    print(f"  {errors} errors and {warnings} warnings in {found.lines} lines")
    print(f"  shapes known in {share(found.known, found.arrays)} of {found.arrays} array expressions")
    ruled = {name: count for name, count in calls.items() if has_rule(name)}
    if calls:
        made = sum(calls.values())
        print(f"  rules for {share(sum(ruled.values()), made)} of {made} executed torch calls", end="")
        print(f" and {share(len(ruled), len(calls))} of {len(calls)} names")
        print(f"  without a rule: {', '.join(sorted(set(calls) - set(ruled)))}")
    for label, what in (("budget spent", found.spent), ("internal errors", found.failures)):
        if what:
            print(f"  {label}: {', '.join(what[:8])}")
    for label, table in (("rules that broke", found.broken), ("names without a rule", found.missing)):
        if table:
            most = sorted(table.items(), key=lambda item: (-item[1], item[0]))[:25]
            print(f"  {label}: {', '.join(f'{name} ({count})' for name, count in most)}")


def share(part: int, whole: int) -> str:
    """A percentage."""
    return f"{100 * part / whole if whole else 100:.1f} %"


def has_rule(name: str) -> bool:
    """Whether a function that torch names so has a rule, as a function or as a method or attribute of tensors."""
    parts = name.split(".")
    if parts[-1] in ("__get__", "__set__"):
        parts = parts[:-1]
    if parts[:2] == ["torch", "Tensor"] and len(parts) == 3:
        word: Any = parts[2]
        operator = word.startswith("__") and word.endswith("__")
        return operator or any(f("torch.Tensor", word) for f in (registry.find_method, registry.find_attribute))
    return any(known(dotted) for dotted in (name, f"torch.{name}", f"torch._C.{name}", f"torch.ops.{name}"))


def known(dotted: str) -> bool:
    """Whether the checker knows the name itself, or by rule."""
    return dotted in LIBRARY or registry.find(dotted) is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
