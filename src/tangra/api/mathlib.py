"""The `math` module: Python floats in and out, with Python's own domain and range errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from tangra.api import pyint
from tangra.api.builtins import int_, items_of, one_number, truncated
from tangra.api.context import Context
from tangra.api.elementwise import EXACT_INT, cast, dispatch, float_like, kinds_of, operand, scalar_kinds
from tangra.api.kinds import PYBOOL, PYFLOAT, PYINT, kind_of
from tangra.api.numpy_common import root_of_squares
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar
from tangra.errors import TypeMismatchError, declare
from tangra.ir import F64, I64, Value

NOT_AN_INT = declare("TG233", "a math function of integers got something else")


def python_float(ctx: Context, v: AbstractValue, name: str) -> Value:
    """The argument of a math function as float64."""
    return operand(ctx, float_like(ctx, one_number(ctx, v, f"math.{name}()")), F64)


def _fold(ctx: Context, f: Callable[..., Any], args: Sequence[AbstractValue]) -> AbstractValue | None:
    """The function of constants by Python itself; its exception becomes a run-time failure."""
    if not all(isinstance(a, Const) and kind_of(a.value) is not None for a in args):
        return None
    try:
        return Const(f(*(a.value for a in args if isinstance(a, Const))))
    except (ValueError, OverflowError, ZeroDivisionError) as e:
        ctx.fail_if(ctx.b.bool(True), type(e).__name__, str(e).replace("{", "{{").replace("}", "}}"))
        return Const(0.0)


def _text(f: Callable[..., Any], *sample: float) -> str:
    """The message this Python gives for `f(*sample)`, with the offending number as payload where it names it."""
    try:
        f(*sample)
    except (ValueError, OverflowError) as e:
        return str(e).replace(repr(float(sample[0])), "{}")
    raise AssertionError(f"{f.__name__}{sample} did not raise")


# name: (op, argument outside the domain, argument at a pole, argument that overflows)
UNARY: dict[str, tuple[str, float | None, float | None, float | None]] = {
    "sqrt": ("sqrt", -1.0, None, None),
    "exp": ("exp", None, None, 1e4),
    "exp2": ("exp2", None, None, 1e5),
    "expm1": ("expm1", None, None, 1e4),
    "log": ("log", -1.0, 0.0, None),
    "log2": ("log2", -1.0, 0.0, None),
    "log10": ("log10", -1.0, 0.0, None),
    "log1p": ("log1p", -2.0, -1.0, None),
    "sin": ("sin", math.inf, None, None),
    "cos": ("cos", math.inf, None, None),
    "tan": ("tan", math.inf, None, None),
    "asin": ("asin", 2.0, None, None),
    "acos": ("acos", 2.0, None, None),
    "atan": ("atan", None, None, None),
    "sinh": ("sinh", None, None, 1e4),
    "cosh": ("cosh", None, None, 1e4),
    "tanh": ("tanh", None, None, None),
    "asinh": ("asinh", None, None, None),
    "acosh": ("acosh", 0.0, None, None),
    "atanh": ("atanh", 2.0, 1.0, None),
    "cbrt": ("cbrt", None, None, None),
    "erf": ("erf", None, None, None),
    "erfc": ("erfc", None, None, None),
    "gamma": ("gamma", -1.0, 0.0, 1e3),
    "lgamma": ("lgamma", None, 0.0, 1e306),
    "fabs": ("abs", None, None, None),
}


def checked(ctx: Context, f: Callable[..., Any], x: Value, r: Value, domain: Any, pole: Any, overflow: Any) -> None:
    """Emit Python's checks of a math function: nan out of a number, inf out of a finite one. What is outside the domain
    or at a pole is an example of it, of the argument's type, with which messages differ."""
    b = ctx.b
    if domain is not None:
        bad = b("and", b("isnan", r), b("not", b("isnan", x)))
        ctx.fail_if(bad, "ValueError", _text(f, domain), [x])
    if pole is not None:
        at_pole = b("and", b("isinf", r), b("isfinite", x))
        if overflow is not None:
            zero = b("eq", x, b("floor", x))
            at_pole = b("and", at_pole, b("and", zero, b("le", x, b.float(0.0))))
        ctx.fail_if(at_pole, "ValueError", _text(f, pole), [x])
    if overflow is not None:
        ctx.fail_if(b("and", b("isinf", r), b("isfinite", x)), "OverflowError", _text(f, overflow), [x])


def _lgamma_argument(ctx: Context, x: Value) -> Value:
    """inf for -inf: the operation is SciPy's, which has -inf there, where Python has inf."""
    return ctx.b("select", ctx.b("isinf", x), ctx.b.filled(math.inf, x.array), x)


def _of_type(x: AbstractValue, sample: float | None) -> float | None:
    """A number of the type that an argument has: of ints, Python 3.14 has another message in logarithms."""
    is_int = isinstance(x, Scalar) and x.kind in (PYINT, PYBOOL)
    return int(sample) if is_int and sample is not None and math.isfinite(sample) else sample


def _declare_unary(name: str) -> None:
    f = getattr(math, name)
    op, domain, pole, overflow = UNARY[name]

    def entry(ctx: Context, x: AbstractValue) -> AbstractValue:
        folded = _fold(ctx, f, (x,))
        if folded is not None:
            return folded
        value = python_float(ctx, x, name)
        result = ctx.b(op, value if name != "lgamma" else _lgamma_argument(ctx, value))
        checked(ctx, f, value, result, _of_type(x, domain), _of_type(x, pole), overflow)
        return Scalar(result, (PYFLOAT,))

    entry.__doc__ = f"`math.{name}(x)`."
    if name != "log":
        function(f)(entry)


for _name in UNARY:
    _declare_unary(_name)


@function(math.log)
def log(ctx: Context, x: AbstractValue, base: AbstractValue | None = None) -> AbstractValue:
    """`math.log(x[, base])`."""
    folded = _fold(ctx, math.log, (x,) if base is None else (x, base))
    if folded is not None:
        return folded
    value = python_float(ctx, x, "log")
    result = ctx.b("log", value)
    checked(ctx, math.log, value, result, _of_type(x, -1.0), _of_type(x, 0.0), None)
    if base is None:
        return Scalar(result, (PYFLOAT,))
    denominator = log(ctx, base)
    return ctx.binary("/", Scalar(result, (PYFLOAT,)), denominator)


def _binary(name: str, op: str) -> None:
    f = getattr(math, name)

    def entry(ctx: Context, x: AbstractValue, y: AbstractValue) -> AbstractValue:
        folded = _fold(ctx, f, (x, y))
        if folded is not None:
            return folded
        a, b = python_float(ctx, x, name), python_float(ctx, y, name)
        result = ctx.b(op, a, b)
        if name == "fmod":
            nan = ctx.b("and", ctx.b("isnan", result), ctx.b("not", ctx.b("or", ctx.b("isnan", a), ctx.b("isnan", b))))
            ctx.fail_if(nan, "ValueError", _text(math.fmod, 1.0, 0.0))
        return Scalar(result, (PYFLOAT,))

    entry.__doc__ = f"`math.{name}(x, y)`."
    function(f)(entry)


for _name, _op in (("atan2", "atan2"), ("copysign", "copysign"), ("fmod", "fmod"), ("nextafter", "nextafter")):
    _binary(_name, _op)


@function(math.pow)
def pow_(ctx: Context, x: AbstractValue, y: AbstractValue) -> AbstractValue:
    """`math.pow(x, y)`: as `float(x) ** float(y)`, where its errors are ValueError and OverflowError."""
    folded = _fold(ctx, math.pow, (x, y))
    if folded is not None:
        return folded
    a, b, emit = python_float(ctx, x, "pow"), python_float(ctx, y, "pow"), ctx.b
    result = emit("pow", a, b)
    finite = emit("and", emit("isfinite", a), emit("isfinite", b))
    ctx.fail_if(emit("and", emit("isnan", result), finite), "ValueError", _text(math.pow, -1.0, 0.5))
    pole = emit("and", emit("isinf", result), finite)
    ctx.fail_if(emit("and", pole, emit("eq", a, emit.float(0.0))), "ValueError", _text(math.pow, 0.0, -1.0))
    ctx.fail_if(pole, "OverflowError", _text(math.pow, 1e300, 2.0))
    return Scalar(result, (PYFLOAT,))


@function(math.hypot)
def hypot(ctx: Context, *coordinates: AbstractValue) -> AbstractValue:
    """`math.hypot(*coordinates)`."""
    folded = _fold(ctx, math.hypot, coordinates)
    if folded is not None:
        return folded
    values = [python_float(ctx, c, "hypot") for c in coordinates]
    if len(values) > 2:
        return Scalar(_length(ctx, values), (PYFLOAT,))
    return Scalar(ctx.b("hypot" if len(values) == 2 else "abs", *values), (PYFLOAT,))


def _length(ctx: Context, values: Sequence[Value]) -> Value:
    """The root of the sum of squares, scaled by the largest, on which it doesn't depend, so that they don't overflow.
    (Pair by pair derivatives would be lost where a pair is the origin.)"""
    b, zero = ctx.b, ctx.b.float(0.0)
    sizes = [b("abs", v) for v in values]
    largest = b("stop_gradient", reduce(lambda x, y: b("maximum", x, y), sizes))
    infinite = reduce(lambda x, y: b("or", x, y), [b("isinf", v) for v in values])
    scale = b("select", b("or", infinite, b("eq", largest, zero)), b.float(1.0), largest)
    parts = [b("div", v, scale) for v in values]
    length = root_of_squares(ctx, reduce(lambda x, y: b("add", x, y), [b("mul", v, v) for v in parts]))
    return b("select", infinite, b.float(math.inf), b("mul", length, scale))


@function(math.dist)
def dist(ctx: Context, p: AbstractValue, q: AbstractValue) -> AbstractValue:
    """`math.dist(p, q)` of two sequences of equal length."""
    ps, qs = items_of(ctx, p, "math.dist()"), items_of(ctx, q, "math.dist()")
    if len(ps) != len(qs):
        ctx.fail_if(ctx.b.bool(True), "ValueError", "both points must have the same number of dimensions")
    ps, qs = ([ctx.call(Const(float), [v], {}) for v in vs] for vs in (ps, qs))
    return hypot(ctx, *(ctx.binary("-", a, b) for a, b in zip(ps, qs, strict=False)))


def _exact_as_float(s: Scalar) -> bool:
    """Whether an integer is certainly the same as a float."""
    return s.dtype.bits <= 32 or (s.lo is not None and s.hi is not None and max(-s.lo, s.hi) <= EXACT_INT)


def _rounding(name: str, op: str) -> None:
    f = getattr(math, name)

    def entry(ctx: Context, x: AbstractValue) -> AbstractValue:
        folded = _fold(ctx, f, (x,))
        if folded is not None:
            return folded
        number = one_number(ctx, x, f"math.{name}()")
        if scalar_kinds((number,)):
            return dispatch(ctx, (number,), lambda vs: entry(ctx, vs[0]))
        if name == "trunc" and isinstance(x, ArrayValue):
            what = "type numpy.ndarray doesn't define __trunc__ method"
            ctx.error(TypeMismatchError, what, code=NOT_AN_INT, fix="take the element: math.trunc(x[()])")
        s = ctx.number(number)
        if name == "trunc" and not (s.kinds[0].python or s.dtype == F64):
            name_of = f"numpy.{s.dtype.numpy}"
            ctx.fail_if(ctx.b.bool(True), "TypeError", f"type {name_of} doesn't define __trunc__ method")
        value = s.value
        if not (s.kinds[0].python or s.dtype.is_float) and not _exact_as_float(s):
            value = cast(ctx, value, F64)  # NumPy's integers have no such method: Python asks for their float
        return truncated(ctx, ctx.b(op, value)) if value.dtype.is_float else int_(ctx, s)

    entry.__doc__ = f"`math.{name}(x)`, an int."
    function(f)(entry)


for _name in ("floor", "ceil", "trunc"):
    _rounding(_name, _name)


def _predicate(name: str) -> None:
    def entry(ctx: Context, x: AbstractValue) -> AbstractValue:
        folded = _fold(ctx, getattr(math, name), (x,))
        if folded is not None:
            return folded
        return Scalar(ctx.b(name, python_float(ctx, x, name)), (PYBOOL,))

    entry.__doc__ = f"`math.{name}(x)`."
    function(getattr(math, name))(entry)


for _name in ("isnan", "isinf", "isfinite"):
    _predicate(_name)


def _scaled(name: str, factor: float) -> None:
    def entry(ctx: Context, x: AbstractValue) -> AbstractValue:
        folded = _fold(ctx, getattr(math, name), (x,))
        if folded is not None:
            return folded
        return Scalar(ctx.b("mul", python_float(ctx, x, name), ctx.b.float(factor)), (PYFLOAT,))

    entry.__doc__ = f"`math.{name}(x)`."
    function(getattr(math, name))(entry)


_scaled("radians", math.pi / 180.0)
_scaled("degrees", 180.0 / math.pi)


@function(math.prod)
def prod(ctx: Context, iterable: AbstractValue, *, start: AbstractValue = Const(1)) -> AbstractValue:
    """`math.prod(iterable, start=1)` by repeated `*`."""
    total = start
    for item in items_of(ctx, iterable, "math.prod()"):
        total = ctx.binary("*", total, item)
    return total


@function(math.isclose)
def isclose(
    ctx: Context,
    a: AbstractValue,
    b: AbstractValue,
    *,
    rel_tol: AbstractValue = Const(1e-9),
    abs_tol: AbstractValue = Const(0.0),
) -> AbstractValue:
    """`math.isclose(a, b)`: |a-b| <= max(rel_tol*max(|a|, |b|), abs_tol); infinities only equal themselves."""
    x, y, emit = python_float(ctx, a, "isclose"), python_float(ctx, b, "isclose"), ctx.b
    rel, tol = python_float(ctx, rel_tol, "isclose"), python_float(ctx, abs_tol, "isclose")
    for each in (rel, tol):
        ctx.fail_if(emit("lt", each, emit.float(0.0)), "ValueError", "tolerances must be non-negative")
    difference = emit("abs", emit("sub", x, y))
    bound = emit("maximum", emit("mul", rel, emit("maximum", emit("abs", x), emit("abs", y))), tol)
    near = emit("and", emit("le", difference, bound), emit("and", emit("isfinite", x), emit("isfinite", y)))
    return Scalar(emit("or", near, emit("eq", x, y)), (PYBOOL,))


def _whole(ctx: Context, v: AbstractValue, name: str) -> Scalar:
    if not all(k.dtype.is_integer or k == PYBOOL for k in kinds_of(one_number(ctx, v, f"math.{name}()"))):
        ctx.error(TypeMismatchError, f"math.{name}() takes integers", code=NOT_AN_INT, fix="convert with int(...)")
    return pyint.as_int(ctx, int_(ctx, v))


def _integer_pair(name: str) -> None:
    f = getattr(math, name)

    def entry(ctx: Context, *integers: AbstractValue) -> AbstractValue:
        folded = _fold(ctx, f, integers)
        if folded is not None:
            return folded
        b = ctx.b
        values = [_whole(ctx, v, name).value for v in integers]
        result = b("abs", values[0])
        for v in values[1:]:
            common = b("gcd", result, v)
            if name == "gcd":
                result = common
                continue
            part, other = b("floordiv", result, b("maximum", common, b.int(1))), b("abs", v)
            ctx.fail_if(b("mul_overflows", part, other), "OverflowError", pyint.OVERFLOW)
            result = b("mul", part, other)
        ctx.fail_if(b("lt", result, b.int(0)), "OverflowError", pyint.OVERFLOW)  # 2**63, which is its own negative
        return pyint.make(result, None, 0, None)

    entry.__doc__ = f"`math.{name}(*integers)`."
    function(f)(entry)


_integer_pair("gcd")
_integer_pair("lcm")


@function(math.isqrt)
def isqrt(ctx: Context, n: AbstractValue) -> AbstractValue:
    """`math.isqrt(n)`: the float root, corrected by one step either way."""
    folded = _fold(ctx, math.isqrt, (n,))
    if folded is not None:
        return folded
    x, b = _whole(ctx, n, "isqrt").value, ctx.b
    ctx.fail_if(b("lt", x, b.int(0)), "ValueError", "isqrt() argument must be nonnegative")
    root = cast(ctx, b("minimum", b("floor", b("sqrt", cast(ctx, x, F64))), b.float(3037000499.0)), I64)
    root = b("select", b("gt", b("mul", root, root), x), b("sub", root, b.int(1)), root)
    above = b("minimum", b("add", root, b.int(1)), b.int(3037000499))
    return pyint.make(b("select", b("le", b("mul", above, above), x), above, root), None, 0, 3037000499)


@function(math.factorial)
def factorial(ctx: Context, n: AbstractValue) -> AbstractValue:
    """`math.factorial(n)` of a run-time int up to 20, which is what 64 bits hold; of constants exactly."""
    folded = _fold(ctx, math.factorial, (n,))
    if folded is not None:
        return folded
    x, b = _whole(ctx, n, "factorial").value, ctx.b
    ctx.fail_if(b("lt", x, b.int(0)), "ValueError", "factorial() not defined for negative values")
    ctx.fail_if(b("gt", x, b.int(20)), "OverflowError", pyint.OVERFLOW)
    import numpy as np

    table = b.const_array(np.array([math.factorial(k) for k in range(21)]), I64)
    return Scalar(b("index", table, x, sizes=(None,), steps=(1,)), (PYINT,), None, None, 1, math.factorial(20))


def _constant_only(*functions: Callable[..., Any]) -> None:
    for f in functions:

        def entry(ctx: Context, *args: AbstractValue, _f: Callable[..., Any] = f) -> AbstractValue:
            values = [ctx.static(a, f"an argument of math.{_f.__name__}()") for a in args]
            folded = _fold(ctx, _f, [Const(v) for v in values])
            return Const(_f(*values)) if folded is None else folded

        function(f)(entry)


_constant_only(math.comb, math.perm, math.fsum, math.frexp, math.modf, math.ulp)


@function(math.ldexp)
def ldexp(ctx: Context, x: AbstractValue, i: AbstractValue) -> AbstractValue:
    """`math.ldexp(x, i)`: x * 2**i; overflow raises."""
    folded = _fold(ctx, math.ldexp, (x, i))
    if folded is not None:
        return folded
    if not all(k in (PYINT, PYBOOL) for k in kinds_of(one_number(ctx, i, "math.ldexp()"))):
        what = "math.ldexp() takes an int of Python as its second argument"
        ctx.error(TypeMismatchError, what, code=NOT_AN_INT, fix="convert with int(...)")
    value = python_float(ctx, x, "ldexp")
    result = ctx.b("ldexp", value, _whole(ctx, i, "ldexp").value)
    overflow = ctx.b("and", ctx.b("isinf", result), ctx.b("isfinite", value))
    ctx.fail_if(overflow, "OverflowError", "math range error")
    return Scalar(result, (PYFLOAT,))
