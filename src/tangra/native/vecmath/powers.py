"""pow, cbrt, hypot."""

from __future__ import annotations

import math
from typing import NamedTuple

from tangra.native.vecmath.builder import DOUBLE, SINGLE, Bit, Float, Int, fma, poly, poly_closely, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import Pair, fast_two_sum, multiply, two_product
from tangra.native.vecmath.exponentials import scale
from tangra.native.vecmath.log_table import PIECES, log2_by_table, log2_of_double
from tangra.native.vecmath.logarithms import split


class _Guess(NamedTuple):
    """A first w ≈ a^(-1/3): the top bits of w are `start` less a third of a's, `drop` bits are left out; a is lifted
    by 2^`lift` where it is a denormal."""

    start: float
    drop: int
    lift: int


GUESSES = {"f64": _Guess(1430186340.0, 32, 54), "f32": _Guess(2773243.0, 9, 27)}
"""With these |1 - a w³| is at most 0.103."""


def cbrt(x: Float) -> Float:
    """w by a polynomial in 1 - a w³; then a w², and a step of Newton for the cube root itself."""
    form, size = x.writer.form, x.abs()
    guess, two = GUESSES[form.name], 2.0**form.fraction
    tiny = size < form.smallest_normal
    a = select(tiny, size * 2.0**guess.lift, size)
    top = ((a.bits() >> guess.drop) | form.bits_of(two)).float() - two
    w = (fma(top, -1.0 / 3.0, guess.start + two).bits() << guess.drop).float()
    h = fma(-(a * w), w * w, 1.0)
    w = fma(w * h, poly(h, POLYNOMIALS[form.name]["inverse_cbrt"]), w)
    square = w * w
    y = a * square
    y = fma(fma(-(y * y), y, a) * square, 1.0 / 3.0, y)
    y = select(tiny, y * 2.0 ** (-guess.lift // 3), y)
    return select(size < math.inf, y, x).with_sign_of(x)


def hypot(x: Float, y: Float) -> Float:
    """sqrt(x² + y²), scaled where squares would leave the normal range; infinite if one is, whatever the other."""
    form, a, b = x.writer.form, x.abs(), y.abs()
    large, lesser = select(a > b, a, b), select(a > b, b, a)
    top, low, factor = {"f64": (500, -460, 700), "f32": (60, -50, 100)}[form.name]
    huge, tiny = large > 2.0**top, large < 2.0**low
    scale = select(huge, 2.0**-factor, select(tiny, 2.0**factor, 1.0))
    back = select(huge, 2.0**factor, select(tiny, 2.0**-factor, 1.0))
    p, q = large * scale, lesser * scale
    value = fma(p, p, q * q).sqrt() * back
    value = select(x.is_nan() | y.is_nan(), x + y, value)
    return select(a.eq(math.inf) | b.eq(math.inf), math.inf, value)


def log2_pair(x: Float) -> Pair:
    """log2 of a positive finite number, to several bits more than the format has."""
    if x.writer.tables != PIECES:
        return log2_by_division(x)
    return log2_by_table(x) if x.writer.form is SINGLE else log2_of_double(x)


def log2_by_division(x: Float) -> Pair:
    """log2 of a positive finite number, to about 2^-66 (2^-34 in single precision) of it.

    s = f / (2 + f) in two parts, log2 m = s (c + z (d + z P(z))), z = s²; c = 2 / ln 2 and d = c / 3 in two parts.
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
    tail = z.high * poly(z.high, POLYNOMIALS[form.name]["log2_tail"])
    d = fast_two_sum(x.writer.float(parts["log2_next"][0]), tail)
    v = multiply(z, Pair(d.high, d.low + parts["log2_next"][1]))
    c = fast_two_sum(x.writer.float(parts["log2_start"][0]), v.high)
    fraction = multiply(s, Pair(c.high, c.low + (v.low + parts["log2_start"][1])))
    total = fast_two_sum(k, fraction.high)  # The whole part is 0, or larger than the fraction.
    return Pair(total.high, total.low + fraction.low)


def _exp2_parts(high: Float, low: Float) -> tuple[Float, Float, Int]:
    """2^(high + low) = value 2^whole, whole also as the low bits of an integer."""
    form = high.writer.form
    looked_up = high.writer.tables == PIECES and form is DOUBLE
    shifted = (high + low if looked_up else high) + form.magic  # Then the low part is not small.
    whole = shifted - form.magic
    r = (high - whole) + low
    return fma(r, poly_closely(r, POLYNOMIALS[form.name]["exp2"]), 1.0), whole, shifted.bits()


def _exp2_of_pair(x: Pair, limit: float) -> Float:
    """2^(high + low); infinite or 0 beyond the limit. Just below 2^1024 the parts are 1024 and less than 0: the limit
    is one more, and what lies between overflows by itself."""
    large, small = x.high >= limit, x.high <= -limit - 2.0 * x.high.writer.form.fraction
    value = scale(*_exp2_parts(select(large | small, 0.0, x.high), x.low))
    return select(large, math.inf, select(small, 0.0, value))


def _exponent(x: Float, y: Float) -> Pair:
    """y log2 x for a positive finite x and a y that is not huge."""
    log = log2_pair(x)
    product = two_product(y, log.high)
    return Pair(product.high, fma(y, log.low, product.low))


def ordinary(x: Float, y: Float) -> tuple[Bit, Float]:
    """Where x is positive, finite and no denormal and x^y neither, and what x^y is there."""
    form, exponent = x.writer.form, _exponent(x, y)
    first = form.bits_of(form.smallest_normal)
    known = (x.bits() - first).below(form.bits_of(math.inf) - first) & (exponent.high.abs() < form.bias - 3.0)
    value, _, code = _exp2_parts(*exponent)
    return known, (value.bits() + (code << form.fraction)).float()


def pow(x: Float, y: Float) -> Float:
    """2^(y log2|x|) and the sign, then IEEE 754's special cases."""
    form, a = x.writer.form, x.abs()
    bound = 2.0 ** (form.fraction + form.fraction // 2)
    value = _exp2_of_pair(_exponent(a, y.at_most(bound).at_least(-bound)), form.bias + 2.0)
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
