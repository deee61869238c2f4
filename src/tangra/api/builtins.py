"""Python's builtin functions on numbers, arrays and containers of static length: abs, min, max, sum, int, round …

Loops over generators of run-time length are the frontend's; it folds them with `binary` and `choose` below.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tangra.api import decimal_rounding, numbers, pyint
from tangra.api.context import Context
from tangra.api.elementwise import (
    all_python,
    as_joined,
    cast,
    dispatch,
    float_like,
    is_number,
    join_dtype,
    join_kinds,
    kinds_of,
    scalar_kinds,
    sized_one_converts,
)
from tangra.api.kinds import PYBOOL, PYFLOAT, PYINT, kind_of
from tangra.api.numbers import by_python, describe, python_message
from tangra.api.numpy_layout import keep_order
from tangra.api.registry import find, function, is_of_the_program
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    Const,
    DictValue,
    DictView,
    InstanceValue,
    ListValue,
    Scalar,
    TupleValue,
)
from tangra.errors import TypeMismatchError, UnsupportedError, declare
from tangra.ir import BOOL, F64, I64, Value
from tangra.shapes import dmax, dmin

NOT_ITERABLE = declare(
    "TG230",
    "a builtin that takes an iterable got something else",
    fix="pass an array with at least one axis, a range or a container",
)
NO_CHOICE = declare("TG231", "min and max choose between values that can't be chosen at run time")
NO_CONVERSION = declare("TG232", "a value that can't be converted to a number")
NUMBER = "pass a number"
NO_ITEMS = {"min": python_message(lambda: min([])), "max": python_message(lambda: max([]))}
"""What Python says of an empty container without a default, which differs between its versions."""
DECIMAL_ROUND = declare("TG130", "round to decimal digits at run time")


def items_of(ctx: Context, v: AbstractValue, what: str) -> Sequence[AbstractValue]:
    """The items of a container of static length; arrays of static length give their elements or rows."""
    items = ctx.iterate(v, what)
    if items is None:
        ctx.error(TypeMismatchError, f"{what} takes an iterable, not {describe(ctx, v)}", code=NOT_ITERABLE)
    return items


@function(builtins.abs)
def abs_(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`abs(x)`: ints check the one overflow, bools become ints."""
    if isinstance(x, Const) and kind_of(x.value) is not None:
        with np.errstate(all="ignore"):
            return Const(abs(x.value))
    if isinstance(x, Scalar):
        if len(x.kinds) > 1:
            return dispatch(ctx, (x,), lambda vs: abs_(ctx, vs[0]))
        if x.kinds[0] == PYFLOAT:
            return Scalar(ctx.b("abs", x.value), (PYFLOAT,))
        if x.kinds[0] in (PYINT, PYBOOL):
            return _abs_int(ctx, pyint.as_int(ctx, x))
    elif not isinstance(x, ArrayValue):
        ctx.error(TypeMismatchError, f"bad operand type for abs(): {describe(ctx, x)}", code=NO_CONVERSION, fix=NUMBER)
    value = ctx.array(x)
    result = ctx.result(value if value.dtype == BOOL or value.dtype.kind == "u" else ctx.b("abs", value))
    return keep_order(ctx, result, (x,))


def _abs_int(ctx: Context, x: Scalar) -> AbstractValue:
    if x.lo is not None and x.lo >= 0:
        return x
    if x.lo is None:
        ctx.fail_if(ctx.b("eq", x.value, ctx.b.int(pyint.MIN)), "OverflowError", pyint.OVERFLOW)
    bound = None if x.lo is None or x.hi is None else max(-x.lo, x.hi)
    return pyint.make(ctx.b("abs", x.value), None, 0, bound)


# ---- choosing ------------------------------------------------------------------------------------------------------


def choose(ctx: Context, cond: AbstractValue, a: AbstractValue, b: AbstractValue) -> AbstractValue:
    """`a if cond else b`: for numbers one select, of which the kind may be a run-time one."""
    if isinstance(cond, Const):
        return a if cond.value else b
    assert isinstance(cond, Scalar)
    if not (is_number(a) and is_number(b)):
        return ctx.choose(cond, a, b)
    kinds = join_kinds(kinds_of(a), kinds_of(b))
    dtype = join_dtype(kinds)
    if dtype is None:
        ctx.error(
            TypeMismatchError,
            f"the chosen number is {' or '.join(map(str, kinds))}, depending on run-time values: no dtype holds both",
            code=NO_CHOICE,
            fix="convert both to one kind first, for instance with int(...) or float(...)",
        )
    (x, x_tag), (y, y_tag) = as_joined(ctx, a, kinds, dtype), as_joined(ctx, b, kinds, dtype)
    value = ctx.b("select", cond.value, x, y)
    return Scalar(value, kinds, ctx.b("select", cond.value, x_tag, y_tag) if len(kinds) > 1 else None)


def _extremum(
    ctx: Context, name: str, candidates: Sequence[AbstractValue], keys: Sequence[AbstractValue]
) -> AbstractValue:
    best, best_key = candidates[0], keys[0]
    for item, key in zip(candidates[1:], keys[1:], strict=True):
        better = ctx.truth(ctx.binary(">" if name == "max" else "<", key, best_key))
        same = best is best_key and item is key
        merged = _bounded_choice(ctx, name, better, item, best) if same else choose(ctx, better, item, best)
        best_key = merged if same else choose(ctx, better, key, best_key)
        best = merged
    return best


def _bounded_choice(
    ctx: Context, name: str, better: AbstractValue, item: AbstractValue, best: AbstractValue
) -> AbstractValue:
    """The choice of min or max: for ints the symbolic value and the bounds are known too."""
    chosen = choose(ctx, better, item, best)
    both_int = all(is_number(v) and kinds_of(v) == (PYINT,) for v in (item, best))
    if not both_int or not isinstance(chosen, Scalar):
        return chosen
    x, y = pyint.as_int(ctx, item), pyint.as_int(ctx, best)
    size = None
    if x.size is not None and y.size is not None:
        size = dmax(x.size, y.size) if name == "max" else dmin(x.size, y.size)
    if name == "max":
        lows = [v for v in (x.lo, y.lo) if v is not None]
        hi = None if x.hi is None or y.hi is None else max(x.hi, y.hi)
        return pyint.make(chosen.value, size, max(lows) if lows else None, hi)
    highs = [v for v in (x.hi, y.hi) if v is not None]
    lo = None if x.lo is None or y.lo is None else min(x.lo, y.lo)
    return pyint.make(chosen.value, size, lo, min(highs) if highs else None)


def _min_or_max(
    ctx: Context,
    name: str,
    args: Sequence[AbstractValue],
    key: AbstractValue | None,
    default: AbstractValue | None,
) -> AbstractValue:
    candidates = list(args)
    if len(args) > 1 and default is not None:
        what = f"Cannot specify a default for {name}() with multiple positional arguments"
        ctx.error(TypeMismatchError, what, code=NO_CHOICE, fix="leave default= out")
    if len(args) == 1:
        only = args[0]
        if isinstance(only, ArrayValue) and key is None and only.type.rank == 1 and 0 not in only.type.shape:
            return ctx.result(ctx.b(f"reduce_{name}", ctx.array(only), axes=(0,)))
        candidates = list(items_of(ctx, only, f"{name}()"))
    if not candidates:
        if default is not None:
            return default
        ctx.fail_if(ctx.b.bool(True), "ValueError", NO_ITEMS[name])
        return Const(0.0)
    no_key = key is None or (isinstance(key, Const) and key.value is None)
    keys = candidates if no_key else [ctx.call(key, [c], {}) for c in candidates]  # type: ignore[arg-type]
    return _extremum(ctx, name, candidates, keys)


@function(builtins.min)
def min_(
    ctx: Context, *args: AbstractValue, key: AbstractValue | None = None, default: AbstractValue | None = None
) -> AbstractValue:
    """`min(a, b, …)` or `min(iterable)` by comparison as Python does it: the first least one, its kind kept."""
    return _min_or_max(ctx, "min", args, key, default)


@function(builtins.max)
def max_(
    ctx: Context, *args: AbstractValue, key: AbstractValue | None = None, default: AbstractValue | None = None
) -> AbstractValue:
    """`max(a, b, …)` or `max(iterable)`: the first greatest one, its kind kept."""
    return _min_or_max(ctx, "max", args, key, default)


@function(builtins.sum)
def sum_(ctx: Context, iterable: AbstractValue, start: AbstractValue | None = None) -> AbstractValue:
    """`sum(iterable, start=0)` by repeated `+`; of an array, along its first axis."""
    total: AbstractValue = Const(0) if start is None else start
    rows = isinstance(iterable, ArrayValue) and iterable.type.rank and iterable.type.shape[0] != 0
    if isinstance(iterable, ArrayValue) and rows and iterable.type.dtype != BOOL:
        return ctx.binary("+", total, ctx.result(ctx.b("reduce_sum", ctx.array(iterable), axes=(0,))))
    for item in items_of(ctx, iterable, "sum()"):
        total = ctx.binary("+", total, item)
    return total


def _quantifier(ctx: Context, iterable: AbstractValue, op: str, name: str) -> AbstractValue:
    if isinstance(iterable, ArrayValue) and iterable.type.rank == 1:
        value = ctx.array(iterable, BOOL)
        return Scalar(ctx.b(f"reduce_{op}", value, axes=(0,)), (PYBOOL,))
    result: Value | None = None
    for item in items_of(ctx, iterable, f"{name}()"):
        t = ctx.truth(item)
        if isinstance(t, Const):
            if t.value is (op == "or"):
                return t
            continue
        assert isinstance(t, Scalar)
        result = t.value if result is None else ctx.b(op, result, t.value)
    return Const(op == "and") if result is None else Scalar(result, (PYBOOL,))


@function(builtins.any)
def any_(ctx: Context, iterable: AbstractValue) -> AbstractValue:
    """`any(iterable)`; every item is evaluated (items have no side effects left to skip)."""
    return _quantifier(ctx, iterable, "or", "any")


@function(builtins.all)
def all_(ctx: Context, iterable: AbstractValue) -> AbstractValue:
    """`all(iterable)`."""
    return _quantifier(ctx, iterable, "and", "all")


# ---- conversions -----------------------------------------------------------------------------------------------------


def one_number(ctx: Context, v: AbstractValue, what: str) -> AbstractValue:
    """A number, or the only element of an array of size 1, as a number."""
    if is_number(v):
        return v
    single = isinstance(v, ArrayValue) and all(d == 1 for d in v.type.shape)
    if isinstance(v, ArrayValue) and single and v.type.shape and not sized_one_converts():
        ctx.error(
            TypeMismatchError,
            "only 0-dimensional arrays can be converted to Python scalars",
            code=NO_CONVERSION,
            fix="take the element, such as x[0] or x.item()",
        )
    if isinstance(v, ArrayValue) and single:
        value = ctx.array(v)
        return ctx.scalar(ctx.b("reshape", value, shape=()) if value.shape else value)
    if isinstance(v, ArrayValue):
        ctx.error(
            TypeMismatchError,
            "only length-1 arrays can be converted to Python scalars",
            code=NO_CONVERSION,
            fix="take an element, such as x[0], or use x.astype(...) for all of them",
        )
    ctx.error(TypeMismatchError, f"{what} takes a number, not {describe(ctx, v)}", code=NO_CONVERSION, fix=NUMBER)


def truncated(ctx: Context, value: Value) -> AbstractValue:
    """A whole float64 or float32 as a pyint; nan, inf and what 64 bits can't hold fail."""
    b = ctx.b
    wide = cast(ctx, value, F64)
    ctx.fail_if(b("isnan", wide), "ValueError", "cannot convert float NaN to integer")
    ctx.fail_if(b("isinf", wide), "OverflowError", "cannot convert float infinity to integer")
    too_large = b("or", b("ge", wide, b.float(2.0**63)), b("lt", wide, b.float(-(2.0**63))))
    ctx.fail_if(too_large, "OverflowError", pyint.OVERFLOW)
    return Scalar(cast(ctx, wide, I64), (PYINT,))


@function(builtins.int)
def int_(ctx: Context, x: AbstractValue = Const(0)) -> AbstractValue:
    """`int(x)`: truncates floats; nan, inf and overflow raise."""
    if isinstance(x, Const) and isinstance(x.value, (int, float, str, np.generic)):
        try:
            return Const(int(x.value))
        except (ValueError, OverflowError) as e:
            ctx.fail_if(ctx.b.bool(True), type(e).__name__, str(e))
            return Const(0)
    x = one_number(ctx, x, "int()")
    if scalar_kinds((x,)):
        return dispatch(ctx, (x,), lambda vs: int_(ctx, vs[0]))
    s = ctx.number(x)
    if s.dtype.is_float:
        return truncated(ctx, ctx.b("trunc", s.value))
    if s.kinds in ((PYINT,), (PYBOOL,)):
        return pyint.as_int(ctx, s)
    if s.dtype.name == "u64":
        ctx.fail_if(ctx.b("gt", s.value, ctx.b.const(2**63 - 1, s.dtype)), "OverflowError", pyint.OVERFLOW)
    return Scalar(cast(ctx, s.value, I64), (PYINT,), None, s.size, s.lo, s.hi)


@function(builtins.float)
def float_(ctx: Context, x: AbstractValue = Const(0.0)) -> AbstractValue:
    """`float(x)` of a number, a size-1 array or a constant string."""
    if isinstance(x, Const) and isinstance(x.value, (int, float, str, np.generic)):
        if isinstance(x.value, str):
            try:
                return Const(float(x.value))
            except ValueError as e:
                ctx.fail_if(ctx.b.bool(True), "ValueError", str(e).replace("{", "{{").replace("}", "}}"))
                return Const(0.0)
        return float_like(ctx, x)
    return float_like(ctx, one_number(ctx, x, "float()"))


@function(builtins.bool)
def bool_(ctx: Context, x: AbstractValue = Const(False)) -> AbstractValue:
    """`bool(x)`."""
    return ctx.truth(x)


@function(builtins.round)
def round_(ctx: Context, x: AbstractValue, ndigits: AbstractValue = Const(None)) -> AbstractValue:
    """`round(x)` half to even, an int; `round(x, digits)` to the nearest decimal, of the number's own kind."""
    digits = decimal_rounding.digits_arg(ctx, ndigits)
    if isinstance(x, Const) and kind_of(x.value) is not None:
        try:
            return Const(round(x.value) if digits is None else round(x.value, digits))
        except (ValueError, OverflowError) as e:
            ctx.fail_if(ctx.b.bool(True), type(e).__name__, str(e))
            return Const(0)
    if isinstance(x, ArrayValue):
        what = "type numpy.ndarray doesn't define __round__ method"
        ctx.error(
            TypeMismatchError, what, code=NO_CONVERSION, fix="use np.round(x), or round(x[()]) of an array without axes"
        )
    x = one_number(ctx, x, "round()")
    if scalar_kinds((x,)):
        return dispatch(ctx, (x,), lambda vs: round_(ctx, vs[0], ndigits))
    s = ctx.number(x)
    if s.dtype == BOOL and not s.kinds[0].python:
        ctx.error(
            TypeMismatchError,
            "type numpy.bool doesn't define __round__ method",
            code=numbers.BAD_OPERAND,
            fix="convert it first: round(int(x))",
        )
    if digits is None:
        return truncated(ctx, ctx.b("rint", s.value)) if s.dtype.is_float else int_(ctx, s)
    if not s.kinds[0].python:
        entry = find(np.round)
        assert entry is not None, "np.round is declared"
        return entry(ctx, s, ndigits)
    if s.kinds[0] != PYFLOAT:
        return decimal_rounding.round_int(ctx, pyint.as_int(ctx, s), digits)
    if abs(digits) > decimal_rounding.MOST_DIGITS:
        ctx.error(
            UnsupportedError,
            f"round() of a run-time float to {digits} digits",
            code=DECIMAL_ROUND,
            fix=f"use at most {decimal_rounding.MOST_DIGITS} digits",
        )
    return Scalar(decimal_rounding.round_float(ctx, s.value, digits), (PYFLOAT,))


@function(builtins.divmod)
def divmod_(ctx: Context, x: AbstractValue, y: AbstractValue) -> AbstractValue:
    """`divmod(x, y)`: (x // y, x % y)."""
    plain = all(is_number(v) and not scalar_kinds((v,)) and all_python(v) for v in (x, y))
    if plain and PYFLOAT in (*kinds_of(x), *kinds_of(y)) and not (isinstance(y, Const) and y.value):
        divisor = ctx.number(float_like(ctx, y)).value
        ctx.fail_if(ctx.b("eq", divisor, ctx.b.float(0.0)), "ZeroDivisionError", numbers.FLOAT_DIVMOD)
    return TupleValue((ctx.binary("//", x, y), ctx.binary("%", x, y)))


@function(builtins.pow)
def pow_(ctx: Context, base: AbstractValue, exp: AbstractValue, mod: AbstractValue = Const(None)) -> AbstractValue:
    """`pow(base, exp)`; with a modulus for constants only."""
    if isinstance(mod, Const) and mod.value is None:
        return ctx.binary("**", base, exp)
    return Const(pow(*(ctx.static(v, "an argument of three-argument pow()") for v in (base, exp, mod))))


# ---- types -----------------------------------------------------------------------------------------------------------


def class_of(v: AbstractValue) -> type | None:
    """`type(v)`; None where it depends on run-time values."""
    if isinstance(v, Const):
        return type(v.value)
    if isinstance(v, Scalar):
        return v.kinds[0].type if len(v.kinds) == 1 else None
    if isinstance(v, ArrayValue):
        return np.ndarray
    if isinstance(v, TupleValue):
        return v.cls or tuple
    if isinstance(v, ListValue):
        return list
    if isinstance(v, DictValue):
        return dict
    if isinstance(v, DictView):
        return type(getattr({}, v.form)())
    return v.cls if isinstance(v, InstanceValue) else None


def _flat(classes: Any) -> Iterator[Any]:
    """The classes that the second argument of `isinstance` names."""
    for each in classes if isinstance(classes, tuple) else getattr(classes, "__args__", (classes,)):
        yield from _flat(each) if isinstance(each, tuple) else (each,)


@function(builtins.isinstance)
def isinstance_(ctx: Context, v: AbstractValue, classes: AbstractValue) -> AbstractValue:
    """`isinstance(v, cls)`: constant, or a test of the run-time kind."""
    targets = ctx.static(classes, "the class of isinstance()")
    if isinstance(v, Const):
        known = v.value
        return Const(by_python(ctx, lambda: isinstance(known, targets)))
    if any(is_of_the_program(type(target).__instancecheck__) for target in _flat(targets)):
        what = f"isinstance() of {describe(ctx, v)} and a class whose metaclass has an __instancecheck__ of its own"
        ctx.error(TypeMismatchError, what, code=NO_CONVERSION, fix="ask for the class itself: type(x) is C")
    by_python(ctx, lambda: isinstance(None, targets))  # whether it names classes
    if isinstance(v, Scalar) and len(v.kinds) > 1:
        assert v.tag is not None
        hits = [k for k, kind in enumerate(v.kinds) if issubclass(kind.type, targets)]
        if len(hits) in (0, len(v.kinds)):
            return Const(bool(hits))
        found = ctx.b("eq", v.tag, ctx.b.int(hits[0]))
        for k in hits[1:]:
            found = ctx.b("or", found, ctx.b("eq", v.tag, ctx.b.int(k)))
        return Scalar(found, (PYBOOL,))
    cls = class_of(v)
    if cls is None:
        ctx.error(TypeMismatchError, f"isinstance() of {describe(ctx, v)}", code=NO_CONVERSION, fix=NUMBER)
    return Const(issubclass(cls, targets))


@function(builtins.type)
def type_(ctx: Context, v: AbstractValue) -> AbstractValue:
    """`type(v)` with one argument."""
    cls = class_of(v)
    if cls is None:
        ctx.error(
            TypeMismatchError,
            "type() of a number whose kind is only known at run time",
            code=NO_CONVERSION,
            fix="convert it first, with int(...) or float(...)",
        )
    return Const(cls)


__all__ = ["all_python", "choose", "class_of", "items_of", "one_number", "truncated"]
