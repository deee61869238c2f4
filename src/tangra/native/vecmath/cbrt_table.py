"""cbrt of single precision by a table, for CPUs that look sixteen numbers up at once.

x = 2^(3 q + j) m with j from -1 to 1 and m from 1 to 2; b is near 1 / m and depends on the top three bits of m. With
r = m b - 1 the cube root is 2^q a (1 + r P(r)), a the cube root of 2^j / b.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from tangra.native.vecmath import instructions
from tangra.native.vecmath.builder import Float, Int, fma, poly, select
from tangra.native.vecmath.coefficients import POLYNOMIALS
from tangra.native.vecmath.exponentials import scale
from tangra.native.vecmath.logarithms import split_by_bits

BITS = 3


@cache
def tables() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """b and a, three times eight, and 1 where there is no j. Of some thousand b near the middle of a piece that whose
    three cube roots are nearest to floats is taken."""
    factors, roots = [], []
    for piece in range(1 << BITS):
        near = (np.float32(1 / (1 + (piece + 0.5) / (1 << BITS))) + np.arange(-4096, 4096) * 2.0**-24).astype(float)
        exact = np.cbrt([2.0**j / near for j in (-1, 0, 1)])
        errors = np.abs(exact.astype(np.float32) / exact - 1).max(axis=0)
        best = int(np.argmin(errors))
        factors.append(float(near[best]))
        roots.append([float(np.float32(v)) for v in exact[:, best]])
    return (*factors * 3, *[1.0] * 8), (*(row[j] for j in range(3) for row in roots), *[1.0] * 8)


def cbrt_by_table(x: Float) -> Float:
    w, form = x.writer, x.writer.form
    size = x.abs()
    if w.avx512:
        exponent, m = instructions.exponent(x), instructions.mantissa(x, instructions.SIZE_FROM_ONE)
    else:
        exponent, m = split_by_bits(size, 1.0)
    shifted = fma(exponent, 1.0 / 3.0, form.magic)
    whole = shifted - form.magic
    thirds = fma(fma(whole, -3.0, exponent), float(1 << BITS), form.magic + (1 << BITS)).bits()
    place: Int = ((m.bits() >> (form.fraction - BITS)) & ((1 << BITS) - 1)) | thirds
    factors, roots = tables()
    r = fma(m, instructions.looked_up(w, "tg_cbrt_factor", factors, place), -1.0)
    root = instructions.looked_up(w, "tg_cbrt_root", roots, place)
    value = scale(fma(root * r, poly(r, POLYNOMIALS[form.name]["cbrt_near"]), root), whole, shifted.bits())
    # Where there are instructions for it an infinite exponent gives 0 or infinity, and NaN is that of the mantissa.
    known = value if w.avx512 else select((size > 0.0) & (size < math.inf), value, size)
    return known.with_sign_of(x)
