"""Check, time and show the array cases."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.arrays.cases import CASES
from benchmarks.arrays.engines import ENGINES
from benchmarks.engine_process import EngineProcess, turns
from benchmarks.engines import available
from benchmarks.report import seconds

SLICE = 0.05
"""Seconds of an engine in a round."""
Rounds = dict[str, list[float]]


def agree(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether two summaries are of one result."""
    if a["shape"] != b["shape"]:
        return False
    x, y = np.array(a["some"]), np.array(b["some"])
    size = max(float(np.max(np.abs(y), initial=0.0)), 1e-300)
    tolerance = 10.0 ** -min(a["digits"], b["digits"])
    near = abs(a["norm"] - b["norm"]) <= tolerance * b["norm"]
    return bool(near and np.max(np.abs(x - y), initial=0.0) <= tolerance * size)


def compare(
    workers: Mapping[str, EngineProcess], name: str, gradient: bool, rounds: int
) -> tuple[Rounds, list[str], dict[str, int]]:
    """Times of the engines that are right, by round, the names of those that are wrong or refused by us, and the bytes
    that the processes came to hold."""
    found = {engine: w.ask(do="prepare", case=name, gradient=gradient) for engine, w in workers.items()}
    oracle = next((found[e] for e in ("numpy", "jax", "torch") if "error" not in found.get(e, {"error": ""})), None)
    times: Rounds = {}
    bad = []
    calls = {}
    for engine, answer in found.items():
        if engine == "copy" and "error" not in answer:
            pass
        elif "error" in answer or (oracle is not None and not agree(answer, oracle)):
            bad += [engine] if engine == "tangra" or "error" not in answer else []
            continue
        once = workers[engine].ask(do="time", calls=3)["seconds"]
        calls[engine], times[engine] = max(1, round(SLICE / once)), []
    for engine in turns(list(calls), rounds):
        times[engine].append(workers[engine].ask(do="time", calls=calls[engine])["seconds"])
    return times, bad, {engine: found[engine].get("held", 0) for engine in times}


def ratio(times: Rounds, over: str, under: str | None) -> float | None:
    """The median of the ratios of the rounds."""
    if under is None or over not in times:
        return None
    return statistics.median(a / b for a, b in zip(times[over], times[under], strict=True))


def best(times: Rounds) -> str | None:
    """The fastest of the other libraries."""
    others = {e: statistics.median(t) for e, t in times.items() if e not in ("tangra", "copy")}
    return min(others, key=lambda e: others[e], default=None)


def shown(value: float | None) -> str:
    """A ratio as text."""
    return "–" if value is None else f"{value:.2f}"


def run(
    console: Console,
    quick: bool,
    engines: Sequence[str] | None,
    cases: Sequence[str] | None,
    rounds: int | None = None,
) -> dict[str, Any]:
    """Measure all and print the table; what was measured, and under "wrong" what failed."""
    chosen = [e for e in ENGINES if e == "copy" or ((not engines or e in engines) and available(e))]
    workers = {engine: EngineProcess(engine, "benchmarks.arrays.worker", engine) for engine in chosen}
    table = Table(
        title="Array programs: ours / the best of NumPy, JAX, PyTorch (medians of rounds); MB held: ours, least"
    )
    for head in ("case", "forward", "gradient", "copy / ours", "Tangra", "best", "MB", "Tangra", "best", "MB"):
        table.add_column(head, justify="left" if head == "case" else "right", no_wrap=True)
    columns: list[list[float]] = [[], []]
    measured: dict[str, Any] = {"wrong": []}
    for name in cases or CASES:
        row, cells = [], []
        for gradient in (False, True):
            times, bad, memory = compare(workers, name, gradient, rounds or (3 if quick else 7))
            way = f"{name} {'gradient' if gradient else 'forward'}"
            measured[way], measured[f"{way} held"] = times, memory
            measured["wrong"] += [f"{name}: {engine}" for engine in bad]
            top = best(times)
            value = ratio(times, "tangra", top)
            columns[gradient] += [] if value is None else [value]
            row.append("WRONG" if "tangra" in bad else shown(value))
            if not gradient:
                copied = shown(ratio(times, "copy", "tangra")) if "copy" in times and "tangra" in times else "–"
            cells += [seconds(statistics.median(times["tangra"])) if "tangra" in times else "–"]
            cells += ["–" if top is None else f"{top} {seconds(statistics.median(times[top]))}"]
            others = [memory[e] for e in times if e not in ("tangra", "copy")]
            cells += [f"{memory.get('tangra', 0) / 1e6:.0f}, {min(others) / 1e6:.0f}" if others else "–"]
        table.add_row(CASES[name].title, *row, copied, *cells)
    for title, pick in (("median", statistics.median), ("worst for us", max)):
        table.add_row(title, *(shown(pick(c)) if c else "–" for c in columns), style="bold")
    for worker in workers.values():
        worker.close()
    console.print(table)
    for wrong in measured["wrong"]:
        console.print(f"wrong or refused: {wrong}", style="red")
    return measured
