"""How much of a program was understood."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Statistics:
    """How much was understood: expressions that hold arrays, and those whose shape was known in some call.

    `spent` are the places where the budget was hit; `late` says that the clock or the depth of the stack ended one, so
    that another run may get further; `failures` those where the checker itself failed; `missing_rules`
    counts calls of library functions without a rule, `broken_rules` rules that failed in themselves."""

    arrays: set[tuple[object, int]] = field(default_factory=set)
    known: set[tuple[object, int]] = field(default_factory=set)
    spent: list[str] = field(default_factory=list)
    late: bool = False
    failures: list[str] = field(default_factory=list)
    missing_rules: dict[str, int] = field(default_factory=dict)
    broken_rules: dict[str, int] = field(default_factory=dict)

    def add(self, part: Statistics) -> None:
        """Count what another run found too."""
        self.arrays |= part.arrays
        self.known |= part.known
        self.spent += part.spent
        self.late |= part.late
        self.failures += part.failures
        for mine, theirs in (
            (self.missing_rules, part.missing_rules),
            (self.broken_rules, part.broken_rules),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
