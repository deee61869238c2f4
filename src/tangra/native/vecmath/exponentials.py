"""exp, exp2, expm1, sigmoid, and the hyperbolic functions sinh, cosh, tanh.

All split x = k ln 2 + r with |r| ≤ ln 2 / 2 (k ln 2 in two parts, so that r is right to an ulp), take a polynomial of r
and put 2^k into the exponent. 2^k is the product of two powers where the result may leave the normal range, so that it
overflows to infinity and underflows through the denormals by itself.
"""

from __future__ import annotations

from typing import NamedTuple

from tangra.native.vecmath import instructions
from tangra.native.vecmath.builder import Float, Int, fma, poly, poly_closely, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import Pair, fast_two_sum

EXP_LIMIT = {"f64": 800.0, "f32": 120.0}
"""Beyond it exp is 0 or infinite, and both halves of 2^k are still normal."""


class Reduced(NamedTuple):
    """x = k ln 2 + r.high + r.low; `whole` is k as a float, the low bits of `code` are k as an integer."""

    whole: Float
    code: Int
    r: Pair


def reduce(x: Float) -> Reduced:
    """Split x (at most the limit in size) by multiples of ln 2."""
    form = x.writer.form
    shifted = fma(x, PARTS[form.name]["log2_e"][0], form.magic)
    whole = shifted - form.magic
    first, second, _ = PARTS[form.name]["ln2"]
    exact = fma(-whole, first, x)
    r = fma(-whole, second, exact)
    return Reduced(whole, shifted.bits(), Pair(r, fma(-whole, second, exact - r)))


def power_of_two(code: Int) -> Float:
    """2^k for an integer k in the low bits, if 2^k is normal (infinity for one more)."""
    form = code.writer.form
    return ((code << form.fraction) + form.bits_of(1.0)).float()


def scale(x: Float, whole: Float, code: Int) -> Float:
    """x 2^k for any |k| below twice the exponent's range."""
    if x.writer.avx512:
        return instructions.scale(x, whole)
    form = x.writer.form
    half = fma(whole, 0.5, form.magic).bits()
    return (x * power_of_two(half)) * power_of_two(code - half)


def scale_down(x: Float, whole: Float, code: Int) -> Float:
    """x 2^k for k from the least that the format's denormals know to 0, and x next to 1."""
    if x.writer.avx512:
        return instructions.scale(x, whole)
    form = x.writer.form
    more = {"f64": 512, "f32": 64}[form.name]
    return (x * ((code << form.fraction) + form.bits_of(2.0**more)).float()) * 2.0**-more


def exp_tail(r: Float) -> Float:
    """e^r - 1 - r for |r| ≤ ln 2 / 2."""
    return (r * r) * poly(r, POLYNOMIALS[r.writer.form.name]["exp"])


def clamp(x: Float, limit: float) -> Float:
    return x.at_most(limit).at_least(-limit)


def _exp_of_rest(r: Float) -> Float:
    """e^r for |r| ≤ ln 2 / 2."""
    return fma(r * r, poly(r, POLYNOMIALS[r.writer.form.name]["exp"]), r) + 1.0


def exp(x: Float) -> Float:
    k = reduce(clamp(x, EXP_LIMIT[x.writer.form.name]))
    return scale(_exp_of_rest(k.r.high), k.whole, k.code)


def _exp_below(x: Float) -> Float:
    """e^x for x ≤ 0."""
    k = reduce(x.at_least(-EXP_LIMIT[x.writer.form.name]))
    return scale_down(_exp_of_rest(k.r.high), k.whole, k.code)


def exp_of_pair(x: Pair) -> Float:
    """e^(high + low) for a low part far below 1."""
    k = reduce(clamp(x.high, EXP_LIMIT[x.high.writer.form.name]))
    r = k.r.high
    tail = fma(r * r, poly(r, POLYNOMIALS[r.writer.form.name]["exp"]), x.low + k.r.low)
    return scale((tail + r) + 1.0, k.whole, k.code)


def exp2(x: Float) -> Float:
    form = x.writer.form
    x = clamp(x, EXP_LIMIT[form.name] * 1.5)
    shifted = x + form.magic
    whole = shifted - form.magic
    r = x - whole
    value = fma(r, poly_closely(r, POLYNOMIALS[form.name]["exp2"]), 1.0)
    return scale(value, whole, shifted.bits())


def expm1(x: Float) -> Float:
    """Below -40 (-20 in single precision) it is -1 to half an ulp; the top binade of x would need 2^1024: it is exp."""
    form = x.writer.form
    lowest, highest = {"f64": (-40.0, 709.0), "f32": (-20.0, 88.0)}[form.name]
    k = reduce(x.at_least(lowest).at_most(EXP_LIMIT[form.name]))
    down = power_of_two(-k.code)
    start = select(x > highest, 1.0, 1.0 - down) + k.r.high
    value = start + (exp_tail(k.r.high) + k.r.low)
    result = scale(value, k.whole, k.code)
    return select(x.eq(0.0), x, result)


def sigmoid(x: Float) -> Float:
    """With e = e^-|x|, q = e / (1 + e): 1 - q, or e - e q where x < 0, which goes through the denormals."""
    e = _exp_below(-x.abs())
    start = select(x < 0.0, e, 1.0)
    return fma(-start, e / (e + 1.0), start)


def tanh(x: Float) -> Float:
    """E / (E + 2) with E = e^(2|x|) - 1, the quotient corrected for what E + 2 loses; beyond 20 (10 in single
    precision) 1. Errors of E count in full only where k = 0, and there it is r and its tail, rounded once.
    """
    form = x.writer.form
    k = reduce(2.0 * x.abs().at_most({"f64": 20.0, "f32": 10.0}[form.name]))
    power = power_of_two(k.code)
    top = fma(power, exp_tail(k.r.high), fma(power, k.r.high, power - 1.0))
    below = fast_two_sum(x.writer.float(2.0), top)
    inverse = 1.0 / below.high
    value = top * inverse
    error = fma(-value, below.low, fma(-value, below.high, top))
    return fma(error, inverse, value).with_sign_of(x)


def _half_exp(a: Float) -> Float:
    """e^a / 2 for a ≥ 0, which is infinite only where cosh a is."""
    form = a.writer.form
    k = reduce(a.at_most(EXP_LIMIT[form.name]))
    return scale(_exp_of_rest(k.r.high), k.whole - 1.0, k.code - 1)


def cosh(x: Float) -> Float:
    """h + 1 / (4 h) with h = e^|x| / 2."""
    h = _half_exp(x.abs())
    return h + 0.25 / h


def sinh(x: Float) -> Float:
    """h - 1 / (4 h); up to 1 x + x³ P(x²)."""
    a = x.abs()
    z, h = a * a, _half_exp(a)
    near = fma(a * z, poly(z, POLYNOMIALS[x.writer.form.name]["sinh"]), a)
    return select(a < 1.0, near, h - 0.25 / h).with_sign_of(x)
