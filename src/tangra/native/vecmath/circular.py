"""sin, cos, tan.

x = n π/2 + r, |r| ≤ π/4, then a polynomial for sin r and one for cos r; n says which is taken and its sign. Both are
computed by each function, so that a program that needs sine and cosine of one angle computes them once. tan has a
polynomial of its own.

|x| up to `FAST_LIMIT` is reduced by π/2 in three parts (W. J. Cody and W. Waite; with fma, x - n c1 is exact and the
second step rounds once, however much cancels). Above, `huge` is called under a branch that is almost never taken.
"""

from __future__ import annotations

from typing import NamedTuple

from tangra.native.vecmath.builder import Bit, Float, Int, fma, poly, select
from tangra.native.vecmath.coefficients import PARTS, POLYNOMIALS

FAST_LIMIT = {"f64": 2.0**40, "f32": 2.0**17}
"""Largest argument of the branch-free reduction."""


class Angle(NamedTuple):
    """n π/2 + (r - correction); the low bits of `quadrant` are n."""

    quadrant: Int
    r: Float
    correction: Float


def reduce(x: Float) -> Angle:
    """The branch-free reduction: r, right to an ulp however much of x cancels, with its rounding error as correction.

    The second part of π/2 is positive, so that p is +0 where x is, and r = -0 for x = -0.

    If a - p is not exact then either |a| > |p|, and the error is found exactly, or |r| is not far below |p|.
    """
    form = x.writer.form
    shifted = fma(x, PARTS[form.name]["two_over_pi"][0], form.magic)
    turns = shifted - form.magic
    first, second, third = PARTS[form.name]["half_pi_down"]
    a = fma(-turns, first, x)
    p = turns * second
    r = a - p
    return Angle(shifted.bits(), r, fma(turns, third, fma(turns, second, -p)) - ((a - r) - p))


def sine(angle: Angle) -> Float:
    """sin(r - correction) for |r| ≤ π/4. It is subtracted, which keeps the sign of r = -0."""
    r = angle.r
    z = r * r
    negated = [-c for c in POLYNOMIALS[r.writer.form.name]["sin"]]
    return r - fma(r * z, poly(z, negated), angle.correction)


def cosine(angle: Angle) -> Float:
    """cos(r - correction) for |r| ≤ π/4; 1 - z/2 in two parts."""
    r = angle.r
    z = r * r
    tail = fma(z * z, poly(z, POLYNOMIALS[r.writer.form.name]["cos"]), r * angle.correction)
    near = fma(z, -0.5, 1.0)
    return near + (fma(z, -0.5, 1.0 - near) + tail)


def _is_odd(n: Int) -> Bit:
    return (n & 1).ne(0)


def sin_of(angle: Angle) -> Float:
    n = angle.quadrant
    value = select(_is_odd(n), cosine(angle), sine(angle))
    return value.flip(n << (value.writer.form.bits - 2))


def cos_of(angle: Angle) -> Float:
    n = angle.quadrant
    value = select(_is_odd(n), sine(angle), cosine(angle))
    return value.flip((n + 1) << (value.writer.form.bits - 2))


def tan_of(angle: Angle) -> Float:
    """tan r, or -1 / tan r in odd quadrants."""
    n, r = angle.quadrant, angle.r
    z = r * r
    negated = [-c for c in POLYNOMIALS[r.writer.form.name]["tan"]]
    value = r - fma(r * z, poly(z, negated), fma(angle.correction, z, angle.correction))
    inverse = _is_odd(n)
    return select(inverse, -1.0, value) / select(inverse, value, 1.0)


OF_ANGLE = {"sin": sin_of, "cos": cos_of, "tan": tan_of}


def circular(op: str, x: Float) -> Float:
    """One of the three, of an argument up to FAST_LIMIT."""
    return OF_ANGLE[op](reduce(x))
