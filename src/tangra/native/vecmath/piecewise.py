"""Odd functions of single precision as x times a polynomial from a table of 32, for CPUs that look sixteen up at once.

|x| = i step + d with |d| ≤ step / 2; f(x) / x is a polynomial in d whose coefficients depend on i. AVX-512 takes
sixteen of 32 numbers from two registers in one instruction; what AVX2 has is in `eight_pieces`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from tangra.native.vecmath.builder import SINGLE, Float, fma
from tangra.native.vecmath.instructions import looked_up

PIECES = 32


@dataclass(frozen=True)
class Pieces:
    """`function` is odd, at most 1, and 1 to half an ulp from the end of the table on; `slope` is that at 0."""

    function: Callable[[float], float]
    slope: float
    step: float
    degree: int

    def quotient(self, x: float) -> float:
        """f(x) / x."""
        return self.function(x) / x if abs(x) > 1e-9 else self.slope


PIECEWISE = {
    "erf": Pieces(math.erf, 2 / math.sqrt(math.pi), 0.125, 5),
    "tanh": Pieces(math.tanh, 1.0, 0.2875, 5),
}


@cache
def rows(op: str) -> tuple[tuple[float, ...], ...]:
    """The coefficients of each power, for all pieces, the first in two parts: interpolation on Chebyshev points."""
    pieces = PIECEWISE[op]
    count = pieces.degree + 1
    points = np.cos(np.pi * (2 * np.arange(count) + 1) / (2 * count))
    step = SINGLE.round(pieces.step)
    values = [[pieces.quotient((i + p / 2) * step) for p in points] for i in range(PIECES)]
    scaled = np.linalg.solve(np.vander(points, increasing=True), np.array(values).T)
    found = scaled * (2 / step) ** np.arange(count)[:, None]
    first = found[0].astype(np.float32).astype(float)
    return tuple(tuple(SINGLE.round(float(c)) for c in row) for row in (first, found[0] - first, *found[1:]))


def piecewise(op: str, x: Float) -> Float:
    """The function of one number or of a vector."""
    w, step = x.writer, SINGLE.round(PIECEWISE[op].step)
    a = x.abs().at_most((PIECES - 0.51) * step)
    shifted = fma(a, 1.0 / step, SINGLE.magic)
    d, place = fma(shifted - SINGLE.magic, -step, a), shifted.bits()
    first, *lower, rest = (looked_up(w, f"tg_{op}_pieces_{k}", row, place) for k, row in enumerate(rows(op)))
    for coefficient in reversed(lower):
        rest = fma(rest, d, coefficient)
    return fma(a, rest, a * first).at_most(1.0).with_sign_of(x)
