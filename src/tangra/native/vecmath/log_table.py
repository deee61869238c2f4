"""log2 of single precision in two parts, by a table: for CPUs that look sixteen numbers up at once.

x = 2^k m, m from 3/4 to 3/2; c is near 1 / m, and depends on the top bits of m. Then log2 x = k - log2 c + log2(1 + r)
with r = m c - 1, whose rounding error is found. Around 1 c is 1, so that the logarithm is right where it is small.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from tangra.native.vecmath import instructions
from tangra.native.vecmath.builder import SINGLE, Float, fma, poly_closely
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import Pair, fast_two_sum
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
