"""asin, acos, atan, atan2."""

from __future__ import annotations

import math

from tangra.native.vecmath.builder import Bit, Float, fma, poly, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS
from tangra.native.vecmath.doubled import fast_two_sum

LOW, HIGH = 0.5, math.tan(3 * math.pi / 8)
"""Between these tangents an arctangent is taken from π/4, above from π/2. From 1/2 to 1, x - 1 is exact."""


def _atan_from(t: Float, base: Float, rest: Float) -> Float:
    """base + rest + atan t for |t| ≤ 1/2."""
    z = t * t
    total = fast_two_sum(base, t)
    return total.high + (total.low + fma(t * z, poly(z, POLYNOMIALS[t.writer.form.name]["atan"]), rest))


def _three(first: Bit, a: Float | float, second: Bit, b: Float | float, c: Float | float) -> Float:
    """a where the first holds, else b where the second holds, else c."""
    return select(first, a, select(second, b, c))


def atan(x: Float) -> Float:
    """Of |x|: atan x, π/4 + atan((x - 1) / (x + 1)) or π/2 - atan(1 / x)."""
    parts, a = PARTS[x.writer.form.name], x.abs()
    steep, middle = a > HIGH, a > LOW
    t = _three(steep, -1.0, middle, a - 1.0, a) / _three(steep, a, middle, a + 1.0, 1.0)
    base, rest = (_three(steep, parts["half_pi"][k], middle, parts["quarter_pi"][k], 0.0) for k in (0, 1))
    return _atan_from(t, base, rest).with_sign_of(x)


def atan2(y: Float, x: Float) -> Float:
    """The same of the ratio |y| / |x|, which is not formed; π minus that where the sign of x is set."""
    form = x.writer.form
    parts, left = PARTS[form.name], x.bits().is_negative()
    a, b = y.abs(), x.abs()
    both = a.eq(math.inf) & b.eq(math.inf)
    large = (a > 2.0 ** (form.bias - 2)) | (b > 2.0 ** (form.bias - 2))
    factor = select(large, 0.25, 1.0)
    a, b = (select(both, 1.0, v * factor) for v in (a, b))
    steep, middle = a > b * HIGH, a > b * LOW
    above = _three(steep, -b, middle, a - b, a)
    below = _three(steep, a, middle, a + b, b)
    t = above / select(below.eq(0.0), 1.0, below)
    t = select(left, -t, t)
    base, rest = (
        _three(
            steep,
            parts["half_pi"][k],
            middle,
            select(left, parts["three_quarter_pi"][k], parts["quarter_pi"][k]),
            select(left, parts["pi"][k], 0.0),
        )
        for k in (0, 1)
    )
    return _atan_from(t, base, rest).with_sign_of(y)


def _asin_tail(a: Float) -> tuple[Bit, Float, Float]:
    """Whether a > 1/2; s = a or, where it is, sqrt((1 - a) / 2); asin s - s."""
    wide = a > 0.5
    half = fma(a, -0.5, 0.5)
    z = select(wide, half, a * a)
    s = select(wide, half.sqrt(), a)
    return wide, s, (s * z) * poly(z, POLYNOMIALS[a.writer.form.name]["asin"])


def asin(x: Float) -> Float:
    """Above 1/2 it is π/2 - 2 asin(sqrt((1 - x) / 2))."""
    high, low, _ = PARTS[x.writer.form.name]["half_pi"]
    wide, s, tail = _asin_tail(x.abs())
    far = fma(s + (tail - low * 0.5), -2.0, high)
    return select(wide, far, s + tail).with_sign_of(x)


def acos(x: Float) -> Float:
    """2 asin(sqrt((1 - x) / 2)) above 1/2, π less that of -x below -1/2, else π/2 - asin x."""
    parts = PARTS[x.writer.form.name]
    wide, s, tail = _asin_tail(x.abs())
    s, tail = s.with_sign_of(x), tail.with_sign_of(x)
    negative = x < 0.0
    near = parts["half_pi"][0] - (s + (tail - parts["half_pi"][1]))
    start, rest = select(negative, parts["pi"][0], 0.0), select(negative, parts["pi"][1], 0.0)
    # Where x < 0, s is negative: π - 2 asin|s| = π + 2 asin s.
    far = start + fma(s, 2.0, fma(tail, 2.0, rest))
    return select(wide, far, near)
