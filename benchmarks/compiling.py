"""Time to compile: straight-line programs of growing size, and what the parts take."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.report import seconds

SIZES = (100, 300, 1_000, 3_000, 10_000)


def program_of(operations: int) -> Callable[[np.ndarray], float]:
    """A function of that many operations in a row on scalars, from source text as a user's file would hold it."""
    lines = [f"    t{k} = t{k - 1} * x[{k % 4}] + {0.5 + k % 7 * 0.1}" for k in range(1, operations // 2)]
    text = "\n".join(["def f(x):", "    t0 = x[0]", *lines, f"    return t{operations // 2 - 1}"])
    import linecache

    name = f"<straight line of {operations}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space: dict[str, Callable[[np.ndarray], float]] = {}
    exec(compile(text, name, "exec"), space)
    return space["f"]


def cold(make: Callable[[], Callable[[np.ndarray], object]]) -> float:
    """Seconds from nothing to the first result."""
    x = np.array([0.5, 0.25, 0.125, 0.75])
    start = time.perf_counter()
    make()(x)
    return time.perf_counter() - start


def run(console: Console, quick: bool) -> dict[str, dict[int, float]]:
    """Measure, print, and give the seconds by size."""
    import tangra as tg

    found: dict[str, dict[int, float]] = {"value": {}, "value and gradient": {}}
    cold(lambda: tg.value_and_grad(program_of(10)))
    for size in SIZES[:2] if quick else SIZES:
        f = program_of(size)
        found["value"][size] = cold(lambda f=f: tg.jit(f))  # type: ignore[misc]
        found["value and gradient"][size] = cold(lambda f=f: tg.value_and_grad(f))  # type: ignore[misc]
    table = Table(title="Compile time of straight-line programs")
    table.add_column("operations", justify="right")
    for name in found:
        table.add_column(name, justify="right")
        table.add_column("per operation", justify="right")
    for size in found["value"]:
        cells = [(seconds(by[size]), seconds(by[size] / size)) for by in found.values()]
        table.add_row(str(size), *[cell for pair in cells for cell in pair])
    console.print(table)
    return found
