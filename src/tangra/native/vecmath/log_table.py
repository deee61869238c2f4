"""log2 in two parts, by tables: for CPUs that look sixteen floats or eight doubles up at once.

x = 2^k m, m from 3/4 to 3/2; c is near 1 / m, and depends on the top bits of m. Then log2 x = k - log2 c + log2(1 + r)
with r = m c - 1, whose rounding error is found. Around 1 c is 1, so that the logarithm is right where it is small.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from tangra.native.vecmath import instructions
from tangra.native.vecmath.builder import SINGLE, Float, fma, poly_closely, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import Pair, fast_two_sum, two_product
from tangra.native.vecmath.logarithms import split_by_bits

BITS, PIECES = 5, 32
LEAST = 0.75


def _middle(place: int) -> float:
    """Of the mantissas with these top bits; 1 for those next to 1."""
    if place in (0, PIECES - 1):
        return 1.0
    return (1 + (place + 0.5) / PIECES) * (0.5 if place >= PIECES // 2 else 1.0)


class Tables(NamedTuple):
    """By piece: c, and -log2 c in two parts, the first such that its sum with any exponent is exact. `of_halves` is the
    first for exponents that are those of x, as if all mantissas were from 1 to 2."""

    factors: tuple[float, ...]
    high: tuple[float, ...]
    of_halves: tuple[float, ...]
    low: tuple[float, ...]


@cache
def tables() -> Tables:
    """Of some thousand factors near the middle of a piece that with the least second part is taken: what is multiplied
    by large powers should be almost all in the first."""
    factors, highs, lows = [], [], []
    for place in range(PIECES):
        start = SINGLE.round(1 / _middle(place))
        near = start + np.arange(-4096, 4096) * 2.0**-23 if start != 1.0 else np.ones(1)
        logs = -np.log2(near)
        high = np.rint(logs * 2.0**16) / 2.0**16
        best = int(np.argmin(np.abs(logs - high)))
        factors.append(float(near[best]))
        highs.append(float(high[best]))
        lows.append(float(logs[best] - high[best]))
    halves = [high + (place >= PIECES // 2) for place, high in enumerate(highs)]
    return Tables(tuple(factors), tuple(highs), tuple(halves), tuple(lows))


def log2_by_table(x: Float) -> Pair:
    """Of a positive finite number, to about 2^-30 of it."""
    w, form, known = x.writer, x.writer.form, tables()
    if w.avx512:
        whole, high_name, highs = instructions.exponent(x), "tg_log2_high_of_halves", known.of_halves
        m = instructions.mantissa(x, instructions.POSITIVE_FROM_THREE_QUARTERS)
    else:
        (whole, m), high_name, highs = split_by_bits(x, LEAST), "tg_log2_high", known.high
    place = m.bits() >> (form.fraction - BITS)
    factor = instructions.looked_up(w, "tg_log2_factor", known.factors, place)
    product = m * factor
    r, error = fast_two_sum(product - 1.0, fma(m, factor, -product))
    first, second, _ = PARTS[form.name]["log2_e"]
    high = r * first
    low = fma(error, first, fma(r, second, fma(r, first, -high)))
    square, curve = r * r, poly_closely(r, POLYNOMIALS[form.name]["log2_near"])
    near = fma(square, curve, high)
    low = fma(fma(r, r, -square), curve, low) + fma(square, curve, high - near)
    total = fast_two_sum(whole + instructions.looked_up(w, high_name, highs, place), near)
    low = low + instructions.looked_up(w, "tg_log2_low", known.low, place)
    return Pair(total.high, total.low + low)


DOUBLE_BITS, DOUBLE_PIECES = 4, 16
LAST = math.nextafter(47 / 32, 0.0)
"""From here on mantissas count as this one, which is in the last piece above 1."""
FINEST = 41
"""Whole numbers of 2^-41 and any exponent have an exact sum."""


@cache
def double_tables() -> Tables:
    """Of pieces about 1 + j/16 and, for the mantissas below 1, half as far apart; the one about 1 has factor 1. The
    last one above is half as long again, see `log2_of_double`."""
    from decimal import Decimal, localcontext  # Needed once, by few programs.

    factors, highs, lows = [], [], []
    for place in range(DOUBLE_PIECES):
        middle = (1 + place / DOUBLE_PIECES) * (0.5 if place >= DOUBLE_PIECES // 2 else 1.0)
        factor = 1 / ((45 / 32 + 1.5) / 2 if place == DOUBLE_PIECES // 2 - 1 else middle)
        with localcontext() as context:
            context.prec = 50
            log = -Decimal(factor).ln() / Decimal(2).ln()
            high = Decimal(round(log * 2**FINEST)) / 2**FINEST
            factors.append(factor)
            highs.append(float(high))
            lows.append(float(log - high))
    return Tables(tuple(factors), tuple(highs), (), tuple(lows))


def log2_of_double(x: Float) -> Pair:
    """Of a positive finite number, to about 2^-66 of it; the second part is up to 2^-13 of the first.

    x = 2^k m, r = m c - 1 in two parts, s = r / (2 + r) in two parts, and log2 x = k - log2 c + s (a + z P(z)), z = s²,
    a = 2 / ln 2 in two parts.
    """
    w, form, known = x.writer, x.writer.form, double_tables()
    if w.avx512:
        m, floor = instructions.mantissa(x, instructions.POSITIVE_FROM_THREE_QUARTERS), instructions.exponent(x)
        whole = select(m < 1.0, floor + 1.0, floor)
    else:
        whole, m = split_by_bits(x, LEAST)
    shift = form.fraction - DOUBLE_BITS
    place = (m.at_most(LAST).bits() + (1 << (shift - 1))) >> shift
    factor = instructions.looked_up(w, "tg_log2_factor_f64", known.factors, place)
    product = m * factor
    r, error = product - 1.0, fma(m, factor, -product)
    below = fast_two_sum(w.float(2.0), r)
    inverse = 1.0 / below.high
    s = r * inverse
    s_low = inverse * fma(-s, below.low, fma(-s, below.high, r) + fma(-error, s, error))
    z = s * s
    s_low = fma(s_low, z, s_low)  # Times the derivative, 1 / (1 - z).
    first, second, _ = PARTS[form.name]["log2_start"]
    part = two_product(s, first)
    rest = fma(z, poly_closely(z, POLYNOMIALS[form.name]["log2_close"]), second)
    low = fma(s, rest, fma(s_low, first, part.low))
    total = fast_two_sum(whole + instructions.looked_up(w, "tg_log2_high_f64", known.high, place), part.high)
    low = low + instructions.looked_up(w, "tg_log2_low_f64", known.low, place)
    return Pair(total.high, total.low + low)
