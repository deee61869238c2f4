"""What a second thread brings: programs of which nearly all can be shared out, in one thread and in two.

Rounds in one and in two threads take turns, by the clock; the ratio is paired by round. Where other work runs on the
machine a round says little, so those rounds during which other processes took less than a tenth of the two cores stand
beside all of them, and so does the CPU time of both threads over that of one, which other work hardly changes: what
sharing out costs. Results of both must be the same to the last bit, and right at a small size.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import tangra as tg
from benchmarks.report import seconds

QUIET = 0.1
"""The share of the cores that other processes may take in a quiet round."""


def chain(x: Any, y: Any) -> Any:
    """Elementwise functions."""
    return np.exp(-x * x) * np.sin(y) + np.tanh(x) * np.cos(y)


def lotka_volterra(rate: float, start: float) -> float:
    """Prey after a while, by Euler's method."""
    x, y = start, 1.0
    for _ in range(2000):
        dx, dy = rate * x - x * y, x * y - y
        x, y = x + 0.005 * dx, y + 0.005 * dy
    return x


def simulations(rates: Any, starts: Any) -> Any:
    """A lane for each pair of parameters."""
    return tg.vmap(lotka_volterra)(rates, starts)


def gradients(rates: Any, starts: Any) -> Any:
    """The slopes of each lane by its parameters."""
    return tg.vmap(tg.grad(lotka_volterra, argnums=(0, 1)))(rates, starts)


def misfit(parameters: Any, starts: Any) -> float:
    """How far the lanes are from where they should be."""
    ends = tg.vmap(lotka_volterra, in_axes=(None, 0))(parameters[0], parameters[1] * starts)
    return np.mean((ends - 1.0) ** 2)


def fitted(parameters: Any, starts: Any) -> Any:
    """The slopes of a mean over all lanes by what they share."""
    return tg.grad(misfit)(parameters, starts)


def heat(u: Any, steps: int) -> Any:
    """Steps of the five-point stencil, written as loops."""
    for _ in range(steps):
        v = u.copy()
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                v[i, j] = u[i, j] + 0.2 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4.0 * u[i, j])
        u = v
    return u


def forces(positions: Any, masses: Any) -> Any:
    """Softened gravity between all pairs, and the energy."""
    n = positions.shape[0]
    pulls = np.zeros((n, 3))
    energy = 0.0
    for i in range(n):
        for j in range(n):
            dx = positions[j, 0] - positions[i, 0]
            dy = positions[j, 1] - positions[i, 1]
            dz = positions[j, 2] - positions[i, 2]
            inverse = 1.0 / np.sqrt(dx * dx + dy * dy + dz * dz + 0.01)
            w = masses[j] * inverse * inverse * inverse
            pulls[i, 0] += w * dx
            pulls[i, 1] += w * dy
            pulls[i, 2] += w * dz
            energy += masses[i] * masses[j] * inverse
    return pulls, energy


def reduced(x: Any) -> Any:
    """A sum and a maximum over all elements."""
    return np.sum(np.exp(-x * x)), np.max(np.sin(x) * x)


@dataclass(frozen=True)
class Program:
    """A program, what it is called, its arguments for a size from 0 to 1, and its meaning in CPython where that is not
    the function itself."""

    name: str
    function: Callable[..., Any]
    make: Callable[[float], tuple[Any, ...]]
    plain: Callable[..., Any] | None = None


def _numbers(*shape: int) -> Any:
    return np.random.default_rng(1).uniform(0.5, 1.5, shape)


def _slopes(rates: Any, starts: Any) -> Any:
    """Central differences."""
    h = 1e-6
    pairs = [(h, 0.0), (0.0, h)]
    return tuple(
        (lotka_volterra(rates + a, starts + b) - lotka_volterra(rates - a, starts - b)) / (2 * h) for a, b in pairs
    )


def _fitted_slopes(parameters: Any, starts: Any) -> Any:
    """Central differences."""

    def loss(rate: float, scale: float) -> float:
        return float(np.mean((lotka_volterra(rate, scale * starts) - 1.0) ** 2))

    h, (rate, scale) = 1e-6, parameters
    slopes = [loss(rate + h, scale) - loss(rate - h, scale), loss(rate, scale + h) - loss(rate, scale - h)]
    return np.array(slopes) / (2 * h)


PROGRAMS = [
    Program("elementwise chain", chain, lambda s: (_numbers(int(2_000_000 * s)), _numbers(int(2_000_000 * s)))),
    Program("sum and maximum", reduced, lambda s: (_numbers(int(4_000_000 * s)),)),
    Program("vmap of a simulation", simulations, lambda s: (_numbers(int(4000 * s)),) * 2, lotka_volterra),
    Program("batched gradient", gradients, lambda s: (_numbers(int(1000 * s)),) * 2, _slopes),
    Program("gradient through lanes", fitted, lambda s: (_numbers(2), _numbers(int(1000 * s))), _fitted_slopes),
    Program("stencil in loops", heat, lambda s: (_numbers(int(1500 * s), 1500), 12)),
    Program("n-body, all pairs", forces, lambda s: (_numbers(int(2500 * s), 3), _numbers(int(2500 * s)))),
]


def _parts(value: Any) -> list[Any]:
    return [np.asarray(v) for v in (value if isinstance(value, tuple) else (value,))]


def _check(program: Program, compiled: Any, args: tuple[Any, ...]) -> bool:
    """Whether both numbers of threads give the same bits, and a small size the right numbers."""
    found = []
    for count in (1, 2):
        tg.set_threads(count)
        found.append(_parts(compiled(*args)))
    same = all(a.tobytes() == b.tobytes() for a, b in zip(*found, strict=True))
    small = program.make(0.01)
    wanted = _parts((program.plain or program.function)(*small))
    right = all(np.allclose(a, b, rtol=1e-5, atol=1e-6) for a, b in zip(_parts(compiled(*small)), wanted, strict=True))
    return same and right


def _busy() -> float:
    """Seconds of work of all processes so far, on all cores."""
    ticks = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = ticks
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _time(compiled: Any, args: tuple[Any, ...], count: int) -> tuple[float, float]:
    """Seconds of a call by the clock, and of CPU time."""
    tg.set_threads(count)
    start, work = time.perf_counter(), time.process_time()
    compiled(*args)
    return time.perf_counter() - start, time.process_time() - work


@dataclass(frozen=True)
class Round:
    """Seconds in one thread and in two, CPU time in two over that in one, and the share of two cores that other
    processes took meanwhile."""

    one: float
    two: float
    work: float
    others: float

    @property
    def ratio(self) -> float:
        """The speed-up."""
        return self.one / self.two


def _round(compiled: Any, args: tuple[Any, ...]) -> Round:
    start, busy, mine = time.perf_counter(), _busy(), time.process_time()
    (one, alone), (two, both) = _time(compiled, args, 1), _time(compiled, args, 2)
    others = _busy() - busy - (time.process_time() - mine)
    return Round(one, two, both / alone, max(others, 0.0) / (2 * (time.perf_counter() - start)))


def _middle(rounds: Sequence[Round]) -> str:
    """The median speed-up, half the interquartile range, and how many rounds it is of."""
    if not rounds:
        return "–"
    ratios = sorted(r.ratio for r in rounds)
    quarter = len(ratios) // 4
    half = (ratios[-1 - quarter] - ratios[quarter]) / 2
    return f"{statistics.median(ratios):.2f}× ±{half:.2f} ({len(rounds)})"


def run(console: Console, quick: bool, rounds: int | None = None) -> tuple[bool, dict[str, list[list[float]]]]:
    """Measure, print; whether all answers are right, and what was measured."""
    before, measured, right = tg.get_threads(), dict[str, list[list[float]]](), True
    table = Table(title="Two threads: speed-up over one (rounds)")
    for column in ("program", "one thread, least", "all rounds", "quiet rounds", "CPU time", "same bits"):
        table.add_column(column, justify="left" if column == "program" else "right")
    for program in PROGRAMS:
        args = program.make(0.02 if quick else 1.0)
        compiled = tg.jit(program.function)
        good = _check(program, compiled, args)
        right &= good
        found = [_round(compiled, args) for _ in range(rounds or (3 if quick else 31))]
        measured[program.name] = [[r.one, r.two, r.work, r.others] for r in found]
        quiet = [r for r in found if r.others < QUIET]
        least = seconds(min(r.one for r in found))
        work = f"{statistics.median(r.work for r in found):.2f}×"
        table.add_row(program.name, least, _middle(found), _middle(quiet), work, "yes" if good else "[red]no")
    tg.set_threads(before)
    console.print(table)
    return right, measured
