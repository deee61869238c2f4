"""Questions about a symbolic size: its symbols, terms and value; and the fold that lowers it to anything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from tangra.shapes.atoms import Atom, Extremum, FloorDiv, Max, Quotient, Symbol
from tangra.shapes.dims import Size, from_atom, prod
from tangra.shapes.extrema import dmax, dmin

T = TypeVar("T")


class UnboundSymbolError(KeyError):
    """A symbol of a size has no value. `name` is the symbol, `size` the whole expression."""

    def __init__(self, name: str, size: Size) -> None:
        super().__init__(name)
        self.name = name
        self.size = size

    def __str__(self) -> str:
        return f"no value for the symbol {self.name} of the size {self.size}"

    def __reduce__(self) -> tuple[object, ...]:
        return UnboundSymbolError, (self.name, self.size)


def terms(size: Size) -> tuple[tuple[int, tuple[Atom, ...]], ...]:
    """The (coefficient, factors) pairs whose sum is `size`, in canonical order; a constant has no factors, 0 no terms.

    Factors are atoms: `Symbol` with `.name`, `FloorDiv` and `Mod` with `.num` and `.den`, `Max` and `Min` with `.args`;
    an atom that is repeated is a power.
    """
    if isinstance(size, int):
        return ((int(size), ()),) if size else ()
    return tuple((coefficient, factors) for factors, coefficient in size.sorted_terms())


def symbols_of(size: Size) -> frozenset[str]:
    """The names of all symbols in `size`, also inside quotients and maxima."""
    return frozenset() if isinstance(size, int) else size.symbol_names(_atom_symbols)


def _atom_symbols(atom: Atom) -> frozenset[str]:
    if isinstance(atom, Symbol):
        return frozenset((atom.name,))
    return frozenset().union(*(symbols_of(part) for part in atom_parts(atom)))


def atom_parts(atom: Atom) -> tuple[Size, ...]:
    """The sizes an atom is made of; none for a symbol."""
    if isinstance(atom, Quotient):
        return atom.num, atom.den
    return atom.args if isinstance(atom, Extremum) else ()


def fold(
    size: Size,
    *,
    const: Callable[[int], T],
    symbol: Callable[[str], T],
    add: Callable[[T, T], T],
    mul: Callable[[T, T], T],
    floordiv: Callable[[T, T], T],
    mod: Callable[[T, T], T],
    max: Callable[[T, T], T],
    min: Callable[[T, T], T],
) -> T:
    """Rebuild `size` bottom-up with the given functions, in canonical order: how a back end emits it as instructions.

    An atom that occurs several times is built once and its result reused. A coefficient of 1 is not multiplied by; a
    negative one is `mul(const(-c), ...)`; a maximum of three is `max(max(a, b), c)`.
    """
    done: dict[Atom, T] = {}

    def build_atom(atom: Atom) -> T:
        if atom not in done:
            parts = [build(part) for part in atom_parts(atom)]
            if isinstance(atom, Symbol):
                done[atom] = symbol(atom.name)
            elif isinstance(atom, Quotient):
                done[atom] = (floordiv if isinstance(atom, FloorDiv) else mod)(*parts)
            else:
                done[atom] = _chain(max if isinstance(atom, Max) else min, parts)
        return done[atom]

    def build(part: Size) -> T:
        if isinstance(part, int):
            return const(part)
        summands = []
        for factors, coefficient in part.sorted_terms():
            words = [] if coefficient == 1 and factors else [const(coefficient)]
            summands.append(_chain(mul, words + [build_atom(factor) for factor in factors]))
        return _chain(add, summands)

    return build(size)


def _chain(operation: Callable[[T, T], T], values: list[T]) -> T:
    result = values[0]
    for value in values[1:]:
        result = operation(result, value)
    return result


def evaluate(size: Size, values: Mapping[str, int]) -> int:
    """The int that `size` is for these values of its symbols.

    Raises `UnboundSymbolError` (a KeyError) for a symbol without a value and ZeroDivisionError for a zero divisor.
    """
    if isinstance(size, int):
        return int(size)
    try:
        return _evaluate(size, values, {})
    except KeyError as error:
        raise UnboundSymbolError(str(error.args[0]), size) from None


def _evaluate(size: Size, values: Mapping[str, int], done: dict[Atom, int]) -> int:
    if isinstance(size, int):
        return size
    total = 0
    for factors, product in size.items():
        for atom in factors:
            product *= values[atom.name] if isinstance(atom, Symbol) else _evaluate_atom(atom, values, done)
        total += product
    return total


def _evaluate_atom(atom: Atom, values: Mapping[str, int], done: dict[Atom, int]) -> int:
    value = done.get(atom)
    if value is None:
        parts = [_evaluate(part, values, done) for part in atom_parts(atom)]
        if isinstance(atom, Quotient):
            value = parts[0] // parts[1] if isinstance(atom, FloorDiv) else parts[0] % parts[1]
        else:
            value = max(parts) if isinstance(atom, Max) else min(parts)
        done[atom] = value
    return value


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """`size` with symbols replaced, all at once, and the result in normal form; unmentioned symbols stay."""
    if isinstance(size, int) or symbols_of(size).isdisjoint(values):
        return size
    return rebuild(size, lambda atom: values.get(atom.name) if isinstance(atom, Symbol) else None)


def rebuild(size: Size, replace: Callable[[Atom], Size | None]) -> Size:
    """`size` with every atom for which `replace` gives a size replaced by it, outermost first, in normal form."""
    return _rebuild(size, replace, {})


def _rebuild(size: Size, replace: Callable[[Atom], Size | None], done: dict[Atom, Size]) -> Size:
    if isinstance(size, int):
        return size
    total: Size = 0
    for factors, coefficient in size.items():
        for atom in factors:
            if atom not in done:
                new = replace(atom)
                done[atom] = _rebuild_parts(atom, replace, done) if new is None else new
        total = total + prod(done[atom] for atom in factors) * coefficient
    return total


def _rebuild_parts(atom: Atom, replace: Callable[[Atom], Size | None], done: dict[Atom, Size]) -> Size:
    if isinstance(atom, Symbol):
        return from_atom(atom)
    parts = [_rebuild(part, replace, done) for part in atom_parts(atom)]
    if isinstance(atom, Quotient):
        return parts[0] // parts[1] if isinstance(atom, FloorDiv) else parts[0] % parts[1]
    return dmax(*parts) if isinstance(atom, Max) else dmin(*parts)
