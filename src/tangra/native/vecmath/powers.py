"""pow and cbrt."""

from __future__ import annotations

import math

from tangra.native.vecmath.builder import Float, fma, poly, poly_closely, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import Pair, fast_two_sum, multiply, two_product, two_sum
from tangra.native.vecmath.exponentials import power_of_two, scale
from tangra.native.vecmath.logarithms import split


def cbrt(x: Float) -> Float:
    """A polynomial for m^(-1/3), m from sqrt(1/2) to sqrt 2; a step of third order; one of Newton, residual exact."""
    form, a = x.writer.form, x.abs()
    k, m = split(a)
    q = fma(k, 1.0 / 3.0, -1.0 / 3.0).rint()
    rest = fma(q, -3.0, k)
    root = select(rest > 1.5, 2.0 ** (-2 / 3), select(rest > 0.5, 2.0 ** (-1 / 3), 1.0))
    v = m * select(rest > 1.5, 4.0, select(rest > 0.5, 2.0, 1.0))
    w = poly(m, POLYNOMIALS[form.name]["inverse_cbrt"]) * root
    h = fma(-(v * w), w * w, 1.0)
    w = fma(w * h, fma(h, 2.0 / 9.0, 1.0 / 3.0), w)
    y = v * (w * w)
    square = two_product(y, y)
    residual = fma(-y, square.low, fma(-y, square.high, v))
    y = fma(residual * (w * w), 1.0 / 3.0, y)
    value = y * power_of_two((q + form.magic).bits())
    return select((a < math.inf) & a.ne(0.0), value, x).with_sign_of(x)


def log2_pair(x: Float) -> Pair:
    """log2 of a positive finite number, to about 2^-66 (2^-34 in single precision) of it.

    s = f / (2 + f) in two parts, 2 atanh(s) = s (2 + z (c + z P(z))) with z = s² and c = 2/3 in two parts.
    """
    form = x.writer.form
    parts = PARTS[form.name]
    k, m = split(x)
    f = m - 1.0
    below = fast_two_sum(x.writer.float(2.0), f)
    inverse = 1.0 / below.high
    high = f * inverse
    s = Pair(high, inverse * fma(-high, below.low, fma(-high, below.high, f)))
    z = two_product(s.high, s.high)
    z = Pair(z.high, fma(s.high + s.high, s.low, z.low))
    tail = z.high * poly(z.high, POLYNOMIALS[form.name]["log_tail"])
    c = fast_two_sum(x.writer.float(parts["two_thirds"][0]), tail)
    v = multiply(z, Pair(c.high, c.low + parts["two_thirds"][1]))
    sv = multiply(s, v)
    first = fast_two_sum(s.high + s.high, sv.high)
    natural = fast_two_sum(first.high, first.low + fma(s.low, 2.0, sv.low))
    log2_e = Pair(x.writer.float(parts["log2_e"][0]), x.writer.float(parts["log2_e"][1]))
    scaled = multiply(natural, log2_e)
    total = two_sum(k, scaled.high)
    return fast_two_sum(total.high, total.low + scaled.low)


def _exp2_of_pair(x: Pair, limit: float) -> Float:
    """2^(high + low); infinite or 0 beyond the limit. Just below 2^1024 the parts are 1024 and less than 0: the limit
    is one more, and what lies between overflows by itself."""
    form = x.high.writer.form
    large, small = x.high >= limit, x.high <= -limit - 2.0 * form.fraction
    high = select(large | small, 0.0, x.high)
    shifted = high + form.magic
    whole = shifted - form.magic
    r = (high - whole) + x.low
    value = scale(fma(r, poly_closely(r, POLYNOMIALS[form.name]["exp2"]), 1.0), whole, shifted.bits())
    return select(large, math.inf, select(small, 0.0, value))


def pow(x: Float, y: Float) -> Float:
    """2^(y log2|x|) and the sign, then IEEE 754's special cases."""
    form, a = x.writer.form, x.abs()
    bound = 2.0 ** (form.fraction + form.fraction // 2)
    log = log2_pair(a)
    exponent = y.at_most(bound).at_least(-bound)
    product = two_product(exponent, log.high)
    value = _exp2_of_pair(Pair(product.high, fma(exponent, log.low, product.low)), float(form.bias + 2))
    whole = y.floor().eq(y)
    half = y * 0.5
    odd = whole & half.floor().ne(half)
    # 0 and infinity give 0 or infinity by the sign of y. An infinite y is the bound, which does as well.
    end = a.eq(0.0) | a.eq(math.inf)
    value = select(end, select(a.eq(0.0) ^ (y < 0.0), 0.0, math.inf), value)
    negative = x.bits().is_negative()
    value = select(negative & odd, -value, value)
    value = select((x < 0.0) & ~whole & (a < math.inf), math.nan, value)
    value = select(x.is_nan() | y.is_nan(), x + y, value)
    return select(x.eq(1.0) | y.eq(0.0), 1.0, value)
