"""From the cache on disk in a new process: `python -m benchmarks.cached [CASE …]`, for Tangra, and for JAX and Numba
where they are installed (JAX with its persistent cache, Numba with `cache=True`, which has values only).

Every case runs in three new processes with a cache of their own; the last two find there what was compiled. Times are
the lesser of theirs, in CPU time: importing NumPy, importing the engine after that, and the first calls of the value
and of the gradient, of each the time of a second call taken off. Python's own bytecode is kept between the processes,
as it is for an installed package.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import case
from benchmarks.engines import SINGLE_THREAD, available, interpreter
from benchmarks.report import TITLES, seconds

ROOT = Path(__file__).resolve().parents[1]
CACHES = ("TANGRA_CACHE_DIR", "JAX_COMPILATION_CACHE_DIR", "NUMBA_CACHE_DIR")

CHILD = """
import sys, time
start = time.process_time()
import numpy
times = {"NumPy": time.process_time() - start}
engine, name = sys.argv[1:]
start = time.process_time()
__import__(engine).jit
times["import"] = time.process_time() - start
import json
from benchmarks import case
from benchmarks.engines import ENGINES, Unsupported
found = case.load(name)
try:
    made = ENGINES[engine](found, found.arguments(True))
    for part, function in (("value", made.value), ("gradient", made.value_and_grad)):
        for sign in (1, -1):
            start = time.process_time()
            function()
            times[part] = times.get(part, 0.0) + sign * (time.process_time() - start)
except Unsupported:
    times.pop("gradient", None)
print(json.dumps(times))
"""
PARTS = ("NumPy", "import", "value", "gradient")


def measure(engine: str, name: str, folder: str) -> dict[str, float]:
    """CPU seconds of the parts in a new process that finds the case in the cache."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | SINGLE_THREAD
    environment |= {"TANGRA_CACHE": "1", "PYTHONPYCACHEPREFIX": str(Path(folder) / "pyc")}
    environment |= {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), environment.get("PYTHONPATH", "")])}
    environment |= {variable: str(Path(folder) / engine) for variable in CACHES}
    environment |= {
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    command = [interpreter(engine) or sys.executable, "-c", CHILD, engine, name]
    outputs = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(3)]
    found = [json.loads(done.stdout) for done in outputs[1:]]
    return {part: min(times[part] for times in found) for part in found[0]}


def medians(engine: str, names: list[str], folder: str) -> dict[str, float]:
    """Measure an engine, print its cases, and give the median of each part."""
    table = Table(title=f"{TITLES[engine]} from the cache in a new process, CPU time")
    for column in ("case", *PARTS):
        table.add_column(column, justify="left" if column == "case" else "right")
    found = []
    for name in names:
        found.append(measure(engine, name, folder))
        table.add_row(name, *[seconds(found[-1][part]) if part in found[-1] else "–" for part in PARTS])
    parts = {part: [times[part] for times in found if part in times] for part in PARTS}
    middle = {part: statistics.median(times) for part, times in parts.items() if times}
    table.add_row("median", *[seconds(middle[part]) if part in middle else "–" for part in PARTS], style="bold")
    Console().print(table)
    return middle


def main(names: list[str]) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        for engine in filter(available, ("tangra", "jax", "numba")):
            medians(engine, names, folder)


if __name__ == "__main__":
    main(sys.argv[1:] or case.names())
