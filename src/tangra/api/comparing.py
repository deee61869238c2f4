"""Comparisons by value: of Python's numbers, and of integers where no dtype of NumPy's holds both."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from tangra.api import pyint
from tangra.api.context import Context
from tangra.api.elementwise import EXACT_INT, broadcast, cast, int_range, kinds_of, operand
from tangra.api.kinds import PYBOOL, PYFLOAT, PYINT, kind_of
from tangra.api.values import AbstractValue, Const, Scalar
from tangra.ir import BOOL, F64, I64, U64, DType, Value

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
OPS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def of_python_numbers(ctx: Context, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    """Python's comparison of its own numbers."""
    lk, rk = kinds_of(left)[0], kinds_of(right)[0]
    if lk == rk == PYFLOAT:
        return Scalar(ctx.b(OPS[op], operand(ctx, left, F64), operand(ctx, right, F64)), (PYBOOL,))
    if lk == PYFLOAT:
        return _int_with_float(ctx, FLIPPED[op], pyint.as_int(ctx, right), operand(ctx, left, F64))
    if rk == PYFLOAT:
        return _int_with_float(ctx, op, pyint.as_int(ctx, left), operand(ctx, right, F64))
    return pyint.compare(ctx, op, pyint.as_int(ctx, left), pyint.as_int(ctx, right))


def _int_with_float(ctx: Context, op: str, n: Scalar, x: Value) -> AbstractValue:
    """An int against a float, by value as Python compares them. Where the int may exceed 2**53 its rounding to float64
    may hide a difference: equal after rounding, what was rounded off decides."""
    b = ctx.b
    rounded = cast(ctx, n.value, F64)
    plain = b(OPS[op], rounded, x)
    if n.lo is not None and n.hi is not None and n.lo >= -EXACT_INT and n.hi <= EXACT_INT:
        return Scalar(plain, (PYBOOL,))
    top = b("ge", rounded, b.float(2.0**63))
    back = cast(ctx, b("select", top, b.float(0.0), rounded), I64)
    exact = b("select", top, b("eq", b.int(0), b.int(1)), b(OPS[op], n.value, back))
    if op in ("<", "<=", "!="):
        exact = b("or", exact, top)
    return Scalar(b("select", b("eq", rounded, x), exact, plain), (PYBOOL,))


def out_of_range(ctx: Context, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    """A Python int constant that the other operand's integer dtype can't hold: NumPy compares by value."""
    for v, other, flip in ((right, left, False), (left, right, True)):
        if not (isinstance(v, Const) and kind_of(v.value) == PYINT):
            continue
        kind = ctx.kind(other)
        if kind.python or not kind.dtype.is_integer:
            continue
        lo, hi = int_range(kind.dtype)
        if lo <= v.value <= hi:
            continue
        sample = 0
        answer = OPERATORS[op](v.value, sample) if flip else OPERATORS[op](sample, v.value)
        shape = ctx.type_of(other).shape
        return ctx.result(ctx.b.full(ctx.b.bool(bool(answer)), shape))
    return None


def may_not_fit(v: AbstractValue, dtype: DType) -> bool:
    """A Python int of the run that may be outside the range of an integer dtype."""
    if not (isinstance(v, Scalar) and v.kinds == (PYINT,) and dtype.is_integer and dtype != BOOL):
        return False
    low, high = int_range(dtype)
    return v.lo is None or v.hi is None or v.lo < low or v.hi > high


def mixed_sign(ctx: Context, op: str, left: AbstractValue, right: AbstractValue) -> Value:
    """int64 against uint64, by value: a negative int64 is less than everything."""
    x, y = broadcast(ctx, [ctx.array(left), ctx.array(right)])
    b = ctx.b
    plain = b(OPS[op], cast(ctx, x, U64), cast(ctx, y, U64))
    signed_left = x.dtype == I64
    signed = x if signed_left else y
    negative = b("lt", signed, b.filled(0, signed.array))
    answer = OPERATORS[op](-1, 0) if signed_left else OPERATORS[op](0, -1)
    return b("select", negative, b.filled(bool(answer), plain.array), plain)
