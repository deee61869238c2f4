"""What is known about symbols, and what follows from it about sizes.

`Facts` is immutable: every `with_...` returns a new one that shares what it can. Answers are True or False only where
proved for all values of the symbols that satisfy the facts, else None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import gcd

from tangra.shapes.atoms import NO_NORMAL_FORM, Atom, Mod, Symbol, intern_symbol
from tangra.shapes.dims import Dim, Monomial, Size, as_size, from_atom, symbol
from tangra.shapes.intervals import UNKNOWN, Interval, interval
from tangra.shapes.queries import rebuild, symbols_of

PROPAGATION_ROUNDS = 3
HIDDEN = "~"


class Facts:
    """Bounds, inequalities, equalities and divisibilities of symbolic sizes.

    Equalities are kept solved: `a == b` and `d % h == 0` turn one symbol into an expression of others where they can
    (`d = h*q` with a hidden symbol q, so that `h*(d//h)` is `d` again); the rest are pairs of inequalities. Facts that
    contradict each other describe code that never runs: then answers mean nothing, but they still come.
    """

    __slots__ = ("_bounds", "_declared", "_equalities", "_inequalities", "_proofs", "_replaced", "_solved", "_terms")

    def __init__(self) -> None:
        self._declared: dict[str, Interval] = {}  # shared by all facts that were made from these
        self._bounds: dict[str, Interval] = {}
        self._inequalities: tuple[Dim, ...] = ()  # each is >= 0, in normal form under _solved and _replaced
        self._solved: dict[str, Size] = {}
        self._replaced: dict[Atom, Size] = {}
        self._proofs: dict[Dim, bool] = {}  # what the prover found, for these facts only
        self._equalities: dict[Dim, bool | None] = {}
        self._terms: dict[Monomial, list[tuple[int, Dim, int]]] | None = None

    @classmethod
    def dims(cls, *sizes: str | Size) -> Facts:
        """Facts that say these symbols (by name) or sizes are array dimensions: at least 0."""
        return cls().with_dims(*sizes)

    def with_dims(self, *sizes: str | Size) -> Facts:
        """These facts, and every one of `sizes` (a name or a size) is at least 0."""
        facts = self
        for size in sizes:
            facts = facts.with_bounds(size, lo=0)
        return facts

    def with_shape(self, shape: Iterable[Size]) -> Facts:
        """These facts, and every dimension of `shape` is at least 0."""
        return self.with_dims(*(size for size in shape if not isinstance(size, int)))

    def with_bounds(self, name: str | Size, lo: Size | None = None, hi: Size | None = None) -> Facts:
        """These facts, and lo <= name <= hi (each where given); `name` is a symbol's name or any size."""
        size = symbol(name) if isinstance(name, str) else as_size(name)
        facts = self
        if lo is not None:
            facts = facts._with_nonnegative(size - lo)
        if hi is not None:
            facts = facts._with_nonnegative(hi - size)
        return facts

    def declare(self, name: str, lo: int, hi: int) -> None:
        """Say what range a symbol has by its nature, which no facts mention yet: it counts for all facts made from the
        same first ones as these, and costs none of them anything."""
        self._declared[name] = lo, hi

    def with_le(self, a: Size, b: Size) -> Facts:
        """These facts, and a <= b."""
        return self._with_nonnegative(b - a)

    def with_lt(self, a: Size, b: Size) -> Facts:
        """These facts, and a < b."""
        return self._with_nonnegative(b - a - 1)

    def with_equal(self, a: Size, b: Size) -> Facts:
        """These facts, and a == b."""
        try:
            return self._equal(a, b)
        except NO_NORMAL_FORM:
            return self

    def with_divisible(self, size: Size, divisor: Size) -> Facts:
        """These facts, and size % divisor == 0, so that `divisor*(size//divisor)` is `size`."""
        try:
            return self._divisible(size, divisor)
        except NO_NORMAL_FORM:
            return self

    def normal(self, size: Size) -> Size:
        """`size` with known equalities applied; two sizes with one normal form are equal under these facts."""
        if isinstance(size, int) or (not self._replaced and symbols_of(size).isdisjoint(self._solved)):
            return size
        try:
            return rebuild(size, self._replacement)
        except NO_NORMAL_FORM:
            return size

    def symbol_bounds(self, name: str) -> Interval:
        """The int range known for the symbol `name`."""
        found = self._bounds.get(name)
        return self._declared.get(name, UNKNOWN) if found is None else found

    @property
    def inequalities(self) -> tuple[Dim, ...]:
        """The sizes known to be >= 0 besides the int bounds of symbols."""
        return self._inequalities

    @property
    def terms(self) -> dict[Monomial, list[tuple[int, Dim, int]]]:
        """For each product of symbols, the inequalities that it is a term of: (place, inequality, coefficient)."""
        if self._terms is None:
            self._terms = {}
            for place, known in enumerate(self._inequalities):
                for factors, coefficient in known.items():
                    if factors:
                        self._terms.setdefault(factors, []).append((place, known, coefficient))
        return self._terms

    @property
    def proofs(self) -> dict[Dim, bool]:
        """The prover's memory of which sizes it could prove >= 0 under these facts."""
        return self._proofs

    @property
    def equalities(self) -> dict[Dim, bool | None]:
        """The prover's memory of which sizes are 0 under these facts."""
        return self._equalities

    def __repr__(self) -> str:
        parts = [f"{name} = {size}" for name, size in self._solved.items()]
        parts += [
            f"{'' if lo is None else f'{lo} <= '}{name}{'' if hi is None else f' <= {hi}'}"
            for name, (lo, hi) in self._bounds.items()
        ]
        parts += [f"0 <= {size}" for size in self._inequalities]
        return f"Facts({', '.join(parts)})"

    def _replacement(self, atom: Atom) -> Size | None:
        return self._solved.get(atom.name) if isinstance(atom, Symbol) else self._replaced.get(atom)

    def _equal(self, a: Size, b: Size) -> Facts:
        difference = self.normal(a - b)
        if isinstance(difference, int):
            return self
        for factors, coefficient in reversed(difference.sorted_terms()):
            if len(factors) == 1 and isinstance(factors[0], Symbol) and coefficient in (1, -1):
                solution = from_atom(factors[0]) - difference * coefficient
                if factors[0].name not in symbols_of(solution):
                    return self._with_solved(factors[0].name, solution)
        return self._with_nonnegative(difference)._with_nonnegative(-difference)

    def _divisible(self, size: Size, divisor: Size) -> Facts:
        num, den = self.normal(size), self.normal(divisor)
        rest = num % den
        if isinstance(rest, int):
            return self
        solved = _solve_divisible(num, den, f"[{size}//{divisor}]") if isinstance(num, Dim) else None
        if solved is not None:
            name, hidden, solution = solved
            facts = self._copy()
            facts._bounds[hidden] = bounds(num // den, self) if hidden[-1] != HIDDEN else UNKNOWN
            return facts._with_solved(name, solution)
        facts = self.with_equal(num // den * den, num)
        atom = rest.single_atom
        if isinstance(atom, Mod):
            facts = facts._copy()
            facts._replaced[atom] = 0
        return facts

    def _copy(self) -> Facts:
        facts = Facts()
        facts._declared = self._declared
        facts._bounds = self._bounds.copy()
        facts._inequalities = self._inequalities
        facts._solved = self._solved.copy()
        facts._replaced = self._replaced.copy()
        return facts

    def _with_nonnegative(self, size: Size) -> Facts:
        size = self.normal(size)
        if isinstance(size, int):
            return self
        low = interval(size, self.symbol_bounds)[0]
        if (low is not None and low >= 0) or size in self._inequalities:
            return self
        facts = self._copy()
        if not _bounds_one_symbol(size):
            facts._inequalities += (size,)
        facts._propagate(size)
        return facts

    def _with_solved(self, name: str, solution: Size) -> Facts:
        """Replace the symbol by `solution` everywhere; its bounds become inequalities of the solution."""
        facts = self._copy()
        lo, hi = facts.symbol_bounds(name)
        facts._bounds.pop(name, None)
        facts._solved[name] = solution
        facts._solved = {key: facts.normal(size) for key, size in facts._solved.items()}
        with_it = [name in symbols_of(size) for size in self._inequalities]
        facts._inequalities = tuple(x for x, has in zip(self._inequalities, with_it, strict=True) if not has)
        for size, has in zip(self._inequalities, with_it, strict=True):
            facts = facts._with_nonnegative(size) if has else facts
        return facts.with_bounds(solution, lo, hi)

    def _propagate(self, newest: Dim) -> None:
        """Turn inequalities into int bounds of symbols: from `c*s + rest >= 0` and the range of `rest`."""
        changed = self._tighten(newest)
        for _ in range(PROPAGATION_ROUNDS):
            if not changed:
                return
            touched = [size for size in self._inequalities if not changed.isdisjoint(symbols_of(size))]
            changed = set().union(*(self._tighten(size) for size in touched))

    def _tighten(self, size: Dim) -> set[str]:
        """Bound the symbols of `size`, which is at least 0; returns those whose bounds changed."""
        changed = set()
        for factors, coefficient in size.items():
            if len(factors) == 1 and isinstance(atom := factors[0], Symbol):
                rest_high = interval(size - from_atom(atom) * coefficient, self.symbol_bounds)[1]
                if rest_high is not None and self._bound(atom.name, coefficient, rest_high):
                    changed.add(atom.name)
        return changed

    def _bound(self, name: str, coefficient: int, rest_high: int) -> bool:
        """Use coefficient*name + rest_high >= 0."""
        lo, hi = old = self.symbol_bounds(name)
        if coefficient > 0:
            limit = -(rest_high // coefficient)
            lo = limit if lo is None else max(lo, limit)
        else:
            limit = rest_high // -coefficient
            hi = limit if hi is None else min(hi, limit)
        self._bounds[name] = (lo, hi)
        return (lo, hi) != old


EMPTY = Facts()
"""No facts: symbols are any integers."""


def _bounds_one_symbol(size: Dim) -> bool:
    """Whether `size >= 0` is nothing but an int bound of one symbol."""
    (factors, _), *others = size.sorted_terms()
    return len(factors) == 1 and isinstance(factors[0], Symbol) and all(not rest for rest, _ in others)


def _solve_divisible(num: Dim, den: Size, name: str) -> tuple[str, str, Size] | None:
    """(symbol, q, solution): num % den == 0 exactly where symbol = solution for some integer q.

    q is called `name` and is num//den; or, where the symbol has another factor than +-1, something else, with `HIDDEN`
    after its name. Neither name can be written as a symbol in source.
    """
    for factors, coefficient in num.items():
        if len(factors) != 1 or not isinstance(atom := factors[0], Symbol):
            continue
        rest = num - from_atom(atom) * coefficient
        if atom.name in symbols_of(rest) or atom.name in symbols_of(den):
            continue
        if coefficient in (1, -1):
            return atom.name, name, (from_atom(intern_symbol(name)) * den - rest) * coefficient
        if isinstance(den, int) and isinstance(rest, int):
            common = gcd(coefficient, den)
            if rest % common == 0:  # c*s + k = 0 modulo d has the one solution s = -k/c modulo d, all over gcd(c, d)
                modulus = abs(den) // common
                first = -(rest // common) * pow(coefficient // common, -1, modulus)
                return atom.name, name + HIDDEN, from_atom(intern_symbol(name + HIDDEN)) * modulus + first
    return None


def bounds(size: Size, facts: Facts = EMPTY) -> Interval:
    """The (lowest, highest) value of `size`, each None where no bound was found."""
    size = facts.normal(size)
    low, high = interval(size, facts.symbol_bounds)
    names = symbols_of(size)
    for known in facts.inequalities:  # size - known <= size <= size + known
        if names.isdisjoint(symbols_of(known)):
            continue  # then no terms cancel, and the sum has the wider range
        low = _tighter(max, low, interval(size - known, facts.symbol_bounds)[0])
        high = _tighter(min, high, interval(size + known, facts.symbol_bounds)[1])
    return low, high


def _tighter(pick: Callable[[int, int], int], old: int | None, new: int | None) -> int | None:
    if old is None or new is None:
        return new if old is None else old
    return pick(old, new)
