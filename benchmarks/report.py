"""The tables and the chart of a run."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.session import WHAT, Result, Timing

TITLES = {"c": "C", "tangra": "Tangra", "numba": "Numba", "jax": "JAX", "torch": "PyTorch", "numpy": "CPython"}


def seconds(value: float) -> str:
    """A time with three digits and its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def times(ratio: tuple[float, float] | None, spread: bool = True) -> str:
    """A ratio with its spread."""
    if ratio is None:
        return "–"
    middle, half = ratio
    if middle >= 100:
        return f"{middle:,.0f}×"
    shown = f"{middle:.3g}" if middle >= 10 else f"{middle:.2f}"
    return f"{shown} ±{half:.2f}" if spread and middle < 10 else f"{shown}×"


def ratio_table(results: Sequence[Result], engines: Sequence[str]) -> Table:
    """Ratios first: Tangra to C, gradient to value, peers to Tangra."""
    table = Table(title="Ratios (median of rounds ± half the interquartile range)")
    peers = [e for e in engines if e not in ("c", "tangra")]
    table.add_column("case", no_wrap=True)
    for head in ("value / C", "gradient / C adjoint", "gradient / value"):
        table.add_column(head, justify="right")
    for peer in peers:
        table.add_column(f"{TITLES[peer]} value / ours", justify="right")
        if any(r.get(peer, "value_and_grad") for r in results):
            table.add_column(f"{TITLES[peer]} gradient / ours", justify="right")
    rows = [_ratios(r, peers, results) for r in results]
    for result, row in zip(results, rows, strict=True):
        spread = [times(x, k < 3) for k, x in enumerate(row)]
        table.add_row(result.case.title, *[_failed(result) or s if k == 0 else s for k, s in enumerate(spread)])
    for name in ("median", "worst for us"):
        cells = []
        for k, column in enumerate(zip(*rows, strict=True)):
            known = [x[0] for x in column if x is not None]
            pick = statistics.median if name == "median" else max if k < 3 else min
            cells.append(times((pick(known), 0.0), False) if known else "–")
        table.add_row(name, *cells, style="bold")
    return table


def _ratios(r: Result, peers: Sequence[str], results: Sequence[Result]) -> list[tuple[float, float] | None]:
    value, both = WHAT
    row = [
        r.ratio(("tangra", value), ("c", value)),
        r.ratio(("tangra", both), ("c", both)),
        r.ratio(("tangra", both), ("tangra", value)),
    ]
    for peer in peers:
        row.append(r.ratio((peer, value), ("tangra", value)))
        if any(x.get(peer, both) for x in results):
            row.append(r.ratio((peer, both), ("tangra", both)))
    return row


def _failed(r: Result) -> str:
    timing = r.timings.get("tangra", {}).get("value")
    return "" if timing is None or timing.times else "WRONG" if timing.wrong else "refused"


def time_table(results: Sequence[Result], engines: Sequence[str]) -> Table:
    """Times per call, value and value with gradient."""
    table = Table(title="CPU time per call: value | value and gradient (median)")
    table.add_column("case", no_wrap=True)
    for engine in engines:
        table.add_column(TITLES[engine], justify="right")
    for result in results:
        table.add_row(result.case.title, *[" | ".join(_time(result, e, w) for w in WHAT) for e in engines])
    return table


def _time(result: Result, engine: str, what: str) -> str:
    timing = result.timings.get(engine, {}).get(what)
    if timing is not None and timing.wrong:
        return "WRONG"
    return seconds(timing.median) if timing is not None and timing.times else "–"


def cost_table(results: Sequence[Result], engines: Sequence[str]) -> Table:
    """Compile times and peak memory."""
    compiled = [e for e in engines if e in ("tangra", "numba", "jax")]
    table = Table(title="Compile time: value | value and gradient; memory at most beyond the start, MB")
    table.add_column("case", no_wrap=True)
    for engine in compiled:
        table.add_column(TITLES[engine], justify="right")
    for engine in engines:
        table.add_column(f"{TITLES[engine]} MB", justify="right")
    for result in results:
        cells = [" | ".join(_compile(result.get(e, w)) for w in WHAT) for e in compiled]
        memory = [f"{result.peak.get(e, 0) / 1e6:.0f}" if result.get(e, "value") else "–" for e in engines]
        table.add_row(result.case.title, *cells, *memory)
    return table


def _compile(timing: Timing | None) -> str:
    return "–" if timing is None else seconds(timing.compile)


def machine() -> str:
    """The processor, in words."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        fields = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        model = f"{fields.get('model name', model)} (family {fields.get('cpu family')}, model {fields.get('model')})"
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def print_report(console: Console, results: Sequence[Result], engines: Sequence[str]) -> None:
    """All tables, and what was refused or wrong."""
    for table in (ratio_table, time_table, cost_table):
        console.print(table(results, engines))
    for result in results:
        for engine, parts in result.timings.items():
            for what, timing in parts.items():
                if timing.wrong:
                    console.print(f"WRONG: {engine} {what} of {result.case.name} is off by {timing.deviation:.1e}")
                elif timing.error and not timing.error.startswith("Unsupported"):
                    first = timing.error.splitlines()[0][:160]
                    console.print(f"refused: {engine} {what} of {result.case.name}: {first}", markup=False)


def draw(results: Sequence[Result], path: Path) -> None:
    """A bar per case: Tangra's time over C's, values and gradients."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8.0, 0.32 * len(results) + 1.6), layout="constrained")
    for offset, what, colour, label in (
        (-0.2, "value", "#3a6ea5", "value, over C at -O3"),
        (0.2, "value_and_grad", "#e07a3f", "value and gradient, over the adjoint by hand in C"),
    ):
        for k, result in enumerate(results):
            ratio = result.ratio(("tangra", what), ("c", what))
            if ratio is not None:
                axes.barh(k + offset, ratio[0], 0.36, xerr=ratio[1], color=colour, label=label, error_kw={"lw": 0.8})
                label = ""
    axes.axvline(1.0, color="black", lw=0.8)
    axes.set_yticks(range(len(results)), [r.case.title for r in results])
    axes.invert_yaxis()
    axes.set_xlabel("time over C's (less is better)")
    axes.legend(loc="lower right", fontsize="small")
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Everything measured."""
    return [
        {
            "case": r.case.name,
            "peak": r.peak,
            "timings": {
                engine: {
                    what: {"first": t.first, "times": t.times, "deviation": t.deviation, "error": t.error}
                    for what, t in parts.items()
                }
                for engine, parts in r.timings.items()
            },
        }
        for r in results
    ]
