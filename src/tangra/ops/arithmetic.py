"""Arithmetic: sums, products, quotients, powers, extrema, and the rounding and sign functions.

NumPy's meaning per dtype: integers wrap, integer `floordiv` and `mod` by 0 give 0. bool has no arithmetic in the IR.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import BOOL, I32, I64, ArrayType, Type
from tangra.ops import folding
from tangra.ops.common import (
    ANY,
    FLOAT,
    INTEGER,
    NUMBER,
    Evaluate,
    elementwise,
    like,
    or_zeros,
    reference,
    require,
    same_shapes,
    scale,
    zeros_like,
)

FAMILY = "arithmetic"


def integer_power(x: Any, y: Any) -> Any:
    """`x ** y`; a negative integer exponent, which NumPy refuses and a check in front has excluded, counts as 0."""
    if np.asarray(y).dtype.kind == "i":
        y = np.maximum(y, np.asarray(y).dtype.type(0))
    return np.power(x, y)


def _ones(b: Builder, op: Op) -> Value:
    return like(b, 1, op.result)


def _pow_partials(b: Builder, op: Op) -> list[Value | None]:
    """d/dx = y x^(y-1), 0 where y = 0 and x^(y-1) is infinite; d/dy = x^y log x, 0 where x = 0 and y >= 0."""
    x, y = op.operands
    zero = zeros_like(b, x)
    power = b("pow", x, b("sub", y, like(b, 1, y)))
    void = b("and", b("eq", y, zero), b("not", b("isfinite", power)))  # the power goes, and dx stays linear in y
    dx = b("mul", y, b("select", void, zero, power))
    vanishes = b("and", b("eq", x, zero), b("ge", y, zero))
    return [dx, b("mul", op.result, b("log", b("select", vanishes, _ones(b, op), x)))]


def _div_partials(b: Builder, op: Op) -> list[Value | None]:
    """1 / y and -(x / y) / y, with one division for both."""
    y = op.operands[1]
    inverse = b("div", like(b, 1, y), y)
    return [inverse, b("neg", b("mul", op.result, inverse))]


def _mod_partials(b: Builder, op: Op) -> list[Value | None]:
    """mod(x, y) = x - floor(x / y) y."""
    return [_ones(b, op), b("neg", b("floordiv", *op.operands))]


def _fmod_partials(b: Builder, op: Op) -> list[Value | None]:
    """fmod(x, y) = x - trunc(x / y) y."""
    return [_ones(b, op), b("neg", b("trunc", b("div", *op.operands)))]


def _atan2_partials(b: Builder, op: Op) -> list[Value | None]:
    """d/dy = x / r^2, d/dx = -y / r^2 with r = hypot(x, y), divided twice so that r^2 does not overflow."""
    y, x = op.operands
    r = b("hypot", x, y)
    return [b("div", b("div", x, r), r), b("neg", b("div", b("div", y, r), r))]


def _hypot_partials(b: Builder, op: Op) -> list[Value | None]:
    """x / r and y / r; 0 at the origin, where 0 is a subgradient."""
    zero = zeros_like(b, op.result)
    origin = b("eq", op.result, zero)
    return [b("select", origin, zero, b("div", v, op.result)) for v in op.operands]


def _copysign_partials(b: Builder, op: Op) -> list[Value | None]:
    x, y = op.operands
    flipped = b("ne", b("signbit", x), b("signbit", y))
    return [b("select", flipped, like(b, -1, x), like(b, 1, x)), None]


def _heaviside_partials(b: Builder, op: Op) -> list[Value | None]:
    """0 in x; in h, which is the value at x = 0, 1 there."""
    x, _ = op.operands
    zero = zeros_like(b, x)
    return [None, b("select", b("eq", x, zero), like(b, 1, x), zero)]


def _choice(b: Builder, op: Op) -> tuple[Value, Value]:
    """Masks for an extremum: the operands tie; the second is the one chosen.

    Of `maximum` and `minimum` with a NaN the first counts as chosen, `fmax` and `fmin` choose what is not NaN.
    """
    x, y = op.operands
    second = b("lt" if op.name in ("maximum", "fmax") else "gt", x, y)
    if op.name in ("fmax", "fmin"):
        second = b("or", second, b("and", b("isnan", x), b("not", b("isnan", y))))
    return b("eq", x, y), second


def _extremum_jvp(b: Builder, op: Op, tangents: list[Value | None]) -> list[Value | None]:
    """The tangent of the chosen operand, the mean of both at a tie. Nothing is multiplied, so 0 inf cannot arise."""
    if tangents[0] is None and tangents[1] is None:
        return [None]
    tie, second = _choice(b, op)
    tx, ty = (or_zeros(b, t, op.result) for t in tangents)
    mean = b("add", scale(b, tx, 0.5), scale(b, ty, 0.5))
    return [b("select", tie, mean, b("select", second, ty, tx))]


def _extremum_vjp(b: Builder, op: Op, cotangents: list[Value | None], wanted: list[bool]) -> list[Value | None]:
    """The cotangent goes to the chosen operand, half to each at a tie."""
    ct = cotangents[0]
    if ct is None:
        return [None, None]
    tie, second = _choice(b, op)
    zero, half = zeros_like(b, ct), scale(b, ct, 0.5)
    to_first = b("select", tie, half, b("select", second, zero, ct)) if wanted[0] else None
    to_second = b("select", tie, half, b("select", second, ct, zero)) if wanted[1] else None
    return [to_first, to_second]


_BY_SELECTION = {"partials": "jvp and vjp select the chosen operand instead of multiplying by 0 and 1"}


def _unary(name: str, kinds: str, ufunc: Any, doc: str, **facts: Any) -> None:
    elementwise(name, FAMILY, 1, kinds, ufunc, doc=doc, **facts)


def _binary(name: str, kinds: str, ufunc: Any, doc: str, **facts: Any) -> None:
    elementwise(name, FAMILY, 2, kinds, ufunc, doc=doc, **facts)


def _declare_sums() -> None:
    _unary(
        "neg", NUMBER, np.negative, "-x", partials=lambda b, op: [like(b, -1, op.result)], fold=folding.neg, linear=True
    )
    _unary("abs", NUMBER, np.abs, "|x|; derivative sign(x), 0 at 0", partials=lambda b, op: [b("sign", op.operands[0])])
    _binary(
        "add",
        NUMBER,
        np.add,
        "x + y",
        partials=lambda b, op: [_ones(b, op), _ones(b, op)],
        fold=folding.add,
        linear=True,
        commutative=True,
    )
    _binary(
        "sub",
        NUMBER,
        np.subtract,
        "x - y",
        partials=lambda b, op: [_ones(b, op), like(b, -1, op.result)],
        fold=folding.sub,
        linear=True,
    )
    _binary(
        "mul",
        NUMBER,
        np.multiply,
        "x y",
        partials=lambda b, op: [op.operands[1], op.operands[0]],
        fold=folding.mul,
        commutative=True,
    )
    _binary(
        "mul_rounded",
        FLOAT,
        np.multiply,
        "x y, rounded before anything is added to it, where a last bit decides",
        partials=lambda b, op: [op.operands[1], op.operands[0]],
        fold=folding.mul,
        commutative=True,
    )
    _binary("div", FLOAT, np.true_divide, "x / y", partials=_div_partials, fold=folding.div, strong_zero=True, cost=4)
    _binary(
        "pow",
        NUMBER,
        integer_power,
        "x ** y; a negative integer exponent counts as 0",
        partials=_pow_partials,
        fold=folding.pow,
        strong_zero=True,
        cost=30,
    )


def _declare_remainders() -> None:
    _binary("floordiv", NUMBER, np.floor_divide, "floor(x / y)", cost=4)
    _binary(
        "mod",
        NUMBER,
        np.remainder,
        "remainder with the divisor's sign",
        partials=_mod_partials,
        strong_zero=True,
        cost=6,
    )
    _binary(
        "fmod", NUMBER, np.fmod, "remainder with the dividend's sign", partials=_fmod_partials, strong_zero=True, cost=6
    )
    _binary("gcd", INTEGER, np.gcd, "greatest common divisor", commutative=True, cost=30)
    _binary("lcm", INTEGER, np.lcm, "least common multiple", commutative=True, cost=30)


def _declare_extrema() -> None:
    for name, ufunc, doc in (
        ("maximum", np.maximum, "the larger, NaN if either is"),
        ("minimum", np.minimum, "the smaller, NaN if either is"),
        ("fmax", np.fmax, "the larger, ignoring NaN"),
        ("fmin", np.fmin, "the smaller, ignoring NaN"),
    ):
        _binary(
            name,
            ANY,
            ufunc,
            f"{doc}; the derivative is split evenly at ties",
            jvp=_extremum_jvp,
            vjp=_extremum_vjp,
            fold=folding.extremum,
            absent=_BY_SELECTION,
            commutative=True,
        )


def _declare_rounding() -> None:
    for name, ufunc, doc in (
        ("floor", np.floor, "largest integer below"),
        ("ceil", np.ceil, "smallest integer above"),
        ("trunc", np.trunc, "towards zero"),
        ("rint", np.rint, "to the nearest integer, half to even"),
    ):
        _unary(name, FLOAT, ufunc, doc)
    _unary("sign", NUMBER, np.sign, "-1, 0 or 1; NaN for NaN")


def _declare_signs() -> None:
    _binary("copysign", FLOAT, np.copysign, "|x| with the sign of y", partials=_copysign_partials)
    _binary(
        "nextafter",
        FLOAT,
        np.nextafter,
        "the number after x towards y; moves with x",
        partials=lambda b, op: [_ones(b, op), None],
    )
    _binary("heaviside", FLOAT, np.heaviside, "0, h or 1 for x below, at, above 0", partials=_heaviside_partials)
    _binary(
        "atan2",
        FLOAT,
        np.arctan2,
        "the angle of the point (second, first)",
        partials=_atan2_partials,
        strong_zero=True,
        cost=30,
    )
    _binary(
        "hypot",
        FLOAT,
        np.hypot,
        "sqrt(x^2 + y^2) without overflow; derivative 0 at the origin",
        partials=_hypot_partials,
        strong_zero=True,
        commutative=True,
        cost=10,
    )


def _infer_ldexp(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    x, e = operands
    require(x.dtype.is_float and e.dtype in (I32, I64), f"ldexp of {x.dtype} and {e.dtype}")
    return [ArrayType(x.dtype, same_shapes("ldexp", operands))]


def _infer_overflows(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    require(all(v.dtype == I64 for v in operands), "overflow tests take i64")
    return [ArrayType(BOOL, same_shapes("overflow test", operands))]


def _overflows(operation: Evaluate) -> Evaluate:
    """Whether `operation`, done exactly on Python ints, leaves the range of i64."""

    def evaluate(x: Any, y: Any) -> Any:
        exact = operation(np.asarray(x).astype(object), np.asarray(y).astype(object))
        limits = np.iinfo(np.int64)
        return np.asarray((exact < limits.min) | (exact > limits.max)).astype(np.bool_)[()]

    return evaluate


def _declare_others() -> None:
    register(
        OpDef(
            "ldexp",
            FAMILY,
            _infer_ldexp,
            reference(np.ldexp),
            native="ldexp",
            elementwise=True,
            strong_zero=True,
            cost=4,
            partials=lambda b, op: [b("ldexp", like(b, 1, op.result), op.operands[1]), None],
            source="NumPy ufunc",
            doc="x 2^e; e is i32 or i64",
        )
    )
    for name, function in (
        ("add_overflows", operator.add),
        ("sub_overflows", operator.sub),
        ("mul_overflows", operator.mul),
    ):
        register(
            OpDef(
                name,
                FAMILY,
                _infer_overflows,
                reference(_overflows(function)),
                native=name,
                elementwise=True,
                zero_derivative=True,
                source="two's complement",
                doc="whether the i64 result wraps",
            )
        )


_declare_sums()
_declare_remainders()
_declare_extrema()
_declare_rounding()
_declare_signs()
_declare_others()
