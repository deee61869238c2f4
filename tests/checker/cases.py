"""The situations as programs: each section gives a program with a bug, and its correct twin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "situations"

_HEAD = re.compile(r"^=== (\w+) \(([\d, ]*)\)$")
_LINE = re.compile(
    r"^(?P<code>.*?)(?:  #! (?P<expected>TG\d+)(?P<silent> silent)?(?: \| call (?P<call>.*?))?)?"
    r"(?:  ?#~ (?P<twin>.*))?$"
)


@dataclass(frozen=True)
class Case:
    """One section. `line` and `code` are of the finding in `bug`; `silent`: it runs, and is wrong. `calls` are further
    lines with which the two programs are run where nothing in them calls the function at fault."""

    name: str
    situations: tuple[int, ...]
    bug: str
    twin: str
    line: int
    code: str
    silent: bool
    calls: tuple[str, str] | None

    def runnable(self, which: str) -> str:
        """The program with the call that shows its fault (or, for the twin, that there is none)."""
        text = self.bug if which == "bug" else self.twin
        if self.calls is None:
            return text
        return f"{text}\n\nimport torch\nimport numpy as np\n\n{self.calls[which == 'twin']}\n"


def load() -> list[Case]:
    """All sections of all files."""
    cases = []
    for path in sorted(FOLDER.glob("*.txt")):
        head, lines = None, []
        for line in [*path.read_text(encoding="utf-8").splitlines(), "=== end ()"]:
            match = _HEAD.match(line)
            if match is None:
                lines.append(line)
                continue
            if head is not None:
                cases.append(_case(head, lines))
            head, lines = match, []
    return cases


def _case(head: re.Match[str], lines: list[str]) -> Case:
    bug: list[str] = []
    twin: list[str] = []
    found: list[tuple[int, re.Match[str]]] = []
    while lines and not lines[-1].strip():
        lines.pop()
    for line in lines:
        match = _LINE.match(line)
        assert match is not None, line
        code = match["code"]
        bug.append(code)
        if match["twin"] is None:
            twin.append(code)
        elif match["twin"] != "-":
            twin.append(code[: len(code) - len(code.lstrip())] + match["twin"])
        if match["expected"]:
            found.append((len(bug), match))
    assert len(found) == 1, f"{head[1]}: {len(found)} lines are marked"
    number, mark = found[0]
    calls = None
    if mark["call"]:
        first, _, second = mark["call"].partition(" ~ ")
        calls = (first, second or first)
    situations = tuple(int(word) for word in head[2].replace(",", " ").split())
    return Case(head[1], situations, "\n".join(bug) + "\n", "\n".join(twin) + "\n", number, mark["expected"],
                bool(mark["silent"]), calls)  # fmt: skip
