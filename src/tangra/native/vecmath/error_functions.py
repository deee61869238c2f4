"""erf and erfc."""

from __future__ import annotations

from tangra.native.vecmath.builder import Float, fma, poly, poly_closely, select
from tangra.native.vecmath.coefficients import POLYNOMIALS
from tangra.native.vecmath.doubled import fast_two_sum, two_product, two_sum
from tangra.native.vecmath.exponentials import exp, exp_tail, reduce, scale


def erf(x: Float) -> Float:
    """x + x P(x²) near 0; from 0.85 on 1 - e^Q(x), Q fitted to log erfc; beyond 6 (4 in single precision) 1."""
    form, a = x.writer.form, x.abs()
    z = a * a
    near = fma(a, poly_closely(z, POLYNOMIALS[form.name]["erf"]), a)
    b = a.at_most({"f64": 6.0, "f32": 4.0}[form.name])
    far = 1.0 - exp(poly(b, POLYNOMIALS[form.name]["log_erfc"]))
    return select(a < 0.85, near, far).with_sign_of(x)


def _erfc_positive(a: Float) -> Float:
    """e^(-a²) H(1 / (a + 3) - 0.16) / (a + 1/2) for a ≥ 0.465; every factor with its rounding error."""
    form = a.writer.form
    a = a.at_most({"f64": 28.0, "f32": 11.0}[form.name])
    square = two_product(a, a)
    k = reduce(-square.high)
    one = a.writer.float(1.0)
    r = two_sum(k.r.high, k.r.low - square.low)
    e = fast_two_sum(one, r.high)
    e_rest = e.low + (exp_tail(r.high) + r.low)
    first, *others = POLYNOMIALS[form.name]["erfcx"]
    y = 1.0 / (a + 3.0) - 0.16
    h = fast_two_sum(a.writer.float(first), y * poly(y, others))
    top = two_product(e.high, h.high)
    top_rest = fma(e.high, h.low, fma(e_rest, h.high, top.low))
    below = two_sum(a, a.writer.float(0.5))
    inverse = 1.0 / below.high
    ratio = top.high * inverse
    residual = fma(-ratio, below.high, top.high) + fma(-ratio, below.low, top_rest)
    return scale(fma(residual, inverse, ratio), k.whole, k.code)


def erfc(x: Float) -> Float:
    """1 - erf x near 0, otherwise the above of |x|, or 2 less that where x < 0."""
    form = x.writer.form
    near = 1.0 - fma(x, poly_closely(x * x, POLYNOMIALS[form.name]["erf"]), x)
    far = _erfc_positive(x.abs())
    return select(x.abs() < 0.465, near, select(x < 0.0, 2.0 - far, far))
