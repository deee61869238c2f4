"""Division by a constant as two multiplications.

1 / c is kept as the sum of a float and a smaller one, high + low; x / c is then fma(x, high, x low) (N. Brisebarre,
J.-M. Muller, S. Raina, *Accelerating correctly rounded floating-point division when the divisor is known in advance*,
2004). It takes half the time of a division where the next step waits for it, and a fifth where many are made.

The sum x high + x low is x / c but for 4 parts in 2^2p, p being the bits of a float. So its rounding is that of x / c
unless x / c lies that close to the middle between two floats. Such x are few and can be listed; a divisor for which one
of them comes out wrong is left to the hardware. Both parts have the sign of c, so that an infinite x stays what it is.
Only quotients so small that x low is subnormal (below 1e-292 for float64, 1e-31 for float32) may be one unit in the
last place off.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from tangra.ir import DType

PRECISION = {64: 53, 32: 24}
LARGEST_EXPONENT = {64: 500, 32: 50}
"""Divisors beyond 2 to this, or below its inverse, are left to the hardware: a part of 1 / c might be subnormal."""


@cache
def parts(divisor: float, dtype: DType) -> tuple[float, float] | None:
    """(high, low) such that fma(x, high, x low) is x / divisor, correctly rounded; None where there is no such pair."""
    bits, most = PRECISION[dtype.bits], LARGEST_EXPONENT[dtype.bits]
    if not 2.0**-most < abs(divisor) < 2.0**most:
        return None
    size = Fraction(abs(divisor))
    high = rounded(1 / size, bits, down=True)
    low = rounded(1 / size - high, bits)
    if not low or any(
        rounded(x * high + rounded(x * low, bits), bits) != rounded(x / size, bits) for x in _hard(size, bits)
    ):
        return None
    sign = 1 if divisor > 0 else -1
    return sign * float(high), sign * float(low)


def rounded(x: Fraction, bits: int, down: bool = False) -> Fraction:
    """The nearest number of so many significant bits to x >= 0, ties to even; or the next below."""
    if not x:
        return x
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    if Fraction(2) ** exponent > x:
        exponent -= 1
    unit = Fraction(2) ** (exponent - bits + 1)
    return (x // unit if down else round(x / unit)) * unit


def _hard(divisor: Fraction, bits: int) -> Iterator[int]:
    """The integers x of so many bits for which x / divisor, whatever their exponents, is within 2^(2 - 2 bits) parts of
    the middle between two floats.

    Let C be the divisor as an integer of `bits` bits, and e be bits where x >= C, else bits + 1. Middles are y / 2^e
    with odd y of bits + 1 bits, so x 2^e - y C = d is a small integer, |d| <= 2^(2 - 2 bits) x 2^e <= 8. Each d leaves
    y known modulo 2^e, up to the powers of two in C.
    """
    c = (divisor.numerator << bits) >> divisor.numerator.bit_length()
    twos = (c & -c).bit_length() - 1
    for e in (bits, bits + 1):
        modulus = 1 << (e - twos)
        inverse = pow(c >> twos, -1, modulus)
        for d in range(-8, 9):
            if not d or d & ((1 << twos) - 1):
                continue
            first = (-(d >> twos) * inverse) % modulus
            for y in range(first, 2 << bits, modulus):
                x = (y * c + d) >> e
                if y >> bits and y & 1 and x >> (bits - 1) == 1 and (x >= c) == (e == bits):
                    yield x
