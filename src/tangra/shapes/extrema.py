"""Maximum and minimum of symbolic sizes, in normal form."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tangra.shapes.atoms import Extremum, Max, Min, Size, SizeTooComplex, intern_extremum
from tangra.shapes.dims import Dim, Monomial, as_size, from_atom, from_terms
from tangra.shapes.intervals import static_interval

MAX_ARGS = 64
"""Arguments of one maximum after nested ones are merged into it."""


def dmax(*sizes: Size) -> Size:
    """The largest of `sizes`, simplified where one is always the larger: `dmax(N, N + 1)` is `N + 1`."""
    return _extremum(Max, Min, [as_size(size) for size in sizes])


def dmin(*sizes: Size) -> Size:
    """The smallest of `sizes`, simplified where one is always the smaller."""
    return _extremum(Min, Max, [as_size(size) for size in sizes])


def _extremum(kind: type[Extremum], dual: type[Extremum], sizes: list[Size]) -> Size:
    if not sizes:
        raise TypeError(f"{'dmax' if kind is Max else 'dmin'} needs at least one size")
    pick: Callable[[Iterable[int]], int] = max if kind is Max else min
    if all(isinstance(size, int) for size in sizes):
        return pick(size for size in sizes if isinstance(size, int))
    args = _without_dominated([arg for size in sizes for arg in _spread(kind, size)], kind, pick)
    args = [arg for arg in args if not _absorbed(arg, dual, args)] if len(args) > 1 else args
    if len(args) == 1:
        return args[0]
    if len(args) > MAX_ARGS:
        raise SizeTooComplex(f"{'max' if kind is Max else 'min'} of {len(args)} symbolic sizes")
    common = _common_terms(args)
    if not isinstance(common, int):
        return common + _extremum(kind, dual, [arg - common for arg in args])
    args.sort(key=lambda arg: (not isinstance(arg, int), str(arg)))
    return from_atom(intern_extremum(kind, tuple(args)))


def _spread(kind: type[Extremum], size: Size) -> list[Size]:
    """`rest + max(a, b)` as [rest + a, rest + b], for a maximum; the same for a minimum; else just [size]."""
    if isinstance(size, Dim):
        for factors, coefficient in size.items():
            if coefficient == 1 and len(factors) == 1 and isinstance(atom := factors[0], kind):
                rest = size - from_atom(atom)
                return [part for arg in atom.args for part in _spread(kind, rest + arg)]
    return [size]


def _without_dominated(args: list[Size], kind: type[Extremum], pick: Callable[[Iterable[int]], int]) -> list[Size]:
    """Of the sizes that differ by a constant keep the extreme one; drop a constant that another never fails to beat."""
    best: dict[Size, int] = {}
    for arg in args:
        constant = arg if isinstance(arg, int) else arg.constant
        base = arg - constant
        best[base] = constant if base not in best else pick((best[base], constant))
    if 0 in best and len(best) > 1:
        _meet_constant(best, kind)
    return [base + constant for base, constant in best.items()]


def _meet_constant(best: dict[Size, int], kind: type[Extremum]) -> None:
    """Settle the constant best[0] against the ranges the other sizes always lie in."""
    limit = best[0]
    for base in [base for base in best if base != 0]:
        low, high = static_interval(base + best[base])
        inner, outer = (low, high) if kind is Max else (high, low)
        if inner is not None and (inner >= limit if kind is Max else inner <= limit):
            best.pop(0, None)
        elif outer is not None and (outer <= limit if kind is Max else outer >= limit):
            del best[base]


def _absorbed(arg: Size, dual: type[Extremum], args: list[Size]) -> bool:
    """Whether `arg` is min(x, ...) beside x in a maximum, or the dual: max(x, min(x, y)) is x."""
    atom = arg.single_atom if isinstance(arg, Dim) else None
    return isinstance(atom, dual) and any(inner in args for inner in atom.args)


def _common_terms(args: list[Size]) -> Size:
    """The symbolic terms that all of `args` have with the same coefficient; 0 if there are none."""
    first = args[0]
    if isinstance(first, int):
        return 0
    shared: dict[Monomial, int] = {factors: c for factors, c in first.items() if factors}
    for arg in args[1:]:
        if isinstance(arg, int):
            return 0
        terms = dict(arg.items())
        shared = {factors: c for factors, c in shared.items() if terms.get(factors) == c}
    return from_terms(shared)
