"""Matrix products and convolutions, forward and both derivatives, beside the vendor's library, NumPy and PyTorch.

    python -m benchmarks --parts kernels [--kernels squares shapes layers convolutions narrow] [--kernel TEXT]
        [--rounds N] [--quick]

Each engine runs in a process of its own (`kernel_worker`), on one thread; every answer is compared with NumPy's in
float64 first. Rounds are interleaved and times are CPU times, so the ratios hold on a machine with other work.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.engine_process import EngineProcess, turns
from benchmarks.kernel_cases import Kernel, convolutions, layers, narrow, shapes, squares

ENGINES = ("tangra", "vendor", "numpy", "torch")
GROUPS: dict[str, Callable[[bool], list[Kernel]]] = {
    "squares": squares,
    "shapes": shapes,
    "layers": layers,
    "convolutions": convolutions,
    "narrow": narrow,
}
"""Products of square matrices, other products, both with a bias and an activation, convolutions, narrow numbers."""


@dataclass
class Measured:
    """A kernel's CPU times per call by engine, and what went wrong."""

    kernel: Kernel
    times: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def speed(self, engine: str) -> float:
        """GFlop/s at the median."""
        return self.kernel.work / statistics.median(self.times[engine]) / 1e9

    def ratio(self, engine: str) -> float | None:
        """Speed of tangra over that of `engine`, paired by round."""
        if engine not in self.times or "tangra" not in self.times:
            return None
        pairs = zip(self.times[engine], self.times["tangra"], strict=True)
        return statistics.median(theirs / ours for theirs, ours in pairs)


def measure(kernel: Kernel, workers: dict[str, EngineProcess], rounds: int, slice_seconds: float) -> Measured:
    """Check, then time in interleaved rounds."""
    made, calls = Measured(kernel), {}
    for engine, worker in workers.items():
        answer = worker.ask(do="prepare", kernel=asdict(kernel), seconds=slice_seconds)
        if "error" in answer:
            made.errors[engine] = answer["error"]
        else:
            calls[engine] = answer["calls"]
            made.times[engine] = []
    for engine in turns(list(calls), rounds):
        answer = workers[engine].ask(do="time", calls=calls[engine])
        if "error" in answer:
            raise RuntimeError(f"{engine}, {kernel.title}: {answer['error']}")
        made.times[engine].append(answer["seconds"])
    return made


def run(
    console: Console,
    quick: bool,
    groups: Sequence[str] = tuple(GROUPS),
    rounds: int | None = None,
    only: str = "",
) -> Any:
    """Measure, print, and give everything measured, of kernels with that text in their titles. Wrong answers raise."""
    rounds = rounds or (3 if quick else 7)
    workers = {engine: EngineProcess(engine, "benchmarks.kernel_worker", engine) for engine in ENGINES}
    found: list[Measured] = []
    for group in groups:
        chosen = [kernel for kernel in GROUPS[group](quick) if only in f"{kernel.title} {kernel.dtype}"]
        progress = track(chosen, group, console=Console(stderr=True), transient=True)
        found += (part := [measure(kernel, workers, rounds, 0.005 if quick else 0.05) for kernel in progress])
        console.print(table(group.capitalize(), part))
    for worker in workers.values():
        worker.close()
    wrong = [f"{m.kernel.title}: {e}: {text}" for m in found for e, text in m.errors.items() if text != "not here"]
    if wrong:
        raise SystemExit("\n".join(wrong))
    return [{**asdict(m.kernel), "times": m.times} for m in found]


def table(title: str, found: list[Measured]) -> Table:
    """Ratios first, then GFlop/s."""
    engines = [e for e in ENGINES if any(e in m.times for m in found)]
    made = Table(title=f"{title}: speed over each engine, and GFlop/s of CPU time")
    made.add_column("kernel")
    made.add_column("dtype")
    for engine in engines[1:]:
        made.add_column(f"/ {engine}", justify="right")
    for engine in engines:
        made.add_column(engine, justify="right")
    for m in found:
        ratios = [m.ratio(engine) for engine in engines[1:]]
        cells = ["–" if r is None else f"{r:.2f}" for r in ratios]
        speeds = [f"{m.speed(engine):.1f}" if engine in m.times else "–" for engine in engines]
        made.add_row(m.kernel.title, m.kernel.dtype, *cells, *speeds)
    return made
