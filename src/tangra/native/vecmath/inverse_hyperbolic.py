"""asinh, acosh, atanh."""

from __future__ import annotations

import math

from tangra.native.vecmath.builder import Float, fma, poly, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import Pair, two_sum
from tangra.native.vecmath.exponentials import power_of_two
from tangra.native.vecmath.logarithms import log_of_pair

LARGE = {"f64": 2.0**28, "f32": 2.0**13}
"""From here on the inverse sine and cosine are log 2x to half an ulp."""


def _log_of_one_plus_sum(a: Float, b: Float) -> Pair:
    """1 + a + b in two parts, all of them positive."""
    total = two_sum(a, b)
    start = two_sum(a.writer.float(1.0), total.high)
    return Pair(start.high, start.low + total.low)


def asinh(x: Float) -> Float:
    """log(1 + (a + a² / (1 + sqrt(1 + a²)))) with a = |x|."""
    a = x.abs()
    large = a > LARGE[x.writer.form.name]
    modest = select(large, 1.0, a)
    square = modest * modest
    pair = _log_of_one_plus_sum(modest, square / ((square + 1.0).sqrt() + 1.0))
    value = log_of_pair(Pair(select(large, a, pair.high), select(large, 0.0, pair.low)), large)
    return select((a < math.inf) & a.ne(0.0), value, x).with_sign_of(x)


def acosh(x: Float) -> Float:
    """log(1 + (t + sqrt(2t + t²))) with t = x - 1, the root in two parts."""
    large = x > LARGE[x.writer.form.name]
    t = select(large, 1.0, x) - 1.0
    square = fma(t, t, t + t)
    root = square.sqrt()
    rest = fma(-root, root, square) * (0.5 / select(root.eq(0.0), 1.0, root))
    pair = _log_of_one_plus_sum(root, t)
    pair = Pair(pair.high, pair.low + rest)
    value = log_of_pair(Pair(select(large, x, pair.high), select(large, 0.0, pair.low)), large)
    return select(x < math.inf, select(x < 1.0, math.nan, value), x)


def atanh(x: Float) -> Float:
    """k ln 2 / 2 + atanh s where (1 + a) / (1 - a) = 2^k (1 + s) / (1 - s), a = |x|.

    k comes from the bits of 1 + a and 1 - a, whose difference is nearly the logarithm; it is 0 up to about a = 0.24.
    """
    form, a = x.writer.form, x.abs()
    step = ((a + 1.0).bits() - (1.0 - a).bits()) + int(0.3 * 2**form.fraction)
    code = step >> form.fraction
    k = (code | form.bits_of(2.0**form.fraction)).float() - 2.0**form.fraction
    power, plus, minus = power_of_two(-code), a + 1.0, 1.0 - a
    # 2^-k (1 + a) ∓ (1 - a): 1 - a is exact from 1/2 on; below, k is 0 or 1, and 1 ± 2^-k are.
    small = a < 0.5
    above = select(small, fma(a, power + 1.0, power - 1.0), fma(power, plus, -minus))
    below = select(small, fma(a, power - 1.0, power + 1.0), fma(power, plus, minus))
    s = above / below
    z = s * s
    first, second, _ = PARTS[form.name]["half_ln2"]
    tail = fma(s * z, poly(z, POLYNOMIALS[form.name]["atanh"]), k * second)
    value = fma(k, first, s + tail)
    return select(a < 1.0, value, select(a.eq(1.0), math.inf, math.nan)).with_sign_of(x)
