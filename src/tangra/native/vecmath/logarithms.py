"""log, log2, log10, log1p, and what the inverse hyperbolic functions and pow share with them.

x = 2^k m with m in [sqrt(1/2), sqrt 2), f = m - 1, s = f / (2 + f). Then log m = 2 atanh s, which is written
f - s (f - R), R = 2 atanh(s)/s - 2, so that the leading term f is exact.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from tangra.native.vecmath import instructions
from tangra.native.vecmath.builder import Bit, Float, fma, poly, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import Pair, fast_two_sum, two_product, two_sum


class Split(NamedTuple):
    """A positive number 2^whole mantissa."""

    whole: Float
    mantissa: Float


def split_by_bits(x: Float, lowest: float, denormals: bool = True) -> Split:
    """Mantissa from `lowest` (between 1/2 and 1) to twice that, and exponent, of a positive finite number."""
    form = x.writer.form
    bias: Float = x.writer.float(2.0**form.fraction + form.bias)
    if denormals:
        tiny, lift = x < form.smallest_normal, form.fraction + 2
        x = select(tiny, x * 2.0**lift, x)
        bias = select(tiny, 2.0**form.fraction + form.bias + lift, bias)
    root = form.bits_of(form.round(lowest))
    moved = x.bits() + (form.bits_of(1.0) - root)
    whole = ((moved >> form.fraction) | form.bits_of(2.0**form.fraction)).float() - bias
    return Split(whole, ((moved & form.mantissa_mask) + root).float())


def split(x: Float, denormals: bool = True) -> Split:
    """Mantissa in [sqrt(1/2), sqrt 2) and exponent of a positive finite number.

    In AVX-512 also of others: NaN gives NaN, negative numbers a mantissa that is, 0 and infinity an infinite exponent.
    """
    form = x.writer.form
    if x.writer.avx512:
        whole, m = instructions.exponent(x), instructions.mantissa(x)
        large = m >= 2.0 * form.round(math.sqrt(0.5))
        return Split(select(large, whole + 1.0, whole), select(large, m * 0.5, m))
    return split_by_bits(x, math.sqrt(0.5), denormals)


def log_of_one_plus(f: Float, extra: Float | None = None) -> Pair:
    """log(1 + f) as f + a lower term, f from sqrt(1/2) - 1 to sqrt 2 - 1; `extra` is added to the lower term."""
    s = f / (f + 2.0)
    z = s * s
    rest = f - z * poly(z, POLYNOMIALS[f.writer.form.name]["log"])
    return Pair(f, -(s * rest) if extra is None else fma(-s, rest, extra))


def with_special_values(x: Float, result: Float) -> Float:
    """-inf at 0, NaN below, inf and NaN for themselves; `result` elsewhere."""
    special = select(x.eq(0.0), -math.inf, select(x < 0.0, math.nan, x))
    return select((x > 0.0) & (x < math.inf), result, special)


def log(x: Float) -> Float:
    k, m = split(x)
    first, second, _ = PARTS[x.writer.form.name]["ln2_down"]
    f, low = log_of_one_plus(m - 1.0, k * second)
    value = fma(k, first, f + low)
    # An infinite exponent, or a mantissa that is NaN, is all there is to special values (both parts are positive).
    return value if x.writer.avx512 else with_special_values(x, value)


def log2(x: Float) -> Float:
    k, m = split(x)
    first, second, _ = PARTS[x.writer.form.name]["log2_e"]
    high, low = fast_two_sum(*log_of_one_plus(m - 1.0))
    part = two_product(high, first)
    tail = fma(high, second, fma(low, first, part.low))
    whole, rest = two_sum(k, part.high)
    return with_special_values(x, whole + (rest + tail))


def log10(x: Float) -> Float:
    """In two parts up to the last sum: powers of ten give their exact logarithms."""
    k, m = split(x)
    parts = PARTS[x.writer.form.name]
    high, low = fast_two_sum(*log_of_one_plus(m - 1.0))
    product = two_product(high, parts["log10_e"][0])
    scaled = two_product(k, parts["log10_2"][0])
    tail = fma(high, parts["log10_e"][1], fma(low, parts["log10_e"][0], product.low))
    tail = fma(k, parts["log10_2"][1], tail + scaled.low)
    total, rest = two_sum(scaled.high, product.high)
    return with_special_values(x, total + (rest + tail))


def log_of_pair(x: Pair, doubled: Bit | None = None) -> Float:
    """log(high + low) of a positive normal number, |low| at most an ulp of high, right also near 1.

    Where `doubled` holds it is the logarithm of twice the number. 2^-k, which the low part is multiplied by, is not a
    normal number for the largest x; there it has no effect.
    """
    k, m = split(x.high, denormals=False)
    form = m.writer.form
    down = ((m.bits() - x.high.bits()) + form.bits_of(1.0)).float()
    f = m - 1.0
    f = select(k > 64.0, f, fma(x.low, down, f))
    k = k if doubled is None else select(doubled, k + 1.0, k)
    first, second, _ = PARTS[form.name]["ln2"]
    high, low = log_of_one_plus(f, k * second)
    return fma(k, first, high + low)


def log1p(x: Float) -> Float:
    """log of 1 + x in two parts; x itself where that is 0 (its sign) or infinite."""
    value = log_of_pair(two_sum(x.writer.float(1.0), x))
    special = select(x.eq(-1.0), -math.inf, select(x < -1.0, math.nan, x))
    regular = (x > -1.0) & (x < math.inf) & x.ne(0.0)
    return select(regular, value, special)
