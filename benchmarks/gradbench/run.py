"""Run GradBench's own evals against Tangra's tool and print what came of every workload.

    python benchmarks/gradbench/run.py --checkout DIR [--full] [--min-seconds S] [--json FILE] [EVAL ...]

DIR (or the variable GRADBENCH_CHECKOUT) is a checkout of gradbench/gradbench, prepared as its own documentation says:
the evals judge most outputs by the suite's C++ programs (`tools/manual`), which have to be built there, and need a
Python with numpy, scipy, pydantic and dataclasses-json (`--eval-python`). The columns are the eval's verdict, the
largest error against Tangra's own reference (1e-8 is asked for), and the first, least and median time of the runs.

The exit status is 0 if every evaluation succeeded, was valid and within 1e-8 of the reference, 1 otherwise.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

from benchmarks.gradbench.reference import TOLERANCE, error_of  # noqa: E402 (after the path is set)
from benchmarks.gradbench.session import Evaluation, Process, Session, SessionError  # noqa: E402

WORKLOADS: dict[str, list[str]] = {
    "hello": [],
    "gmm": ["-d", "2", "10", "32", "-k", "5", "25"],
    "ba": ["--min", "1", "--max", "2"],
    "ht": ["--min", "1", "--max", "2"],
    "lstm": ["-l", "2", "4", "-c", "128", "1024"],
    "kmeans": ["-k", "10", "100", "-n", "1000", "10000", "-d", "8"],
    "llsq": ["-n", "16", "128", "1024", "4096"],
    "lse": ["-n", "2500", "20000", "160000"],
    "ode": ["-n", "1000", "10000", "-s", "1", "10", "100"],
    "particle": [],
    "saddle": [],
    "det": ["-l", "5", "6", "7", "8", "9"],
}
"""The evals, each with the workloads run unless --full asks for the suite's own choice."""


@dataclass
class Row:
    """A line of the table; `error` is relative to the reference, and times are in nanoseconds."""

    eval: str
    function: str
    workload: str
    verdict: str
    error: float | None = None
    first: float | None = None
    least: float | None = None
    median: float | None = None
    note: str = ""


def row_of(evaluation: Evaluation) -> Row:
    """The line for an evaluation that the session has finished with."""
    if not evaluation.success:
        verdict = "failed"
    elif evaluation.valid is None:
        verdict = "unjudged"
    else:
        verdict = "valid" if evaluation.valid else "INVALID"
    row = Row(evaluation.module, evaluation.function, evaluation.workload, verdict, note=evaluation.error)
    if evaluation.success:
        row.error = error_of(evaluation.module, evaluation.function, evaluation.data, evaluation.output)
    if evaluation.nanoseconds:
        row.first, row.least = evaluation.nanoseconds[0], min(evaluation.nanoseconds)
        row.median = statistics.median(evaluation.nanoseconds)
    return row


def right(row: Row) -> bool:
    """Whether the eval found the output valid and the reference found it exact."""
    return row.verdict == "valid" and row.error is not None and row.error <= TOLERANCE


def human(nanoseconds: float | None) -> str:
    """A time with three digits and a unit."""
    if nanoseconds is None:
        return "-"
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= scale:
            return f"{nanoseconds / scale:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


def line(eval_name: str, function: str, workload: str, verdict: str, *rest: str) -> str:
    """One line of the table."""
    return f"{eval_name:9}{function:10}{workload:24}{verdict:9}" + "".join(f"{text:>10}" for text in rest)


def show(row: Row) -> None:
    """Print a row, and under it the last line of what went wrong."""
    error = "-" if row.error is None else f"{row.error:.1e}"
    times = map(human, (row.first, row.least, row.median))
    print(line(row.eval, row.function, row.workload, row.verdict, error, *times), flush=True)
    if row.note:
        print("    " + row.note.strip().splitlines()[-1][:160])


def eval_environment(checkout: Path) -> dict[str, str]:
    """The environment of an eval: the checkout's own package can be imported."""
    packages = [str(checkout / "python" / "gradbench"), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, packages))}


def run_eval(name: str, options: argparse.Namespace) -> list[Row]:
    """Run one eval to its end, or to its first failure, which makes the last row."""
    checkout: Path = options.checkout
    script = checkout / "python" / "gradbench" / "gradbench" / "evals" / name / "run.py"
    arguments = [] if options.full else WORKLOADS[name]
    if name != "hello":
        arguments = [*arguments, "--min-seconds", str(options.min_seconds)]
    eval_command = [options.eval_python, str(script), *arguments]
    tool_command = [sys.executable, str(Path(__file__).with_name("tool.py"))]
    failure: list[Row] = []
    with (
        Process("eval", eval_command, checkout, eval_environment(checkout)) as eval_process,
        Process("tool", tool_command, ROOT, os.environ) as tool,
    ):
        session = Session(eval_process, tool, options.timeout)
        try:
            session.run()
        except SessionError as error:
            failure.append(Row(name, "-", "-", "failed", note=str(error)))
        rows = [row_of(evaluation) for evaluation in session.evaluations]
    if not rows and not failure:
        failure.append(Row(name, "-", "-", "failed", note="the eval asked for nothing"))
    return rows + failure


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; exits with a message where the checkout is none."""
    parser = argparse.ArgumentParser(description="Run GradBench's evals against Tangra.")
    parser.add_argument(
        "evals", nargs="*", metavar="EVAL", help=f"some of {', '.join(WORKLOADS)}; all if none is named"
    )
    parser.add_argument("--checkout", type=Path, default=os.environ.get("GRADBENCH_CHECKOUT"), help="the suite's root")
    parser.add_argument("--eval-python", default=sys.executable, help="the Python that runs the evals")
    parser.add_argument("--full", action="store_true", help="the suite's own workloads; hours")
    parser.add_argument("--min-seconds", type=float, default=0.5, help="how long a function is repeated")
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds for one answer")
    parser.add_argument("--json", type=Path, help="also write the table here")
    options = parser.parse_args(arguments)
    if unknown := set(options.evals) - set(WORKLOADS):
        parser.error(f"no such eval: {', '.join(sorted(unknown))}")
    if options.checkout is None:
        parser.error("no checkout: give --checkout or set GRADBENCH_CHECKOUT")
    options.checkout = Path(options.checkout).resolve()
    if not (options.checkout / "python" / "gradbench").is_dir():
        parser.error(f"{options.checkout} is no checkout of GradBench")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the evals asked for, print the table, and return the exit status."""
    options = parse(arguments)
    print(line("eval", "function", "workload", "verdict", "error", "first", "least", "median"), flush=True)
    rows: list[Row] = []
    for name in options.evals or WORKLOADS:
        for row in run_eval(name, options):
            show(row)
            rows.append(row)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    correct = sum(map(right, rows))
    print(f"{correct} of {len(rows)} evaluations valid and within {TOLERANCE:g} of the reference")
    return 0 if correct == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
