"""Time to compile: the cases, cold, and functions of growing length beside other engines that compile."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import case, growing
from benchmarks.engines import SINGLE_THREAD, available, interpreter
from benchmarks.report import TITLES, seconds

ROOT = Path(__file__).resolve().parents[1]
SIZES = (100, 300, 1_000, 3_000, 10_000, 20_000)
WHAT = {"value": "value", "value_and_grad": "value and gradient"}
Growth = dict[str, dict[str, list[dict[str, Any]]]]
"""By form and engine: what `growing.measure` found."""


def cold(names: Sequence[str]) -> dict[str, dict[str, float]]:
    """CPU seconds to compile the value, and the value with gradient, of cases: nothing comes from the disk."""
    import tangra as tg

    before, os.environ["TANGRA_CACHE"] = os.environ.get("TANGRA_CACHE"), "0"
    found: dict[str, dict[str, float]] = {}
    try:
        for name in (names[0], *names):  # what the first one of a process takes besides is not counted
            loaded = case.load(name)
            arguments = loaded.arguments(True)
            times = {}
            for what, function in (("value", tg.jit), ("value_and_grad", tg.value_and_grad)):
                made = function(loaded.program)
                start = time.process_time()
                getattr(made, "compiled", made).lower(*arguments)
                times[what] = time.process_time() - start
            found[name] = times
    finally:
        del os.environ["TANGRA_CACHE"]
        if before is not None:
            os.environ["TANGRA_CACHE"] = before
    return found


def cold_table(found: dict[str, dict[str, float]]) -> Table:
    """The cases, their median and the worst."""
    table = Table(title="Cold compilation of the cases, CPU time")
    table.add_column("case", no_wrap=True)
    for title in (*WHAT.values(), "both"):
        table.add_column(title, justify="right")
    rows = {name: [times["value"], times["value_and_grad"], sum(times.values())] for name, times in found.items()}
    for name, row in rows.items():
        table.add_row(case.load(name).title, *map(seconds, row))
    for name, pick in (("median", statistics.median), ("most", max)):
        table.add_row(name, *[seconds(pick(column)) for column in zip(*rows.values(), strict=True)], style="bold")
    return table


def grown(engine: str, form: str, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """What an engine takes for functions of these lengths, as far as it gets in time."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    command = [interpreter(engine) or sys.executable, "-m", "benchmarks.growing", engine, form, *map(str, sizes)]
    environment = {**os.environ, **SINGLE_THREAD, "PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def growth(engines: Sequence[str], sizes: Sequence[int]) -> Growth:
    """All forms on all engines; their values have to agree with CPython's."""
    measured: Growth = {}
    for form in growing.FORMS:
        measured[form] = {engine: grown(engine, form, sizes) for engine in engines}
        for engine, rows in measured[form].items():
            for row in rows:
                expected = float(growing.program(form, row["size"])(growing.POINT))
                for what in WHAT:
                    if what in row and not math.isclose(row[f"result of {what}"], expected, rel_tol=1e-9):
                        raise RuntimeError(f"{engine}: {form} of {row['size']} gives {row[f'result of {what}']}")
    return measured


def growth_table(form: str, rows: dict[str, list[dict[str, Any]]], sizes: Sequence[int]) -> Table:
    """Time by length and engine, and ours per operation."""
    table = Table(title=f"Compile time by length: {form}, CPU time")
    table.add_column("operations", justify="right")
    for engine in rows:
        for what, title in WHAT.items():
            if any(what in row for row in rows[engine]):
                table.add_column(f"{TITLES[engine]} {title}", justify="right")
                if engine == "tangra":
                    table.add_column("per operation", justify="right")
    for size in sizes:
        cells = []
        for engine, measured in rows.items():
            row = next((row for row in measured if row["size"] == size), {})
            for what in WHAT:
                if any(what in each for each in measured):
                    cells.append(seconds(row[what]) if what in row else "–")
                    if engine == "tangra":
                        cells.append(seconds(row[what] / size) if what in row else "–")
        table.add_row(f"{size:,}", *cells)
    return table


def draw(measured: Growth, path: Path) -> None:
    """Time over length, a panel for each form; time in proportion to length is a line that rises by 45 degrees."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(measured), figsize=(10.0, 4.2), sharey=True, layout="constrained")
    colours = {"tangra": "#3a6ea5", "jax": "#e07a3f", "numba": "#5b8c5a"}
    for panel, (form, rows) in zip(panels, measured.items(), strict=True):
        for engine, found in rows.items():
            for what, style in (("value", "--"), ("value_and_grad", "-")):
                points = [(row["size"], row[what]) for row in found if what in row]
                if points:
                    label = f"{TITLES[engine]}, {WHAT[what]}"
                    panel.plot(*zip(*points, strict=True), style, marker="o", ms=3, color=colours[engine], label=label)
        panel.set(title=form, xlabel="operations", xscale="log", yscale="log")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("seconds to compile")
    panels[0].legend(fontsize="small")
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def run(console: Console, quick: bool, engines: Sequence[str] | None = None, chart: Path | None = None) -> object:
    """Measure, print, draw, and give the seconds."""
    names = case.names()[:3] if quick else case.names()
    found = cold(names)
    console.print(cold_table(found))
    sizes = SIZES[:2] if quick else SIZES
    chosen = [e for e in growing.ENGINES if (engines is None or e in engines) and available(e)]
    measured = growth(chosen, sizes)
    for form, rows in measured.items():
        console.print(growth_table(form, rows, sizes))
    if chart is not None:
        if importlib.util.find_spec("matplotlib") is None:
            raise SystemExit("--chart needs matplotlib")
        draw(measured, chart.with_stem(f"{chart.stem}-compiling"))
    return {"cold": found, "growth": measured}
