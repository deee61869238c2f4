"""Elementwise functions that are not ufuncs: round, fix, sinc, real, angle, unwrap, isclose, allclose, array_equal …"""

from __future__ import annotations

import math

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import broadcast, cast, is_number, kinds_of, operand
from tangra.api.kinds import PYBOOL
from tangra.api.numbers import compare
from tangra.api.numpy_common import (
    BOOL,
    F64,
    FALSE,
    NONE,
    TRUE,
    ZERO,
    Shape,
    as_array,
    axis_arg,
    bad_value,
    common,
    ew,
    inexact,
    is_none,
    part,
    return_value,
    series,
    static_bool,
    static_int,
    where_,
)
from tangra.api.numpy_cumulative import neighbours
from tangra.api.numpy_layout import copy_order, keep_order
from tangra.api.numpy_methods import astype
from tangra.api.numpy_orders import keeps_order, pair_keeps_order
from tangra.api.numpy_ufuncs import call_ufunc
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const, Scalar
from tangra.ir import Value
from tangra.shapes import ShapeError, broadcast_shapes, dmin, known_eq


@function(np.round, np.around)
def round_(ctx: Context, a: AbstractValue, decimals: AbstractValue = ZERO, out: AbstractValue = NONE) -> AbstractValue:
    """`np.round(a, decimals)`: rint(a * 10**d) / 10**d as NumPy computes it, half to even; ints stay for d >= 0."""
    digits, value = static_int(ctx, decimals, "decimals"), ctx.array(a)
    if not -(2**31) <= digits < 2**31:
        bad_value(ctx, "np.round: decimals must fit in an int of C")
    if value.dtype == BOOL:
        bad_value(ctx, "np.round of booleans: NumPy computes in float16", "convert to int or float first")
    if value.dtype.is_float:
        value = _rounded(ctx, value, digits)
    elif digits < 0:
        wide = _rounded(ctx, cast(ctx, value, F64), digits)
        value = cast(ctx, wide, value.dtype)
    result = return_value(ctx, value, out, "np.round", True)
    if not is_none(out):
        return result
    return copy_order(ctx, result, a, "A") if digits else keep_order(ctx, result, (a,))


def _rounded(ctx: Context, value: Value, digits: int) -> Value:
    if digits == 0:
        return ctx.b("rint", value)
    scale = _power_of_ten(abs(digits))
    first, second = ("mul", "div") if digits > 0 else ("div", "mul")
    return ew(ctx, second, ctx.b("rint", ew(ctx, first, value, scale)), scale)


def _power_of_ten(n: int) -> float:
    """10**n as NumPy computes it: by products from 1e9 on, inf at last."""
    scale = float(10 ** min(n, 9))
    for _ in range(min(n, 400) - 9):
        scale *= 10.0
    return scale


@function(np.fix)
@keeps_order
def fix(ctx: Context, x: AbstractValue, out: AbstractValue = NONE) -> AbstractValue:
    """`np.fix(x)`: towards zero."""
    return call_ufunc(ctx, np.trunc, (x,), out)


SINC = [(-1) ** k / math.factorial(2 * k + 1) for k in range(10)]
"""The power series of sin(y) / y in y^2; where |y| < 1 what is left out is below 1e-19. Its derivatives are right at 0
too, where those of a quotient would be lost."""


@function(np.sinc)
def sinc(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`np.sinc(x)`: sin(pi x) / (pi x), 1 at 0."""
    value = ctx.array(x)
    y = ew(ctx, "mul", cast(ctx, value, inexact(value.dtype)), np.pi)
    near = ew(ctx, "lt", ctx.b("abs", y), 1.0)
    small, far = where_(ctx, near, y, 0.0), where_(ctx, near, 1.0, y)
    quotient = ctx.b("div", ctx.b("sin", far), far)
    total = series(ctx, SINC, ctx.b("mul", small, small))
    return keep_order(ctx, ctx.result(ctx.b("select", near, total, quotient)), (x,))


@function(np.real)
def real(ctx: Context, val: AbstractValue) -> AbstractValue:
    """`np.real` of reals: the argument; of Python's bools an int, as their `real` is."""
    if is_number(val) and kinds_of(val) == (PYBOOL,):
        return ctx.binary("+", val, ZERO)
    return val if is_number(val) else as_array(ctx, val)


@function(np.imag)
def imag(ctx: Context, val: AbstractValue) -> AbstractValue:
    """`np.imag` of reals: zeros."""
    if is_number(val):
        return ZERO if kinds_of(val) == (PYBOOL,) else Const(ctx.kind(val).type(0))
    return ctx.new_array(ctx.b.zeros(ctx.type_of(val)))


@function(np.angle)
@keeps_order
def angle(ctx: Context, z: AbstractValue, deg: AbstractValue = FALSE) -> AbstractValue:
    """`np.angle` of reals: 0 or pi."""
    result = call_ufunc(ctx, np.arctan2, (ZERO, z))
    return ctx.binary("*", result, Const(180 / np.pi)) if static_bool(ctx, deg, "deg") else result


def _declare_test(f: object, op: str, test: str) -> None:
    """isposinf and isneginf."""

    def entry(ctx: Context, x: AbstractValue, out: AbstractValue = NONE) -> AbstractValue:
        value = ctx.array(x)
        value = value if value.dtype.is_float else cast(ctx, value, F64)
        sign = ctx.b("signbit", value)
        sign = sign if op == "negative" else ctx.b("not", sign)
        return return_value(ctx, ctx.b("and", ctx.b("isinf", value), sign), out, test, True)

    entry.__doc__ = f"`{test}(x)`."
    function(f)(keeps_order(entry))


_declare_test(np.isposinf, "positive", "np.isposinf")
_declare_test(np.isneginf, "negative", "np.isneginf")


def _declare_kind_test(f: object, result: bool) -> None:
    def entry(ctx: Context, x: AbstractValue) -> AbstractValue:
        if result and is_number(x) and all(k.python for k in kinds_of(x)):
            return TRUE
        shape = ctx.type_of(x).shape
        return ctx.result(ctx.b.full(ctx.b.bool(result), shape))

    entry.__doc__ = f"`np.{getattr(f, '__name__', '')}` of reals."
    function(f)(entry)


_declare_kind_test(np.isreal, True)
_declare_kind_test(np.iscomplex, False)


@function(np.isrealobj)
def isrealobj(ctx: Context, x: AbstractValue) -> AbstractValue:
    """There are no complex arrays in compiled code."""
    return TRUE


@function(np.iscomplexobj)
def iscomplexobj(ctx: Context, x: AbstractValue) -> AbstractValue:
    """There are no complex arrays in compiled code."""
    return FALSE


@function(np.isscalar)
def isscalar(ctx: Context, element: AbstractValue) -> AbstractValue:
    """`np.isscalar`: numbers and strings."""
    return Const(is_number(element) or (isinstance(element, Const) and isinstance(element.value, (str, bytes))))


@function(np.unwrap)
@keeps_order
def unwrap(
    ctx: Context,
    p: AbstractValue,
    discont: AbstractValue = NONE,
    axis: AbstractValue = Const(-1),
    *,
    period: AbstractValue = Const(2 * np.pi),
) -> AbstractValue:
    """`np.unwrap(p, discont, axis, period=)`: jumps of more than half a period are made whole periods smaller."""
    value = ctx.array(p)
    place = axis_arg(ctx, axis, value.array.rank)
    jumps = neighbours(ctx, "xor" if value.dtype == BOOL else "sub", value, place)  # unsigned integers wrap
    dtype = common(ctx, ctx.new_array(jumps), period)
    if dtype.kind == "u":
        bad_value(ctx, "np.unwrap of unsigned integers by an integer period", "convert the array to int64 first")
    value, step, whole = cast(ctx, value, dtype), cast(ctx, jumps, dtype), operand(ctx, period, dtype)
    half = ew(ctx, "div", whole, 2.0) if dtype.is_float else ew(ctx, "floordiv", whole, 2)
    wrapped = ew(ctx, "sub", ew(ctx, "mod", ew(ctx, "add", step, half), whole), half)
    edge = ctx.b("and", ew(ctx, "eq", wrapped, ctx.b("neg", half)), ew(ctx, "gt", step, 0))
    if not dtype.is_float:
        even = ew(ctx, "eq", ew(ctx, "mod", whole, 2), 0)
        edge = ctx.b("and", edge, ctx.b.full(even, edge.shape))
    wrapped = where_(ctx, edge, half, wrapped)
    correction = ctx.b("sub", wrapped, step)
    limit = ew(ctx, "div", operand(ctx, period, F64), 2.0) if is_none(discont) else operand(ctx, discont, F64)
    small = ew(ctx, "lt", cast(ctx, ctx.b("abs", step), F64), limit)
    correction = where_(ctx, small, 0, correction)
    size = value.shape[place]
    total = ctx.b("cumsum", correction, axis=place, reverse=False)
    rest = part(ctx, value, place, 0 if known_eq(size, 0, ctx.facts) else 1, correction.shape[place])
    return ctx.new_array(
        ctx.b(
            "concat", part(ctx, value, place, 0, size - correction.shape[place]), ctx.b("add", rest, total), axis=place
        )
    )


# ---- closeness and equality
# ------------------------------------------------------------------------------------------------


def close(
    ctx: Context, a: AbstractValue, b: AbstractValue, rtol: AbstractValue, atol: AbstractValue, equal_nan: AbstractValue
) -> Value:
    """|a - b| <= atol + rtol |b| for finite b, equality for the rest."""
    dtype = inexact(common(ctx, a, b))
    x, y = broadcast(ctx, [operand(ctx, a, dtype), operand(ctx, b, dtype)])
    wide = [operand(ctx, t, dtype) for t in (rtol, atol)]
    bound = ew(ctx, "add", wide[1], ew(ctx, "mul", wide[0], ctx.b("abs", y)))
    near = ew(ctx, "le", ctx.b("abs", ctx.b("sub", x, y)), bound)
    result = ew(ctx, "or", ew(ctx, "and", near, ctx.b("isfinite", y)), ctx.b("eq", x, y))
    if static_bool(ctx, equal_nan, "equal_nan"):
        result = ew(ctx, "or", result, ctx.b("and", ctx.b("isnan", x), ctx.b("isnan", y)))
    return result


@function(np.isclose)
@pair_keeps_order
def isclose(
    ctx: Context,
    a: AbstractValue,
    b: AbstractValue,
    rtol: AbstractValue = Const(1e-05),
    atol: AbstractValue = Const(1e-08),
    equal_nan: AbstractValue = FALSE,
) -> AbstractValue:
    """`np.isclose(a, b, rtol, atol, equal_nan)`."""
    return ctx.result(close(ctx, a, b, rtol, atol, equal_nan))


def everything(ctx: Context, value: Value) -> Value:
    """`all` of a bool array as a scalar."""
    return ctx.b("reduce_and", value, axes=tuple(range(value.array.rank))) if value.shape else value


def python_bool(ctx: Context, value: Value) -> AbstractValue:
    return Scalar(value, (PYBOOL,))


@function(np.allclose)
def allclose(
    ctx: Context,
    a: AbstractValue,
    b: AbstractValue,
    rtol: AbstractValue = Const(1e-05),
    atol: AbstractValue = Const(1e-08),
    equal_nan: AbstractValue = FALSE,
) -> AbstractValue:
    """`np.allclose`: a Python bool."""
    return python_bool(ctx, everything(ctx, close(ctx, a, b, rtol, atol, equal_nan)))


def _same_shape(ctx: Context, x: Value, y: Value) -> bool | None:
    """Are the shapes equal? None: it depends on run-time sizes."""
    if x.array.rank != y.array.rank:
        return False
    verdicts = [known_eq(m, n, ctx.facts) for m, n in zip(x.shape, y.shape, strict=True)]
    return False if False in verdicts else None if None in verdicts else True


@function(np.array_equal)
def array_equal(ctx: Context, a1: AbstractValue, a2: AbstractValue, equal_nan: AbstractValue = FALSE) -> AbstractValue:
    """`np.array_equal`: a Python bool; False for other shapes."""
    x, y = ctx.array(a1), ctx.array(a2)
    same = _same_shape(ctx, x, y)
    if same is False:
        return FALSE
    sizes = [(m, n) for m, n in zip(x.shape, y.shape, strict=True) if not known_eq(m, n, ctx.facts)]
    if same is None:  # the run tells: what both have is compared, and their sizes
        common = tuple(m if known_eq(m, n, ctx.facts) else dmin(m, n) for m, n in zip(x.shape, y.shape, strict=True))
        x, y = (_leading(ctx, v, common) for v in (x, y))
    equal = _equal(ctx, x, y)
    if static_bool(ctx, equal_nan, "equal_nan") and x.dtype.is_float and y.dtype.is_float:
        equal = ew(ctx, "or", equal, ew(ctx, "and", ctx.b("isnan", x), ctx.b("isnan", y)))
    result = everything(ctx, equal)
    for m, n in sizes:
        result = ctx.b("and", result, ctx.b("eq", ctx.b.dim(m), ctx.b.dim(n)))
    return python_bool(ctx, result)


def _leading(ctx: Context, value: Value, shape: Shape) -> Value:
    """The first elements along each axis."""
    starts = [ctx.b.int(0)] * len(shape)
    return ctx.b("index", value, *starts, sizes=shape, steps=(1,) * len(shape))


def _equal(ctx: Context, x: Value, y: Value) -> Value:
    """`x == y` as NumPy compares arrays: int64 and uint64 by value."""
    return ctx.array(compare(ctx, "==", ctx.new_array(x), ctx.new_array(y)))


@function(np.array_equiv)
def array_equiv(ctx: Context, a1: AbstractValue, a2: AbstractValue) -> AbstractValue:
    """`np.array_equiv`: equal after broadcasting."""
    try:
        broadcast_shapes(ctx.type_of(a1).shape, ctx.type_of(a2).shape, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError:
        return FALSE
    return python_bool(ctx, everything(ctx, _equal(ctx, ctx.array(a1), ctx.array(a2))))


def _astype(
    ctx: Context, x: AbstractValue, dtype: AbstractValue, /, *, copy: AbstractValue = TRUE, device: AbstractValue = NONE
) -> AbstractValue:
    """`np.astype(x, dtype)`."""
    return astype(ctx, x, dtype, copy=copy)


if hasattr(np, "astype"):
    function(np.astype)(_astype)


# ---- dtype questions
# -------------------------------------------------------------------------------------------------------


@function(np.result_type)
def result_type(ctx: Context, *arrays_and_dtypes: AbstractValue) -> AbstractValue:
    """`np.result_type` of values and dtypes."""
    parts = []
    for v in arrays_and_dtypes:
        if isinstance(v, Const) and isinstance(v.value, (np.dtype, type, str)):
            parts.append(np.dtype(v.value))
        else:
            kind = ctx.kind(v)
            parts.append(kind.type(0) if kind.python else np.dtype(kind.dtype.numpy))
    return Const(np.result_type(*parts))


def _constant_call(f: object) -> None:
    def entry(ctx: Context, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        name = getattr(f, "__name__", "")
        values = [ctx.static(a, f"an argument of np.{name}") for a in args]
        named = {k: ctx.static(v, f"{k}= of np.{name}") for k, v in kwargs.items()}
        assert callable(f)
        return Const(f(*values, **named))

    entry.__doc__ = f"`np.{getattr(f, '__name__', '')}` of constants."
    function(f)(entry)


for _f in (np.dtype, np.finfo, np.iinfo, np.promote_types, np.can_cast, np.issubdtype, np.isdtype, np.min_scalar_type):
    _constant_call(_f)
