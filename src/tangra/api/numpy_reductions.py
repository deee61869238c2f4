"""Reductions: sum, prod, max, min, any, all, mean, var, std, ptp, argmax, argmin, count_nonzero, and `ufunc.reduce`.

`reduce_ufunc` is the common core: NumPy's accumulation dtypes, `axis`, `keepdims`, `initial`, `where` and `out`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import broadcast, operand, rank_of
from tangra.api.numpy_common import (
    BOOL,
    F64,
    FALSE,
    I64,
    NONE,
    TRUE,
    DType,
    axes_arg,
    axis_arg,
    bad_value,
    cast,
    count_of,
    dtype_arg,
    fit_to,
    flat,
    is_none,
    is_true,
    mask_of,
    reshape,
    return_value,
    static_bool,
    supported,
    transpose,
)
from tangra.api.numpy_loops import EMIT
from tangra.api.numpy_scan import fold_axis
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const
from tangra.ir import Value
from tangra.shapes import Size, known_le, prod, reduce_shape

REDUCTIONS: dict[np.ufunc, tuple[str, float | bool | None]] = {
    np.add: ("reduce_sum", 0),
    np.multiply: ("reduce_prod", 1),
    np.maximum: ("reduce_max", None),
    np.minimum: ("reduce_min", None),
    np.logical_and: ("reduce_and", True),
    np.logical_or: ("reduce_or", False),
    np.bitwise_and: ("reduce_and", -1),
    np.bitwise_or: ("reduce_or", 0),
}


@lru_cache(maxsize=1024)
def _loop_dtype(ufunc: np.ufunc, dtype: str) -> np.dtype[Any] | None:
    try:
        result: Any = ufunc.reduce(np.ones(2, dtype))
    except TypeError:
        return None
    found: np.dtype[Any] = result.dtype
    return found


def accumulation_dtype(ctx: Context, ufunc: np.ufunc, dtype: DType) -> DType:
    """The dtype in which NumPy reduces: int64 and uint64 for sums of small ints and bools, else the array's."""
    found = _loop_dtype(ufunc, dtype.numpy)
    if found is None:
        bad_value(ctx, f"np.{ufunc.__name__}.reduce is not defined for {dtype.numpy}")
    return supported(ctx, found, f"np.{ufunc.__name__}.reduce computes here in ")


def restored(ctx: Context, value: Value, before: Sequence[Size], axes: Sequence[int], keepdims: bool) -> Value:
    """The reduced axes back as axes of size 1 if `keepdims`."""
    return reshape(ctx, value, reduce_shape(tuple(before), tuple(axes), True)) if keepdims else value


def require_elements(ctx: Context, value: Value, axes: Sequence[int], message: str, kind: str = "ValueError") -> None:
    """Fail with an error of that kind where nothing is left to reduce (and there are results)."""
    count = count_of(value.shape, axes)
    if known_le(1, count, ctx.facts) or 0 in [d for k, d in enumerate(value.shape) if k not in axes]:
        return
    others = prod(d for k, d in enumerate(value.shape) if k not in axes)
    empty = ctx.b("eq", ctx.b.dim(count), ctx.b.int(0))
    if not known_le(1, others, ctx.facts):
        empty = ctx.b("and", empty, ctx.b("gt", ctx.b.dim(others), ctx.b.int(0)))
    ctx.fail_if(empty, kind, message)


def reduce_value(ctx: Context, ufunc: np.ufunc, value: Value, axes: Sequence[int]) -> Value:
    """The reduction of a value that already has its accumulation dtype."""
    if ufunc not in REDUCTIONS:
        result = value
        for axis in sorted(axes, reverse=True):
            result = fold_axis(ctx, ufunc, result, axis)
        return result
    op, _ = REDUCTIONS[ufunc]
    if ufunc in (np.add, np.multiply) and value.dtype == BOOL:
        op = "reduce_or" if ufunc is np.add else "reduce_and"
    return ctx.b(op, value, axes=tuple(sorted(axes)))


def reduce_ufunc(
    ctx: Context,
    ufunc: np.ufunc,
    a: AbstractValue,
    axis: AbstractValue = NONE,
    dtype: AbstractValue = NONE,
    out: AbstractValue = NONE,
    keepdims: AbstractValue = FALSE,
    initial: AbstractValue | None = None,
    where: AbstractValue = TRUE,
    name: str = "",
) -> AbstractValue:
    """`ufunc.reduce(a, axis, dtype, out, keepdims, initial, where)`; `axis` None means all."""
    name = name or f"np.{ufunc.__name__}.reduce"
    value = ctx.array(a)
    axes = axes_arg(ctx, axis, value.array.rank)
    logical = ufunc in (np.logical_and, np.logical_or, np.logical_xor)
    target = BOOL if logical else dtype_arg(ctx, dtype) or accumulation_dtype(ctx, ufunc, value.dtype)
    value = cast(ctx, value, target)
    start = None if initial is None or is_none(initial) else cast(ctx, operand(ctx, initial, _number(target)), target)
    if not is_true(where):
        value = _masked(ctx, ufunc, value, where, start, name)
    identity = REDUCTIONS.get(ufunc, ("", None))[1]
    if identity is None and start is None:
        word = ufunc.__name__
        require_elements(ctx, value, axes, f"zero-size array to reduction operation {word} which has no identity")
    result = _started(ctx, ufunc, value, axes, start)
    keep = static_bool(ctx, keepdims, "keepdims")
    return return_value(ctx, restored(ctx, result, value.shape, axes, keep), out, name)


def _number(dtype: DType) -> DType:
    """The dtype to read an `initial` in: ints and bools from what they are given as."""
    return dtype if dtype.is_float else F64 if dtype == BOOL else dtype


def _masked(ctx: Context, ufunc: np.ufunc, value: Value, where: AbstractValue, start: Value | None, name: str) -> Value:
    identity = REDUCTIONS.get(ufunc, ("", None))[1]
    if identity is None and start is None:
        bad_value(
            ctx,
            f"{name}: the reduction has no identity, so to use a where mask one has to specify 'initial'",
            "pass initial=",
        )
    neutral = start if identity is None else ctx.b.const(identity, value.dtype)
    assert neutral is not None
    return ctx.b("select", fit_to(ctx, mask_of(ctx, where), value.shape), value, ctx.b.full(neutral, value.shape))


def _started(ctx: Context, ufunc: np.ufunc, value: Value, axes: Sequence[int], start: Value | None) -> Value:
    """The reduction with `start` as its first element."""
    if start is None:
        return reduce_value(ctx, ufunc, value, axes)
    if REDUCTIONS.get(ufunc, ("", None))[1] is None and known_le(1, count_of(value.shape, axes), ctx.facts) is not True:
        merged = merged_last(ctx, value, axes)
        first = ctx.b.full(start, (*merged.shape[:-1], 1))
        longer = ctx.b("concat", first, merged, axis=merged.array.rank - 1)
        return reduce_value(ctx, ufunc, longer, (merged.array.rank - 1,))
    result = reduce_value(ctx, ufunc, value, axes)
    combined = EMIT[ufunc](ctx, broadcast(ctx, [start, result]), ())
    assert isinstance(combined, Value)
    return cast(ctx, combined, result.dtype)


def merged_last(ctx: Context, value: Value, axes: Sequence[int]) -> Value:
    """The axes merged into one, in C order, and put last."""
    kept = [k for k in range(value.array.rank) if k not in axes]
    moved = transpose(ctx, value, (*kept, *sorted(axes)))
    return reshape(ctx, moved, (*(value.shape[k] for k in kept), count_of(value.shape, axes)))


def _declare(f: object, ufunc: np.ufunc, name: str) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        dtype: AbstractValue = NONE,
        out: AbstractValue = NONE,
        keepdims: AbstractValue = FALSE,
        initial: AbstractValue | None = None,
        where: AbstractValue = TRUE,
    ) -> AbstractValue:
        return reduce_ufunc(ctx, ufunc, a, axis, dtype, out, keepdims, initial, where, name)

    entry.__doc__ = f"`{name}(a, axis, dtype, out, keepdims, initial, where)`."
    function(f)(entry)


def _declare_extremum(f: object, ufunc: np.ufunc, name: str) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        out: AbstractValue = NONE,
        keepdims: AbstractValue = FALSE,
        initial: AbstractValue | None = None,
        where: AbstractValue = TRUE,
    ) -> AbstractValue:
        return reduce_ufunc(ctx, ufunc, a, axis, NONE, out, keepdims, initial, where, name)

    entry.__doc__ = f"`{name}(a, axis, out, keepdims, initial, where)`."
    function(f)(entry)


def _declare_logical(f: object, ufunc: np.ufunc, name: str) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        out: AbstractValue = NONE,
        keepdims: AbstractValue = FALSE,
        *,
        where: AbstractValue = TRUE,
    ) -> AbstractValue:
        return reduce_ufunc(ctx, ufunc, a, axis, NONE, out, keepdims, None, where, name)

    entry.__doc__ = f"`{name}(a, axis, out, keepdims, where=)`."
    function(f)(entry)


_declare(np.sum, np.add, "np.sum")


_declare(np.prod, np.multiply, "np.prod")


for _f in (np.max, np.amax):
    _declare_extremum(_f, np.maximum, "np.max")


for _f in (np.min, np.amin):
    _declare_extremum(_f, np.minimum, "np.min")


_declare_logical(np.any, np.logical_or, "np.any")


_declare_logical(np.all, np.logical_and, "np.all")


def position(
    ctx: Context, op: str, a: AbstractValue, axis: AbstractValue, out: AbstractValue, keepdims: AbstractValue
) -> AbstractValue:
    """`np.argmax` or `np.argmin` (the IR op's name) of the flattened array, or along one axis."""
    value = ctx.array(a)
    before = value.shape
    if is_none(axis):
        value, place, axes = flat(ctx, value), 0, tuple(range(len(before)))
    else:
        place = axis_arg(ctx, axis, value.array.rank)
        axes = (place,)
    require_elements(ctx, value, (place,), f"attempt to get {op} of an empty sequence")
    result = ctx.b(op, value, axis=place)
    keep = static_bool(ctx, keepdims, "keepdims")
    return return_value(ctx, restored(ctx, result, before, axes, keep), out, f"np.{op}")


def _declare_position(name: str) -> None:
    def entry(
        ctx: Context,
        a: AbstractValue,
        axis: AbstractValue = NONE,
        out: AbstractValue = NONE,
        *,
        keepdims: AbstractValue = FALSE,
    ) -> AbstractValue:
        return position(ctx, name, a, axis, out, keepdims)

    entry.__doc__ = f"`np.{name}(a, axis, out, keepdims=)`: the first one."
    function(getattr(np, name))(entry)


_declare_position("argmax")


_declare_position("argmin")


@function(np.count_nonzero)
def count_nonzero(
    ctx: Context, a: AbstractValue, axis: AbstractValue = NONE, *, keepdims: AbstractValue = FALSE
) -> AbstractValue:
    """`np.count_nonzero`."""
    value = cast(ctx, mask_of(ctx, a), I64)
    axes = axes_arg(ctx, axis, value.array.rank)
    keep = static_bool(ctx, keepdims, "keepdims")
    return ctx.result(restored(ctx, ctx.b("reduce_sum", value, axes=tuple(sorted(axes))), value.shape, axes, keep))


@function(np.size)
def size(ctx: Context, a: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`np.size(a, axis)`: an int."""
    shape = ctx.type_of(a).shape
    return ctx.size_value(count_of(shape, axes_arg(ctx, axis, len(shape))))


@function(np.ndim)
def ndim(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.ndim(a)`."""
    return Const(rank_of(ctx, a))
