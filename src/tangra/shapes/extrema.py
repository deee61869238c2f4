"""Maximum and minimum of symbolic sizes, in normal form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from math import prod

from tangra.shapes.atoms import Extremum, Max, Min, SizeTooComplex, intern_extremum
from tangra.shapes.dims import CACHE_SIZE, Dim, Monomial, Size, as_size, from_atom, from_terms
from tangra.shapes.intervals import Interval, static_interval

MAX_ARGS = 64
"""Arguments of one maximum after nested ones are merged into it."""


def dmax(*sizes: Size) -> Size:
    """The largest of `sizes`, simplified where one is always the larger: `dmax(N, N + 1)` is `N + 1`."""
    return _extremum(True, tuple(as_size(size) for size in sizes))


def dmin(*sizes: Size) -> Size:
    """The smallest of `sizes`, simplified where one is always the smaller."""
    return _extremum(False, tuple(as_size(size) for size in sizes))


@lru_cache(maxsize=CACHE_SIZE)
def _extremum(largest: bool, sizes: tuple[Size, ...]) -> Size:
    kind, dual = (Max, Min) if largest else (Min, Max)
    if not sizes:
        raise TypeError(f"{'dmax' if largest else 'dmin'} needs at least one size")
    pick: Callable[[Iterable[int]], int] = max if largest else min
    if all(isinstance(size, int) for size in sizes):
        return pick(size for size in sizes if isinstance(size, int))
    args = _without_dominated([arg for size in sizes for arg in _spread(kind, size)], pick)
    args = _without_outranged(args, kind)
    args = [arg for arg in args if not _absorbed(arg, kind, dual, args)]
    if len(args) == 1:
        return args[0]
    if len(args) > MAX_ARGS:
        raise SizeTooComplex(f"{'max' if largest else 'min'} of {len(args)} symbolic sizes")
    common = _common_terms(args)
    if common != 0:
        return common + _extremum(largest, tuple(arg - common for arg in args))
    args.sort(key=lambda arg: (not isinstance(arg, int), str(arg)))
    return from_atom(intern_extremum(kind, tuple(args)))


def _spread(kind: type[Extremum], size: Size) -> list[Size]:
    """`rest + max(a, b)` as [rest + a, rest + b], for a maximum; the same for a minimum; else just [size].

    A sum of many maxima stays whole: it would spread into the product of their argument counts.
    """
    if isinstance(size, int):
        return [size]
    inner = [f[0] for f, coefficient in size.items() if coefficient == 1 and len(f) == 1 and isinstance(f[0], kind)]
    if not inner or prod(len(atom.args) for atom in inner) > MAX_ARGS:
        return [size]
    rest = size - from_atom(inner[0])
    return [part for arg in inner[0].args for part in _spread(kind, rest + arg)]


def _without_dominated(args: list[Size], pick: Callable[[Iterable[int]], int]) -> list[Size]:
    """Of the sizes that differ by a constant only the extreme one."""
    best: dict[Size, int] = {}
    for arg in args:
        constant = arg if isinstance(arg, int) else arg.constant
        base = arg - constant
        best[base] = constant if base not in best else pick((best[base], constant))
    return [base + constant for base, constant in best.items()]


def _without_outranged(args: list[Size], kind: type[Extremum]) -> list[Size]:
    """Drop what another argument always reaches or beats by the ranges they lie in: `N % 4` beside 5, 0 beside it."""
    kept = [(arg, static_interval(arg)) for arg in args]
    for pair in list(kept) if len(args) > 1 else []:
        if any(other is not pair and _outranges(other[1], pair[1], kind) for other in kept):
            kept.remove(pair)
    return [arg for arg, _ in kept]


def _outranges(winner: Interval, loser: Interval, kind: type[Extremum]) -> bool:
    end, start = (winner[0], loser[1]) if kind is Max else (loser[0], winner[1])
    return end is not None and start is not None and end >= start


def _absorbed(arg: Size, kind: type[Extremum], dual: type[Extremum], args: list[Size]) -> bool:
    """Whether `arg` is min(x, ...) beside x or x + 1 in a maximum, or the dual: max(x, min(x, y)) is x."""
    atom = arg.single_atom if isinstance(arg, Dim) else None
    if not isinstance(atom, dual):
        return False
    gaps = [other - inner for inner in atom.args for other in args]
    return any(isinstance(gap, int) and (gap >= 0 if kind is Max else gap <= 0) for gap in gaps)


def _common_terms(args: list[Size]) -> Size:
    """The terms that all of `args` have with the same coefficient; 0 if there are none, or one of them is an int."""
    first = args[0]
    if isinstance(first, int):
        return 0
    shared: dict[Monomial, int] = dict(first.items())
    for arg in args[1:]:
        if isinstance(arg, int):
            return 0
        terms = dict(arg.items())
        shared = {factors: c for factors, c in shared.items() if terms.get(factors) == c}
    return from_terms(shared)
