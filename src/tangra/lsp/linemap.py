"""Where lines of an older text are in a newer one, so that what was found before an edit keeps its place after it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

MAX_COMPARED = 400
"""Lines of an edited region that are compared one by one; in a larger one only its ends are found again."""


class LineMap:
    """Lines (from 1) of `old` in `new`. A line that was changed in place keeps what stands before the change."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self.old, self.new = old, new
        shortest = min(len(old), len(new))
        first = 0
        while first < shortest and old[first] == new[first]:
            first += 1
        last = 0
        while last < shortest - first and old[-1 - last] == new[-1 - last]:
            last += 1
        self.first, self.last = first, last
        self.inner: dict[int, int] = {}
        """Lines of the edited region that are the same, or changed in place."""
        before, after = old[first : len(old) - last], new[first : len(new) - last]
        if before and after and len(before) + len(after) <= MAX_COMPARED:
            matcher = SequenceMatcher(None, before, after, autojunk=False)
            for tag, a, a_end, b, b_end in matcher.get_opcodes():
                if tag in ("equal", "replace") and a_end - a == b_end - b:
                    self.inner.update((first + a + k, first + b + k) for k in range(a_end - a))

    @property
    def is_identity(self) -> bool:
        """Whether nothing changed."""
        return self.first == len(self.old) == len(self.new)

    def line(self, number: int) -> int | None:
        """Where the old line `number` is now; None if it is gone."""
        place = number - 1
        if place < self.first:
            return number
        if place >= len(self.old) - self.last:
            return number + len(self.new) - len(self.old)
        found = self.inner.get(place)
        return None if found is None else found + 1

    def nearest(self, number: int) -> int:
        """Where the old line `number` is now, or the edit that took it."""
        found = self.line(number)
        return min(self.first + 1, max(len(self.new), 1)) if found is None else found

    def holds(self, number: int, column: int) -> bool:
        """Whether the first `column` code points of the old line are still where `line` says."""
        now = self.line(number)
        if now is None or not 1 <= number <= len(self.old):
            return False
        old, new = self.old[number - 1], self.new[now - 1]
        return old == new or (old[:column] == new[:column] and column <= len(new))
