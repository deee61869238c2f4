"""Derivative times of GradBench's evals, ours against other tools on the same machine in the same run.

    python benchmarks/gradbench/compare.py --checkout DIR [--native NAME …] [--anchors FILE] [EVAL …]

Tools, each left out where it can't be had: the suite's C++ tools (`--native`, by default manual and tapenade; what
their makefiles need is given as `--make ENZYME_LIB=…`), and its Python tools, run by the Pythons that the variables
GRADBENCH_PYTHON_JAX and GRADBENCH_PYTHON_PYTORCH name. Every tool gets the inputs that the eval itself made. In each
round each tool runs every evaluation, and the CPU time of its faster runs counts; ratios are paired by round. An output
further than 1e-8 from Tangra's own reference (1e-4 for the others) has no time.

`--anchors` names a page of tables (`## eval.function`, a column for each tool, a row for each workload) measured on
another machine. A tool that isn't measured here has an estimate from it: its time there, times what the manual tool
takes here over what it took there (the mean of the eval, or of all of them where it has none), marked with ~.
"""

import argparse
import contextlib
import json
import math
import os
import re
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

from benchmarks.gradbench.peers import Answer, Native, Tool, copy_of, python_tool, tangra  # noqa: E402
from benchmarks.gradbench.reference import TOLERANCE, error_of  # noqa: E402
from benchmarks.gradbench.run import WORKLOADS, eval_environment, human  # noqa: E402
from benchmarks.gradbench.session import Evaluation, Process, Session  # noqa: E402

DERIVATIVES = frozenset({"jacobian", "gradient", "dir", "rr", "rf", "fr", "ff"})
LARGER = {
    "ht": ["--min", "1", "--max", "5"],
    "lstm": ["-l", "2", "4", "-c", "128", "1024", "4096"],
}
"""Workloads where `run.py` takes fewer."""
WRONG = 1e-4
SLOW = 2e9
"""A tool whose run takes so many nanoseconds is measured once."""
UNITS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


@dataclass
class Line:
    """An evaluation with the least time of each tool in each round, and estimates of others."""

    evaluation: Evaluation
    rounds: dict[str, list[float]] = field(default_factory=dict)
    estimates: dict[str, float] = field(default_factory=dict)
    error: float = 0.0

    @property
    def title(self) -> str:
        """The eval, the function and the workload."""
        return f"{self.evaluation.module}.{self.evaluation.function} {self.evaluation.workload}"

    def least(self, tool: str) -> float | None:
        """The least time of a tool, or its estimate."""
        return min(self.rounds.get(tool, []), default=self.estimates.get(tool))

    def best(self) -> str | None:
        """The fastest tool but ours and the hand-written derivatives."""
        names = {*self.rounds, *self.estimates} - {"tangra", "manual"}
        times = {name: time for name in names if (time := self.least(name)) is not None}
        return min(times, key=lambda name: times[name], default=None)

    def ratio(self, tool: str | None) -> float | None:
        """Our time over a tool's: the median of the rounds that both have."""
        ours = self.rounds.get("tangra", [])
        if tool is None or not ours:
            return None
        if tool in self.rounds:
            theirs = self.rounds[tool]
            theirs = theirs * len(ours) if len(theirs) == 1 else theirs
            return statistics.median(a / b for a, b in zip(ours, theirs, strict=False))
        return min(ours) / self.estimates[tool] if tool in self.estimates else None


def evaluations_of(name: str, options: argparse.Namespace) -> list[Evaluation]:
    """The derivative evaluations that an eval asks for, each with its input."""
    script = options.checkout / "python" / "gradbench" / "gradbench" / "evals" / name / "run.py"
    arguments = LARGER.get(name, WORKLOADS[name])
    ours = [sys.executable, str(Path(__file__).with_name("tool.py"))]
    with (
        Process(
            "eval",
            [options.eval_python, str(script), *arguments, "--min-seconds", "0"],
            options.checkout,
            eval_environment(options.checkout),
        ) as eval_process,
        Process("tool", ours, ROOT, os.environ) as tool,
    ):
        found = Session(eval_process, tool, options.timeout).run()
    return [e for e in found if e.function in DERIVATIVES]


def time_of(tool: Tool, answer: Answer, line: Line) -> float | None:
    """The time of an answer, or None where there is none or the output is wrong."""
    if not answer.nanoseconds:
        return None
    e = line.evaluation
    error = error_of(e.module, e.function, e.data, answer.output)
    if tool.name == "tangra":
        line.error = max(line.error, error)
    if not error <= (TOLERANCE if tool.name == "tangra" else WRONG):
        print(f"    {line.title}: {tool.name} is off by {error:.1e}", flush=True)
        return None
    return low(answer.nanoseconds)


def low(times: Sequence[float]) -> float:
    """The time that a tenth of the runs stay below: what others do to the machine makes few of them shorter, too."""
    return sorted(times)[len(times) // 10]


def measure(line: Line, tools: Sequence[Tool], rounds: int, seconds: float) -> None:
    """Run an evaluation on every tool, in rounds, after one that warms up and finds the slow and the wrong."""
    going = []
    for tool in tools:
        first = time_of(tool, tool.evaluate(line.evaluation, {"min_runs": 2, "min_seconds": 0.0}), line)
        if first is not None and first > SLOW:
            line.rounds[tool.name] = [first]
        elif first is not None:
            going.append(tool)
    for _ in range(rounds):
        for tool in going:
            answer = tool.evaluate(line.evaluation, {"min_runs": 3, "min_seconds": seconds})
            if answer.nanoseconds:
                line.rounds.setdefault(tool.name, []).append(low(answer.nanoseconds))


def nanoseconds(text: str) -> float:
    """A time as the anchors' tables have it."""
    number, unit = text.split()
    return float(number) * UNITS[unit]


def anchors_of(path: Path) -> dict[tuple[str, str], dict[str, float]]:
    """The times of a page of tables, by (eval.function, workload) and tool."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    title = ""
    heads: list[str] = []
    for row in path.read_text().splitlines():
        if match := re.match(r"## (\S+)", row):
            title, heads = match[1], []
        elif row.startswith("|") and not row.startswith("| ---"):
            workload, *cells = [cell.strip() for cell in row.strip("|").split("|")]
            if not heads:
                heads = cells
            else:
                known = {head: nanoseconds(cell) for head, cell in zip(heads, cells, strict=True) if cell}
                found[title, workload] = known
    return found


def mean(ratios: Iterable[float]) -> float:
    """The geometric mean."""
    return math.exp(statistics.fmean(map(math.log, ratios)))


def estimate(lines: Sequence[Line], anchors: Mapping[tuple[str, str], Mapping[str, float]]) -> None:
    """Add estimates of the tools that were not measured."""
    scales: dict[str, list[float]] = {}
    there = [anchors.get((f"{x.evaluation.module}.{x.evaluation.function}", x.evaluation.workload), {}) for x in lines]
    for line, times in zip(lines, there, strict=True):
        manual = line.least("manual")
        if manual is not None and "manual" in times:
            scales.setdefault(line.evaluation.module, []).append(manual / times["manual"])
    if not scales:
        return
    typical = {name: mean(of) for name, of in scales.items()}
    for line, times in zip(lines, there, strict=True):
        scale = typical.get(line.evaluation.module, mean(typical.values()))
        for tool, time in times.items():
            if tool not in line.rounds and tool not in ("manual", "jax-async"):
                line.estimates[tool] = time * scale


def cell(ratio: float | None) -> str:
    """A ratio as text."""
    return "–" if ratio is None else f"{ratio:.2f}"


def report(lines: Sequence[Line], names: Sequence[str]) -> None:
    """Print every evaluation's times, then the ratios by eval."""
    print("| evaluation | error | tangra | best AD tool | ratio | manual | " + " | ".join(names) + " |")
    print("|---|---:|---:|---|---:|---:|" + "---:|" * len(names))
    for line in lines:
        best = line.best()
        shown = "–" if best is None else f"{'' if best in line.rounds else '~'}{best} {human(line.least(best))}"
        cells = [f"{line.error:.0e}", human(line.least("tangra")), shown, cell(line.ratio(best))]
        cells.append(cell(line.ratio("manual")))
        print(f"| {line.title} | " + " | ".join([*cells, *(human(line.least(n)) for n in names)]) + " |")
    print("\n| eval | ours / best AD tool | ours / manual |\n|---|---:|---:|")
    evals = list(dict.fromkeys(line.evaluation.module for line in lines))
    means: list[list[float]] = [[], []]
    for name in evals:
        of = [line for line in lines if line.evaluation.module == name]
        cells = []
        for k, ratios in enumerate(([x.ratio(x.best()) for x in of], [x.ratio("manual") for x in of])):
            known = [r for r in ratios if r is not None]
            cells.append(cell(mean(known)) if known else "–")
            means[k] += [mean(known)] if known else []
        print(f"| {name} | " + " | ".join(cells) + " |")
    for title, of_all in (("geometric mean", mean), ("worst for us", max)):
        print(f"| {title} | " + " | ".join(cell(of_all(m)) if m else "–" for m in means) + " |")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Derivative times of GradBench's evals, ours against others'.")
    evals = [name for name in WORKLOADS if name != "hello"]
    parser.add_argument("evals", nargs="*", metavar="EVAL", help=f"some of {', '.join(evals)}; all if none is named")
    parser.add_argument("--checkout", type=Path, default=os.environ.get("GRADBENCH_CHECKOUT"), help="the suite's root")
    parser.add_argument("--eval-python", default=sys.executable, help="the Python that runs the evals")
    parser.add_argument("--native", nargs="*", default=["manual", "tapenade"], help="the suite's C++ tools to build")
    parser.add_argument("--make", nargs="*", default=[], metavar="VAR=VALUE", help="for the makefiles of those")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.1, help="how long a function is repeated in a round")
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds for one answer")
    parser.add_argument("--anchors", type=Path, help="times of another machine, for tools not measured here")
    parser.add_argument("--json", type=Path, help="also write the times of all rounds here")
    options = parser.parse_args(arguments)
    if unknown := set(options.evals) - set(evals):
        parser.error(f"no such eval: {', '.join(sorted(unknown))}")
    if options.checkout is None:
        parser.error("no checkout: give --checkout or set GRADBENCH_CHECKOUT")
    options.evals, options.checkout = options.evals or evals, Path(options.checkout).resolve()
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = parse(arguments)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of(options.checkout, options.native, Path(folder))
        tools = [tangra(environment, options.timeout)]
        tools += [Native(name, tree, options.make, options.timeout) for name in options.native]
        for name in ("jax", "pytorch"):
            if python := os.environ.get(f"GRADBENCH_PYTHON_{name.upper()}"):
                tools.append(python_tool(name, python, options.checkout, environment, options.timeout))
        with contextlib.suppress(KeyboardInterrupt):  # what was measured until then is shown
            for evaluation in (e for name in options.evals for e in evaluations_of(name, options)):
                line = Line(evaluation)
                measure(line, tools, options.rounds, options.seconds)
                lines.append(line)
                print(f"  {line.title}: " + ", ".join(f"{t} {human(line.least(t))}" for t in line.rounds), flush=True)
        for tool in tools:
            tool.end()
    if options.anchors:
        estimate(lines, anchors_of(options.anchors))
    report(lines, [tool.name for tool in tools if tool.name != "tangra"])
    if options.json:
        options.json.write_text(json.dumps({line.title: line.rounds for line in lines}, indent=1) + "\n")


if __name__ == "__main__":
    main()
