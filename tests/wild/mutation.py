"""Changes of one token in a source file that may change a shape: a number, an arithmetic operator, or the name of an
int that is replaced by the name of another int of the same function."""

from __future__ import annotations

import io
import random
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OPERATORS = {"+": "-", "-": "+", "*": "+", "//": "*"}
"""What a binary operator becomes."""


@dataclass(frozen=True)
class Change:
    """At `line` (from 1) and `column` (from 0), the token `old` becomes `new`."""

    line: int
    column: int
    old: str
    new: str

    def applied(self, text: str) -> str:
        """The text with the change made."""
        lines = text.split("\n")
        line = lines[self.line - 1]
        end = self.column + len(self.old)
        assert line[self.column : end] == self.old, (line, self)
        lines[self.line - 1] = line[: self.column] + self.new + line[end:]
        return "\n".join(lines)


def changes(text: str, ran: Mapping[int, frozenset[str]], chance: random.Random) -> list[Change]:
    """One change for every token that can be changed on the lines that `ran`; each of those lines has the names that
    held ints when it ran."""
    found = []
    for before, token in _tokens(text):
        line, column = token.start
        if line not in ran:
            continue
        new = _other(before, token, sorted(ran[line]), chance)
        if new is not None:
            found.append(Change(line, column, token.string, new))
    return found


def _other(before: str, token: tokenize.TokenInfo, ints: list[str], chance: random.Random) -> str | None:
    """What the token becomes; None if it can't be changed."""
    old = token.string
    if token.type == tokenize.NUMBER and old.isdigit():
        return str(int(old) + chance.choice([1, 2, -1])) if int(old) else "1"
    if token.type == tokenize.OP and old in OPERATORS:
        binary = before.isalnum() or before.endswith(("_", ")", "]"))
        return OPERATORS[old] if binary else None
    if token.type == tokenize.NAME and old in ints and before not in (".", "for", "def", ":="):
        return chance.choice([name for name in ints if name != old]) if len(ints) > 1 else None
    return None


def _tokens(text: str) -> Iterator[tuple[str, tokenize.TokenInfo]]:
    """The tokens, each with the text of the one before it, but names that are assigned to or name an argument."""
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        after_it = after.string.rstrip("=")
        assigned = after.string in ("=", ":", ":=") or (after_it in OPERATORS and after_it != after.string)
        if token.type != tokenize.NAME or not assigned:
            yield before.string, token
