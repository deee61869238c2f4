"""Hunt for disagreements: `python -m tests.fuzz.run --minutes 30 --seed 0 --jobs 2 --log hunt.json`.

Programs come from consecutive seeds, until there were `--programs` of them or `--minutes` are over; prints counts,
programs a second, the reasons for refusals, the seed to go on with, and of each distinct finding (by signature) the
smallest program found, made small. With `--log` the totals are kept in a file after every batch, and a hunt with the
same file goes on where the last one stopped, also if that was ended by force. `--mode` keeps to values or derivatives,
`--one SEED` prints and runs one program, `--file PATH` runs the program in a file. Batches run in child processes;
`--isolate` gives every program a child of its own. Exit status 1 if there are findings.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass, field
from pathlib import Path

from tests.fuzz import hunt
from tests.fuzz.shrinking import shrink
from tests.fuzz.ways import Verdict

BATCH = 25


@dataclass
class Tally:
    """What came of many programs. `next_seed` is the first seed of which nothing is known; `examples` has for every
    reason for a refusal the seed of the last program refused for it."""

    sorts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    examples: dict[str, int] = field(default_factory=dict)
    findings: dict[str, tuple[hunt.Case, Verdict, int]] = field(default_factory=dict)
    next_seed: int = 0
    seconds: float = 0.0

    def add(self, case: hunt.Case, verdict: Verdict) -> None:
        """Count a verdict; of each sort of finding, the shortest program is kept."""
        self.sorts[verdict.sort] += 1
        if verdict.sort == "refused":
            self.refusals[verdict.signature] += 1
            self.examples[verdict.signature] = case.number
        if verdict.finding:
            known = self.findings.get(verdict.signature)
            count = 1 if known is None else known[2] + 1
            best = known if known is not None and len(known[0].source) <= len(case.source) else (case, verdict)
            self.findings[verdict.signature] = (best[0], best[1], count)

    @property
    def total(self) -> int:
        return sum(self.sorts.values())

    @property
    def refused_share(self) -> float:
        """The share of programs that the compiler refuses."""
        return self.sorts["refused"] / max(1, self.total)

    def write(self, path: Path) -> None:
        """Keep it in a file, which is replaced whole."""
        found = [(astuple(case), astuple(verdict), count) for case, verdict, count in self.findings.values()]
        state = {"sorts": self.sorts, "refusals": self.refusals, "examples": self.examples}
        state |= {"next_seed": self.next_seed, "seconds": self.seconds}
        new = path.with_suffix(".new")
        new.write_text(json.dumps({**state, "findings": found}, indent=1))
        new.replace(path)

    @staticmethod
    def read(path: Path) -> Tally:
        """What `write` wrote."""
        state = json.loads(path.read_text())
        tally = Tally(Counter(state["sorts"]), Counter(state["refusals"]), state.get("examples", {}))
        tally.next_seed, tally.seconds = state["next_seed"], state["seconds"]
        for case, verdict, count in state["findings"]:
            kept = hunt.Case(*case), Verdict(*verdict)
            tally.findings[kept[1].signature] = (*kept, count)
        return tally


def batches(seed: int, count: int | None, mode: str | None, size: int) -> Iterator[tuple[int, list[hunt.Case]]]:
    """The cases of consecutive seeds, of one mode if asked, in batches, each with the seed after it."""
    group: list[hunt.Case] = []
    while count is None or count > 0:
        if mode is None or hunt.mode_of(seed) == mode:
            group.append(hunt.case_of(seed))
            count = None if count is None else count - 1
        seed += 1
        if len(group) == size or count == 0:
            yield seed, group
            group = []


def sweep(
    todo: Iterator[tuple[int, list[hunt.Case]]], jobs: int, deadline: float, tally: Tally, log: Path | None
) -> None:
    """Run batches, `jobs` children at a time, until there are no more or the deadline is over."""
    started, before = time.monotonic(), tally.seconds
    running: deque[tuple[int, Future[list[tuple[hunt.Case, Verdict]]]]] = deque()

    def work(group: list[hunt.Case]) -> list[tuple[hunt.Case, Verdict]]:
        return list(zip(group, hunt.run_batch(group), strict=True))

    with ThreadPoolExecutor(jobs) as pool:
        while True:
            while len(running) < jobs and time.monotonic() < deadline:
                following = next(todo, None)
                if following is None:
                    break
                running.append((following[0], pool.submit(work, following[1])))
            if not running:
                return
            after, future = running.popleft()
            for case, verdict in future.result():
                tally.add(case, verdict)
            tally.next_seed = after
            tally.seconds = before + time.monotonic() - started
            if log is not None:
                tally.write(log)


def report(tally: Tally, shrink_seconds: float) -> None:
    """Print counts, refusals, and the findings made small."""
    counts = ", ".join(f"{count} {sort}" for sort, count in tally.sorts.most_common())
    rate = tally.total / max(tally.seconds, 1e-9)
    print(f"{tally.total} programs: {counts}; {tally.refused_share:.1%} refused; {rate:.2f} programs a second")
    print(f"go on with --seed {tally.next_seed}", flush=True)
    for signature, count in tally.refusals.most_common(25):
        print(f"{count:5d} {signature}   [seed {tally.examples.get(signature, '?')}]")
    for signature, (case, verdict, count) in sorted(tally.findings.items(), key=lambda item: -item[1][2]):
        print(f"\n==== {count} × {signature}   [seed {case.number}, {case.mode}]")
        source = case.source
        if shrink_seconds:
            source = shrink(source, hunt.still_fails(case, signature, time.monotonic() + shrink_seconds))
            verdict = hunt.run_apart(hunt.Case(source, case.number, case.mode))
        print(verdict.message[:1500])
        print(source, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Hunt as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--programs", type=int, help="how many, with those of the log (1000; with --minutes, no limit)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=lambda text: os.cpu_count() or 1 if text == "auto" else int(text), default=1)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--log", type=Path, help="a file with the totals, to go on with another time")
    parser.add_argument("--shrink", type=float, default=30.0, help="seconds for making one finding small")
    parser.add_argument("--mode", choices=["values", "derivatives", "kinked"])
    parser.add_argument("--isolate", action="store_true")
    parser.add_argument("--one", type=int)
    parser.add_argument("--file", type=Path)
    options = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    os.environ["TANGRA_CACHE"] = "0"  # every program is another one: writing them down takes time and finds nothing
    hunt.warm_up()
    if options.one is not None or options.file is not None:
        return one(options)
    tally = (
        Tally.read(options.log) if options.log is not None and options.log.exists() else Tally(next_seed=options.seed)
    )
    programs = options.programs if options.programs or options.minutes else 1000
    left = None if programs is None else max(0, programs - tally.total)
    todo = batches(tally.next_seed, left, options.mode, 1 if options.isolate else BATCH)
    deadline = time.monotonic() + 60 * (options.minutes or 1e6)
    sweep(todo, options.jobs, deadline, tally, options.log)
    report(tally, options.shrink)
    return 1 if tally.findings else 0


def one(options: argparse.Namespace) -> int:
    """Print and run one program."""
    case = hunt.case_of(options.one or 0)
    if options.file is not None:
        case = hunt.Case(options.file.read_text(), options.one or 0, options.mode or "values")
    print(case.source)
    verdict = hunt.run_apart(case)
    print(f"{verdict.sort}: {verdict.message}")
    return 1 if verdict.finding else 0


if __name__ == "__main__":
    sys.exit(main())
