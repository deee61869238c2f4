"""Record the real libraries' answers: `python -m tests.shape_rules.record [PREFIX …]`, under a Python that has them.

Writes `answers/LIBRARY.json`: per case a text with, for each draw in order, `-` (refused), three characters (a digest
of the result) or `=` (left out, there being enough). With `--compare` shows where our answers differ, in full.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

from tests.shape_rules.cases import CASES
from tests.shape_rules.comparing import WANTED, Tally, answerable, judge
from tests.shape_rules.draws import Call, Case, draw
from tests.shape_rules.libraries import perform, theirs
from tests.shape_rules.texts import REJECTED, SKIPPED, digest

ANSWERS = Path(__file__).parent / "answers"
MOST = 5000
"""Draws made to find enough of both answers."""


def answer(one: Case, call: Call) -> tuple[str, str]:
    """(digest or refusal, text) of one real call."""
    try:
        text = theirs(perform(call), one.mask)
    except Exception as error:
        return REJECTED, f"{type(error).__name__}: {error}"
    return digest(text), text


def record(one: Case, compare: bool) -> str:
    """The answers to one case."""
    answers: list[str] = []
    counts, tally, texts = [0, 0], Tally(), {}
    for number in range(MOST):
        call = draw(one, number)
        if not answerable(call):
            answers.append(SKIPPED)
            continue
        found, texts[number] = answer(one, call)
        refused = found == REJECTED
        if counts[refused] < WANTED + 10:
            judge(tally, one, number, found)
        answers.append(found if counts[refused] < WANTED + 10 else SKIPPED)
        counts[refused] += 1
        if min(counts) >= WANTED + 10 or (one.total and counts[0] >= WANTED + 10):
            break
    if compare and (tally.wrong or tally.unknown * 20 > tally.accepted or not (tally.enough or one.total)):
        print(f"{one.name}: {tally.accepted} accepted, {tally.rejected} rejected, {tally.unknown} unknown")
        for number, text in tally.wrong[:2]:
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
    """Record the cases whose names start with one of `words` (all of them without)."""
    warnings.simplefilter("ignore")
    compare = "--compare" in words
    prefixes = tuple(word for word in words if word[0] != "-") or ("",)
    for library in sorted({name.partition(".")[0] for name in CASES}):
        path = ANSWERS / f"{library}.json"
        if not any(name.startswith(prefixes) for name in CASES if name.partition(".")[0] == library):
            continue
        for one in [one for name, one in CASES.items() if name.partition(".")[0] == library]:
            if one.name.startswith(prefixes):
                answers = record(one, compare)
                known = json.loads(path.read_text()) if path.exists() else {}
                known[one.name] = answers
                kept = {name: known[name] for name in sorted(known) if name in CASES}
                path.write_text(json.dumps(kept, indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
