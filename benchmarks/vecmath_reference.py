"""References in wider floats from the C library, points that cover a function's range, and errors in ulps."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy import special

from benchmarks.vecmath_harness import Array, linked
from tangra.ir import DType
from tangra.native.vecmath.operations import OPERATIONS

HALF_PI = 2 * np.arctan(np.longdouble(1))

BUSY: dict[str, tuple[tuple[float, float], ...]] = {
    "exp": ((-746, 710), (-2, 2)), "exp2": ((-1076, 1025), (-2, 2)), "expm1": ((-40, 710), (-1, 1)),
    "sigmoid": ((-746, 40), (-4, 4)), "sinh": ((-711, 711), (-3, 3)), "cosh": ((-711, 711), (-3, 3)),
    "tanh": ((-22, 22), (-1, 1)), "log": ((0, 4), (0.9, 1.1)), "log2": ((0, 4), (0.9, 1.1)),
    "log10": ((0, 1100), (0.9, 1.1)), "log1p": ((-1, 3), (-0.1, 0.1)), "sin": ((-20, 20), (-1e6, 1e6)),
    "cos": ((-20, 20), (-1e6, 1e6)), "tan": ((-20, 20), (-1e6, 1e6)), "atan": ((-5, 5), (-100, 100)),
    "asin": ((-1, 1), (0.9, 1)), "acos": ((-1, 1), (0.9, 1)), "asinh": ((-3, 3), (-100, 100)),
    "acosh": ((1, 3), (1, 1.01)), "atanh": ((-1, 1), (-0.1, 0.1)), "cbrt": ((-30, 30), (0, 1)),
    "erf": ((-6.5, 6.5), (-1, 1)), "erfc": ((-6.5, 27.5), (-1, 1)), "pow": ((0, 4), (0.9, 1.1)),
    "atan2": ((-5, 5), (-1, 1)), "hypot": ((-5, 5), (-1, 1)), "lgamma": ((0, 30), (0.5, 3)),
    "digamma": ((0, 30), (1, 2)),
}  # fmt: skip
"""Intervals where much happens, sampled evenly; the whole range is sampled by its bits besides."""


@cache
def _loop(op: str, name: str) -> tuple[Any, Any]:
    """A loop over the C library's function for long double (f64) or double (f32), and what must be kept for it."""
    type, wide = {"f64": ("double", "x86_fp80"), "f32": ("float", "double")}[name]
    arity, c_name = OPERATIONS[op].arity, op + ("l" if name == "f64" else "")
    names = "xy"[:arity]
    parameters = ", ".join(f"ptr %{n}" for n in names)
    loads = "\n".join(
        f"  %p{n} = getelementptr {type}, ptr %{n}, i64 %i\n  %v{n} = load {type}, ptr %p{n}\n"
        f"  %w{n} = fpext {type} %v{n} to {wide}"
        for n in names
    )
    text = f"""declare {wide} @{c_name}({", ".join([wide] * arity)})
define void @loop(ptr %out, {parameters}, i64 %n) {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %j, %loop ]
{loads}
  %r = call {wide} @{c_name}({", ".join(f"{wide} %w{n}" for n in names)})
  %po = getelementptr {wide}, ptr %out, i64 %i
  store {wide} %r, ptr %po
  %j = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %j, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}}
"""
    return linked(text, {c_name}, arity)


def _sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x < 0, e, 1) / (1 + e))


DIGAMMA_ROOT = np.longdouble(1.4616321449683622), np.longdouble("9.549995429965697715183199075003e-17")
"""In two parts."""
DIGAMMA_AT_ROOT = (
    "0.96767224544762117042744476",
    "-0.44276316898359210609286528",
    "0.25849976095565101062440139",
    "-0.16394270544240652750425129",
    "0.10782405069126236575718295",
    "-0.072199561256454710926121784",
    "0.048804288164143107225092526",
    "-0.033161126474847359292258398",
    "0.022597648232218104659624825",
    "-0.015424765904948959138800317",
    "0.01053879161661217538812405",
    "-0.0072045343863568682409704744",
    "0.0049267813957298534463542664",
    "-0.0033698016554393280827928567",
    "0.0023051263267349278369383803",
    "-0.001576936771430197259270935",
)
"""The powers from the first on of its series about its positive root, divided by factorials."""
BERNOULLI_BY_TWICE = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)


@np.errstate(all="ignore")
def _digamma(x: Array) -> Array:
    """Of numbers from 0 on; SciPy's for what floats need.

    In long double by recurrence up to 30, and by its series (NIST DLMF 5.11.2), of which doubles are enough there but
    for the first term; near the root by the series there.
    """
    if x.dtype == np.float64:
        return np.asarray(special.digamma(x))
    shifted, value = x.copy(), np.zeros_like(x)
    for _ in range(30):
        below = shifted < 30
        value[below] -= 1 / shifted[below]
        shifted[below] += 1
    v = 1 / (shifted * shifted)
    tail = np.polyval(np.array([*BERNOULLI_BY_TWICE[:0:-1], 1 / np.longdouble(12)]), v) * v
    value = np.where(np.isinf(value), value, value + (np.log(shifted) - 0.5 / shifted - tail))
    less = (x - DIGAMMA_ROOT[0]) - DIGAMMA_ROOT[1]
    near = np.abs(less) < 0.05
    value[near] = np.polyval(np.array([*map(np.longdouble, DIGAMMA_AT_ROOT[::-1]), 0]), less[near])
    return np.where(x == 0, np.copysign(np.inf, -x), value)


NOT_IN_C = {"sigmoid": _sigmoid, "digamma": _digamma}


def exact(op: str, *args: Array) -> Array:
    """The values of `op` with ten bits more or better: in long double for double, in double for float."""
    name, wide = {8: ("f64", np.longdouble), 4: ("f32", np.float64)}[args[0].itemsize]
    if op in NOT_IN_C:
        return NOT_IN_C[op](args[0].astype(wide))
    function, _ = _loop(op, name)
    out = np.empty(args[0].shape, wide)
    function(out.ctypes.data, *(a.ctypes.data for a in args), out.size)
    return out


def errors(result: Array, exact_values: Array) -> Array:
    """|result - exact| in ulps of the exact values, which come in a wider format; infinite where only one is NaN.

    An overflow counts as the power of two that would come next, and below the normal range the ulp is the least
    denormal.
    """
    near = exact_values.astype(result.dtype)
    out = (np.abs(result - exact_values) / np.spacing(np.abs(near))).astype(np.float64)
    mantissas = near.view(f"u{near.itemsize}") & ((1 << int(np.finfo(near.dtype).nmant)) - 1)
    # Close to a power of two the rounded value may have another ulp; NaN and infinity need care.
    careful = np.flatnonzero((mantissas == 0) | ~np.isfinite(out))
    out[careful] = _errors_anywhere(result[careful], exact_values[careful])
    return out


def _errors_anywhere(result: Array, exact_values: Array) -> Array:
    """The same for any values."""
    info, wide = np.finfo(result.dtype), exact_values.dtype
    top = np.ldexp(wide.type(1), int(info.maxexp))
    found, known = (np.clip(v, -top, top) for v in (result.astype(wide), exact_values))
    _, exponent = np.frexp(known)
    unit = np.ldexp(wide.type(1), np.maximum(exponent - 1, int(info.minexp)) - int(info.nmant))
    distance = np.abs(found - known) / unit
    both = np.isnan(found) & np.isnan(known)
    return np.where(np.isnan(distance), np.where(both, 0, np.inf), distance).astype(np.float64)


def _all_bits(rng: np.random.Generator, dtype: DType, count: int) -> Array:
    """Every sign, exponent and fraction alike: infinities, NaN and denormals too."""
    return rng.integers(0, 2**dtype.bits, count, dtype=f"u{dtype.itemsize}", endpoint=False).view(dtype.numpy)


def _moderate(rng: np.random.Generator, dtype: DType, count: int) -> Array:
    """Sizes from 2^-40 to 2^12, evenly in the exponent."""
    return (rng.choice([-1.0, 1.0], count) * np.exp2(rng.uniform(-40, 12, count))).astype(dtype.numpy)


def _near_quarter_turns(rng: np.random.Generator, dtype: DType, count: int) -> Array:
    """The numbers nearest to multiples of π/2, where all but the last digits cancel."""
    turns = np.floor(np.exp2(rng.uniform(0, 50 if dtype.bits == 64 else 20, count)))
    return (turns * HALF_PI).astype(dtype.numpy)


def _exponents_for(rng: np.random.Generator, bases: Array) -> Array:
    """y such that x^y is anywhere in the range, and often at its ends."""
    with np.errstate(all="ignore"):
        logs = np.log2(np.abs(bases.astype(np.float64)))
    top = 1024 if bases.dtype == np.float64 else 128
    wanted = rng.choice([-1.0, 1.0], bases.size) * rng.uniform(0, 1.06 * top, bases.size)
    exponents = np.where(np.isfinite(logs) & (logs != 0), wanted / np.where(logs == 0, 1, logs), wanted)
    whole = rng.uniform(size=bases.size) < 0.3
    return np.where(whole, np.rint(exponents), exponents).astype(bases.dtype)


def points(op: str, dtype: DType, count: int, seed: int) -> tuple[Array, ...]:
    """`count` random arguments: some from all bits, some of moderate size, the rest where the function is busy or hard.

    None negative for lgamma and digamma, whose bounds are for the others.
    """
    rng = np.random.default_rng([seed, count])
    found: list[Array] = []
    quarter, last = count // 4, count - 3 * (count // 4)
    for _ in range(OPERATIONS[op].arity):
        first, second = (rng.uniform(*interval, last).astype(dtype.numpy) for interval in BUSY[op])
        if op in ("sin", "cos", "tan"):
            second = _near_quarter_turns(rng, dtype, last)
        found.append(
            np.concatenate([_all_bits(rng, dtype, quarter), _moderate(rng, dtype, quarter), first[:quarter], second])
        )
    if op in ("lgamma", "digamma"):
        found[0] = np.abs(found[0])
    if op == "pow":
        found[1][quarter:] = _exponents_for(rng, found[0][quarter:])
    return tuple(found)
