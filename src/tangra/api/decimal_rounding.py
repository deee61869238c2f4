"""`round(x, digits)` of run-time Python numbers, exact as Python's: to the nearest decimal, half to even.

Floats: with d decimals, x * 10**d is formed as an unevaluated sum high + low without error (T. J. Dekker, 1971), from
which the nearest integer r follows exactly; r and 10**d are exact in float64, so r / 10**d is the correctly rounded
result. Where x * 10**d is 2**53 or more, decimals are finer than x's own spacing and the result is x.
"""

from __future__ import annotations

import operator

import numpy as np

from tangra.api import numbers, pyint
from tangra.api.context import Context
from tangra.api.values import AbstractValue, Const, Scalar
from tangra.errors import TypeMismatchError
from tangra.ir import Value

MOST_DIGITS = 22
"""10**22 is the greatest power of ten that float64 holds exactly."""

SPLITTER = 2.0**27 + 1.0


def digits_arg(ctx: Context, ndigits: AbstractValue) -> int | None:
    """The digits to round to; `operator.index` of them, as Python takes them."""
    digits = ctx.static(ndigits, "the number of digits of round()")
    if digits is None:
        return None
    if not hasattr(digits, "__index__") or isinstance(digits, np.bool_):
        kind = f"{'numpy.' if isinstance(digits, np.generic) else ''}{type(digits).__name__}"
        what = f"'{kind}' object cannot be interpreted as an integer"
        ctx.error(TypeMismatchError, what, code=numbers.BAD_OPERAND, fix="let the number of digits be an int")
    return operator.index(digits)


def round_float(ctx: Context, x: Value, digits: int) -> Value:
    """A float64 rounded to `digits` decimals, |digits| <= MOST_DIGITS; NaN and infinities stay."""
    return _decimals(ctx, x, digits) if digits >= 0 else _tens(ctx, x, float(10**-digits))


def _split(ctx: Context, x: Value) -> tuple[Value, Value]:
    """x as a sum of two numbers of at most 26 bits."""
    b = ctx.b
    scaled = b("mul", x, b.float(SPLITTER))
    high = b("sub", scaled, b("sub", scaled, x))
    return high, b("sub", x, high)


def _decimals(ctx: Context, x: Value, digits: int) -> Value:
    b, scale = ctx.b, ctx.b.float(float(10**digits))
    high = b("mul", x, scale)
    (x1, x2), (s1, s2) = _split(ctx, x), _split(ctx, scale)
    low = b("sub", b("mul", x1, s1), high)
    low = b("add", b("add", b("add", low, b("mul", x1, s2)), b("mul", x2, s1)), b("mul", x2, s2))
    whole = b("rint", high)
    gap, one, zero = b("sub", high, whole), b.float(1.0), b.float(0.0)
    above, below = b("sub", b.float(0.5), gap), b("sub", b.float(-0.5), gap)
    odd = b("ne", b("fmod", whole, b.float(2.0)), zero)
    up = b("or", b("gt", low, above), b("and", b("eq", low, above), odd))
    down = b("or", b("lt", low, below), b("and", b("eq", low, below), odd))
    whole = b("select", up, b("add", whole, one), b("select", down, b("sub", whole, one), whole))
    fine = b("lt", b("abs", high), b.float(2.0**53))
    return b("select", fine, b("copysign", b("div", whole, scale), x), x)


def _tens(ctx: Context, x: Value, unit: float) -> Value:
    """The nearest multiple of `unit`: the remainder is exact, and so is its comparison with half a unit."""
    b, one = ctx.b, ctx.b.float(unit)
    size = b("abs", x)
    rest = b("fmod", size, one)
    odd = b("ge", b("fmod", size, b.float(2.0 * unit)), one)
    double = b("mul", rest, b.float(2.0))
    up = b("or", b("gt", double, one), b("and", b("eq", double, one), odd))
    step = b("select", up, b("sub", one, rest), b("neg", rest))
    result = b("copysign", b("add", size, step), x)
    return b("select", b("isfinite", x), result, x)


def round_int(ctx: Context, x: Scalar, digits: int) -> AbstractValue:
    """A Python int rounded to 10**-digits: itself for digits >= 0."""
    if digits >= 0:
        return pyint.make(x.value, x.size, x.lo, x.hi)
    unit = Const(10**-digits)
    if unit.value > pyint.MAX // 2:
        return Const(0)
    rest = pyint.binary(ctx, "%", x, pyint.as_int(ctx, unit))
    base = ctx.binary("-", x, rest)
    odd = ctx.binary("!=", ctx.binary("%", ctx.binary("//", base, unit), Const(2)), Const(0))
    above = ctx.binary(">", ctx.binary("*", rest, Const(2)), unit)
    tie = ctx.binary("==", ctx.binary("*", rest, Const(2)), unit)
    up = ctx.binary("|", above, ctx.binary("&", tie, odd))
    return ctx.binary("+", base, ctx.binary("*", up, unit))
