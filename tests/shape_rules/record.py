"""Record the real libraries' answers: `python -m tests.shape_rules.record [PREFIX …]`, under a Python that has them.

Writes `answers/LIBRARY.json`: per case a text with, for each draw in order, `-` (refused), three characters (a digest
of the result) or `=` (left out, there being enough). With `--compare` shows where our answers differ, in full.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from tests.shape_rules.cases import CASES
from tests.shape_rules.comparing import WANTED, Tally, answerable, judge
from tests.shape_rules.draws import Case, draw
from tests.shape_rules.libraries import perform_all, theirs
from tests.shape_rules.texts import REJECTED, SKIPPED, digest

ANSWERS = Path(__file__).parent / "answers"
MOST = 5000
"""Draws made to find enough of both answers."""


BATCH = 150
"""Draws asked together."""


def answers_to(one: Case) -> Iterator[tuple[int, str, str]]:
    """(number of the draw, digest or refusal, text) of real calls; no text for what is no question."""
    for first in range(0, MOST, BATCH):
        calls = [draw(one, number) for number in range(first, first + BATCH)]
        told = iter(perform_all([c for c in calls if answerable(c)], lambda value: theirs(value, one.mask), one.eager))
        for number, call in enumerate(calls, first):
            found = next(told) if answerable(call) else ""
            if isinstance(found, Exception):
                yield number, REJECTED, f"{type(found).__name__}: {found}"
            else:
                yield number, digest(found) if found else SKIPPED, found


def record(one: Case, compare: bool) -> str:
    """The answers to one case."""
    answers: list[str] = []
    counts, tally = [0, 0], Tally()
    texts: dict[int, str] = {}
    for number, found, text in answers_to(one):
        texts[number] = text
        if found == SKIPPED:
            answers.append(SKIPPED)
            continue
        refused = found == REJECTED
        if counts[refused] < WANTED + 10:
            judge(tally, one, number, found)
        answers.append(found if counts[refused] < WANTED + 10 else SKIPPED)
        counts[refused] += 1
        if min(counts) >= WANTED + 10 or (one.total and counts[0] >= WANTED + 10):
            break
    if compare and (tally.wrong or tally.unknown * 20 > tally.accepted or not (tally.enough or one.total)):
        print(flush=True)
        print(f"{one.name}: {tally.accepted} accepted, {tally.rejected} rejected, {tally.unknown} unknown")
        for number, text in tally.wrong[:4]:
            call = draw(one, number)
            print(
                "  ",
                number,
                f"[{len(tally.wrong)} wrong]",
                [str(a) for a in call.args],
                call.kwargs,
                [str(a) for a in call.inputs],
                call.options,
            )
            print("      ", text, "| library:", texts[number][:200])
    return "".join(answers)


def main(words: list[str]) -> None:
    """Record the cases whose names start with one of `words` (all of them without); with `--new` only those that have
    no answers yet, with `--try` nothing is written."""
    warnings.simplefilter("ignore")
    compare = "--compare" in words
    prefixes = tuple(word for word in words if word[0] != "-") or ("",)
    for library in sorted({name.partition(".")[0] for name in CASES}):
        path = ANSWERS / f"{library}.json"
        if not any(name.startswith(prefixes) for name in CASES if name.partition(".")[0] == library):
            continue
        had = json.loads(path.read_text()) if "--new" in words and path.exists() else {}
        for one in [one for name, one in CASES.items() if name.partition(".")[0] == library]:
            if one.name.startswith(prefixes) and one.name not in had:
                answers = record(one, compare)
                if "jax" in sys.modules:
                    sys.modules["jax"].clear_caches()  # type: ignore[attr-defined]  # gigabytes of traces
                if "--try" in words:
                    continue
                known = json.loads(path.read_text()) if path.exists() else {}
                known[one.name] = answers
                kept = {name: known[name] for name in sorted(known) if name in CASES}
                path.write_text(json.dumps(kept, indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
