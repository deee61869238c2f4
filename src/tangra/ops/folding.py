"""Local simplifications that the builder applies when it emits an op.

Only identities that hold bit for bit in IEEE arithmetic (but for the sign of a NaN) are used: `x + (-0.0)`, `x - 0.0`,
`x * 1`, `x / 1`, but not `x + 0.0` (which turns -0.0 into 0.0) and not `x * 0.0` (which loses NaN).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Value
from tangra.ir.opdef import FoldRule, lookup
from tangra.ir.types import ArrayType
from tangra.ops.common import scalar_constant

Operands = Sequence[Value]
Attrs = dict[str, Any]


def _is(v: Value, number: int) -> bool:
    """Whether every element of `v` is the constant `number`; of 0, the positive one."""
    value = scalar_constant(v)
    return value is not None and bool(value == number) and not np.signbit(np.float64(value))


def _is_minus_zero(v: Value) -> bool:
    value = scalar_constant(v)
    return value is not None and bool(value == 0) and (not v.dtype.is_float or bool(np.signbit(value)))


def _result_type(name: str, operands: Operands, attrs: Attrs) -> ArrayType:
    (type,) = lookup(name).infer(operands, attrs, ())
    assert isinstance(type, ArrayType)
    return type


def constants(name: str, b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """The op computed now, where all operands are constant scalars of integer or bool dtype (or `name` compares)."""
    values = [scalar_constant(v) for v in operands]
    if any(v is None for v in values):
        return None
    evaluate = lookup(name).evaluate
    assert evaluate is not None
    result = evaluate(*values, **attrs)
    return b.filled(np.asarray(result).flat[0], _result_type(name, operands, attrs))


def integer_constants(name: str, b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """`constants`, for an op whose result is exact: operands of integer or bool dtype."""
    return None if operands[0].dtype.is_float else constants(name, b, operands, attrs)


def computed(name: str) -> FoldRule:
    """A fold that computes op `name` on constants. Only for ops that are exact on every dtype (tests, logic, signs)."""
    return lambda b, operands, attrs: constants(name, b, operands, attrs)


def neg(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """-(-x) = x; a constant's sign is exact."""
    op = operands[0].defining_op
    if op is not None and op.name == "neg":
        return op.operands[0]
    return constants("neg", b, operands, attrs)


def add(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """x + 0 = x for integers, x + (-0.0) = x for floats."""
    x, y = operands
    if _is_minus_zero(y):
        return x
    return y if _is_minus_zero(x) else integer_constants("add", b, operands, attrs)


def sub(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """x - 0 = x; x - x = 0 and 0 - x = -x for integers."""
    x, y = operands
    if _is(y, 0):
        return x
    if not x.dtype.is_float and x is y:
        return b.filled(0, x.array)
    if not x.dtype.is_float and _is(x, 0) and scalar_constant(y) is None:
        return b("neg", y)
    return integer_constants("sub", b, operands, attrs)


def mul(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """1 x = x, -1 x = -x; 0 x = 0 for integers."""
    for x, y in (operands, operands[::-1]):
        if _is(y, 1):
            return x
        if x.dtype.kind in "if" and scalar_constant(y) == -1 and scalar_constant(x) is None:
            return b("neg", x)
        if not x.dtype.is_float and _is(y, 0):
            return y
    return integer_constants("mul", b, operands, attrs)


def div(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """x / 1 = x."""
    return operands[0] if _is(operands[1], 1) else None


def pow(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """x ** 1 = x; for integers x ** 2 = x x (for floats the two round differently)."""
    x, y = operands
    if _is(y, 1):
        return x
    if not x.dtype.is_float and _is(y, 2):
        return b("mul", x, x)
    return integer_constants("pow", b, operands, attrs)


def extremum(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """The larger or smaller of x and x is x."""
    return operands[0] if operands[0] is operands[1] else None


def complement(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """not (not x) = x."""
    op = operands[0].defining_op
    if op is not None and op.name in ("not", "invert"):
        return op.operands[0]
    return constants("not", b, operands, attrs)


def conjunction(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """x and x = x; for bool, x and true = x, x and false = false."""
    x, y = operands
    if x is y:
        return x
    if x.dtype.kind == "b":
        for p, q in ((x, y), (y, x)):
            if scalar_constant(q) is not None:
                return p if scalar_constant(q) else q
    return constants("and", b, operands, attrs)


def disjunction(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
    """x or x = x; for bool, x or false = x, x or true = true."""
    x, y = operands
    if x is y:
        return x
    if x.dtype.kind == "b":
        for p, q in ((x, y), (y, x)):
            if scalar_constant(q) is not None:
                return q if scalar_constant(q) else p
    return constants("or", b, operands, attrs)


def comparison(name: str) -> FoldRule:
    """Comparisons of constants, and of an integer with itself."""

    def rule(b: Builder, operands: Operands, attrs: Attrs) -> Value | None:
        if operands[0] is operands[1] and not operands[0].dtype.is_float:
            return b.filled(name in ("eq", "le", "ge"), _result_type(name, operands, attrs))
        return constants(name, b, operands, attrs)

    return rule
