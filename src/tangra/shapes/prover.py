"""Deciding equality and order of sizes under facts.

The one question below all others is whether a size is never negative. The prover tries, in this order: the range that
follows from the symbols' bounds; the same after moving every symbol's bound to 0, so that `N*M - N` with M >= 1 is a
sum of products of non-negatives; a common factor; each argument of a maximum or minimum in turn; and taking known
inequalities away from it, a few deep. It is sound and not complete: what it can't prove in its budget is "not known".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import combinations
from math import gcd, lcm, prod

from tangra.shapes.atoms import NO_NORMAL_FORM, Atom, Extremum, FloorDiv, Max, Quotient, SizeTooComplex, intern_symbol
from tangra.shapes.dims import Dim, Monomial, Size, from_atom, from_terms
from tangra.shapes.division import common_factors, without
from tangra.shapes.extrema import dmax, dmin
from tangra.shapes.facts import EMPTY, Facts
from tangra.shapes.intervals import Interval, interval
from tangra.shapes.queries import atom_parts, evaluate, rebuild, substitute, symbols_of

BUDGET = 300
"""Steps one question may take."""
MAX_DEPTH = 4
"""Known inequalities that may be combined."""
MAX_CASES = 64
"""Residue classes an equality with constant divisors is split into."""


MOST_FACTORS = 6
"""Of longer products not all parts are looked up."""


POINTS = ((0, 0), (1, 0), (0, 7), (40, -9), (3, 1))
"""Where a size is evaluated before anything is proved of it: how far the first symbol is from its bound, and how much
farther each one after it."""

MAX_MEMORY = 20_000
"""Answers remembered per `Facts`."""


def known_le(a: Size, b: Size, facts: Facts = EMPTY) -> bool | None:
    """Whether a <= b: True or False where proved for all values the facts allow, else None."""
    if isinstance(a, int) and isinstance(b, int):
        return a <= b
    difference = _difference(b, a, facts)
    if difference is None:
        return None
    if _never_negative(difference, facts):
        return True
    return False if _never_negative(-difference - 1, facts) else None


def known_lt(a: Size, b: Size, facts: Facts = EMPTY) -> bool | None:
    """Whether a < b: True or False where proved for all values the facts allow, else None."""
    return known_le(a + 1, b, facts)


def known_eq(a: Size, b: Size, facts: Facts = EMPTY) -> bool | None:
    """Whether a == b: True or False where proved for all values the facts allow, else None."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    if a == b:
        return True
    difference = _difference(a, b, facts)
    if difference is None or isinstance(difference, int):
        return None if difference is None else difference == 0
    if difference in facts.equalities:
        return facts.equalities.get(difference)
    known = _is_zero(difference, facts)
    _make_room(facts.equalities)
    facts.equalities[difference] = known
    return known


def _is_zero(size: Dim, facts: Facts) -> bool | None:
    low, high = interval(size, facts.symbol_bounds)
    if (low is not None and low > 0) or (high is not None and high < 0) or _never_zero(size):
        return False
    if _surely_zero(size) or (_never_negative(size, facts) and _never_negative(-size, facts)):
        return True
    if _never_negative(size - 1, facts) or _never_negative(-size - 1, facts):
        return False
    return None


def _make_room(memory: dict[Dim, bool] | dict[Dim, bool | None]) -> None:
    if len(memory) >= MAX_MEMORY:
        memory.clear()


def _difference(a: Size, b: Size, facts: Facts) -> Size | None:
    try:
        return facts.normal(a) - facts.normal(b)
    except SizeTooComplex:
        return None


def simplify(size: Size, facts: Facts = EMPTY) -> Size:
    """`size` with the arguments of maxima and minima dropped that never decide under these facts.

    The symbols of the result are among those of `size`; its value is the same wherever the facts hold.
    """
    if isinstance(size, int) or size.depth == 1:
        return size

    def replace(atom: Atom) -> Size | None:
        return _settle(atom, facts) if isinstance(atom, Extremum) else None

    try:
        return rebuild(size, replace)
    except NO_NORMAL_FORM:
        return size


def _settle(atom: Extremum, facts: Facts) -> Size:
    args = [simplify(arg, facts) for arg in atom.args]
    kept: list[Size] = []
    for place, arg in enumerate(args):
        rivals = kept + args[place + 1 :]
        beaten = (
            known_le(arg, rival, facts) if isinstance(atom, Max) else known_le(rival, arg, facts) for rival in rivals
        )
        if not any(beaten):
            kept.append(arg)
    return dmax(*kept) if isinstance(atom, Max) else dmin(*kept)


def _never_zero(size: Dim) -> bool:
    """Whether all coefficients but the constant share a factor that the constant lacks: `2*N + 1` is never 0."""
    common = gcd(*(coefficient for factors, coefficient in size.items() if factors))
    return size.constant % common != 0


def _surely_zero(size: Dim) -> bool:
    if size.depth == 1:
        return False  # a polynomial of symbols alone would have vanished already
    try:
        return _always_zero(size)
    except NO_NORMAL_FORM:
        return False


def _always_zero(size: Size, cases: int = MAX_CASES) -> bool:
    """Whether `size` is 0 for all values of its symbols, by splitting them into residue classes of its divisors."""
    if isinstance(size, int):
        return size == 0
    if _differs_somewhere(size):
        return False
    period: dict[str, int] = {}
    _collect_periods(size, period)
    if not period or prod(period.values()) > cases:
        return False
    name, modulus = period.popitem()
    scaled = from_atom(intern_symbol(name)) * modulus
    return all(_always_zero(substitute(size, {name: scaled + rest}), cases // modulus) for rest in range(modulus))


def _differs_somewhere(size: Dim) -> bool:
    """Whether `size` is not 0 at one of a few points: a quick no."""
    for first, step in ((1, 2), (7, -3), (-4, 5)):
        values = {name: first + step * place for place, name in enumerate(sorted(symbols_of(size)))}
        try:
            if evaluate(size, values) != 0:
                return True
        except ZeroDivisionError:
            continue
    return False


def _collect_periods(size: Size, period: dict[str, int]) -> None:
    """For each symbol that stands directly in an int-divided quotient, the least common multiple of the divisors."""
    if isinstance(size, int):
        return
    for factors, _ in size.items():
        for atom in factors:
            for part in atom_parts(atom):
                _collect_periods(part, period)
            if isinstance(atom, Quotient) and isinstance(atom.den, int):
                for name in symbols_of(atom.num):
                    period[name] = lcm(period.get(name, 1), atom.den)


def _never_negative(size: Size, facts: Facts) -> bool:
    if isinstance(size, int):
        return size >= 0
    known = facts.proofs.get(size)
    if known is None:
        try:
            known = not _is_negative_somewhere(size, facts) and _Prover(facts).prove(size, (), 0)
        except NO_NORMAL_FORM:
            known = False
        _make_room(facts.proofs)
        facts.proofs[size] = known
    return known


def _is_negative_somewhere(size: Dim, facts: Facts) -> bool:
    """Whether `size` is negative at one of a few points that the facts allow: no search could prove it then."""
    names = sorted(symbols_of(size).union(*map(symbols_of, facts.inequalities)))
    for point in POINTS:
        values = {name: _value(facts.symbol_bounds(name), point, place) for place, name in enumerate(names)}
        try:
            if evaluate(size, values) < 0 and all(evaluate(known, values) >= 0 for known in facts.inequalities):
                return True
        except ZeroDivisionError:
            continue
    return False


def _value(bounds: Interval, point: tuple[int, int], place: int) -> int:
    """A value within the bounds: for symbol number `place`, a few steps above the lowest (or below the highest)."""
    low, high = bounds
    first, step = point
    steps = max(first + step * place, 0)
    if low is not None:
        return low + steps if high is None else min(low + steps, high)
    return first + step * place if high is None else high - steps


class _Prover:
    """One question. `steps` counts down over the whole search, so that it ends however the facts combine."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.steps = BUDGET

    def prove(self, size: Size, assumed: tuple[Dim, ...], depth: int) -> bool:
        """Whether size >= 0 follows from the facts and from every one of `assumed` being >= 0."""
        size = _tightened(size)
        if isinstance(size, int):
            return size >= 0
        self.steps -= 1
        if self.steps < 0:
            return False
        if self.in_range(size):
            return True
        return (
            self.by_common_factor(size, assumed, depth)
            or self.by_cases(size, assumed, depth)
            or self.by_inequality(size, assumed, depth)
        )

    def in_range(self, size: Dim) -> bool:
        low = interval(size, self.facts.symbol_bounds)[0]
        if low is not None and low >= 0:
            return True
        if size.depth == 1 and all(len(factors) <= 1 for factors, _ in size.items()):
            return False  # the range of a sum of symbols is what it is, wherever they are counted from
        moved = {name: self.moved(name) for name in symbols_of(size)}
        values = {name: shifted for name, (shifted, _) in moved.items() if shifted is not None}
        if not values:
            return False
        low = interval(substitute(size, values), lambda name: moved[name][1])[0]
        return low is not None and low >= 0

    def moved(self, name: str) -> tuple[Size | None, Interval]:
        """The symbol in terms of its distance from a bound (None if it stays) and the range of that distance."""
        low, high = self.facts.symbol_bounds(name)
        mark = from_atom(intern_symbol(name))
        if low:
            return mark + low, (0, None if high is None else high - low)
        if low is None and high is not None:
            return high - mark, (0, None)
        return None, (low, high)

    def not_negative(self, factors: Monomial) -> bool:
        low = interval(from_terms({factors: 1}), self.facts.symbol_bounds)[0]
        return low is not None and low >= 0

    def by_common_factor(self, size: Dim, assumed: tuple[Dim, ...], depth: int) -> bool:
        shared = reduce(common_factors, (factors for factors, _ in size.items()))
        if not shared or not self.not_negative(shared):
            return False
        left = from_terms({without(factors, shared) or (): c for factors, c in size.items()})
        return self.prove(left, assumed, depth)

    def by_cases(self, size: Dim, assumed: tuple[Dim, ...], depth: int) -> bool:
        """Put each argument of a maximum or minimum in its place, assuming that it is the extreme one."""
        atom = next((a for factors, _ in size.items() for a in factors if isinstance(a, Extremum)), None)
        if atom is None or depth >= MAX_DEPTH:
            return False
        sign = 1 if isinstance(atom, Max) else -1
        for place, arg in enumerate(atom.args):
            lead = [(arg - other) * sign for other in atom.args[:place] + atom.args[place + 1 :]]
            extra = tuple(known for known in lead if isinstance(known, Dim))
            case = rebuild(size, lambda inner, arg=arg: arg if inner is atom else None)  # type: ignore[misc]
            if not self.prove(case, assumed + extra, depth + 1):
                return False
        return True

    def by_inequality(self, size: Dim, assumed: tuple[Dim, ...], depth: int) -> bool:
        """Take a multiple of something known to be >= 0 away, so that a term vanishes."""
        if depth >= MAX_DEPTH:
            return False
        bounds = self.quotient_bounds(size)
        terms = [term for term in size.sorted_terms() if term[0]]
        terms.sort(key=lambda term: term[1] > 0 and self.not_negative(term[0]))  # those that may be negative come first
        for factors, coefficient in terms:
            for fact, multiple, weight in self.cancelling(factors, coefficient, assumed, bounds):
                left = size * weight - fact * multiple + (weight - 1)  # weight*size > -weight is enough
                if self.prove(left, assumed, depth + 1):
                    return True
        return False

    def cancelling(
        self, factors: Monomial, coefficient: int, assumed: Sequence[Dim], bounds: Sequence[Dim]
    ) -> Iterator[tuple[Dim, Size, int]]:
        """(fact, multiple, weight): weight*size - multiple*fact lacks the term; weight > 0 and multiple >= 0."""
        for fact, others, other in (*_terms(assumed), *self.known_terms(factors), *_terms(bounds)):
            rest = without(factors, others) if others and other * coefficient > 0 else None
            if rest is not None and (not rest or self.not_negative(rest)):
                yield fact, from_terms({rest: abs(coefficient)}), abs(other)

    def known_terms(self, factors: Monomial) -> list[tuple[Dim, Monomial, int]]:
        """The terms of the known inequalities that divide a product, in the order of these."""
        terms = self.facts.terms
        if len(factors) > MOST_FACTORS:
            parts = [others for others in terms if without(factors, others) is not None]
        else:
            sizes = range(1, len(factors) + 1)
            parts = list(dict.fromkeys(part for k in sizes for part in combinations(factors, k)))
        found = [(place, fact, part, other) for part in parts for place, fact, other in terms.get(part, ())]
        return [(fact, part, other) for _, fact, part, other in sorted(found, key=lambda each: each[0])]

    def quotient_bounds(self, size: Dim) -> list[Dim]:
        """What holds of the quotients in `size` by definition: 0 <= x - d*(x//d) <= d - 1 and x % d <= d - 1."""
        found: list[Dim] = []
        for atom in {a: None for factors, _ in size.items() for a in factors if isinstance(a, Quotient)}:
            low = interval(atom.den, self.facts.symbol_bounds)[0]
            if low is None or low < 1:
                continue
            rest = atom.num - from_atom(atom) * atom.den if isinstance(atom, FloorDiv) else from_atom(atom)
            candidates = [rest, atom.den - 1 - rest]
            if isinstance(atom, FloorDiv):
                candidates += self.smaller_quotient(atom, low)
            found += [known for known in candidates if isinstance(known, Dim)]
        return found

    def smaller_quotient(self, atom: FloorDiv, low: int) -> list[Size]:
        """low*(x//d) <= x for x >= 0 and d >= low >= 1."""
        smallest = interval(atom.num, self.facts.symbol_bounds)[0]
        return [atom.num - from_atom(atom) * low] if smallest is not None and smallest >= 0 else []


def _terms(known: Iterable[Dim]) -> list[tuple[Dim, Monomial, int]]:
    return [(fact, others, other) for fact in known for others, other in fact.items()]


def _tightened(size: Size) -> Size:
    """`size` over the common divisor of its coefficients, the constant rounded down: >= 0 exactly where `size` is."""
    if isinstance(size, int):
        return size
    common = gcd(*(coefficient for factors, coefficient in size.items() if factors))
    if common == 1:
        return size
    return from_terms({factors: c // common for factors, c in size.items() if c // common})
