"""`python -m benchmarks.checking FOLDER [--python VENV]`: processor time of each command in a process of its own, in
interleaved rounds, as ratios to mypy's in the same rounds; and how many shapes were known."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def spent(command: list[str], environment: dict[str, str]) -> tuple[float, float, str]:
    """Processor and wall-clock seconds of a command, and the last line that it prints. Raises `SystemExit` for one that
    fails otherwise than by finding something."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        output.seek(0)
        lines = output.read().splitlines()
    if os.waitstatus_to_exitcode(status) not in (0, 1) or any("prevented further" in line for line in lines):
        raise SystemExit("\n".join([" ".join(command[:6]), *lines[-5:]]))
    return usage.ru_utime + usage.ru_stime, wall, lines[-1] if lines else ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checking", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    more = [] if options.python is None else ["--python", str(options.python)]
    check = [sys.executable, "-m", "tangra.cli", "check", *more]
    mypy = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", os.devnull, "--follow-imports", "skip"]
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as copies:
        shutil.copytree(options.folder, Path(copies, "copied"))  # mypy takes no files from among installed packages
        files = sorted(str(path) for path in Path(copies).rglob("*.py"))
        environment = {**os.environ, "TANGRA_CACHE": "1", "TANGRA_CACHE_DIR": cache}
        environment["PYTHONPYCACHEPREFIX"] = str(Path(cache, "bytecode"))  # which installed packages have
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        commands = {
            "tangra check, from scratch": [*check, "--no-cache", str(options.folder)],
            "tangra check, from its cache": [*check, str(options.folder)],
            "mypy, from scratch": [*mypy, "--check-untyped-defs", *files],
        }
        spent(commands["tangra check, from its cache"], environment)
        rows: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        last = ""
        for _ in range(options.rounds):
            for name, command in commands.items():
                processor, wall, line = spent(command, environment)
                rows[name].append((processor, wall))
                last = line if line.startswith("shapes known") else last
    print(f"{len(files)} files; {last}")
    base = statistics.median(processor for processor, _ in rows["mypy, from scratch"])
    for name, times in rows.items():
        processor, wall = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = f"{processor / base:.2f} of mypy's"
        print(f"{name:30} {processor:6.2f} s of processor time, {wall:6.2f} s by the clock: {ratio}")


if __name__ == "__main__":
    main()
