"""sin, cos and tan of arguments above `circular.FAST_LIMIT`: the reduction of M. Payne and R. Hanek (1983).

x 2/π modulo 4 needs only the digits of 2/π that do not multiply x to a multiple of 4. They are kept for every 32
exponents as four doubles (a table of 31 rows), multiplied exactly, and summed by distillation (two-sums from the least
term up, several times), which keeps 50 more bits than the worst cancellation of a double takes.
"""

from __future__ import annotations

from tangra.native.vecmath.builder import DOUBLE, Float, fma
from tangra.native.vecmath.circular import FAST_LIMIT, Angle
from tangra.native.vecmath.coefficients import PARTS, TWO_OVER_PI
from tangra.native.vecmath.doubled import Pair, two_product, two_sum

TABLE = "@tg_two_over_pi"
ROW_EXPONENTS, ROW_PARTS = 32, 4
SCALE = 2.0**-256
"""The table holds multiples by 1 / SCALE, away from underflow."""


def table() -> str:
    """The table as LLVM text."""
    rows = ", ".join(f"double {DOUBLE.literal(part)}" for row in TWO_OVER_PI for part in row)
    return f"{TABLE} = internal unnamed_addr constant [{len(TWO_OVER_PI) * ROW_PARTS} x double] [{rows}], align 64"


def _row(x: Float) -> list[Float]:
    """The digits for x's exponent."""
    w, count = x.writer, len(TWO_OVER_PI) * ROW_PARTS
    exponent = ((x.abs().bits() >> DOUBLE.fraction) - (DOUBLE.bits_of(FAST_LIMIT["f64"]) >> DOUBLE.fraction)) >> 5
    start, parts = exponent << 2, []
    for k in range(ROW_PARTS):
        place = w.ins(f"getelementptr inbounds [{count} x double], ptr {TABLE}, i64 0, i64 {(start + k).name}")
        parts.append(Float(w, w.ins(f"load double, ptr {place}")))
    return parts


def _without_fours(x: Float) -> Float:
    """x less the nearest multiple of 4."""
    return fma((x * 0.25).rint(), -4.0, x)


def _distilled(terms: list[Float], rounds: int) -> list[Float]:
    """The same sum, its larger part first: after several rounds each term is far below the one before."""
    for _ in range(rounds):
        for k in range(len(terms) - 2, -1, -1):
            terms[k], terms[k + 1] = two_sum(terms[k], terms[k + 1])
    return terms


def reduce_huge(x: Float) -> Angle:
    """The angle of a finite number of at least FAST_LIMIT."""
    digits, small = _row(x), x * SCALE
    first, second, third = (two_product(small, d) for d in digits[:3])
    a, b, c = (_without_fours(v) for v in (first.high, first.low, second.high))
    terms = _distilled([a, b, c, second.low, third.high, third.low, small * digits[3]], 1)
    whole = terms[0].rint()
    terms = _distilled([terms[0] - whole, *terms[1:]], 4)
    fraction = Pair(terms[0], terms[1])
    high, low, _ = PARTS["f64"]["half_pi"]
    r = two_product(fraction.high, high)
    correction = -fma(fraction.low, high, fma(fraction.high, low, r.low))
    return Angle((whole + DOUBLE.magic).bits(), r.high, correction)
