"""sine and cosine of one angle together, for a loop that waits for them: angles up to π/4 take a branch of their own.

In vectors a branch costs more than it saves. But where every trip needs the sine of the trip before (a pendulum), the
reduction by π/2 is a third of the time, and for a small angle it does nothing; a program that has small angles mostly
has small angles, so the branch is guessed. Whoever needs one of the two only pays for one: LLVM drops the other.
"""

from __future__ import annotations

import math
from functools import cache

from tangra.native.vecmath.builder import DOUBLE, Float, Writer, fma, poly
from tangra.native.vecmath.coefficients import POLYNOMIALS
from tangra.native.vecmath.slow_paths import PURE

SYMBOL = "@tg_sincos_near_f64"
PAIR = "{ double, double }"
"""The type of the function's result: sine, cosine."""


def _small_sine(r: Float, z: Float) -> Float:
    """The zero that is added makes -0 - 0 of r = -0, which is -0."""
    negated = [-c for c in POLYNOMIALS["f64"]["sin"]]
    return r - fma(r * z, poly(z, negated), 0.0)


def _small_cosine(z: Float) -> Float:
    """1 - z/2 in two parts, and the rest."""
    near = fma(z, -0.5, 1.0)
    return near + fma(z * z, poly(z, POLYNOMIALS["f64"]["cos"]), fma(z, -0.5, 1.0 - near))


@cache
def pair() -> tuple[tuple[str, ...], str]:
    """The declarations that the function needs, and its text; it calls `sin` and `cos` of `vecmath` for f64."""
    w = Writer(DOUBLE)
    x = Float(w, "%x")
    small = x.abs() <= math.pi / 4
    before = len(w.lines)
    z = x * x
    sine, cosine = _small_sine(x, z), _small_cosine(z)
    lines = [
        f"define internal {PAIR} {SYMBOL}(double %x) alwaysinline {PURE} {{",
        "entry:",
        *w.lines[:before],
        f"  br i1 {small.name}, label %near, label %far",
        "near:",
        *w.lines[before:],
        "  br label %done",
        "far:",
        "  %far.sine = call double @tg_sin_f64(double %x)",
        "  %far.cosine = call double @tg_cos_f64(double %x)",
        "  br label %done",
        "done:",
        f"  %sine = phi double [ {sine.name}, %near ], [ %far.sine, %far ]",
        f"  %cosine = phi double [ {cosine.name}, %near ], [ %far.cosine, %far ]",
        f"  %half = insertvalue {PAIR} poison, double %sine, 0",
        f"  %both = insertvalue {PAIR} %half, double %cosine, 1",
        f"  ret {PAIR} %both",
        "}",
    ]
    return tuple(w.declares), "\n".join(lines)
