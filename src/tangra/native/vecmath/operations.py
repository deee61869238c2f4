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


@dataclass(frozen=True)
class Operation:
    """formula: of one or two floats. ulp: by format, the bound of the error in units in the last place.

    The bound is on |result - exact| / ulp(exact) where the exact value is normal, and in units of the least denormal
    below.
    """

    formula: Callable[..., Float]
    ulp: dict[str, float]
    arity: int = 1


OPERATIONS: dict[str, Operation] = {
    "exp": Operation(exponentials.exp, {"f64": 2.0, "f32": 2.0}),
    "exp2": Operation(exponentials.exp2, {"f64": 2.0, "f32": 2.0}),
    "expm1": Operation(exponentials.expm1, {"f64": 2.0, "f32": 2.0}),
    "sigmoid": Operation(exponentials.sigmoid, {"f64": 2.0, "f32": 2.0}),
    "sinh": Operation(exponentials.sinh, {"f64": 2.0, "f32": 2.0}),
    "cosh": Operation(exponentials.cosh, {"f64": 2.0, "f32": 2.0}),
    "tanh": Operation(exponentials.tanh, {"f64": 2.0, "f32": 2.0}),
    "log": Operation(logarithms.log, {"f64": 2.0, "f32": 2.0}),
    "log2": Operation(logarithms.log2, {"f64": 2.0, "f32": 2.0}),
    "log10": Operation(logarithms.log10, {"f64": 2.0, "f32": 2.0}),
    "log1p": Operation(logarithms.log1p, {"f64": 2.0, "f32": 2.0}),
    "sin": Operation(partial(circular.circular, "sin"), {"f64": 2.0, "f32": 2.0}),
    "cos": Operation(partial(circular.circular, "cos"), {"f64": 2.0, "f32": 2.0}),
    "tan": Operation(partial(circular.circular, "tan"), {"f64": 2.0, "f32": 2.0}),
    "asin": Operation(inverse_circular.asin, {"f64": 2.0, "f32": 2.0}),
    "acos": Operation(inverse_circular.acos, {"f64": 2.0, "f32": 2.0}),
    "atan": Operation(inverse_circular.atan, {"f64": 2.0, "f32": 2.0}),
    "atan2": Operation(inverse_circular.atan2, {"f64": 2.0, "f32": 2.0}, arity=2),
    "asinh": Operation(inverse_hyperbolic.asinh, {"f64": 2.0, "f32": 2.0}),
    "acosh": Operation(inverse_hyperbolic.acosh, {"f64": 2.0, "f32": 2.0}),
    "atanh": Operation(inverse_hyperbolic.atanh, {"f64": 2.0, "f32": 2.0}),
    "cbrt": Operation(powers.cbrt, {"f64": 2.0, "f32": 2.0}),
    "pow": Operation(powers.pow, {"f64": 2.0, "f32": 2.0}, arity=2),
    "erfc": Operation(error_functions.erfc, {"f64": 2.0, "f32": 2.0}),
    "erf": Operation(error_functions.erf, {"f64": 2.0, "f32": 2.0}),
    "lgamma": Operation(gamma_functions.lgamma, {"f64": 2.0, "f32": 2.0}),
}
