"""From the cache on disk in a new process: `python -m benchmarks.cached [CASE …]`.

Every case runs in three new processes with a cache of their own; the last two find there what was compiled. Times are
the lesser of theirs, in CPU time: importing NumPy, importing Tangra after that, and the first calls of the value and of
the gradient, of each the time of a second call taken off. Python's own bytecode is kept between the processes, as it is
for an installed package.
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
from benchmarks.report import seconds

CHILD = """
import sys, time
start = time.process_time()
import numpy
times = {"NumPy": time.process_time() - start}
start = time.process_time()
import tangra as tg
tg.jit
times["import"] = time.process_time() - start
import json
from benchmarks import case
found = case.load(sys.argv[1])
for name, function in (("value", tg.jit(found.program)), ("gradient", tg.value_and_grad(found.program))):
    for sign in (1, -1):
        arguments = found.arguments(True)
        start = time.process_time()
        function(*arguments)
        times[name] = times.get(name, 0.0) + sign * (time.process_time() - start)
print(json.dumps(times))
"""
PARTS = ("NumPy", "import", "value", "gradient")


def measure(name: str, folder: str) -> dict[str, float]:
    """CPU seconds of the parts in a new process that finds the case in the cache."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"TANGRA_CACHE": "1", "TANGRA_CACHE_DIR": folder, "PYTHONPYCACHEPREFIX": str(Path(folder) / "pyc")}
    command = [sys.executable, "-c", CHILD, name]
    outputs = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(3)]
    found = [json.loads(done.stdout) for done in outputs[1:]]
    return {part: min(times[part] for times in found) for part in found[0]}


def main(names: list[str]) -> None:
    """Measure and print."""
    table = Table(title="From the cache in a new process, CPU time")
    for column in ("case", *PARTS):
        table.add_column(column, justify="left" if column == "case" else "right")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        for name in names:
            found.append(measure(name, folder))
            table.add_row(name, *[seconds(found[-1][part]) for part in PARTS])
    middle = {part: statistics.median(times[part] for times in found) for part in found[0]}
    table.add_row("median", *[seconds(middle[part]) for part in PARTS])
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:] or case.names())
