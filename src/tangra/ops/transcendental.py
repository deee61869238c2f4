"""Exponentials, logarithms, roots, trigonometric and hyperbolic functions of floats.

Derivatives are the textbook ones (Abramowitz & Stegun, ch. 4), written with the result where that saves a call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ops.common import FLOAT, elementwise, like, scale
from tangra.ops.outside import outside

FAMILY = "transcendental"
LN2, LN10 = math.log(2.0), math.log(10.0)
Derivative = Callable[[Builder, Value, Value], Value]
"""Builds the derivative from operand and result."""


def _reciprocal(b: Builder, x: Value) -> Value:
    return b("div", like(b, 1, x), x)


def _plus(b: Builder, x: Value, number: float) -> Value:
    return b("add", x, like(b, number, x))


def _minus(b: Builder, number: float, x: Value) -> Value:
    return b("sub", like(b, number, x), x)


def _square(b: Builder, x: Value) -> Value:
    return b("mul", x, x)


def _one_minus_square(b: Builder, x: Value) -> Value:
    """1 - x^2 as (1 - x)(1 + x), which keeps its digits near 1."""
    return b("mul", _minus(b, 1, x), _plus(b, x, 1))


def _partials(derivative: Derivative) -> Callable[[Builder, Op], list[Value | None]]:
    return lambda b, op: [derivative(b, op.operands[0], op.result)]


_SMOOTH: dict[str, tuple[Any, Derivative]] = {
    "exp": (np.exp, lambda b, x, r: r),
    "exp2": (np.exp2, lambda b, x, r: scale(b, r, LN2)),
    "expm1": (np.expm1, lambda b, x, r: _plus(b, r, 1)),
    "sin": (np.sin, lambda b, x, r: b("cos", x)),
    "cos": (np.cos, lambda b, x, r: b("neg", b("sin", x))),
    "tan": (np.tan, lambda b, x, r: _plus(b, _square(b, r), 1)),
    "atan": (np.arctan, lambda b, x, r: _reciprocal(b, _plus(b, _square(b, x), 1))),
    "sinh": (np.sinh, lambda b, x, r: b("cosh", x)),
    "cosh": (np.cosh, lambda b, x, r: b("sinh", x)),
    "tanh": (np.tanh, lambda b, x, r: _one_minus_square(b, r)),
    "asinh": (np.arcsinh, lambda b, x, r: _reciprocal(b, b("hypot", x, like(b, 1, x)))),
    "sigmoid": (outside("scipy.special", "expit"), lambda b, x, r: b("mul", r, _minus(b, 1, r))),
}
_SINGULAR: dict[str, tuple[Any, Derivative]] = {
    "log": (np.log, lambda b, x, r: _reciprocal(b, x)),
    "log2": (np.log2, lambda b, x, r: _reciprocal(b, scale(b, x, LN2))),
    "log10": (np.log10, lambda b, x, r: _reciprocal(b, scale(b, x, LN10))),
    "log1p": (np.log1p, lambda b, x, r: _reciprocal(b, _plus(b, x, 1))),
    "sqrt": (np.sqrt, lambda b, x, r: b("div", like(b, 0.5, r), r)),
    "cbrt": (np.cbrt, lambda b, x, r: b("div", like(b, 1 / 3, r), _square(b, r))),
    "asin": (np.arcsin, lambda b, x, r: _reciprocal(b, b("sqrt", _one_minus_square(b, x)))),
    "acos": (np.arccos, lambda b, x, r: b("neg", _reciprocal(b, b("sqrt", _one_minus_square(b, x))))),
    "acosh": (
        np.arccosh,
        lambda b, x, r: _reciprocal(b, b("mul", b("sqrt", _plus(b, x, -1)), b("sqrt", _plus(b, x, 1)))),
    ),
    "atanh": (np.arctanh, lambda b, x, r: _reciprocal(b, _one_minus_square(b, x))),
}
_CHEAP = {"sqrt": 6}

for _table, _singular in ((_SMOOTH, False), (_SINGULAR, True)):
    for _name, (_ufunc, _derivative) in _table.items():
        elementwise(
            _name,
            FAMILY,
            1,
            FLOAT,
            _ufunc,
            partials=_partials(_derivative),
            strong_zero=_singular,
            cost=_CHEAP.get(_name, 20),
            doc=f"{_name} of x",
        )


def _log_add_partials(b: Builder, op: Op, log_base: float) -> list[Value | None]:
    """base^x / (base^x + base^y) = sigmoid((x - y) log base), 1/2 where both are one infinity."""
    x, y = op.operands
    alike = b("and", b("eq", x, y), b("isinf", x))
    difference = b("select", alike, like(b, 0, x), b("sub", x, y))
    difference = difference if log_base == 1 else scale(b, difference, log_base)
    return [b("sigmoid", difference), b("sigmoid", b("neg", difference))]


elementwise(
    "logaddexp",
    FAMILY,
    2,
    FLOAT,
    np.logaddexp,
    partials=lambda b, op: _log_add_partials(b, op, 1.0),
    commutative=True,
    cost=40,
    doc="log(exp x + exp y) without overflow",
)
elementwise(
    "logaddexp2",
    FAMILY,
    2,
    FLOAT,
    np.logaddexp2,
    partials=lambda b, op: _log_add_partials(b, op, LN2),
    commutative=True,
    cost=40,
    doc="log2(2^x + 2^y) without overflow",
)
