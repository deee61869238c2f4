"""Print how the compiler does on the corpus: one line per program that is not right, counts and times at the end.

usage: python -m tests.programs.run [NAME or TOPIC ...] [--verbose] [--no-isolate] [--kind KIND]

Each program runs in a forked child under an alarm (60 s), so that a crash or a hang costs one program; `--no-isolate`
runs them in this process, for a debugger. Exit status 1 unless everything asked for is right.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import registry
from .checks import Entry, Finding, check, first_line

ALARM_SECONDS = 60
KINDS = {
    "program": registry.Program,
    "rejected": registry.Rejected,
    "raises": registry.Raises,
    "transformed": registry.Transformed,
}


def _alarm(*_: Any) -> None:
    raise TimeoutError(f"no answer after {ALARM_SECONDS} s")


def _timed(entry: Entry, tangra: Any) -> tuple[Finding | None, float]:
    start = time.perf_counter()
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(ALARM_SECONDS)
    try:
        finding = check(entry, tangra)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        finding = Finding("crashed", first_line(error))
    finally:
        signal.alarm(0)
    return finding, time.perf_counter() - start


def _isolated(entry: Entry, tangra: Any) -> tuple[Finding | None, float]:
    """`_timed` in a forked child, which answers through a pipe; a child that dies is a finding."""
    start = time.perf_counter()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        status = 1
        try:
            finding, seconds = _timed(entry, tangra)
            answer = json.dumps([finding and [finding.kind, finding.message], seconds])
            with os.fdopen(writer, "w") as pipe:
                pipe.write(answer)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    answer = _answer_within(reader, child, ALARM_SECONDS + 5)
    _, status = os.waitpid(child, 0)
    seconds = time.perf_counter() - start
    if not answer:
        code = os.waitstatus_to_exitcode(status)
        cause = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return Finding("crashed", f"the process ended by {cause}"), seconds
    found, seconds = json.loads(answer)
    return (Finding(*found) if found else None), seconds


def _answer_within(reader: int, child: int, seconds: float) -> str:
    """What the child wrote; it is killed when native code keeps it from hearing its own alarm."""

    def give_up(*_: Any) -> None:
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(int(seconds))
    try:
        with os.fdopen(reader) as pipe:
            return pipe.read()
    finally:
        signal.alarm(0)


def _selected(names: Sequence[str], kind: str | None) -> list[Entry]:
    corpus = registry.load()
    entries: list[Entry] = [*corpus.programs, *corpus.rejected, *corpus.raises, *corpus.transformed]
    if kind:
        entries = [entry for entry in entries if isinstance(entry, KINDS[kind])]
    return [entry for entry in entries if not names or entry.name in names or entry.topic in names]


def _import_tangra() -> Any:
    """The package, from an installation or else from `src` beside the tests."""
    sys.path.append(str(Path(__file__).parents[2] / "src"))
    import tangra

    return tangra


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chosen programs and print what is not right."""
    parser = argparse.ArgumentParser(prog="python -m tests.programs.run", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="programs or topic files; all if none")
    parser.add_argument("--verbose", action="store_true", help="print the programs that are right, too")
    parser.add_argument("--isolate", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--kind", choices=sorted(KINDS), help="only this kind of entry")
    options = parser.parse_args(argv)
    tangra = _import_tangra()
    counts: Counter[str] = Counter()
    times: list[tuple[float, str]] = []
    for entry in _selected(options.names, options.kind):
        finding, seconds = (_isolated if options.isolate else _timed)(entry, tangra)
        outcome = finding.kind if finding else "right"
        counts[outcome] += 1
        times.append((seconds, entry.name))
        if finding or options.verbose:
            message = finding.message if finding else ""
            name = f"{entry.topic}.{entry.name}"
            print(f"{outcome:8s} {seconds:6.2f}s {name:48s} {message[:200]}", flush=True)
    _print_summary(counts, times)
    return 0 if set(counts) <= {"right"} else 1


def _print_summary(counts: Counter[str], times: list[tuple[float, str]]) -> None:
    total = sum(counts.values())
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in ("wrong", "refused", "missed", "crashed"))
    print(f"{counts['right']}/{total} right, {parts}")
    if times:
        ordered = sorted(times)
        seconds, slowest = ordered[-1]
        middle, whole = ordered[total // 2][0], sum(t for t, _ in times)
        print(f"time: {whole:.1f} s, median {middle:.2f} s, longest {seconds:.2f} s ({slowest})")


if __name__ == "__main__":
    sys.exit(main())
