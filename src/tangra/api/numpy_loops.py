"""The IR of every ufunc loop.

Emitters get values of the loop's input dtypes in one shape, and the abstract operands for their constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tangra.api import numbers
from tangra.api.context import Context
from tangra.api.elementwise import cast
from tangra.api.kinds import dtype_of, kind_of
from tangra.api.values import AbstractValue, Const
from tangra.ir import BOOL, I64, U64, Value
from tangra.ir.types import I32, ArrayType

Operands = Sequence[AbstractValue]


Emit = Callable[[Context, list[Value], Operands], "Value | tuple[Value, ...]"]


EMIT: dict[np.ufunc, Emit] = {}


def _plain(op: str) -> Emit:
    return lambda ctx, xs, _: ctx.b(op, *xs)


def identity(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """The operand itself."""
    return xs[0]


def _float_or(op: str, other: Emit) -> Emit:
    """`op` for float loops, `other` for the rest."""
    return lambda ctx, xs, vs: ctx.b(op, *xs) if xs[0].dtype.is_float else other(ctx, xs, vs)


def _bool_or(bool_op: str, op: str) -> Emit:
    return lambda ctx, xs, _: ctx.b(bool_op if xs[0].dtype == BOOL else op, *xs)


def _never(value: bool) -> Emit:
    return lambda ctx, xs, _: ctx.b.filled(value, ArrayType(BOOL, xs[0].shape))


def _logical(op: str) -> Emit:
    return lambda ctx, xs, _: ctx.b(op, *(cast(ctx, x, BOOL) for x in xs))


def like(ctx: Context, number: float, x: Value) -> Value:
    """The constant `number` in the type of `x`."""
    return ctx.b.filled(number, x.array)


def _scaled(factor: float) -> Emit:
    return lambda ctx, xs, _: ctx.b("mul", xs[0], like(ctx, factor, xs[0]))


def _power(ctx: Context, xs: list[Value], vs: Operands) -> Value:
    x, y = xs
    given = vs[1] if len(vs) > 1 else None  # a fold has no operands of its own
    exponent = given.value if isinstance(given, Const) and kind_of(given.value) is not None else None
    if x.dtype.is_float:
        return numbers.power_value(ctx, x, y, exponent, root=True)
    if y.dtype.kind == "i" and (exponent is None or exponent < 0):
        negative = ctx.b("lt", y, like(ctx, 0, y))
        if negative.shape:
            negative = ctx.b("reduce_or", negative, axes=tuple(range(negative.array.rank)))
        ctx.fail_if(negative, "ValueError", "Integers to negative integer powers are not allowed.")
    return ctx.b("pow", x, y)


def _reciprocal(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """1 / x; of integers truncated towards zero, for 0 what the machine makes of infinity: the least of 32 or 64
    bits, cut off to the dtype."""
    x, b = xs[0], ctx.b
    one = like(ctx, 1, x)
    if x.dtype.is_float:
        return b("div", one, x)
    unit = b("select", b("eq", b("abs", x), one), x, like(ctx, 0, x))
    info = np.iinfo(x.dtype.numpy)
    least = info.min if x.dtype.kind == "i" and x.dtype.bits >= 32 else 0
    return b("select", b("eq", x, like(ctx, 0, x)), like(ctx, least, x), unit)


def _logical_not(ctx: Context, xs: list[Value], _: Operands) -> Value:
    return ctx.b("not", cast(ctx, xs[0], BOOL))


def _divmod(ctx: Context, xs: list[Value], _: Operands) -> tuple[Value, ...]:
    return ctx.b("floordiv", *xs), ctx.b("mod", *xs)


def _modf(ctx: Context, xs: list[Value], _: Operands) -> tuple[Value, ...]:
    """(fraction, whole part), both with the sign of x; (0, inf) for inf."""
    x, b = xs[0], ctx.b
    whole = b("trunc", x)
    rest = b("select", b("isinf", x), like(ctx, 0, x), b("sub", x, whole))
    return b("copysign", rest, x), whole


def _frexp(ctx: Context, xs: list[Value], _: Operands) -> tuple[Value, ...]:
    """x = m 2^e with 0.5 <= |m| < 1: e from the logarithm, corrected by one step either way."""
    x, b = xs[0], ctx.b
    magnitude = b("abs", x)
    plain = b("and", b("isfinite", x), b("ne", x, like(ctx, 0, x)))
    safe = b("select", plain, magnitude, like(ctx, 1, x))
    exponent = cast(ctx, b("floor", b("log2", safe)), I64)
    mantissa = b("ldexp", b("ldexp", x, _half(ctx, exponent)), b("sub", b("neg", exponent), _half(ctx, exponent)))
    one, two, zero = (b.filled(k, exponent.array) for k in (1, 2, 0))
    size = b("abs", mantissa)
    steps = b("select", b("ge", size, like(ctx, 1, x)), one, zero)
    steps = b("select", b("ge", size, like(ctx, 2, x)), two, steps)
    mantissa = b("ldexp", mantissa, b("neg", steps))
    return b("select", plain, mantissa, x), cast(ctx, b("select", plain, b("add", exponent, steps), zero), I32)


def _half(ctx: Context, exponent: Value) -> Value:
    """About half of -e: 2^-e in one step would overflow for subnormal numbers."""
    return ctx.b("floordiv", ctx.b("neg", exponent), ctx.b.filled(2, exponent.array))


def _spacing(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """The distance to the next number away from zero, with the sign of x; of both zeros upwards."""
    x, b = xs[0], ctx.b
    up = like(ctx, np.inf, x)
    away = b("select", b("eq", x, like(ctx, 0, x)), up, b("copysign", up, x))
    return b("sub", b("nextafter", x, away), x)


def _float_power(ctx: Context, xs: list[Value], vs: Operands) -> Value:
    given = vs[1] if len(vs) > 1 else None
    exponent = given.value if isinstance(given, Const) and kind_of(given.value) is not None else None
    return numbers.power_value(ctx, xs[0], xs[1], exponent)


def _ldexp(ctx: Context, xs: list[Value], _: Operands) -> Value:
    return ctx.b("ldexp", *xs)


def _bit_count(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """Set bits of |x|, by clearing pairs, nibbles and bytes in 64 bits."""
    b = ctx.b
    x = xs[0]
    if x.dtype.kind == "i":  # the absolute value of the least one needs all bits
        unsigned = dtype_of(np.dtype(f"u{x.dtype.itemsize}"))
        assert unsigned is not None
        x = cast(ctx, b("abs", x), unsigned)
    v = cast(ctx, x, U64)

    def masked(x: Value, mask: int) -> Value:
        return b("and", x, b.filled(mask, v.array))

    def shifted(x: Value, n: int) -> Value:
        return b("shr", x, b.filled(n, v.array))

    v = b("sub", v, masked(shifted(v, 1), 0x5555555555555555))
    v = b("add", masked(v, 0x3333333333333333), masked(shifted(v, 2), 0x3333333333333333))
    v = masked(b("add", v, shifted(v, 4)), 0x0F0F0F0F0F0F0F0F)
    return shifted(b("mul", v, b.filled(0x0101010101010101, v.array)), 56)


_FLOAT_OPS = {
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
    "sqrt": "sqrt",
    "cbrt": "cbrt",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "fabs": "abs",
    "rint": "rint",
    "signbit": "signbit",
    "divide": "div",
    "arctan2": "atan2",
    "hypot": "hypot",
    "copysign": "copysign",
    "nextafter": "nextafter",
    "logaddexp": "logaddexp",
    "logaddexp2": "logaddexp2",
    "heaviside": "heaviside",
}


_ANY_OPS = {
    "subtract": "sub",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "fmod": "fmod",
    "negative": "neg",
    "sign": "sign",
    "maximum": "maximum",
    "minimum": "minimum",
    "fmax": "fmax",
    "fmin": "fmin",
    "gcd": "gcd",
    "lcm": "lcm",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "left_shift": "shl",
    "right_shift": "shr",
    "invert": "invert",
    "equal": "eq",
    "not_equal": "ne",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
}


def _fill_table() -> None:
    for name, op in {**_FLOAT_OPS, **_ANY_OPS}.items():
        EMIT[getattr(np, name)] = _plain(op)
    EMIT.update(
        {
            np.add: _bool_or("or", "add"),
            np.multiply: _bool_or("and", "mul"),
            np.power: _power,
            np.float_power: _float_power,
            np.positive: identity,
            np.conjugate: identity,
            np.absolute: lambda ctx, xs, _: xs[0] if xs[0].dtype.kind in "bu" else ctx.b("abs", xs[0]),
            np.square: lambda ctx, xs, _: ctx.b("and" if xs[0].dtype == BOOL else "mul", xs[0], xs[0]),
            np.reciprocal: _reciprocal,
            np.deg2rad: _scaled(np.pi / 180.0),
            np.radians: _scaled(np.pi / 180.0),
            np.rad2deg: _scaled(180.0 / np.pi),
            np.degrees: _scaled(180.0 / np.pi),
            np.isnan: _float_or("isnan", _never(False)),
            np.isinf: _float_or("isinf", _never(False)),
            np.isfinite: _float_or("isfinite", _never(True)),
            np.logical_not: _logical_not,
            np.logical_and: _logical("and"),
            np.logical_or: _logical("or"),
            np.logical_xor: _logical("xor"),
            np.divmod: _divmod,
            np.modf: _modf,
            np.frexp: _frexp,
            np.spacing: _spacing,
            np.ldexp: _ldexp,
            np.bitwise_count: _bit_count,
        }
    )
    for name in ("floor", "ceil", "trunc"):
        EMIT[getattr(np, name)] = _float_or(name, identity)


_fill_table()
