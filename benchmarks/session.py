"""A case on all engines: what they answer is checked, then they are timed in interleaved rounds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.cprogram import CProgram, directional
from benchmarks.engine_process import EngineProcess, turns

VALUE_TOLERANCE, GRADIENT_TOLERANCE = 1e-9, 1e-7
WHAT = ("value", "value_and_grad")
TOO_SLOW, FAR_TOO_SLOW = 2.0, 8.0
"""Seconds: an engine that doesn't compile and takes longer is not called again, its first call is its time. One whose
value takes still longer isn't asked for the gradient."""


@dataclass
class Timing:
    """Times of one engine for the value or for value and gradient, in seconds; `error` where there is none."""

    first: float = 0.0
    times: list[float] = field(default_factory=list)
    deviation: float = 0.0
    error: str | None = None
    wrong: bool = False

    @property
    def median(self) -> float:
        """Median over the rounds."""
        return statistics.median(self.times)

    @property
    def compile(self) -> float:
        """What the first call took longer than the next."""
        return max(self.first - self.median, 0.0)


@dataclass
class Result:
    """All engines on one case; `peak` is the bytes a worker came to hold beyond what it started with."""

    case: Case
    timings: dict[str, dict[str, Timing]] = field(default_factory=dict)
    peak: dict[str, int] = field(default_factory=dict)

    def get(self, engine: str, what: str) -> Timing | None:
        """The timing, if it has times."""
        timing = self.timings.get(engine, {}).get(what)
        return timing if timing is not None and timing.times else None

    def ratio(self, over: tuple[str, str], under: tuple[str, str]) -> tuple[float, float] | None:
        """Median and half the interquartile range of the ratio, paired by round."""
        a, b = self.get(*over), self.get(*under)
        if a is None or b is None:
            return None
        if min(len(a.times), len(b.times)) < 4:
            return a.median / b.median, 0.0
        ratios = [x / y for x, y in zip(a.times, b.times, strict=False)]
        quarters = statistics.quantiles(ratios, n=4)
        return statistics.median(ratios), (quarters[2] - quarters[0]) / 2


class Reference:
    """What a case must give: the value of the C program, and derivatives along directions by dual numbers."""

    def __init__(self, case: Case, quick: bool) -> None:
        self._args = case.arguments(quick)
        self.value = CProgram(case, self._args).value()
        self._directions = case.directions(self._args)
        self._slopes = np.array([directional(case, self._args, d) for d in self._directions])

    def deviations(self, value: float, gradient: Sequence[float] | None) -> tuple[float, float]:
        """Relative error of the value, and of the slopes relative to the largest."""
        off = abs(value - self.value) / abs(self.value)
        if gradient is None:
            return off, 0.0
        grid = np.asarray(gradient).reshape(self._args[0].shape)
        slopes = np.array([np.sum(grid * d) for d in self._directions])
        return off, float(np.max(np.abs(slopes - self._slopes)) / np.max(np.abs(self._slopes)))


def check(answer: dict[str, Any], reference: Reference) -> Timing:
    """A timing without times, right, wrong or refused."""
    if "error" in answer:
        return Timing(error=answer["error"])
    value, slopes = reference.deviations(answer["value"], answer["gradient"])
    right = value <= VALUE_TOLERANCE and slopes <= GRADIENT_TOLERANCE
    return Timing(first=answer["first"], deviation=max(value, slopes), wrong=not right)


def run_case(case: Case, engines: Sequence[str], quick: bool, rounds: int, slice_seconds: float) -> Result:
    """Check the engines, then time those that are right: `rounds` rounds, about `slice_seconds` for each in a round."""
    reference = Reference(case, quick)
    result = Result(case)
    size = ["--quick"] if quick else []
    workers = {e: EngineProcess(e, "benchmarks.worker", case.name, e, *size) for e in engines}
    calls: dict[tuple[str, str], int] = {}
    for engine, worker in workers.items():
        result.timings[engine] = {}
        for what in WHAT:
            timing = result.timings[engine][what] = check(worker.ask(do="prepare", what=what), reference)
            if timing.error is None and not timing.wrong:
                calls[engine, what] = plan(worker, engine, what, timing, slice_seconds)
            if timing.first > FAR_TOO_SLOW and not calls.get((engine, what)):
                break
    for engine in turns(list(workers), rounds):
        for what in WHAT:
            if calls.get((engine, what)):
                answer = workers[engine].ask(do="time", what=what, calls=calls[engine, what])
                result.timings[engine][what].times.append(answer["seconds"])
    for engine, worker in workers.items():
        answer = worker.ask(do="end")
        result.peak[engine] = answer.get("peak", 0) - answer.get("base", 0)
        worker.close()
    return result


def plan(worker: EngineProcess, engine: str, what: str, timing: Timing, slice_seconds: float) -> int:
    """How many calls fill a slice; none for an engine so slow that its first call has to do."""
    if engine in ("numpy", "torch") and timing.first > TOO_SLOW:
        timing.times = [timing.first]
        return 0
    once = float(worker.ask(do="time", what=what, calls=1)["seconds"])
    return max(1, round(slice_seconds / once))
