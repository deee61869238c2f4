"""Choice by condition: where, clip, select, choose, piecewise, nan_to_num."""

from __future__ import annotations

import builtins
from functools import cache

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import all_python, broadcast, broadcast_to, int_range, is_number, kinds_of, operand, rank_of
from tangra.api.kinds import PYFLOAT, PYINT
from tangra.api.numpy_common import (
    BOOL,
    I64,
    NONE,
    TRUE,
    ZERO,
    as_array,
    bad_shape,
    bad_value,
    cast,
    common,
    ew,
    fit_to,
    is_none,
    items_arg,
    mask_of,
    of_shape,
    reshape,
    return_value,
    static_str,
)
from tangra.api.numpy_layout import keep_order
from tangra.api.numpy_orders import copies_order
from tangra.api.numpy_ufuncs import call_ufunc
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const
from tangra.errors import DataDependentShapeError, declare
from tangra.ir import Value
from tangra.shapes import shape_text

WHERE_ONE = declare("TG604", "positions of true elements: how many there are depends on data")


@function(np.where)
def where(
    ctx: Context, condition: AbstractValue, x: AbstractValue | None = None, y: AbstractValue | None = None, /
) -> AbstractValue:
    """`np.where(condition, x, y)`: always an array, 0-d of three scalars. With one argument its shape depends on
    data."""
    if x is None or y is None:
        ctx.error(
            DataDependentShapeError,
            "np.where(condition) with one argument: the result's size depends on the data",
            code=WHERE_ONE,
            fix="use np.where(condition, x, y), or a loop",
        )
    dtype = common(ctx, x, y)
    chosen = [operand(ctx, v, dtype) if _where_checks() else ctx.array(v, dtype) for v in (x, y)]
    mask, a, b = broadcast(ctx, [mask_of(ctx, condition), *chosen])
    return keep_order(ctx, ctx.new_array(ctx.b("select", mask, a, b)), (condition, x, y))


@cache
def _where_checks() -> bool:
    """Whether a Python int that doesn't fit is an OverflowError to `np.where`, as since NumPy 2.5; before, it wraps."""
    try:
        np.where(np.ones(1, np.bool_), np.zeros(1, np.uint8), -1)
    except OverflowError:
        return True
    return False


@function(np.clip)
def clip(
    ctx: Context,
    a: AbstractValue,
    a_min: AbstractValue | None = None,
    a_max: AbstractValue | None = None,
    out: AbstractValue = NONE,
    *,
    min: AbstractValue | None = None,
    max: AbstractValue | None = None,
    dtype: AbstractValue = NONE,
    where: AbstractValue = TRUE,
) -> AbstractValue:
    """`np.clip(a, low, high)`: minimum(maximum(a, low), high); either bound may be None."""
    if is_number(a) and all_python(a):
        a = ctx.result(ctx.array(a))  # NumPy makes an array of it first, of which the dtype counts
    low = _limit(ctx, a, a_min if min is None else min, True)
    high = _limit(ctx, a, a_max if max is None else max, False)
    if is_none(low) and is_none(high):
        return call_ufunc(ctx, np.positive, (a,), out, where, dtype)
    if is_none(low):
        assert high is not None
        return call_ufunc(ctx, np.minimum, (a, high), out, where, dtype)
    assert low is not None
    if is_none(high):
        return call_ufunc(ctx, np.maximum, (a, low), out, where, dtype)
    assert high is not None
    target = common(ctx, a, low, high)
    x, lo, hi = broadcast(ctx, [operand(ctx, v, target) for v in (a, low, high)])
    result = ctx.b("minimum", ctx.b("maximum", x, lo), hi)
    if is_none(out) and is_none(dtype) and where is TRUE:
        return keep_order(ctx, ctx.result(result), (a, low, high))
    return call_ufunc(ctx, np.positive, (ctx.result(result),), out, where, dtype)


def _limit(ctx: Context, a: AbstractValue, bound: AbstractValue | None, lower: bool) -> AbstractValue | None:
    """A bound of `np.clip`: a Python int below (above) all integers of the dtype is the least (greatest) of them."""
    dtype = ctx.type_of(a).dtype
    if bound is None or not is_number(bound) or kinds_of(bound) != (PYINT,) or not dtype.is_integer or all_python(a):
        return bound
    end = int_range(dtype)[0 if lower else 1]
    if abs(end) >= 2**63 and end != -(2**63):
        return bound
    return ctx.call(Const(builtins.max if lower else builtins.min), [bound, Const(end)], {})


@function(np.select)
def select(
    ctx: Context, condlist: AbstractValue, choicelist: AbstractValue, default: AbstractValue = ZERO
) -> AbstractValue:
    """`np.select(conditions, choices, default)`: the first condition that holds chooses."""
    conditions, choices = items_arg(ctx, condlist, "condlist"), items_arg(ctx, choicelist, "choicelist")
    if len(conditions) != len(choices):
        bad_value(ctx, "list of cases must be same length as list of conditions")
    if not conditions:
        bad_value(ctx, "select with an empty condition list is not possible")
    if any(ctx.type_of(c).dtype != BOOL for c in conditions):
        bad_value(ctx, "np.select: conditions should be boolean arrays")
    dtype = common(ctx, *choices, default)
    for choice in choices:
        if not np.can_cast(ctx.type_of(choice).dtype.numpy, dtype.numpy, "same_kind"):
            name = ctx.type_of(choice).dtype.numpy
            bad_value(ctx, f"np.select: cannot cast a choice from {name} to {dtype.numpy} by the rule 'same_kind'")
    values = [mask_of(ctx, c) for c in conditions] + [ctx.array(c, dtype) for c in (*choices, default)]
    values = broadcast(ctx, values)
    masks, options, result = values[: len(choices)], values[len(choices) : -1], values[-1]
    for mask, option in reversed(list(zip(masks, options, strict=True))):
        result = ctx.b("select", mask, option, result)
    return ctx.new_array(result)


@function(np.choose)
def choose(
    ctx: Context,
    a: AbstractValue,
    choices: AbstractValue,
    out: AbstractValue = NONE,
    mode: AbstractValue = Const("raise"),
) -> AbstractValue:
    """`np.choose(a, choices, mode=)`: choices[a] element by element; a sequence of known length."""
    options = items_arg(ctx, choices, "choices")
    own = ctx.type_of(a).dtype.numpy
    if not np.can_cast(own, np.int64, "safe"):
        bad_value(ctx, f"np.choose: Cannot cast array data from {own} to int64 according to the rule 'safe'")
    dtype = common(ctx, *options)
    index, *values = broadcast(ctx, [ctx.array(a, I64), *(ctx.array(c, dtype) for c in options)])
    index = bounded(ctx, index, len(options), static_str(ctx, mode, "mode", ("raise", "wrap", "clip")))
    result = values[-1]
    for k in range(len(values) - 2, -1, -1):
        result = ctx.b("select", ew(ctx, "eq", index, k), values[k], result)
    return return_value(ctx, result, out, "np.choose", rule="back")


def bounded(ctx: Context, index: Value, count: int, mode: str) -> Value:
    """`np.choose`'s treatment of indices out of range."""
    if mode == "wrap":
        return ew(ctx, "mod", index, count)
    if mode == "clip":
        return ew(ctx, "maximum", ew(ctx, "minimum", index, count - 1), 0)
    bad = ctx.b("or", ew(ctx, "lt", index, 0), ew(ctx, "ge", index, count))
    ctx.fail_if(
        ctx.b("reduce_or", bad, axes=tuple(range(bad.array.rank))), "ValueError", "invalid entry in choice array"
    )
    return index


def _fitting(ctx: Context, mask: Value, value: Value) -> Value:
    """A condition as an index into `value` means it: a bool for the whole, or for its first axes."""
    more = value.array.rank - mask.array.rank
    if mask.shape and more >= 0:
        what = f"np.piecewise: a condition of shape {shape_text(mask.shape)} for {shape_text(value.shape)}"
        mask = of_shape(ctx, mask, value.shape[: mask.array.rank], what)
        mask = reshape(ctx, mask, (*mask.shape, *[1] * more))
    elif more < 0:
        bad_shape(ctx, f"np.piecewise: a condition of shape {shape_text(mask.shape)} for {shape_text(value.shape)}")
    return broadcast_to(ctx, mask, value.shape)


@function(np.piecewise)
@copies_order
def piecewise(
    ctx: Context,
    x: AbstractValue,
    condlist: AbstractValue,
    funclist: AbstractValue,
    *args: AbstractValue,
    **kw: AbstractValue,
) -> AbstractValue:
    """`np.piecewise(x, conditions, functions)`: every function is evaluated on all of x; the last true condition
    chooses."""
    base = as_array(ctx, x)
    value = ctx.array(base)
    single = rank_of(ctx, condlist) == (1 if base.type.rank else 0)  # as NumPy tells it from a list of them
    conditions = [condlist] if single else list(items_arg(ctx, condlist, "condlist"))
    functions = list(items_arg(ctx, funclist, "funclist"))
    masks = [_fitting(ctx, mask_of(ctx, c), value) for c in conditions]
    if len(functions) == len(masks) + 1:
        rest = masks[0]
        for mask in masks[1:]:
            rest = ctx.b("or", rest, mask)
        masks.append(ctx.b("not", rest))
    if len(functions) != len(masks):
        bad_value(
            ctx,
            f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} "
            "functions are expected",
        )
    result = ctx.b.zeros(value.array)
    for mask, f in zip(masks, functions, strict=True):
        y = f if is_number(f) else ctx.call(f, [base, *args], dict(kw))
        m, new, old = broadcast(ctx, [mask, operand(ctx, y, value.dtype), result])
        result = ctx.b("select", m, new, old)
    return ctx.new_array(result)


@function(np.nan_to_num)
@copies_order
def nan_to_num(
    ctx: Context,
    x: AbstractValue,
    copy: AbstractValue = TRUE,
    nan: AbstractValue = Const(0.0),
    posinf: AbstractValue = NONE,
    neginf: AbstractValue = NONE,
) -> AbstractValue:
    """`np.nan_to_num(x, nan=, posinf=, neginf=)`: infinities become the largest numbers of the dtype by default."""
    in_place = ctx.static(copy, "copy") is False and isinstance(x, ArrayValue)
    value = ctx.array(x)
    if value.dtype.is_float:
        info = np.finfo(value.dtype.numpy)
        high = Const(float(info.max)) if is_none(posinf) else posinf
        low = Const(float(info.min)) if is_none(neginf) else neginf
        infinite = {sign: ew(ctx, "eq", value, sign * np.inf) for sign in (1.0, -1.0)}
        for mask, new in ((ctx.b("isnan", value), nan), (infinite[1.0], high), (infinite[-1.0], low)):
            stored = fit_to(ctx, cast(ctx, operand(ctx, new, value.dtype), value.dtype), value.shape)
            value = ctx.b("select", mask, stored, value)
    if in_place:
        assert isinstance(x, ArrayValue)
        if value.dtype.is_float:
            ctx.write(x, value)
        return x
    if is_number(x) and kinds_of(x) == (PYFLOAT,):
        return ctx.scalar(value)
    return ctx.result(value)
