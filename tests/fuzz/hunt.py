"""Checks in a child process: a crash or a hang is a finding, and the next program starts afresh."""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass

from tests.fuzz import derivatives, edits, generator, ways
from tests.fuzz.ways import Verdict

SECONDS = 200.0
"""Of CPU time for one program; a deadlock is noticed after `PATIENCE` times as long by the clock."""
PATIENCE = 10
POISONED = 4
"""One program in so many runs in poisoned memory: what it reads before it is written shows."""
OPTIMISED = 4
"""One program in so many is optimised by LLVM in full; the others, which are as they leave our compiler, take half the
time, and there are twice as many in a hunt."""
EDITED = 16
"""One program in so many is edited too, beside a cache of what it was before."""
WARM = """
import numpy as np
def f(x, y, s, n):
    t = s
    for i in range(n):
        t += np.sin(x[i % 3]) * s
    y[0] = np.exp(x) * t
    return np.sum(y @ x)
"""


@dataclass(frozen=True)
class Case:
    """A program and how it is called; `mode` is "values", or for derivatives "derivatives" of smooth programs and
    "kinked" of others."""

    source: str
    number: int = 0
    mode: str = "values"


def mode_of(seed: int) -> str:
    """The mode of a seed's program: three in ten are smooth, one in ten is not, for derivatives."""
    return "kinked" if seed % 10 == 3 else "derivatives" if seed % 5 in (1, 3) else "values"


def case_of(seed: int) -> Case:
    """The case of a seed."""
    mode = mode_of(seed)
    return Case(generator.seeded(seed, mode), seed, mode)


@contextmanager
def _options(number: int) -> Iterator[None]:
    """In every third case loops of any size run in threads, in some memory is poisoned, and some are optimised."""
    threaded, poisoned, optimised = number % 3 == 0, number % POISONED == 0, number // 20 % OPTIMISED == 0
    wanted = {
        "TANGRA_PARALLEL_WORK": "0" if threaded else str(1 << 16),
        "TANGRA_POISON": str(int(poisoned)),
        "TANGRA_OPTIMISE": "2" if optimised else "0",
    }
    before = {name: os.environ.get(name) for name in wanted}
    threads = ways.tangra().get_threads()
    os.environ.update(wanted)
    ways.tangra().set_threads(3 if threaded else 1)
    try:
        yield
    finally:
        ways.tangra().set_threads(threads)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run_here(case: Case) -> Verdict:
    """The verdict on a case, in this process."""
    try:
        with warnings.catch_warnings(), _options(case.number):
            warnings.simplefilter("ignore")
            return _checked(case)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(where.filename)}:{where.name}"
        return Verdict(
            "crash", f"{type(error).__name__} in {place}: {ways.first_line(error)}\n{traceback.format_exc()}"
        )


def _checked(case: Case) -> Verdict:
    if case.mode != "values":
        return derivatives.check(case.source, case.number)
    verdict = ways.check(case.source, case.number)
    if verdict.sort == "agree" and case.number % EDITED == 5:
        return edits.check(case.source, case.number)
    return verdict


def warm_up() -> None:
    """Load and start what every program needs, so that children have it, and their garbage collector need not look."""
    for mode in ("values", "derivatives"):
        run_here(Case(WARM, 0, mode))
    gc.collect()
    gc.freeze()


def run_apart(case: Case, seconds: float = SECONDS) -> Verdict:
    """The verdict on a case, from a child process."""
    return next(iter(run_batch([case], seconds)))


def run_batch(cases: Sequence[Case], seconds: float = SECONDS) -> Iterator[Verdict]:
    """The verdicts on cases, from one child while it lives; the case it dies in is a crash, and a new child goes on."""
    done = 0
    while done < len(cases):
        child, reader = _start(cases[done:], seconds)
        try:
            for verdict in _answers(child, reader, seconds):
                done += 1
                yield verdict
        finally:
            os.close(reader)


def _limit_cpu(seconds: float) -> None:
    """End this process after so much more CPU time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds), hard))


def _start(cases: Sequence[Case], seconds: float) -> tuple[int, int]:
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    try:
        os.close(reader)
        gc.disable()  # a batch is small, and collections are a sixth of its time
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for case in cases:
            _limit_cpu(seconds)
            verdict = run_here(case)
            os.write(writer, (json.dumps(astuple(verdict)) + "\n").encode())
    finally:
        os._exit(0)


def _answers(child: int, reader: int, seconds: float) -> Iterator[Verdict]:
    """What a child says, line by line; at its death one more verdict unless it was done."""
    text = b""
    ended = False
    try:
        while True:
            ready, _, _ = select.select([reader], [], [], PATIENCE * seconds)
            if not ready:
                os.kill(child, signal.SIGKILL)
                yield Verdict("crash", f"no end: idle for {PATIENCE * seconds:.0f} s")
                return
            piece = os.read(reader, 1 << 16)
            if not piece:
                ended = True
                break
            text += piece
            while b"\n" in text:
                line, _, text = text.partition(b"\n")
                yield Verdict(*json.loads(line))
    finally:
        if not ended:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGXCPU:
        yield Verdict("crash", f"no end after {seconds:.0f} s")
    elif code < 0:
        yield Verdict("crash", f"the process ended by {signal.Signals(-code).name}")


Predicate = Callable[[str], bool]


def still_fails(case: Case, signature: str, until: float) -> Predicate:
    """Whether another source of the same case has a finding with the same signature; never after the time `until`."""

    def fails(source: str) -> bool:
        if time.monotonic() > until:
            return False
        return run_apart(Case(source, case.number, case.mode)).signature == signature

    return fails
