"""`Dim`: integer-valued symbolic sizes in normal form.

A `Dim` is a polynomial with int coefficients over atoms (`tangra.shapes.atoms`). Two expressions with the same normal
form are equal; the form is canonical for polynomials, and close to it for floor division by constants. Every operation
whose result is constant returns a plain `int`, so a `Dim` is never constant and never equals an int.

A quotient or remainder stands for its value where its divisor is not zero: `(N*M)//M` is `N`. A front end that must
raise ZeroDivisionError tests the divisor before it divides.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, ItemsView, Iterable
from typing import SupportsIndex

from tangra.shapes.atoms import NAME, Atom, Quotient, SizeTooComplex, intern_symbol
from tangra.shapes.printing import render

Monomial = tuple[Atom, ...]
"""A product of atoms, repeated for powers, ordered by `Atom.key`. The empty product is the constant term's."""

MAX_TERMS = 512
"""Terms of one polynomial; products past this are refused with `SizeTooComplex`."""

CACHE_SIZE = 1 << 14
"""Quotients, remainders and extrema remembered: a compiler asks for the same ones over and over."""

_KEY: Callable[[Atom], tuple[int, str]] = operator.attrgetter("key")


class Dim:
    """A symbolic integer; see the module's text. Make one with `symbol` or `parse_size`, never by calling the class."""

    __slots__ = ("_hash", "_sorted", "_symbols", "_terms", "_text")
    __array_ufunc__ = None  # so that `np.int64(2) * dim` comes to __rmul__ instead of making an object array
    _terms: dict[Monomial, int]
    _hash: int | None
    _text: str | None
    _sorted: tuple[tuple[Monomial, int], ...] | None
    _symbols: frozenset[str] | None

    def items(self) -> ItemsView[Monomial, int]:
        """The (factors, coefficient) pairs in no particular order; `terms` gives the canonical one."""
        return self._terms.items()

    def sorted_terms(self) -> tuple[tuple[Monomial, int], ...]:
        """The (factors, coefficient) pairs, highest degree first, then by name; the constant term is last."""
        if self._sorted is None:
            self._sorted = tuple(sorted(self._terms.items(), key=_term_order))
        return self._sorted

    @property
    def constant(self) -> int:
        """The constant term."""
        return self._terms.get((), 0)

    @property
    def depth(self) -> int:
        """How deep quotients and extrema are nested in it."""
        return max(atom.depth for factors in self._terms for atom in factors)

    @property
    def single_atom(self) -> Atom | None:
        """The atom this size is, if it is nothing but one atom."""
        if len(self._terms) == 1:
            ((factors, coefficient),) = self._terms.items()
            if coefficient == 1 and len(factors) == 1:
                return factors[0]
        return None

    @property
    def is_word(self) -> bool:
        """Whether the text is a name or a call, which needs no parentheses anywhere."""
        atom = self.single_atom
        return atom is not None and not isinstance(atom, Quotient)

    def symbol_names(self, of_atom: Callable[[Atom], frozenset[str]]) -> frozenset[str]:
        """The union of `of_atom` over all factors, kept from the first call on; use `symbols_of`."""
        if self._symbols is None:
            names: frozenset[str] = frozenset()
            self._symbols = names.union(*(of_atom(atom) for factors in self._terms for atom in factors))
        return self._symbols

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Dim) and self._terms == other._terms)

    def __str__(self) -> str:
        if self._text is None:
            self._text = render(self.sorted_terms())
        return self._text

    def __repr__(self) -> str:
        return f"Dim({self})"

    def __bool__(self) -> bool:
        raise TypeError(f"whether the symbolic size {self} is zero is not known; compare with known_eq(size, 0, facts)")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.sorted_terms(),)

    def __neg__(self) -> Dim:
        return _dim({factors: -coefficient for factors, coefficient in self._terms.items()})

    def __pos__(self) -> Dim:
        return self

    def __add__(self, other: Size) -> Size:
        if type(other) is int:
            return _shift(self, other)
        if type(other) is Dim:
            return _combine(self, other, 1)
        return _with_index(_shift, self, other)

    __radd__ = __add__

    def __sub__(self, other: Size) -> Size:
        if type(other) is int:
            return _shift(self, -other)
        if type(other) is Dim:
            return _combine(self, other, -1)
        return _with_index(lambda dim, number: _shift(dim, -number), self, other)

    def __rsub__(self, other: Size) -> Size:
        return _with_index(_shift, -self, other)

    def __mul__(self, other: Size) -> Size:
        if type(other) is int:
            return _scaled(self, other)
        if type(other) is Dim:
            return _product(self, other)
        return _with_index(_scaled, self, other)

    __rmul__ = __mul__

    def __pow__(self, exponent: SupportsIndex) -> Size:
        count = operator.index(exponent)
        if count < 0:
            raise ValueError(f"{self}**{count} is not an integer")
        result: Size = 1
        for _ in range(count):
            result = result * self
        return result

    def __floordiv__(self, other: Size) -> Size:
        if type(other) is Dim:
            return _division.floordiv(self, other)
        return _with_index(_division.floordiv, self, other)

    def __rfloordiv__(self, other: Size) -> Size:
        return _with_index(lambda dim, number: _division.floordiv(number, dim), self, other)

    def __mod__(self, other: Size) -> Size:
        if type(other) is Dim:
            return _division.mod(self, other)
        return _with_index(_division.mod, self, other)

    def __rmod__(self, other: Size) -> Size:
        return _with_index(lambda dim, number: _division.mod(number, dim), self, other)

    def __divmod__(self, other: Size) -> tuple[Size, Size]:
        return self // other, self % other


Size = int | Dim
"""An array dimension: a plain int where it is known, a `Dim` where it is symbolic."""


def _with_index(operation: Callable[[Dim, int], Size], dim: Dim, other: object) -> Size:
    """Apply `operation` to an operand that is an int, a bool or a NumPy int; leave anything else to its own class."""
    try:
        number = operator.index(other)  # type: ignore[arg-type]
    except TypeError:
        return NotImplemented  # type: ignore[no-any-return]
    return operation(dim, number)


MADE = [0]
"""How many sizes were made so far, by which those who have to come to an end measure what arithmetic costs."""


def _dim(terms: dict[Monomial, int]) -> Dim:
    """A `Dim` over `terms`, which holds no zero coefficient and at least one monomial that is not constant."""
    MADE[0] += 1
    dim = object.__new__(Dim)
    dim._terms = terms
    dim._hash = dim._text = dim._sorted = dim._symbols = None
    return dim


def from_terms(terms: dict[Monomial, int]) -> Size:
    """The size with `terms`, which the result keeps: an int if only the constant is left. Coefficients are nonzero."""
    if len(terms) > MAX_TERMS:
        raise SizeTooComplex(f"symbolic size with {len(terms)} terms")
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    return _dim(terms)


def from_atom(atom: Atom) -> Dim:
    """The size that is just `atom`."""
    return _dim({(atom,): 1})


def _rebuild(pairs: tuple[tuple[Monomial, int], ...]) -> Size:
    return from_terms(dict(pairs))


def _term_order(pair: tuple[Monomial, int]) -> tuple[int, list[tuple[int, str]]]:
    factors = pair[0]
    return -len(factors), [atom.key for atom in factors]


def _shift(dim: Dim, number: int) -> Dim:
    if not number:
        return dim
    terms = dim._terms.copy()
    total = terms.get((), 0) + number
    if total:
        terms[()] = total
    else:
        del terms[()]
    return _dim(terms)


def _combine(left: Dim, right: Dim, sign: int) -> Size:
    terms = left._terms.copy()
    for factors, coefficient in right._terms.items():
        total = terms.get(factors, 0) + sign * coefficient
        if total:
            terms[factors] = total
        else:
            del terms[factors]
    return from_terms(terms)


def _scaled(dim: Dim, number: int) -> Size:
    if number == 1:
        return dim
    if not number:
        return 0
    return _dim({factors: coefficient * number for factors, coefficient in dim._terms.items()})


def _product(left: Dim, right: Dim) -> Size:
    terms: dict[Monomial, int] = {}
    if len(left._terms) * len(right._terms) > 16 * MAX_TERMS:
        raise SizeTooComplex(f"product of symbolic sizes with {len(left._terms)} and {len(right._terms)} terms")
    for factors, coefficient in left._terms.items():
        for others, multiplier in right._terms.items():
            joined = tuple(sorted(factors + others, key=_KEY)) if factors and others else factors or others
            total = terms.get(joined, 0) + coefficient * multiplier
            if total:
                terms[joined] = total
            else:
                del terms[joined]
    return from_terms(terms)


_SYMBOL_DIMS: dict[str, Dim] = {}


def symbol(name: str) -> Dim:
    """The unknown integer called `name`, of unknown sign. Two symbols of one name are the same unknown.

    Raises ValueError where `name` is neither an identifier (with `.attribute` and `[0]` after it) nor a `{word}`.
    """
    dim = _SYMBOL_DIMS.get(name)
    if dim is None:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} can't name a symbolic size: write an identifier such as N, x.shape[0] or {{n}}")
        dim = _SYMBOL_DIMS.setdefault(name, from_atom(intern_symbol(name)))
    return dim


def as_size(value: Size | SupportsIndex) -> Size:
    """`value` as a `Size`: bools and NumPy ints become plain ints. Raises TypeError for anything else."""
    if type(value) is int or type(value) is Dim:
        return value
    return operator.index(value)  # type: ignore[arg-type]


def ceil_div(numerator: Size, denominator: Size) -> Size:
    """`numerator / denominator` rounded up. For an int divisor d > 0 it is `(n + d - 1)//d`, else `-((-n)//d)`."""
    if isinstance(denominator, int) and denominator > 0:
        return (numerator + denominator - 1) // denominator
    return -((-numerator) // denominator)


def prod(sizes: Iterable[Size]) -> Size:
    """The product of `sizes`; 1 of none, as the number of elements of a 0-d array."""
    result: Size = 1
    for size in sizes:
        result = result * size
    return result


import tangra.shapes.division as _division  # noqa: E402  (needs Dim above; Dim's operators need it only when called)
