"""Which operations there are, the formulas they use, and their documented errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tangra.native.vecmath import (
    circular,
    error_functions,
    exponentials,
    gamma_functions,
    inverse_circular,
    inverse_hyperbolic,
    logarithms,
    powers,
)
from tangra.native.vecmath.builder import Float

BOTH = frozenset({"f64", "f32"})
DOUBLE_ONLY, SINGLE_ONLY, NEITHER = frozenset({"f64"}), frozenset({"f32"}), frozenset[str]()


@dataclass(frozen=True)
class Operation:
    """One or two floats to a float.

    ulp: by format, the bound of |result - exact| in units in the last place of the exact value (where that is below
    the normal range, in units of the least denormal), above what `benchmarks/vecmath_accuracy.py` measured. Those
    of lgamma and digamma hold from 0 on. scalar: the formats where one value at a time, each made from the one before,
    takes no longer than with the C library's function (glibc 2.36); in vectors all of them are faster.
    """

    formula: Callable[..., Float]
    ulp: dict[str, float]
    scalar: frozenset[str] = NEITHER
    arity: int = 1


OPERATIONS: dict[str, Operation] = {
    "exp": Operation(exponentials.exp, {"f64": 1.2, "f32": 1.2}),
    "exp2": Operation(exponentials.exp2, {"f64": 1.0, "f32": 1.0}),
    "expm1": Operation(exponentials.expm1, {"f64": 1.5, "f32": 1.5}, BOTH),
    "sigmoid": Operation(exponentials.sigmoid, {"f64": 1.8, "f32": 1.8}, BOTH),
    "sinh": Operation(exponentials.sinh, {"f64": 1.9, "f32": 1.9}, BOTH),
    "cosh": Operation(exponentials.cosh, {"f64": 1.7, "f32": 1.7}, BOTH),
    "tanh": Operation(exponentials.tanh, {"f64": 2.0, "f32": 1.9}, BOTH),
    "log": Operation(logarithms.log, {"f64": 1.0, "f32": 1.0}),
    "log2": Operation(logarithms.log2, {"f64": 1.1, "f32": 1.1}),
    "log10": Operation(logarithms.log10, {"f64": 1.0, "f32": 1.0}),
    "log1p": Operation(logarithms.log1p, {"f64": 1.6, "f32": 1.6}, SINGLE_ONLY),
    "sin": Operation(partial(circular.circular, "sin"), {"f64": 1.2, "f32": 1.2}, DOUBLE_ONLY),
    "cos": Operation(partial(circular.circular, "cos"), {"f64": 1.2, "f32": 1.2}, DOUBLE_ONLY),
    "tan": Operation(partial(circular.circular, "tan"), {"f64": 2.0, "f32": 2.0}, BOTH),
    "asin": Operation(inverse_circular.asin, {"f64": 1.8, "f32": 1.8}, BOTH),
    "acos": Operation(inverse_circular.acos, {"f64": 1.3, "f32": 1.3}, BOTH),
    "atan": Operation(inverse_circular.atan, {"f64": 1.5, "f32": 1.5}, BOTH),
    "atan2": Operation(inverse_circular.atan2, {"f64": 1.7, "f32": 1.7}, BOTH, arity=2),
    "asinh": Operation(inverse_hyperbolic.asinh, {"f64": 2.0, "f32": 2.0}, BOTH),
    "acosh": Operation(inverse_hyperbolic.acosh, {"f64": 2.0, "f32": 2.0}),
    "atanh": Operation(inverse_hyperbolic.atanh, {"f64": 1.8, "f32": 1.8}, BOTH),
    "cbrt": Operation(powers.cbrt, {"f64": 0.9, "f32": 0.9}, BOTH),
    "hypot": Operation(powers.hypot, {"f64": 1.3, "f32": 1.3}, arity=2),
    "pow": Operation(powers.pow, {"f64": 1.2, "f32": 1.6}, arity=2),
    "erf": Operation(error_functions.erf, {"f64": 1.8, "f32": 1.8}),
    "erfc": Operation(error_functions.erfc, {"f64": 1.8, "f32": 1.8}),
    "digamma": Operation(gamma_functions.digamma, {"f64": 1.7, "f32": 1.7}, BOTH),
    "lgamma": Operation(gamma_functions.lgamma, {"f64": 1.8, "f32": 1.8}),
}
