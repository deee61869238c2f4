"""Run the benchmarks: `python -m benchmarks [--quick] [--cases …] [--engines …] [--json F] [--chart F]`.

Correctness is checked before anything is timed; the exit status is 1 if an answer was wrong or Tangra refused a case.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks import calls, case, compiling, kernels, memory, report, session, threads
from benchmarks.arrays import run as arrays
from benchmarks.arrays.cases import CASES as ARRAY_CASES
from benchmarks.engines import ENGINES, available

PARTS = ("programs", "arrays", "kernels", "calls", "compiling", "memory", "threads")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Tangra beside C and other engines.")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: that all of it runs")
    parser.add_argument("--cases", nargs="+", choices=case.names(), default=case.names(), metavar="CASE")
    parser.add_argument("--array-cases", nargs="+", choices=list(ARRAY_CASES), metavar="CASE", help="of part arrays")
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), metavar="ENGINE", help=", ".join(ENGINES))
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        metavar="PART",
        default=PARTS,
        help=", ".join(PARTS),
    )
    parser.add_argument("--kernel", default="", metavar="TEXT", help="only kernels whose title or type has this in it")
    parser.add_argument(
        "--kernels",
        nargs="+",
        choices=list(kernels.GROUPS),
        metavar="GROUP",
        default=list(kernels.GROUPS),
        help=", ".join(kernels.GROUPS),
    )
    parser.add_argument("--rounds", type=int, help="interleaved rounds (9, or 3 with --quick)")
    parser.add_argument("--json", type=Path, metavar="F", help="write everything measured")
    parser.add_argument("--chart", type=Path, metavar="F", help="write the chart as a PNG (needs matplotlib)")
    return parser.parse_args(arguments)


def programs(console: Console, chosen: argparse.Namespace, measured: dict[str, object]) -> bool:
    """The cases on the engines; whether all is right."""
    engines = [e for e in chosen.engines or ENGINES if available(e)]
    rounds = chosen.rounds or (3 if chosen.quick else 9)
    slice_seconds = 0.01 if chosen.quick else 0.06
    results: list[session.Result] = []
    for name in track(chosen.cases, "cases", console=Console(stderr=True), transient=True):
        results.append(session.run_case(case.load(name), engines, chosen.quick, rounds, slice_seconds))
        measured["programs"] = report.as_json(results)
        if chosen.json:
            chosen.json.write_text(json.dumps(measured, indent=1))
    report.print_report(console, results, engines)
    if chosen.chart:
        if importlib.util.find_spec("matplotlib") is None:
            raise SystemExit("--chart needs matplotlib")
        report.draw(results, chosen.chart)
    wrong = any(t.wrong for r in results for parts in r.timings.values() for t in parts.values())
    refused = "tangra" in engines and any(t.error for r in results for t in r.timings["tangra"].values())
    return not (wrong or refused)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was chosen."""
    chosen = parse(arguments)
    console = Console(width=None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "160")))
    console.print(report.machine())
    measured: dict[str, object] = {"machine": report.machine()}
    right = True
    if "programs" in chosen.parts:
        right = programs(console, chosen, measured)
    if "arrays" in chosen.parts:
        found = arrays.run(console, chosen.quick, chosen.engines, chosen.array_cases, chosen.rounds)
        measured["arrays"] = found
        right = right and not found["wrong"]
    if "kernels" in chosen.parts:
        measured["kernels"] = kernels.run(console, chosen.quick, chosen.kernels, chosen.rounds, chosen.kernel)
    if "calls" in chosen.parts:
        measured["calls"] = calls.run(console, chosen.quick)
    if "compiling" in chosen.parts:
        measured["compiling"] = compiling.run(console, chosen.quick, chosen.engines, chosen.chart)
    if "memory" in chosen.parts:
        measured["memory"] = memory.run(console, chosen.quick)
    if "threads" in chosen.parts:
        good, measured["threads"] = threads.run(console, chosen.quick, chosen.rounds)
        right &= good
    if chosen.json:
        chosen.json.write_text(json.dumps(measured, indent=1))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
