"""Odd functions of single precision by polynomials from tables of eight, for CPUs that look eight floats up at once.

|x| = m + d, m the middle of a piece, and f(|x|) = f(m) + d Q(d), Q's coefficients from the tables; about 0,
where m and f(m) are 0, the first of them has a second part. AVX2 takes eight of eight floats from one register in one
instruction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from tangra.native.vecmath.builder import SINGLE, Float, fma
from tangra.native.vecmath.instructions import looked_up
from tangra.native.vecmath.piecewise import PIECEWISE

PIECES = 8


@dataclass(frozen=True)
class InEight:
    """Pieces of one length about its multiples, the first 0, and how many coefficients Q has."""

    step: float
    count: int

    @property
    def last(self) -> float:
        """From here on it is the value here."""
        return (PIECES - 0.51) * SINGLE.round(self.step)


IN_EIGHT = {"erf": InEight(0.53, 6)}


def _piece(op: str, place: int) -> list[float]:
    """f at the middle and the coefficients of Q, the first in two parts: of these the first is 0 but about 0."""
    f, step, count = PIECEWISE[op].function, SINGLE.round(IN_EIGHT[op].step), IN_EIGHT[op].count
    middle = place * step
    at = f(middle)
    points = np.cos(np.pi * (2 * np.arange(count) + 1) / (2 * count))
    d = step / 2 * points if place else step / 4 * (1 + points)
    found = np.linalg.solve(np.vander(d, increasing=True), np.array([(f(middle + float(v)) - at) / v for v in d]))
    first = 0.0 if place else SINGLE.round(float(found[0]))
    return [SINGLE.round(float(c)) for c in (at, first, found[0] - first, *found[1:])]


@cache
def rows(op: str) -> tuple[tuple[float, ...], ...]:
    """The tables, each with a number for all pieces: interpolation on Chebyshev points."""
    return tuple(zip(*(_piece(op, place) for place in range(PIECES)), strict=True))


def in_eight_pieces(op: str, x: Float) -> Float:
    """The function of one number or of a vector."""
    w, step = x.writer, SINGLE.round(IN_EIGHT[op].step)
    a = x.abs().at_most(IN_EIGHT[op].last)
    shifted = fma(a, 1.0 / step, SINGLE.magic)
    d, place = fma(shifted - SINGLE.magic, -step, a), shifted.bits()
    start, first, *lower, rest = (looked_up(w, f"tg_{op}_eight_{k}", row, place) for k, row in enumerate(rows(op)))
    for coefficient in reversed(lower):
        rest = fma(rest, d, coefficient)
    return fma(d, rest, fma(d, first, start)).at_most(1.0).with_sign_of(x)
