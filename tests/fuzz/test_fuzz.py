"""Random programs through every way, drawn by hypothesis: no disagreement, and few refusals.

TANGRA_FUZZ_PROGRAMS says how many (all shards together). Every program runs in a child process, so that hypothesis
shrinks crashes and hangs, too; a failure prints the program.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import hunt, shrinking
from tests.fuzz.generator import programs, seeded
from tests.fuzz.hunt import Case
from tests.fuzz.inputs import Call
from tests.fuzz.ways import Verdict, has_runtime_sizes

PROGRAMS = int(os.environ.get("TANGRA_FUZZ_PROGRAMS", "400"))
SHARDS = 20
SMOOTH_SHARDS = 8
"""Shards of smooth programs, for derivatives."""
REFUSED = 0.05
"""The share of programs that may be refused."""


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """What children share is loaded before the first of them starts."""
    hunt.warm_up()


def shard_test(mode: str, shard: int, tally: Counter[str]) -> Callable[[], None]:
    """A hypothesis test of one shard's programs; `tally` gets the signature of every verdict."""

    @hypothesis.seed(shard)
    @settings(
        max_examples=max(1, PROGRAMS // SHARDS),
        derandomize=False,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(source=programs(smooth=mode == "derivatives"), number=st.integers(0, 10_000))
    def agrees(source: str, number: int) -> None:
        verdict = hunt.run_apart(Case(source, number, mode))
        tally[verdict.signature if verdict.sort == "refused" else verdict.sort] += 1
        assert not verdict.finding, f"{verdict.sort} (scenario {number}): {verdict.message}\n\n{source}"

    return agrees


@pytest.mark.parametrize("shard", range(SHARDS))
def test_ways_agree(shard: int) -> None:
    """CPython, the IR interpreter and native code agree (or, in the first shards, the derivatives do)."""
    tally: Counter[str] = Counter()
    shard_test("derivatives" if shard < SMOOTH_SHARDS else "values", shard, tally)()
    total = tally.total()
    reasons = Counter({reason: n for reason, n in tally.items() if reason.startswith("refused")})
    print(f"shard {shard}: {total} programs, {reasons.total()} refused, {tally['tie']} ties")
    for reason, count in reasons.most_common():
        print(f"{count:5d} {reason}")
    assert reasons.total() <= REFUSED * total + 3 * (REFUSED * total) ** 0.5, reasons.most_common(10)
    assert tally["tie"] <= 0.05 * total + 2, tally


# ---- the harness itself finds what it should ----------------------------------------------------------------------


def test_a_crash_is_a_finding() -> None:
    """A program that kills its process, and one that never ends, are findings; the next one is run."""
    dies = Case("import os\ndef f(x, y, s, n):\n    os.abort()\n")
    fine = Case("def f(x, y, s, n):\n    return s * 2.0\n")
    found = list(hunt.run_batch([fine, dies, fine]))
    assert [v.sort for v in found] == ["agree", "crash", "agree"]
    assert "SIGABRT" in found[1].message
    endless = Case("def f(x, y, s, n):\n    while True:\n        n = n\n")
    assert hunt.run_apart(endless, seconds=1.0) == Verdict("crash", "no answer after 1 s")


def test_shrinking_keeps_what_fails() -> None:
    """A long program is reduced to the statement that matters."""
    source = seeded(7) + "\n    MARK = 1\n"
    small = shrinking.shrink(source, lambda text: "MARK" in text)
    assert small.count("\n") <= 3


def test_seeds_are_programs_of_both_sorts() -> None:
    """Every seed gives a program that Python accepts; sizes are written both ways."""
    sources = [hunt.case_of(seed).source for seed in range(100)]
    for source in sources:
        compile(source, "<program>", "exec")
    assert 10 < sum(map(has_runtime_sizes, sources)) < 90
    assert Call() == Call(3, 2, 0, {}, False)
