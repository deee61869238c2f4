"""einops patterns: `b (h w) c -> b c h w`, with `...` and with numbers for new axes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

TOKEN = re.compile(r"\.\.\.|…|[A-Za-z_]\w*|\d+|\(|\)|\S")


class PatternError(ValueError):
    """A pattern that einops does not take; the text says why."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a pattern: its groups in order. A group is the names of the axes in it, one of them maybe "...";
    numbers stand as text; an empty group is an axis of size 1."""

    groups: tuple[tuple[str, ...], ...]
    merged: tuple[bool, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, numbers and the ellipsis in order."""
        return tuple(name for group in self.groups for name in group)

    @property
    def ellipsis(self) -> bool:
        """Whether there is an ellipsis."""
        return "..." in self.names


@lru_cache(maxsize=1024)
def parse_side(text: str, pattern: str) -> Side:
    """Read one side. Raises PatternError."""
    groups: list[tuple[str, ...]] = []
    merged: list[bool] = []
    group: list[str] | None = None
    for token in TOKEN.findall(text):
        if token == "(":
            if group is not None:
                raise PatternError(f"{pattern!r}: parentheses can't be nested")
            group = []
        elif token == ")":
            if group is None:
                raise PatternError(f"{pattern!r}: a parenthesis is closed that was not opened")
            groups.append(tuple(group))
            merged.append(True)
            group = None
        else:
            name = "..." if token == "…" else token
            _check_name(name, pattern)
            if group is not None:
                group.append(name)
            else:
                groups.append(() if name == "1" else (name,))
                merged.append(name == "1")
    if group is not None:
        raise PatternError(f"{pattern!r}: a parenthesis is not closed")
    cleaned = tuple(tuple(name for name in one if name != "1") for one in groups)
    side = Side(cleaned, tuple(merged))
    named = [name for name in side.names if not name.isdigit()]
    for name in named:
        if named.count(name) > 1:
            raise PatternError(f"{pattern!r}: {name} is given twice on one side")
    return side


def _check_name(name: str, pattern: str) -> None:
    if name == "..." or name.isdigit():
        return
    if not is_axis_name(name) and name != "_":
        raise PatternError(f"{pattern!r}: {name!r} is no name of an axis")


def is_axis_name(name: str) -> bool:
    """Whether einops takes it for the name of an axis."""
    return name.isidentifier() and not name.startswith("_") and not name.endswith("_")


def parse(pattern: str) -> tuple[Side, Side]:
    """Both sides of a pattern. Raises PatternError."""
    if pattern.count("->") != 1:
        raise PatternError(f"{pattern!r} needs one arrow ->")
    left, _, right = pattern.partition("->")
    return parse_side(left, pattern), parse_side(right, pattern)
