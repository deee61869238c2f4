"""Derives the polynomials of `tangra.native.vecmath` and writes its `coefficients.py`.

    python benchmarks/vecmath_coefficients.py            # all of them, with the error of each (needs mpmath)
    python benchmarks/vecmath_coefficients.py exp log    # show these only, write nothing

Each polynomial is fitted to its function at 60 digits: least squares on Chebyshev points, with the weights of
C. L. Lawson's iteration, which tends to the minimax fit; then the coefficients are rounded to the format one by one,
lowest first, and the rest is fitted again, so that later coefficients make up for the rounding of earlier ones.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath as mp

mp.mp.dps = 60
TARGET = Path(__file__).resolve().parent.parent / "src/tangra/native/vecmath/coefficients.py"
Real = Any
Function = Callable[[Real], Real]


@dataclass(frozen=True)
class Fit:
    """P(z) ≈ g(z) for z in [low, high] with the error measured as |P - g| weight; `counts`: coefficients per format."""

    g: Function
    weight: Function
    low: Real
    high: Real
    counts: dict[str, int]


def rounded(value: Real, form: str) -> float:
    """The nearest number of the format."""
    if form == "f32":
        return float(struct.unpack("<f", struct.pack("<f", float(value)))[0])
    return float(value)


def chebyshev_points(low: Real, high: Real, count: int) -> list[Real]:
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle + half * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]


def least_squares(
    points: Sequence[Real], values: Sequence[Real], weights: Sequence[Real], first: int, last: int
) -> list[Real]:
    """Coefficients of z^first … z^(last - 1) that minimise the weighted sum of squares, by the normal equations."""
    size = last - first
    powers = [[z**k for k in range(first, last)] for z in points]
    matrix, right = mp.zeros(size, size), mp.zeros(size, 1)
    for row, value, weight in zip(powers, values, weights, strict=True):
        for i in range(size):
            scaled = row[i] * weight
            right[i] += scaled * value
            for j in range(i, size):
                matrix[i, j] += scaled * row[j]
    for i in range(size):
        for j in range(i):
            matrix[i, j] = matrix[j, i]
    return list(mp.lu_solve(matrix, right))


def polynomial(coefficients: Sequence[Real], z: Real) -> Real:
    return mp.polyval(list(reversed([mp.mpf(c) for c in coefficients])), z)


def fitted(fit: Fit, form: str, rounds: int = 12) -> list[float]:
    """The rounded coefficients."""
    count = fit.counts[form]
    points = chebyshev_points(fit.low, fit.high, 4 * count + 7)
    values, scale = [fit.g(z) for z in points], [fit.weight(z) for z in points]
    weights = [s * s for s in scale]
    for _ in range(rounds):
        found = least_squares(points, values, weights, 0, count)
        errors = [abs(polynomial(found, z) - v) * s for z, v, s in zip(points, values, scale, strict=True)]
        largest = max(errors)
        weights = [w * (e / largest + mp.mpf("0.02")) for w, e in zip(weights, errors, strict=True)]
    known: list[float] = []
    rest = values
    for k in range(count):
        found = least_squares(points, rest, weights, k, count)
        known.append(rounded(found[0], form))
        rest = [r - known[-1] * z**k for r, z in zip(rest, points, strict=True)]
    return known


def error_of(fit: Fit, coefficients: Sequence[float]) -> float:
    """The largest weighted error on a grid."""
    points = chebyshev_points(fit.low, fit.high, 301)
    return float(max(abs(polynomial(coefficients, z) - fit.g(z)) * fit.weight(z) for z in points))


def series(function: Function, terms: Function, near: float = 1e-3) -> Function:
    """`function`, but its Taylor sum `terms` close to 0, where the formula cancels."""
    return lambda z: terms(z) if abs(z) < near else function(z)


def odd_part(function: Function) -> Function:
    """P(z) with function(t) = t + t³ P(t²)."""

    def part(z: Real) -> Real:
        t = mp.sqrt(z)
        return (function(t) - t) / (t * z)

    return part


def even_part(function: Function, second: Real) -> Function:
    """P(z) with function(t) = 1 + second t² + t⁴ P(t²)."""
    return lambda z: (function(mp.sqrt(z)) - 1 - second * z) / z**2


def atanh_part(z: Real) -> Real:
    """P(z) with 2 atanh(s) = 2 s + s³ P(s²)."""
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) / s - 2) / z


def lgamma_quotient(u: Real) -> Real:
    """lgamma(y) / ((y - 1) (y - 2)) with y = 3/2 + u."""
    y = u + mp.mpf(1.5)
    return mp.loggamma(y) / ((y - 1) * (y - 2))


DIGAMMA_ROOT = mp.findroot(mp.digamma, mp.mpf("1.4616"))


def digamma_quotient(u: Real) -> Real:
    """digamma(y) / (y - root) with y = 3/2 + u."""
    y = u + mp.mpf(1.5)
    return mp.digamma(y) / (y - DIGAMMA_ROOT)


def digamma_tail(v: Real) -> Real:
    """P(v), v = 1/w², with digamma(w + 1/2) = log w + v P(v): all powers are even that far from the poles."""
    w = 1 / mp.sqrt(v)
    return (mp.digamma(w + mp.mpf(0.5)) - mp.log(w)) / v


STIRLING_START = mp.log(2 * mp.pi) / 2 - mp.mpf(0.5)


def stirling_tail(z: Real) -> Real:
    """P(z), z = 1/x², with lgamma(x) = (x - 1/2) (log x - 1) + STIRLING_START + P(z)/x."""
    x = 1 / mp.sqrt(z)
    return (mp.loggamma(x) - (x - mp.mpf(0.5)) * (mp.log(x) - 1) - STIRLING_START) * x


def scaled_erfc(y: Real) -> Real:
    """(a + 1/2) e^(a²) erfc(a) with y = 1 / (a + 3) - 0.16: between 0.56 and 0.65, and smooth up to a = infinity."""
    a = 1 / (y + mp.mpf(0.16)) - 3
    return (a + mp.mpf(0.5)) * mp.exp(a * a) * mp.erfc(a)


HALF_LN2 = mp.log(2) / 2 + mp.mpf("0.0005")
S2 = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.001")
THIRD = mp.mpf(1) / 3
QUARTER_PI = mp.pi / 4 + mp.mpf("0.01")
TINY = mp.mpf("1e-7")

FITS: dict[str, Fit] = {
    "exp": Fit(lambda r: (mp.expm1(r) - r) / r**2, abs, -HALF_LN2, HALF_LN2, {"f64": 10, "f32": 5}),
    "exp2": Fit(lambda r: mp.expm1(r * mp.log(2)) / r, abs, -mp.mpf("0.5005"), mp.mpf("0.5005"), {"f64": 11, "f32": 6}),
    "log": Fit(atanh_part, lambda z: z, TINY, S2, {"f64": 7, "f32": 3}),
    "sin": Fit(odd_part(mp.sin), lambda z: z, TINY, QUARTER_PI**2, {"f64": 6, "f32": 3}),
    "cos": Fit(even_part(mp.cos, mp.mpf(-0.5)), lambda z: z**2, TINY, QUARTER_PI**2, {"f64": 6, "f32": 3}),
    "tan": Fit(odd_part(mp.tan), lambda z: z, TINY, QUARTER_PI**2, {"f64": 14, "f32": 7}),
    "sinh": Fit(odd_part(mp.sinh), lambda z: z, TINY, mp.mpf("1.01"), {"f64": 7, "f32": 4}),
    "atan": Fit(odd_part(mp.atan), lambda z: z, TINY, mp.mpf("0.2501"), {"f64": 13, "f32": 6}),
    "asin": Fit(odd_part(mp.asin), lambda z: z, TINY, mp.mpf("0.2501"), {"f64": 13, "f32": 5}),
    "atanh": Fit(odd_part(mp.atanh), lambda z: z, TINY, mp.mpf("0.0750"), {"f64": 9, "f32": 4}),
    "inverse_cbrt": Fit(
        series(lambda h: ((1 - h) ** (-THIRD) - 1) / h, lambda h: THIRD + 2 * h / 9 + 14 * h**2 / 81 + 35 * h**3 / 243),
        abs,
        -mp.mpf("0.103"),
        mp.mpf("0.103"),
        {"f64": 6, "f32": 3},
    ),
    "cbrt_near": Fit(
        series(lambda r: (mp.cbrt(1 + r) - 1) / r, lambda r: THIRD - r / 9, 1e-12),
        abs,
        -mp.mpf("0.0595"),
        mp.mpf("0.0630"),
        {"f32": 4},
    ),
    "log2_tail": Fit(
        lambda z: (atanh_part(z) - 2 * THIRD) / z / mp.log(2), lambda z: z**2, TINY, S2, {"f64": 7, "f32": 3}
    ),
    "log2_close": Fit(lambda z: atanh_part(z) / mp.log(2), abs, TINY, mp.mpf("0.0164") ** 2, {"f64": 4}),
    "log2_near": Fit(
        series(lambda r: (mp.log1p(r) - r) / r**2 / mp.log(2), lambda r: (r / 3 - mp.mpf(0.5)) / mp.log(2), 1e-12),
        abs,
        -mp.mpf("0.0157"),
        mp.mpf("0.0314"),
        {"f32": 4},
    ),
    "erf": Fit(
        lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, lambda z: mp.mpf(1), TINY, mp.mpf("0.724"), {"f64": 12, "f32": 7}
    ),
    "log_erfc": Fit(lambda a: mp.log(mp.erfc(a)), mp.erfc, mp.mpf("0.849"), mp.mpf(6), {"f64": 19, "f32": 8}),
    "erfcx": Fit(
        scaled_erfc,
        lambda y: mp.mpf(2),
        1 / mp.mpf("30.5") - mp.mpf(0.16),
        1 / mp.mpf("3.465") - mp.mpf(0.16),
        {"f64": 22, "f32": 11},
    ),
    "lgamma": Fit(lgamma_quotient, lambda u: mp.mpf(2), mp.mpf(-0.7501), mp.mpf(0.7501), {"f64": 27, "f32": 12}),
    "digamma": Fit(
        digamma_quotient,
        lambda u: 1 / digamma_quotient(u),
        mp.mpf("-0.5001"),
        mp.mpf("0.5001"),
        {"f64": 22, "f32": 10},
    ),
    "digamma_tail": Fit(
        digamma_tail,
        lambda v: v / mp.digamma(1 / mp.sqrt(v) + mp.mpf(0.5)),
        mp.mpf("1e-7"),
        mp.mpf("0.4446"),
        {"f64": 19, "f32": 5},
    ),
    "stirling": Fit(stirling_tail, lambda z: mp.mpf(0.02), mp.mpf("1e-6"), mp.mpf(1) / 49, {"f64": 7}),
    "stirling_f32": Fit(stirling_tail, lambda z: mp.mpf(0.1), mp.mpf("1e-6"), mp.mpf(1) / 16, {"f32": 3}),
}


def in_parts(value: Real, form: str, parts: int = 3) -> list[float]:
    """The value as a sum of numbers of the format, each the nearest to what the earlier ones leave."""
    found: list[float] = []
    for _ in range(parts):
        found.append(rounded(value - sum(mp.mpf(p) for p in found), form))
    return found


def in_positive_parts(value: Real, form: str) -> list[float]:
    """The same with the first part rounded down: what it leaves is positive."""
    first = rounded(value, form)
    if first > value:
        first = rounded(mp.mpf(first) - mp.mpf(2) ** (-52 if form == "f64" else -23), form)
    return [first, *in_parts(value - first, form, 2)]


CONSTANTS: dict[str, Real] = {
    "ln2": mp.log(2), "log2_e": 1 / mp.log(2), "log10_2": mp.log10(2), "log10_e": 1 / mp.log(10),
    "pi": mp.pi, "half_pi": mp.pi / 2, "quarter_pi": mp.pi / 4, "three_quarter_pi": 3 * mp.pi / 4,
    "half_ln2": mp.log(2) / 2, "stirling_start": STIRLING_START, "two_over_pi": 2 / mp.pi,
    "digamma_root": DIGAMMA_ROOT, "digamma_root_less_1": DIGAMMA_ROOT - 1,
    "log2_start": 2 / mp.log(2), "log2_next": 2 * THIRD / mp.log(2),
}  # fmt: skip


def two_over_pi_rows() -> list[list[float]]:
    """For e = 40, 72, …: 2/π without the digits that make multiples of 4 with any x ≥ 2^e, times 2^256."""
    with mp.workdps(420):
        value = 2 / mp.pi
        return [
            in_parts(mp.fmod(value, mp.mpf(2) ** (54 - e)) * mp.mpf(2) ** 256, "f64", 4) for e in range(40, 1024, 32)
        ]


def lines_of(name: str, numbers: Sequence[float]) -> list[str]:
    """A table entry, as the formatter wants it."""
    return [f'        "{name}": (', *(f"            {number!r}," for number in numbers), "        ),"]


def table(title: str, doc: str, entries: dict[str, dict[str, list[float]]]) -> list[str]:
    out = [f"{title}: Table = {{"]
    for form in ("f64", "f32"):
        out.append(f'    "{form}": {{')
        for name, numbers in entries.items():
            if form in numbers:
                out += lines_of(name, numbers[form])
        out.append("    },")
    return [*out, "}", f'"""{doc}"""']


def main(chosen: list[str]) -> None:
    fits: dict[str, dict[str, list[float]]] = {}
    for name, fit in FITS.items():
        if chosen and name not in chosen:
            continue
        fits[name] = {form: fitted(fit, form) for form in fit.counts}
        for form, numbers in fits[name].items():
            unit = 2.0**-53 if form == "f64" else 2.0**-24
            print(f"{name} {form}: {len(numbers)} coefficients, error {error_of(fit, numbers) / unit:.4f} half ulps")
    if chosen:
        return
    fits["stirling"] |= fits.pop("stirling_f32")
    constants = {n: {form: in_parts(v, form) for form in ("f64", "f32")} for n, v in CONSTANTS.items()}
    for name, value in (("half_pi_down", mp.pi / 2), ("ln2_down", mp.log(2))):
        constants[name] = {form: in_positive_parts(value, form) for form in ("f64", "f32")}
    text = [
        '"""Coefficients and constants, written by `benchmarks/vecmath_coefficients.py`; change that, not this."""',
        "",
        "Table = dict[str, dict[str, tuple[float, ...]]]",
        "",
        *table("POLYNOMIALS", "By format and name: coefficients, lowest power first; the script says of what.", fits),
        "",
        *table("PARTS", "By format and name: a constant as a sum of three numbers, largest first.", constants),
        "",
        "TWO_OVER_PI: tuple[tuple[float, ...], ...] = (",
        *(line for row in two_over_pi_rows() for line in ("    (", *(f"        {v!r}," for v in row), "    ),")),
        ")",
        '"""`circular_huge.py` says of what."""',
        "",
    ]
    TARGET.write_text("\n".join(text))


if __name__ == "__main__":
    main(sys.argv[1:])
