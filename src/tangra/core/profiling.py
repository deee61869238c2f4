"""Running marked code: counting tape records, and sampling which line is at work."""

from __future__ import annotations

import copy
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.core.results import call_arguments
from tangra.native.marks import Gauges, Line

if TYPE_CHECKING:
    from tangra.core.compiling import Compiled

MEASURE_SECONDS = 0.4
"""A profile repeats the call for about so long."""
MAX_CALLS = 100_000
PERIOD = 0.0002
"""Seconds between two looks at the line."""


class Run:
    """Runs of one call, in plain and in marked code. Nothing of the caller's changes: written arrays are copies."""

    def __init__(self, plain: Compiled, marked: Compiled, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.plain = plain
        self.marked = marked
        arguments = call_arguments(args, kwargs)
        self.values = [p.path.read(arguments) for p in marked.params]
        self.written = {w.param for w in marked.traced.written}
        self.result_bytes = 0
        assert marked.native.gauges is not None
        self.gauges: Gauges = marked.native.gauges

    @property
    def sizes(self) -> dict[str, int]:
        """The values of the size symbols of this call."""
        found: dict[str, int] = {}
        for value, param in zip(self.values, self.marked.func.params, strict=True):
            for axis, size in enumerate(param.array.shape):
                if not isinstance(size, int):
                    found[str(size)] = value.shape[axis]
        return found

    def _fresh(self) -> list[Any]:
        return [copy.copy(v) if k in self.written else v for k, v in enumerate(self.values)]

    def _call(self, made: Compiled) -> float:
        """One call; its seconds."""
        values = self._fresh()
        start = time.perf_counter()
        try:
            results = made.native(values)
        except BaseException as e:
            raise made.exception(e) from None
        seconds = time.perf_counter() - start
        own = [r for r in results if isinstance(r, np.ndarray) and not any(r is v for v in values)]
        self.result_bytes = sum(r.nbytes for r in own)
        return seconds

    def count(self) -> dict[int, int]:
        """How many records of each push (by its id) there are at most in a call."""
        self.gauges.reset()
        self._call(self.marked)
        return self.gauges.records()

    def profile(self) -> tuple[float, dict[Line, float]]:
        """(seconds of a call in plain code, share of each line): the shortest of several calls, and samples of calls of
        marked code."""
        seconds = min(self._call(self.plain) for _ in range(3))
        samples: Counter[int] = Counter()
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(samples, done), daemon=True)
        watcher.start()
        try:
            calls = 0
            end = time.perf_counter() + MEASURE_SECONDS
            while calls < MAX_CALLS and (calls == 0 or time.perf_counter() < end):
                self._call(self.marked)
                self.gauges.line.value = 0
                calls += 1
        finally:
            done.set()
            watcher.join()
        total = sum(samples.values()) or 1
        lines = self.gauges.marks.lines
        return seconds, {lines[number - 1]: n / total for number, n in samples.items()}

    def _watch(self, samples: Counter[int], done: threading.Event) -> None:
        line = self.gauges.line
        while not done.is_set():
            number = line.value
            if number:
                samples[number] += 1
            time.sleep(PERIOD)
