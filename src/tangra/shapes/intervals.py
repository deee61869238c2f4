"""Interval arithmetic over symbolic sizes: the smallest range that follows from the ranges of the symbols alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shapes.atoms import Atom, Extremum, FloorDiv, Max, Quotient, Symbol

if TYPE_CHECKING:
    from tangra.shapes.dims import Size

Interval = tuple[int | None, int | None]
"""Lowest and highest value; None means unbounded on that side."""

UNKNOWN: Interval = (None, None)


def interval(size: Size, symbol: Callable[[str], Interval]) -> Interval:
    """The range of `size` when each symbol lies in `symbol(name)`. Values with a zero divisor count for nothing."""
    if isinstance(size, int):
        return size, size
    low: int | None = 0
    high: int | None = 0
    for factors, coefficient in size.items():
        if len(factors) == 1 and isinstance(atom := factors[0], Symbol):
            term_low, term_high = symbol(atom.name)
        else:
            term_low, term_high = _monomial(factors, symbol)
        if coefficient != 1:
            term_low, term_high = _scale((term_low, term_high), coefficient)
        low = None if low is None or term_low is None else low + term_low
        high = None if high is None or term_high is None else high + term_high
        if low is None and high is None:
            return UNKNOWN
    return low, high


def no_symbol_bounds(name: str) -> Interval:
    """The range of a symbol nothing is known about."""
    return UNKNOWN


def static_interval(size: Size) -> Interval:
    """The range of `size` over all values of its symbols."""
    if isinstance(size, int):
        return size, size
    if all(isinstance(factor, Symbol) for factors, _ in size.items() for factor in factors):
        return UNKNOWN
    return interval(size, no_symbol_bounds)


def _scale(bounds: Interval, factor: int) -> Interval:
    low, high = bounds
    if factor < 0:
        low, high = high, low
    return (None if low is None else low * factor), (None if high is None else high * factor)


def _monomial(factors: tuple[Atom, ...], symbol: Callable[[str], Interval]) -> Interval:
    """The range of a product. Equal factors are taken together, so that an even power is never negative."""
    result: Interval = (1, 1)
    position = 0
    while position < len(factors):
        atom = factors[position]
        power = factors.count(atom)
        position += power
        result = _multiply(result, _power(_atom(atom, symbol), power))
    return result


def _power(bounds: Interval, power: int) -> Interval:
    low, high = bounds
    if power == 1:
        return bounds
    if power % 2:
        return (None if low is None else low**power), (None if high is None else high**power)
    if low is not None and low >= 0:
        return low**power, (None if high is None else high**power)
    if high is not None and high <= 0:
        return high**power, (None if low is None else low**power)
    return 0, (None if low is None or high is None else max(low**power, high**power))


def _multiply(left: Interval, right: Interval) -> Interval:
    if left == (1, 1):
        return right
    left_ends, right_ends = ((left[0], -1), (left[1], 1)), ((right[0], -1), (right[1], 1))
    corners = [_corner(*a, *b) for a in left_ends for b in right_ends]
    low, high = min(corners), max(corners)
    return (None if low[0] else low[1]), (None if high[0] else high[1])


def _corner(a: int | None, a_end: int, b: int | None, b_end: int) -> tuple[int, int]:
    """The product of two interval ends as (sign of infinity or 0, value); None is infinity with the sign `a_end`."""
    if a is not None and b is not None:
        return 0, a * b
    sign = _sign(a, a_end) * _sign(b, b_end)
    return sign, 0


def _sign(value: int | None, end: int) -> int:
    return end if value is None else (value > 0) - (value < 0)


def _atom(atom: Atom, symbol: Callable[[str], Interval]) -> Interval:
    if isinstance(atom, Symbol):
        return symbol(atom.name)
    if isinstance(atom, Extremum):
        return _extremum([interval(arg, symbol) for arg in atom.args], isinstance(atom, Max))
    if not isinstance(atom, Quotient):
        raise TypeError(f"unknown kind of factor {atom!r}")
    rule = _floordiv if isinstance(atom, FloorDiv) else _mod
    num = interval(atom.num, symbol)
    low, high = interval(atom.den, symbol)
    pieces = []
    if high is None or high > 0:
        pieces.append(rule(num, (1 if low is None else max(low, 1), high)))
    if low is None or low < 0:
        positive = (1 if high is None else max(-high, 1), None if low is None else -low)
        flipped = rule(_scale(num, -1), positive)  # x // -d is -x // d, and x % -d is -(-x % d)
        pieces.append(flipped if rule is _floordiv else _scale(flipped, -1))
    return _hull(pieces) if pieces else UNKNOWN


def _hull(pieces: list[Interval]) -> Interval:
    lows = [low for low, _ in pieces if low is not None]
    highs = [high for _, high in pieces if high is not None]
    return (min(lows) if len(lows) == len(pieces) else None), (max(highs) if len(highs) == len(pieces) else None)


def _extremum(args: list[Interval], largest: bool) -> Interval:
    lows = [low for low, _ in args if low is not None]
    highs = [high for _, high in args if high is not None]
    if largest:
        return (max(lows) if lows else None), (max(highs) if len(highs) == len(args) else None)
    return (min(lows) if len(lows) == len(args) else None), (min(highs) if highs else None)


def _floordiv(num: Interval, den: Interval) -> Interval:
    """The range of a floor quotient whose divisor is at least 1."""
    (low, high), (small, large) = num, den
    small = small or 1
    if low is not None:
        low = low // small if low < 0 else (0 if large is None else low // large)
    if high is not None:
        high = high // small if high >= 0 else (-1 if large is None else high // large)
    return low, high


def _mod(num: Interval, den: Interval) -> Interval:
    """The range of a remainder whose divisor is at least 1."""
    (low, high), (small, large) = num, den
    top = None if large is None else large - 1
    if low is None or low < 0:
        return 0, top
    if high is not None:
        if high < (small or 1):
            return low, high
        top = high if top is None else min(top, high)
    return 0, top
