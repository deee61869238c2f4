"""lgamma and digamma of positive numbers (negative ones, where they have many zeros and poles, take a slow way).

lgamma: below 3/4 it is lgamma(1 + x) - log x; up to 9/4 (x - 1) (x - 2) R(x); then log of the product (x - 1) (x - 2) …
plus the same of what is left; from `STIRLING` on Stirling's series (NIST DLMF 5.11.1), its large terms in two parts.

digamma: from 1 to 2 (x - its root) R(x); below that of 1 + x, less 1 / x; above log w + P(1 / w²) / w², w = x - 1/2.
"""

from __future__ import annotations

import math

from tangra.native.vecmath import circular
from tangra.native.vecmath.builder import Float, fma, poly, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import Pair, fast_two_sum, two_product, two_sum
from tangra.native.vecmath.logarithms import log_of_one_plus, split

STIRLING = {"f64": 7.0, "f32": 4.0}
LARGEST = {"f64": 2.5599833278516383e305, "f32": 4.085003e36}
"""Above it the result is infinite."""


def log_pair(x: Float) -> Pair:
    """log of a positive finite number, in two parts: a few bits more than the format has."""
    k, m = split(x)
    first, second, _ = PARTS[x.writer.form.name]["ln2"]
    f, low = log_of_one_plus(m - 1.0, k * second)
    whole = two_product(k, first)
    total = two_sum(whole.high, f)
    return fast_two_sum(total.high, total.low + (whole.low + low))


def _stirling(x: Float, log: Pair) -> Float:
    """(x - 1/2) (log x - 1) + (log 2π - 1) / 2 + 1/(12 x) - …"""
    form = x.writer.form
    inverse = 1.0 / x
    series = poly(inverse * inverse, POLYNOMIALS[form.name]["stirling"])
    tail = fma(inverse, series, PARTS[form.name]["stirling_start"][0])
    t = two_sum(log.high, x.writer.float(-1.0))
    moved = x - 0.5
    product = two_product(moved, t.high)
    return product.high + (product.low + fma(moved, t.low + log.low, tail))


def _between_zeros(y: Float) -> Float:
    """(y - 1) (y - 2) R(y - 3/2) for 3/4 ≤ y ≤ 9/4, both factors with their rounding errors."""
    first, *others = POLYNOMIALS[y.writer.form.name]["lgamma"]
    u, one = y - 1.5, y - 1.0
    two = one - 1.0
    zeros = two_product(one, two)
    rest = fma(one, one - (two + 1.0), zeros.low)
    r = fast_two_sum(y.writer.float(first), u * poly(u, others))
    return fma(zeros.high, r.high, fma(zeros.high, r.low, rest * r.high))


def lgamma(x: Float) -> Float:
    form = x.writer.form
    small, large = x < 0.75, x >= STIRLING[form.name]
    rest, product = x, x.writer.float(1.0)
    for _ in range(math.ceil(STIRLING[form.name] - 2.25)):
        over, less = rest > 2.25, rest - 1.0
        product, rest = select(over, product * less, product), select(over, less, rest)
    y = select(small, x + 1.0, rest)
    # What 1 + x loses to rounding, times the derivative: digamma(y), roughly 1.15 (y - 1) - 0.55 from 1 to 7/4.
    less = y - 1.0
    near = _between_zeros(y) + select(small, (x - less) * fma(less, 1.15, -0.55), 0.0)
    log = log_pair(select(small | large, x, product))
    low = select(small, near - log.low, near + log.low)
    value = select(small, low - log.high, low + log.high)
    value = select(large, _stirling(x, log), value)
    return select(x.eq(0.0) | (x > LARGEST[form.name]), math.inf, value)


def digamma(x: Float) -> Float:
    form = x.writer.form
    small, large = x < 1.0, x > 2.0
    w = x - 0.5
    inverse = 1.0 / select(large, w, x)
    roots = (PARTS[form.name][name] for name in ("digamma_root", "digamma_root_less_1"))
    (high, low, _), (high_less_1, low_less_1, _) = roots
    over = fast_two_sum(x - select(small, high_less_1, high), -select(small, low_less_1, low))
    start, *others = POLYNOMIALS[form.name]["digamma"]
    u = x - select(small, 0.5, 1.5)
    quotient = fast_two_sum(x.writer.float(start), u * poly(u, others))
    near = fma(over.high, quotient.high, fma(over.high, quotient.low, over.low * quotient.high))
    # Near 1 the rounding of 1 / x counts.
    lost = select(x > 0.25, fma(-inverse, x, 1.0) * inverse, 0.0)
    near = select(small, (near - lost) - inverse, near)
    k, m = split(w, denormals=False)
    first, second, _ = PARTS[form.name]["ln2_down"]
    v = inverse * inverse
    f, rest = log_of_one_plus(m - 1.0, fma(k, second, v * poly(v, POLYNOMIALS[form.name]["digamma_tail"])))
    value = select(large, fma(k, first, f + rest), near)
    return select(x < math.inf, value, x)


def digamma_reflected(x: Float) -> Float:
    """digamma of numbers up to 0: digamma(1 - x) - π / tan(π x); infinite at zeros, NaN at other poles."""
    turn = x - x.rint()
    value = digamma(1.0 - x) - math.pi / circular.circular("tan", turn * math.pi)
    value = select(x.floor().eq(x), math.nan, value)
    return select(x.eq(0.0), -x.writer.float(math.inf).with_sign_of(x), value)
