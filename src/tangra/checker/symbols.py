"""The four kinds of size, told apart by their names, and what is presumed of each.

| kind | spelled | presumed |
|---|---|---|
| constant | an int | |
| rigid: named by an annotation of the function being checked | `B` | at least 1, any value |
| flexible: of an input nobody annotated, solvable | `@n$7` | |
| opaque: data decides it, equal only to itself | `?n$7` | at least 0 |

A name may end in a bound of its own: `?n$7$3` is at least 3, `@n$7$1` at least 1, and `?n$7$` has none.

A condition that may hold or not is silent, except that a rigid size has to satisfy an equality for all its values:
then a counterexample is looked for, and found before anything is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from tangra.shape_rules.context import AllOf, AnyOf, AtLeast, Condition, Equal, Multiple
from tangra.shapes import Dim, Facts, Size, evaluate, substitute, symbol, symbols_of, terms
from tangra.shapes.atoms import Symbol
from tangra.shapes.intervals import Interval

TRIED = (2, 3, 5, 7, 4, 6, 11, 1, 8, 9, 12, 13, 16)
"""Values that counterexamples are looked for with."""
MAX_SYMBOLS = 4
MAX_TRIES = 600


@lru_cache(maxsize=1 << 16)
def presumed_low(name: str) -> int | None:
    """The least value that a symbol of this name can have; None if it has none."""
    if name[0] in "?@":
        bound = name.split("$")[2:]
        if bound:
            return int(bound[0]) if bound[0] else None
    return 0 if name[0] in "?[" else None if name[0] == "@" else 1


def moved(size: Size, first: int, distance: int) -> Size:
    """`size` with the numbers of made-up symbols, from `first` on, raised by `distance`."""
    names = {}
    for name in symbols_of(size):
        if name[0] in "?@":
            head, number, *rest = name.split("$")
            if int(number) >= first:
                names[name] = symbol("$".join([head, str(int(number) + distance), *rest]))
    return substitute(size, names) if names else size


class Presumed(Facts):
    """Facts in which every symbol has the lower bound of its kind without being mentioned, so that thousands of sizes
    cost nothing."""

    __slots__ = ()

    def symbol_bounds(self, name: str) -> Interval:
        known = self._bounds.get(name)
        low = presumed_low(name)
        if known is None:
            return low, None
        if low is not None and (known[0] is None or known[0] < low):
            return low, known[1]
        return known

    def _copy(self) -> Presumed:
        facts = Presumed()
        facts._bounds = self._bounds.copy()
        facts._inequalities = self._inequalities
        facts._solved = self._solved.copy()
        facts._replaced = self._replaced.copy()
        return facts


NOTHING = Presumed()
"""What holds at the start of every function."""


def is_rigid(name: str) -> bool:
    """Whether the symbol is named by an annotation."""
    return name[0] not in "?@[$~"


def condition_sizes(condition: Condition) -> list[Size]:
    """All sizes a condition speaks of."""
    if isinstance(condition, Equal):
        return [condition.left, condition.right]
    if isinstance(condition, AtLeast):
        return [condition.low, condition.size]
    if isinstance(condition, Multiple):
        return [condition.size, condition.divisor]
    return [size for part in condition.conditions for size in condition_sizes(part)]


def is_equality(condition: Condition) -> bool:
    """Whether the condition is made of equalities alone."""
    if isinstance(condition, AnyOf | AllOf):
        return all(map(is_equality, condition.conditions))
    return isinstance(condition, Equal)


def counterexample(condition: Condition, facts: Facts) -> dict[str, int] | None:
    """Values of rigid symbols for which `condition` fails and all facts hold; None if there are other symbols in it,
    or none was found."""
    sizes = [facts.normal(size) for size in condition_sizes(condition)]
    names = sorted(frozenset().union(*map(symbols_of, sizes)))
    if not names or len(names) > MAX_SYMBOLS or not all(map(is_rigid, names)):
        return None
    for values in _assignments(names, facts):
        try:
            if holds(condition, values, facts) is False:
                return values
        except (KeyError, ZeroDivisionError):
            return None
    return None


def _assignments(names: list[str], facts: Facts) -> Iterator[dict[str, int]]:
    """Different small values for the names, within their bounds and the inequalities between them."""
    choices = []
    for name in names:
        low, high = facts.symbol_bounds(name)
        start = [low + step for step in (3, 2, 1, 0)] if low is not None and low > 16 else list(TRIED)
        choices.append([v for v in start if (low is None or v >= low) and (high is None or v <= high)])
    relevant = [size for size in facts.inequalities if symbols_of(size) <= set(names)]
    for tried, picks in enumerate(product(*choices)):
        if tried > MAX_TRIES:
            return
        values = dict(zip(names, picks, strict=True))
        if len(set(picks)) == len(picks) and all(evaluate(size, values) >= 0 for size in relevant):
            yield values


def holds(condition: Condition, values: dict[str, int], facts: Facts) -> bool:
    """Whether the condition is true for these values."""
    if isinstance(condition, AnyOf):
        return any(holds(part, values, facts) for part in condition.conditions)
    if isinstance(condition, AllOf):
        return all(holds(part, values, facts) for part in condition.conditions)
    left, right = (evaluate(facts.normal(size), values) for size in condition_sizes(condition))
    if isinstance(condition, Equal):
        return left == right
    return left <= right if isinstance(condition, AtLeast) else left % right == 0


def depends_on_value(condition: Condition) -> bool:
    """Whether quotients or extrema decide: then the condition holds for many values and fails for others."""
    sizes = condition_sizes(condition)
    return any(
        not isinstance(atom, Symbol)
        for size in sizes
        if isinstance(size, Dim)
        for _, factors in terms(size)
        for atom in factors
    )
