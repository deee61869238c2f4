"""Change one number in each correct program, ask torch whether it still runs, and compare with what is found.

`TANGRA_PEERS=/path/to/python python -m tests.checker.mutate [seed]` prints what is missed, what is found without cause,
and the counts. Targets and indices out of range depend on data, which no shape tells.
"""

from __future__ import annotations

import os
import random
import re
import sys
import tempfile
from pathlib import Path

from tangra.checker import check
from tests.checker.cases import load
from tests.checker.verify import run

NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
PER_PROGRAM = 3
FOREIGN = ("jax", "einops")


def mutants(seed: int) -> list[tuple[str, str]]:
    """Names and texts of programs with one number changed."""
    chance = random.Random(seed)
    made = []
    for case in load():
        if case.calls is not None or any(word in case.twin for word in FOREIGN):
            continue
        lines = case.twin.split("\n")
        places = [(number, match) for number, line in enumerate(lines) for match in NUMBER.finditer(line)]
        for number, match in chance.sample(places, min(PER_PROGRAM, len(places))):
            old = int(match.group())
            new = old + chance.choice([1, 2, -1]) if old > 0 else 1
            line = lines[number]
            changed = line[: match.start()] + str(new) + line[match.end() :]
            text = "\n".join([*lines[:number], changed, *lines[number + 1 :]])
            made.append((f"{case.name}, line {number + 1}, column {match.start() + 1}: {old} -> {new}", text))
    return made


def main(seed: int) -> int:
    """Compare; the exit status says whether a program that runs had a finding."""
    programs = mutants(seed)
    results = run(programs, os.environ.get("TANGRA_PEERS", sys.executable))
    found = missed = false = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        for name, text in programs:
            path.write_text(text, encoding="utf-8")
            lines = [report.place.line for report in check([path]).reports if report.severity == "error"]
            line, message = results[name]
            if line is None and lines:
                false += 1
                print(f"false: {name}: line {lines}")
            elif line is not None and line in lines:
                found += 1
            elif line is not None:
                missed += 1
                print(f"missed: {name}: line {line}: {message}")
    print(f"{len(programs)} programs, {found + missed} fail: {found} found on the line, {missed} missed; {false} false")
    return 1 if false else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
