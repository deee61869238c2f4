"""Methods of Python's and NumPy's numbers that arrays don't have."""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import kinds_of
from tangra.api.kinds import PYBOOL, PYINT
from tangra.api.numpy_common import (
    I64,
    TRUE,
    bad_value,
    call,
    cast,
)
from tangra.api.numpy_ufuncs import call_ufunc
from tangra.api.registry import METHODS, method
from tangra.api.values import AbstractValue, Const, Scalar, TupleValue


@method("scalar", "is_integer")
def is_integer(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.is_integer()`: of ints always true; a NumPy integer has it too."""
    if isinstance(x, Const):
        return Const(bool(x.value.is_integer()))
    s = ctx.number(x)
    if not s.dtype.is_float:
        return TRUE
    whole = ctx.b("and", ctx.b("isfinite", s.value), ctx.b("eq", s.value, ctx.b("floor", s.value)))
    return Scalar(whole, (PYBOOL,))


@method("scalar", "bit_length")
def bit_length(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`n.bit_length()` of a Python int: bits of |n|."""
    if isinstance(x, Const):
        return Const(x.value.bit_length())
    if kinds_of(x) not in ((PYINT,), (PYBOOL,)):
        bad_value(ctx, f"'{kinds_of(x)[0]}' object has no attribute 'bit_length'")
    b = ctx.b
    value = b("abs", ctx.array(x, I64))
    total = b.int(0)
    for step in (32, 16, 8, 4, 2, 1):
        big = b("ge", value, b.int(1 << step))
        total = b("add", total, b("select", big, b.int(step), b.int(0)))
        value = b("select", big, b("shr", value, b.int(step)), value)
    total = b("add", total, cast(ctx, b("ne", value, b.int(0)), I64))
    return Scalar(total, (PYINT,), None, None, 0, 64)


@method("scalar", "bit_count")
def bit_count(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`n.bit_count()`: set bits of |n|; a Python int."""
    if isinstance(x, Const):
        return Const(x.value.bit_count())
    value = ctx.array(call_ufunc(ctx, np.bitwise_count, (x,)))
    return Scalar(cast(ctx, value, I64), (PYINT,), None, None, 0, 64)


def _constant_method(name: str) -> None:
    def entry(ctx: Context, x: AbstractValue, *args: AbstractValue) -> AbstractValue:
        value = ctx.static(x, f"the number of {name}()")
        result = getattr(value, name)(*(ctx.static(a, "an argument") for a in args))
        return TupleValue(tuple(map(Const, result))) if isinstance(result, tuple) else Const(result)

    entry.__doc__ = f"`x.{name}()` of a constant."
    METHODS["scalar", name] = entry


for _name in ("as_integer_ratio", "hex", "to_bytes"):
    _constant_method(_name)


def _python_conjugate(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.conjugate()`: the number (a bool becomes an int)."""
    if kinds_of(x) == (PYBOOL,):
        return call(ctx, int, x)
    return x


METHODS["scalar", "conjugate"] = _python_conjugate
