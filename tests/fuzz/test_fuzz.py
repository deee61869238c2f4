"""Random programs through every way, drawn by hypothesis: no disagreement, and few refusals.

TANGRA_FUZZ_PROGRAMS says how many different ones (all shards together). They run in child processes, a batch in each;
a crash costs the batch nothing but the program that crashed. A failure prints the program, made small.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from tangra.core.reachable import Reachable
from tests.fuzz import compositions, edits, hunt, modules, run, shrinking, ways
from tests.fuzz.compare import Outcome
from tests.fuzz.generator import programs, seeded
from tests.fuzz.hunt import Case
from tests.fuzz.inputs import Call, make
from tests.fuzz.subjects import Subject
from tests.fuzz.ways import Verdict, has_runtime_sizes

PROGRAMS = int(os.environ.get("TANGRA_FUZZ_PROGRAMS", "2000"))
SHARDS = 40
SMOOTH_SHARDS = 12
"""Shards of smooth programs, for derivatives."""
KINKED_SHARDS = 4
"""Shards of others, for derivatives."""
REFUSED = 0.06
"""The share of programs that may be refused."""
SHRINK_SECONDS = 30.0


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """What children share is loaded before the first of them starts."""
    hunt.warm_up()


class Enough(Exception):
    """Ends the drawing."""


def drawn(mode: str, shard: int, count: int) -> list[Case]:
    """Different programs, drawn by hypothesis."""
    found: dict[str, Case] = {}

    @hypothesis.seed(shard)
    @settings(
        max_examples=10 * count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(source=programs(mode), number=st.integers(0, 10_000))
    def collect(source: str, number: int) -> None:
        if len(found) >= count:
            raise Enough
        found.setdefault(source, Case(source, number, mode))

    try:
        collect()
    except Enough:
        pass
    return list(found.values())


def small(case: Case, verdict: Verdict) -> str:
    """A finding for the reader: what is wrong, and a program that shows it."""
    fails = hunt.still_fails(case, verdict.signature, time.monotonic() + SHRINK_SECONDS)
    return f"{verdict.sort} (scenario {case.number}): {verdict.message}\n\n{shrinking.shrink(case.source, fails)}"


@pytest.mark.parametrize("shard", range(SHARDS))
def test_ways_agree(shard: int) -> None:
    """CPython, the IR interpreter and native code agree (or, in the first shards, the derivatives do)."""
    mode = "derivatives" if shard < SMOOTH_SHARDS else "kinked" if shard < SMOOTH_SHARDS + KINKED_SHARDS else "values"
    cases = drawn(mode, shard, max(1, PROGRAMS // SHARDS))
    sorts: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    before: Verdict | None = None
    for case, verdict in zip(cases, hunt.run_batch(cases), strict=True):
        assert not verdict.finding, small(case, verdict)
        sorts[verdict.sort] += 1
        # hypothesis draws programs that differ in little one after the other: what refuses them all counts once
        alike = before is not None and (before.sort, before.signature) == (verdict.sort, verdict.signature)
        refusals.update([verdict.signature] if verdict.sort == "refused" and not alike else [])
        before = verdict
    print(f"shard {shard}: {dict(sorts)}")
    for reason, count in refusals.most_common():
        print(f"{count:5d} {reason}")
    total = sorts.total()
    assert refusals.total() <= REFUSED * total + 3 * (REFUSED * total) ** 0.5, refusals.most_common(10)
    assert sorts["tie"] <= 0.05 * total + 2, sorts


# ---- the harness itself finds what it should ----------------------------------------------------------------------


def test_a_crash_is_a_finding() -> None:
    """A program that kills its process, and one that never ends, are findings; the next one is run."""
    dies = Case("import os\ndef f(x, y, s, n):\n    os.abort()\n")
    fine = Case("def f(x, y, s, n):\n    return s * 2.0\n")
    found = list(hunt.run_batch([fine, dies, fine]))
    assert [v.sort for v in found] == ["agree", "crash", "agree"]
    assert "SIGABRT" in found[1].message
    endless = Case("def f(x, y, s, n):\n    while True:\n        n = n\n")
    assert hunt.run_apart(endless, seconds=1.0) == Verdict("crash", "no end after 1 s")


def test_a_derivative_that_is_not_a_number() -> None:
    """It is a tie where numbers on the way grow beyond the range of floats, and a finding elsewhere."""
    grows = (
        "import numpy as np\ndef f(x, y, s, n):\n    for i in range(12):\n        s = s * s\n    return np.tanh(s)\n"
    )
    verdict = hunt.run_apart(Case(grows.replace("s * s", "s * s + 2.0"), 0, "derivatives"))
    assert verdict == Verdict("tie", "numbers on the way are beyond the range of floats")
    root = "import numpy as np\ndef f(x, y, s, n):\n    return np.sum(np.sqrt(x - x)) + s\n"
    assert hunt.run_apart(Case(root, 0, "derivatives")).sort == "wrong"


def test_an_order_of_saturated_values_is_a_tie() -> None:
    """Where the last bit of a `tanh` decides, an order is a tie; that of values apart is a finding."""

    def places(x: np.ndarray) -> np.ndarray:
        return np.argsort(np.tanh(x), kind="stable")

    for x, sort in ((np.array([18.5, 18.6, -3.0]), "tie"), (np.array([1.5, 1.6, -3.0]), "wrong")):
        wanted, found = ways.outcome(places, (x,)), Outcome(np.array([2, 1, 0]), None, (x,))
        assert wanted.result.tolist() == [2, 0, 1]
        assert ways.judge("native", found, wanted, places, lambda: (x.copy(),), single=False).sort == sort


EDITABLE = """
import numpy as np

SCALE = 0.5


def g(u, by=2.0):
    return np.sum(u) * by * SCALE


def f(x, y, s, n):
    total = 0.0
    for k in range(3):
        total += g(x, 1.5) - k
    return total * s
"""


def test_a_cache_that_sees_no_edits_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Edited programs agree beside the cache of what they were; not if all programs count as one to it."""
    assert [edits.check(EDITABLE, number).sort for number in range(4)] == ["agree"] * 4
    monkeypatch.setattr(Reachable, "digest", lambda self: "the same")
    assert "wrong" in [edits.check(EDITABLE, number).sort for number in range(4)]


COMPOSABLE = """
import numpy as np

def f(x, y, s, n):
    t = s
    for i in range(n % 3):
        t = t + np.sin(x[i]) * y[0, i]
        x[i] = t * s
    return np.tanh(t) + np.sum(y @ x) * s
"""


@pytest.mark.parametrize("composition", compositions.COMPOSITIONS)
def test_compositions_find_a_wrong_gradient(composition: compositions.Composition) -> None:
    """Each way to the gradient agrees with it, and with no other."""
    module = modules.load(COMPOSABLE)
    names, call = ways.parameters(module), Call(3, 2, 5)
    direction = np.array([0.5, -1.0, 0.25]), np.ones((2, 3)), 0.5
    subject = Subject(module.f, lambda: make(names, call, module), direction, direction)
    assert composition(subject, random.Random(1)).sort == "agree"
    right = subject.gradient
    subject.__dict__["gradient"] = lambda *args: tuple(1.001 * g for g in right(*args))
    if composition is not compositions.hessian:  # which is compared with products
        assert composition(subject, random.Random(1)).sort == "wrong"


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


def test_a_hunt_goes_on_where_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a hunt found is kept in a file; the next one with that file begins at the next seed."""
    log = tmp_path / "hunt.json"
    for total in (3, 5, 5):
        assert run.main(["--programs", str(total), "--seed", "40", "--mode", "values", "--log", str(log)]) == 0
        assert run.Tally.read(log).total == total
        assert f"{total} programs" in capsys.readouterr().out
