"""Gradients of long loops with bounded memory: time beside the unbounded gradient, and what a process comes to hold.

    python -m benchmarks --parts memory

Each way runs in a process of its own (`python -m benchmarks.memory PROGRAM WAY TRIPS`), which compiles and calls the
gradient for a few trips, then resets the kernel's high-water mark of its resident memory.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
BOUND = 64_000_000
TRIPS, FEW = 1_000_000, 20
Loop = Callable[[Any, int], Any]


def pendulum(p: Any, trips: int) -> Any:
    """A driven pendulum, Euler steps of scalars."""
    angle, speed, cost = 0.3, 0.0, 0.0
    for i in range(trips):
        force = -p[0] * math.sin(angle) - p[1] * speed + p[2] * math.cos(0.001 * i)
        speed = speed + 1e-3 * force
        angle = angle + 1e-3 * speed
        cost += angle * angle
    return cost / trips


def recurrent(p: Any, trips: int) -> Any:
    """A recurrent cell: a state of eight numbers, a matrix product and tanh in each step."""
    state, weights = np.zeros(8), p.reshape(8, 8)
    total = 0.0
    for i in range(trips):
        state = np.tanh(weights @ state + 0.1 * np.cos(0.01 * i))
        total += state[0]
    return total / trips


def relaxation(p: Any, trips: int) -> Any:
    """A `while` loop that ends when a slowly decaying state is small enough, changed in place."""
    x = p.copy()
    rate, small, steps = 10.0 / trips, math.exp(-10.0), 0
    while x[0] > small:
        x[1] += 1e-3 * math.sin(x[1]) * x[2]
        x[0] *= 1.0 - rate
        steps += 1
    return x[0] + x[1] + steps * 0.0


PROGRAMS: dict[str, tuple[Loop, np.ndarray[Any, Any]]] = {
    "pendulum": (pendulum, np.array([2.0, 0.1, 0.5])),
    "recurrent": (recurrent, 0.3 * np.cos(np.arange(64.0))),
    "relaxation": (relaxation, np.array([1.0, 0.5, 0.3])),
}
WAYS: dict[str, dict[str, Any]] = {
    "unbounded": {"policy": "everything"},
    "memory=64MB": {"memory": BOUND},
    "sqrt, 64MB": {"policy": "sqrt", "memory": BOUND},
    "memory=1MB": {"memory": 1_000_000},
}


class Process:
    """One way of one program in a fresh process: asked for a call, it answers its CPU seconds and the gradient."""

    def __init__(self, program: str, way: str, trips: int) -> None:
        command = [sys.executable, "-m", "benchmarks.memory", program, way, str(trips)]
        self.child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what: str) -> dict[str, Any]:
        """`what`: "call", or "end" for the bytes it came to hold beyond those before the first call."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(what + "\n")
        self.child.stdin.flush()
        answer: dict[str, Any] = json.loads(self.child.stdout.readline())
        if what == "end":
            self.child.communicate()
        return answer


def serve(program: str, way: str, trips: int) -> None:
    """The child."""
    import tangra as tg

    function, p = PROGRAMS[program]
    gradient = tg.grad(tg.checkpoint(function, **WAYS[way]))
    gradient(p, FEW)
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    for line in sys.stdin:
        if line.strip() == "end":
            print(json.dumps({"bytes": max(0, _resident("VmHWM") - before)}), flush=True)
            return
        start = time.process_time()
        found = gradient(p, trips)
        print(json.dumps({"seconds": time.process_time() - start, "gradient": found.tolist()}), flush=True)


def _resident(name: str) -> int:
    """A figure of this process's memory in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


def run(console: Console, quick: bool) -> dict[str, Any]:
    """Measure in interleaved rounds, print, and give the medians; RuntimeError where a gradient or a bound is not
    kept."""
    trips = 20_000 if quick else TRIPS
    table = Table(title=f"Gradients of loops of {trips:,} trips: time / unbounded, MB added to the process")
    table.add_column("program")
    for way in WAYS:
        table.add_column(way, justify="right")
    found: dict[str, Any] = {}
    for program in PROGRAMS:
        found[program] = measure(program, trips, 3 if quick else 7)
        table.add_row(program, *(_cell(found[program][way]) for way in WAYS))
    console.print(table)
    return found


def measure(program: str, trips: int, rounds: int) -> dict[str, dict[str, float]]:
    """Per way: median ratio to the unbounded time with half its interquartile range, seconds and bytes."""
    processes = {way: Process(program, way, trips) for way in WAYS}
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    wanted = processes["unbounded"].ask("call")["gradient"]
    for _ in range(rounds):
        for way, process in processes.items():
            answer = process.ask("call")
            if not np.allclose(answer["gradient"], wanted, rtol=1e-9, atol=1e-12):
                raise RuntimeError(f"{program}, {way}: {answer['gradient']} is not {wanted}")
            times[way].append(answer["seconds"])
    made = {}
    for way, process in processes.items():
        ratios = [a / b for a, b in zip(times[way], times["unbounded"], strict=True)]
        quarters = statistics.quantiles(ratios, n=4)
        made[way] = {
            "ratio": statistics.median(ratios),
            "spread": (quarters[2] - quarters[0]) / 2,
            "seconds": statistics.median(times[way]),
            "bytes": process.ask("end")["bytes"],
        }
        check_bound(f"{program}, {way}", made[way]["bytes"], WAYS[way].get("memory"))
    return made


def check_bound(what: str, held: float, bound: int | None) -> None:
    """Error where a process came to hold more than the bound and what a call takes besides."""
    if bound is not None and held > bound + 2_000_000:
        raise RuntimeError(f"{what}: the process came to hold {held:.0f} bytes more, over the bound of {bound}")


def _cell(found: dict[str, float]) -> str:
    return f"{found['ratio']:.2f} ±{found['spread']:.2f}, {found['bytes'] / 1e6:.1f} MB"


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
