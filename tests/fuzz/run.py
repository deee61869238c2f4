"""Hunt for disagreements: `python -m tests.fuzz.run --programs 1000 --seed 0 [--jobs 2] [--minutes 10] [--isolate]`.

Programs come from consecutive seeds; prints counts, the reasons for refusals, and of each distinct finding (by
signature) the smallest program found. `--mode` keeps to values or derivatives, `--one SEED` prints and runs one
program, `--file PATH` runs the program in a file. Batches run in child processes; `--isolate` gives every program a
child of its own. Exit status 1 if there are findings.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import hunt
from tests.fuzz.shrinking import shrink
from tests.fuzz.ways import Verdict

BATCH = 25


@dataclass
class Tally:
    """What came of many programs."""

    sorts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    findings: dict[str, tuple[hunt.Case, Verdict, int]] = field(default_factory=dict)

    def add(self, case: hunt.Case, verdict: Verdict) -> None:
        """Count a verdict; of each sort of finding, the shortest program is kept."""
        self.sorts[verdict.sort] += 1
        if verdict.sort == "refused":
            self.refusals[verdict.signature] += 1
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


def cases(seed: int, count: int, mode: str | None) -> Iterator[hunt.Case]:
    """The cases of consecutive seeds, of one mode if asked."""
    while count:
        case = hunt.case_of(seed)
        seed += 1
        if mode is None or case.mode == mode:
            count -= 1
            yield case


def sweep(all_cases: Sequence[hunt.Case], jobs: int, batch: int, deadline: float, tally: Tally) -> None:
    """Run cases in `jobs` children at a time until the deadline."""
    groups = [all_cases[k : k + batch] for k in range(0, len(all_cases), batch)]

    def work(group: Sequence[hunt.Case]) -> list[tuple[hunt.Case, Verdict]]:
        if time.monotonic() > deadline:
            return []
        return list(zip(group, hunt.run_batch(group), strict=True))

    with ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(work, group) for group in groups]):
            for case, verdict in future.result():
                tally.add(case, verdict)


def report(tally: Tally, shrink_seconds: float) -> None:
    """Print counts, refusals, and the findings made small."""
    counts = ", ".join(f"{count} {sort}" for sort, count in tally.sorts.most_common())
    print(f"{tally.total} programs: {counts}; {tally.refused_share:.1%} refused", flush=True)
    for signature, count in tally.refusals.most_common(25):
        print(f"{count:5d} {signature}")
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
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--shrink", type=float, default=30.0, help="seconds for making one finding small")
    parser.add_argument("--mode", choices=["values", "derivatives"])
    parser.add_argument("--isolate", action="store_true")
    parser.add_argument("--one", type=int)
    parser.add_argument("--file", type=Path)
    options = parser.parse_args(argv)
    hunt.warm_up()
    if options.one is not None or options.file is not None:
        return one(options)
    tally = Tally()
    drawn = list(cases(options.seed, options.programs, options.mode))
    sweep(drawn, options.jobs, 1 if options.isolate else BATCH, time.monotonic() + 60 * options.minutes, tally)
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
