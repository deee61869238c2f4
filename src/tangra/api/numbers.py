"""Operators on numbers and arrays: `binary`, `unary`, `compare` and `truth`, with Python's and NumPy's own meanings.

Python numbers: ints are 64-bit with checked overflow, division by zero raises. As soon as one operand is a NumPy
scalar or array, NumPy's rules hold: NEP 50 promotion, wrapping integers, inf and nan instead of exceptions.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from tangra.api import comparing, pyint
from tangra.api.context import Context
from tangra.api.elementwise import (
    all_python,
    broadcast,
    cast,
    common_dtype,
    dispatch,
    float_dtype,
    float_like,
    is_number,
    kinds_of,
    operand,
    scalar_kinds,
)
from tangra.api.kinds import PYBOOL, PYFLOAT, PYINT, kind_of
from tangra.api.numpy_layout import keep_order
from tangra.api.values import AbstractValue, ArrayValue, Const, DictView, InstanceValue, Scalar, TupleValue
from tangra.errors import ShapeMismatchError, TangraError, TypeMismatchError, declare
from tangra.ir import BOOL, F64, I8, I64, U64, DType, Value

BAD_OPERAND = declare("TG220", "an operator is not defined for these operands", fix="convert one of the operands")
BOOL_SUBTRACT = declare("TG221", "NumPy does not subtract booleans")
AMBIGUOUS_TRUTH = declare("TG222", "the truth value of an array with more than one element is ambiguous")

PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "@": operator.matmul,
    **comparing.OPERATORS,
}
ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "//": "floordiv", "%": "mod"}
BITWISE = {"&": "and", "|": "or", "^": "xor", "<<": "shl", ">>": "shr"}
T = TypeVar("T")
_FOLDED_TYPES = (bool, int, float, np.generic, str, bytes)


def python_message(compute: Callable[[], Any]) -> str:
    """The text of the exception this Python raises for `compute`, so that ours reads the same."""
    try:
        compute()
    except (ZeroDivisionError, ValueError) as e:
        return str(e)
    raise AssertionError("it did not raise")


def by_python(ctx: Context, compute: Callable[[], T]) -> T:
    """What Python computes of constants; what it raises, it is certain to raise where the program says so."""
    try:
        return compute()
    except TangraError:
        raise
    except Exception as error:
        ctx.python_error(type(error).__name__, str(error))


_F0 = 0.0
FLOAT_DIVISION = python_message(lambda: 1.0 / _F0)
FLOAT_FLOOR = python_message(lambda: 1.0 // _F0)
FLOAT_DIVMOD = python_message(lambda: divmod(1.0, _F0))
FLOAT_MODULO = python_message(lambda: 1.0 % _F0)
ZERO_POWER = python_message(lambda: _F0**-1.0)


def bad_operands(ctx: Context, op: str, *operands: str) -> TypeMismatchError:
    """The diagnostic for an operator that isn't defined for its operands."""
    ctx.error(TypeMismatchError, f"unsupported operand type(s) for {op}: {' and '.join(operands)}", code=BAD_OPERAND)


def fold_constants(ctx: Context, op: str, left: Const, right: Const) -> AbstractValue | None:
    """The operator on two constants, by Python itself; an arithmetic exception becomes a run-time failure."""
    if not (isinstance(left.value, _FOLDED_TYPES) and isinstance(right.value, _FOLDED_TYPES)):
        return None
    if op == "**" and _huge_power(left.value, right.value):
        return None
    try:
        with np.errstate(all="ignore"):
            result = PYTHON[op](left.value, right.value)
    except (ArithmeticError, ValueError) as e:
        ctx.fail_if(ctx.b.bool(True), type(e).__name__, str(e).replace("{", "{{").replace("}", "}}"))
        floating = op == "/" or isinstance(left.value, float) or isinstance(right.value, float)
        return Const(float("nan") if floating else 0)
    except TypeError:
        bad_operands(ctx, op, type(left.value).__name__, type(right.value).__name__)
    if isinstance(result, complex):
        complex_power(ctx, ctx.b.bool(True))
        return Const(float("nan"))
    return Const(result)


def _huge_power(base: Any, exponent: Any) -> bool:
    return isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1 and exponent > 4096


def binary(ctx: Context, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    """`left op right` for numbers and arrays (lists and tuples beside an array are converted)."""
    if isinstance(left, Const) and isinstance(right, Const):
        folded = fold_constants(ctx, op, left, right)
        if folded is not None:
            return folded
    if op in comparing.OPS:
        return compare(ctx, op, left, right)
    numbers = is_number(left) and is_number(right)
    if numbers and scalar_kinds((left, right)):
        quick = _float_pair(ctx, op, left, right)
        return quick or dispatch(ctx, (left, right), lambda vs: binary(ctx, op, vs[0], vs[1]))
    if numbers and all_python(left) and all_python(right):
        return _python_binary(ctx, op, left, right)
    result = _numpy_binary(ctx, op, left, right)
    return result if op == "@" else keep_order(ctx, result, (left, right))


def _float_pair(ctx: Context, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    """+ - * of numbers that are all float64 payloads: one computation; NumPy's kind, the second of two, wins."""
    if op not in ("+", "-", "*"):
        return None
    if any(k.dtype != F64 for v in (left, right) for k in kinds_of(v)):
        return None
    value = ctx.b(ARITHMETIC[op], operand(ctx, left, F64), operand(ctx, right, F64))
    fixed = [v for v in (left, right) if len(kinds_of(v)) == 1]
    for v in fixed:
        if not kinds_of(v)[0].python:
            return Scalar(value, kinds_of(v))
    tags = [v.tag for v in (left, right) if isinstance(v, Scalar) and v.tag is not None]
    kinds = next(v.kinds for v in (left, right) if isinstance(v, Scalar) and v.tag is not None)
    return Scalar(value, kinds, tags[0] if len(tags) == 1 else ctx.b("or", tags[0], tags[1]))


def _python_binary(ctx: Context, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    lk, rk = kinds_of(left)[0], kinds_of(right)[0]
    if op == "@":
        bad_operands(ctx, op, str(lk), str(rk))
    if op in BITWISE and PYFLOAT in (lk, rk):
        bad_operands(ctx, op, str(lk), str(rk))
    if PYFLOAT in (lk, rk):
        return _float_binary(ctx, op, float_like(ctx, left), float_like(ctx, right), left, right)
    if lk == rk == PYBOOL and op in ("&", "|", "^"):
        value = ctx.b(BITWISE[op], operand(ctx, left, BOOL), operand(ctx, right, BOOL))
        return Scalar(value, (PYBOOL,))
    return pyint.binary(ctx, op, pyint.as_int(ctx, left), pyint.as_int(ctx, right))


def _float_binary(
    ctx: Context, op: str, left: AbstractValue, right: AbstractValue, raw_left: AbstractValue, raw_right: AbstractValue
) -> AbstractValue:
    b = ctx.b
    if op == "**":
        return python_power(ctx, left, right, raw_right)
    x, y = operand(ctx, left, F64), operand(ctx, right, F64)
    if op in ("/", "//", "%"):
        message = {"/": FLOAT_DIVISION, "//": FLOAT_FLOOR, "%": FLOAT_MODULO}[op]
        if not (isinstance(right, Const) and right.value != 0):
            ctx.fail_if(b("eq", y, b.float(0.0)), "ZeroDivisionError", message)
    name = "div" if op == "/" else ARITHMETIC[op]
    return Scalar(b(name, x, y), (PYFLOAT,))


def complex_power(ctx: Context, cond: Value) -> None:
    """Python would give a complex number here: compiled code has none, so it fails."""
    ctx.fail_if(
        cond,
        "ValueError",
        "a negative number to a fractional power is complex, which compiled code "
        "does not support; take abs(...) first or use np.power, which gives nan",
    )


def python_power(ctx: Context, left: AbstractValue, right: AbstractValue, raw: AbstractValue) -> AbstractValue:
    """float ** float as Python does it: 0.0 to a negative power, complex results and overflow raise."""
    b = ctx.b
    x, y = operand(ctx, left, F64), operand(ctx, right, F64)
    exponent = right.value if isinstance(right, Const) else None
    zero = b.float(0.0)
    if exponent is None or (exponent < 0 and math.isfinite(exponent)):
        negative = b("eq", x, zero)
        if exponent is None:  # to the power of -inf it is inf
            negative = b("and", negative, b("and", b("lt", y, zero), b("isfinite", y)))
        ctx.fail_if(negative, "ZeroDivisionError", ZERO_POWER)
    whole = kinds_of(raw)[0] != PYFLOAT or (exponent is not None and float(exponent).is_integer())
    if not whole:
        fractional = b("lt", x, zero)
        fractional = b("and", fractional, b("isfinite", x))
        if exponent is None:
            fractional = b("and", fractional, b("and", b("ne", y, b("floor", y)), b("isfinite", y)))
        complex_power(ctx, fractional)
    value = power_value(ctx, x, y, exponent)
    finite = b("isfinite", x) if exponent is not None else b("and", b("isfinite", x), b("isfinite", y))
    ctx.fail_if(b("and", b("isinf", value), finite), "OverflowError", "(34, 'Numerical result out of range')")
    return Scalar(value, (PYFLOAT,))


def power_value(ctx: Context, x: Value, y: Value, exponent: float | None, root: bool = False) -> Value:
    """x ** y for floats; small whole constant exponents by multiplication, and 0.5 by a square root where NumPy takes
    one (`root`), for which -inf is NaN."""
    b = ctx.b
    if root and exponent == 0.5:
        return b("sqrt", x)
    if exponent is not None and exponent in (0, 1, 2, 3, 4, -1, -2):
        if exponent == 0:
            return b.filled(1.0, x.array)
        square = b("mul", x, x) if abs(exponent) >= 2 else x
        magnitude = {
            1: x,
            2: square,
            3: b("mul", square, x) if exponent == 3 else square,
            4: b("mul", square, square) if exponent == 4 else square,
        }[int(abs(exponent))]
        return magnitude if exponent > 0 else b("div", b.filled(1.0, x.array), magnitude)
    return b("pow", x, y)


def _numpy_binary(ctx: Context, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    for v, other in ((left, right), (right, left)):
        if is_number(v) or isinstance(v, ArrayValue):
            continue
        if not (isinstance(other, ArrayValue) or is_number(other)) or ctx.iterate(v) is None:
            bad_operands(ctx, op, describe(ctx, left), describe(ctx, right))
    if op == "@":
        from tangra.api.registry import find

        entry = find(np.matmul)
        assert entry is not None, "np.matmul is declared"
        return entry(ctx, left, right)
    dtype = common_dtype(ctx, (left, right))
    if op == "/":
        return ctx.result(_elementwise(ctx, "div", left, right, float_dtype(dtype)))
    if op == "**":
        if (
            isinstance(left, ArrayValue)
            and left.type.dtype == BOOL
            and is_number(right)
            and kinds_of(right) == (PYINT,)
        ):
            exponent = ctx.static(right, "the exponent of an array of bools")
            right, dtype = Const(exponent), I8 if exponent == 2 else dtype  # np.square of bools is of int8
        return _numpy_power(ctx, left, right, dtype)
    if op in BITWISE:
        return _numpy_bitwise(ctx, op, left, right, dtype)
    if dtype == BOOL:
        if op == "-":
            ctx.error(
                TypeMismatchError,
                "numpy boolean subtract, the `-` operator, is not supported",
                code=BOOL_SUBTRACT,
                fix="use ^ or np.logical_xor",
            )
        if op in ("+", "*"):
            return ctx.result(_elementwise(ctx, "or" if op == "+" else "and", left, right, BOOL))
        dtype = I8
    return ctx.result(_elementwise(ctx, ARITHMETIC[op], left, right, dtype))


def _elementwise(ctx: Context, name: str, left: AbstractValue, right: AbstractValue, dtype: DType) -> Value:
    x, y = broadcast(ctx, [operand(ctx, left, dtype), operand(ctx, right, dtype)])
    return ctx.b(name, x, y)


def _numpy_bitwise(ctx: Context, op: str, left: AbstractValue, right: AbstractValue, dtype: DType) -> AbstractValue:
    if dtype.is_float:
        bad_operands(ctx, op, describe(ctx, left), describe(ctx, right))
    if dtype == BOOL and op in ("<<", ">>"):
        dtype = I8
    return ctx.result(_elementwise(ctx, BITWISE[op], left, right, dtype))


def _numpy_power(ctx: Context, left: AbstractValue, right: AbstractValue, dtype: DType) -> AbstractValue:
    b = ctx.b
    if dtype == BOOL:
        dtype = I8
    exponent = right.value if isinstance(right, Const) and kind_of(right.value) else None
    x, y = broadcast(ctx, [operand(ctx, left, dtype), operand(ctx, right, dtype)])
    if dtype.is_float:
        return ctx.result(power_value(ctx, x, y, exponent, root=isinstance(left, ArrayValue)))
    if exponent is None or exponent < 0:
        negative = b("lt", y, b.filled(0, y.array)) if dtype.kind == "i" else None
        if negative is not None:
            if negative.array.rank:
                negative = b("reduce_or", negative, axes=tuple(range(negative.array.rank)))
            ctx.fail_if(negative, "ValueError", "Integers to negative integer powers are not allowed.")
    return ctx.result(b("pow", x, y))


def describe(ctx: Context, v: AbstractValue) -> str:
    """The type of a value, in the user's words."""
    if is_number(v):
        return " or ".join(str(k) for k in kinds_of(v))
    if isinstance(v, ArrayValue):
        return f"array {v.type.dtype.numpy}[{', '.join(map(str, v.type.shape))}]"
    if isinstance(v, Const):
        return type(v.value).__name__
    if isinstance(v, DictView):
        return f"dict_{v.form}"
    if isinstance(v, (InstanceValue, TupleValue)) and v.cls is not None:
        return f"{v.cls.__name__} object"
    return type(v).__name__.removesuffix("Value").lower()


def compare(ctx: Context, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    """A comparison of numbers (pybool or np.bool) or arrays (an array of bool)."""
    if isinstance(left, Const) and isinstance(right, Const):
        folded = fold_constants(ctx, op, left, right)
        if folded is not None:
            return folded
    numbers = is_number(left) and is_number(right)
    if numbers and scalar_kinds((left, right)):
        return dispatch(ctx, (left, right), lambda vs: compare(ctx, op, vs[0], vs[1]))
    if numbers and all_python(left) and all_python(right):
        return comparing.of_python_numbers(ctx, op, left, right)
    for v in (left, right):
        if not (is_number(v) or isinstance(v, ArrayValue) or ctx.iterate(v) is not None):
            array = next((x for x in (left, right) if isinstance(x, ArrayValue)), None)
            if op in ("==", "!=") and array is not None:  # with each element, which None and the like never are
                return ctx.result(ctx.b.full(ctx.b.bool(op == "!="), array.type.shape))
            if op in ("==", "!="):
                return Const(op == "!=")
            bad_operands(ctx, op, describe(ctx, left), describe(ctx, right))
    outside = comparing.out_of_range(ctx, op, left, right)
    if outside is not None:
        return outside
    kinds = {ctx.kind(v) for v in (left, right)}
    dtypes = {k.dtype for k in kinds if not k.python}
    if any(comparing.may_not_fit(v, d) for v in (left, right) for d in dtypes):
        dtypes.add(I64)  # a Python int may be any that an int64 holds: NumPy compares by value
    if dtypes == {I64, U64}:
        return ctx.result(comparing.mixed_sign(ctx, op, left, right))
    integers = all(k.dtype.is_integer for k in kinds)
    dtype = I64 if integers and I64 in dtypes else common_dtype(ctx, (left, right))
    return keep_order(ctx, ctx.result(_elementwise(ctx, comparing.OPS[op], left, right, dtype)), (left, right))


def truth(ctx: Context, v: AbstractValue) -> AbstractValue:
    """`bool(v)` of a number or array: Const or pybool."""
    if isinstance(v, Const):
        return Const(bool(v.value))
    if isinstance(v, Scalar):
        return Scalar(cast(ctx, v.value, BOOL), (PYBOOL,))
    assert isinstance(v, ArrayValue)
    elements = [d for d in v.type.shape if d != 1]
    if elements:
        ctx.error(
            ShapeMismatchError,
            f"the truth value of an array of shape {shape_text(v)} is ambiguous",
            code=AMBIGUOUS_TRUTH,
            fix="use .any() or .all()",
        )
    value = ctx.array(v)
    return Scalar(cast(ctx, ctx.b("reshape", value, shape=()) if value.shape else value, BOOL), (PYBOOL,))


def shape_text(v: ArrayValue) -> str:
    """A shape as Python prints it."""
    dims = ", ".join(map(str, v.type.shape))
    return f"({dims},)" if len(v.type.shape) == 1 else f"({dims})"


def unary(ctx: Context, op: str, v: AbstractValue) -> AbstractValue:
    """`-v`, `+v`, `~v` of a number or array (`not` is `truth` negated by the frontend)."""
    if isinstance(v, Const) and isinstance(v.value, (bool, int, float, np.generic)):
        table: dict[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
        try:
            with np.errstate(all="ignore"):
                return Const(table[op](v.value))
        except TypeError:
            bad_operands(ctx, f"unary {op}", type(v.value).__name__)
    if isinstance(v, Scalar) and len(v.kinds) > 1:
        return dispatch(ctx, (v,), lambda vs: unary(ctx, op, vs[0]))
    if isinstance(v, Scalar) and v.kinds[0].python:
        if v.kinds[0] == PYFLOAT:
            if op == "~":
                bad_operands(ctx, "unary ~", "float")
            return v if op == "+" else Scalar(ctx.b("neg", v.value), (PYFLOAT,))
        return pyint.unary(ctx, op, pyint.as_int(ctx, v))
    if not (isinstance(v, ArrayValue) or is_number(v)):
        bad_operands(ctx, f"unary {op}", describe(ctx, v))
    value = ctx.array(v)
    if (value.dtype == BOOL and op != "~") or (value.dtype.is_float and op == "~"):
        bad_operands(ctx, f"unary {op}", describe(ctx, v))
    if op != "+":
        value = ctx.b("neg" if op == "-" else ("not" if value.dtype == BOOL else "invert"), value)
    return keep_order(ctx, ctx.result(value), (v,))


__all__ = ["PYINT", "binary", "compare", "describe", "fold_constants", "power_value", "shape_text", "truth", "unary"]
