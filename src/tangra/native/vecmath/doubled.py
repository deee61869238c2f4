"""Unevaluated sums of two floats: twice the precision where a result is to be right to half an ulp before rounding.

The error-free sums and products are T. J. Dekker's and D. E. Knuth's (Numer. Math. 18, 1971; TAOCP vol. 2, 4.2.2).
"""

from __future__ import annotations

from typing import NamedTuple

from tangra.native.vecmath.builder import Float, Number, fma


class Pair(NamedTuple):
    """high + low with |low| at most half an ulp of high."""

    high: Float
    low: Float


def fast_two_sum(a: Float, b: Float) -> Pair:
    """a + b exactly, given |a| ≥ |b| or a = 0."""
    total = a + b
    return Pair(total, b - (total - a))


def two_sum(a: Float, b: Float) -> Pair:
    """a + b exactly."""
    total = a + b
    part = total - a
    return Pair(total, (a - (total - part)) + (b - part))


def two_product(a: Float, b: Float | Number) -> Pair:
    """a b exactly (away from underflow)."""
    b = a.writer.float(b)
    product = a * b
    return Pair(product, fma(a, b, -product))


def multiply(a: Pair, b: Pair) -> Pair:
    """The product, not renormalised: relative error a few 2^-2p."""
    high, low = two_product(a.high, b.high)
    return Pair(high, fma(a.low, b.high, fma(a.high, b.low, low)))


def constant(like: Float, high: float, low: float) -> Pair:
    """A constant in two parts."""
    return Pair(like.writer.float(high), like.writer.float(low))
