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
from tangra.api.kinds import Kind
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
from tangra.api.numpy_orders import reduces_in_order
from tangra.api.numpy_scan import fold_axis
from tangra.api.numpy_ufuncs import loop_dtypes
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, TupleValue
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


def accumulation_dtype(ctx: Context, ufunc: np.ufunc, dtype: DType, out: AbstractValue | None = None) -> DType:
    """The dtype in which NumPy reduces: int64 and uint64 for sums of small ints and bools, else the array's. An array
    `out` is the first operand of the ufunc's loop instead, so that small sums are not widened, and float32 may be."""
    target = out.items[0] if isinstance(out, TupleValue) and len(out.items) == 1 else out
    if isinstance(target, ArrayValue):
        kinds = Kind(False, target.type.dtype), Kind(False, dtype)
        try:
            loop = loop_dtypes(ufunc, kinds, None, "unsafe")[0]
        except TypeError as e:
            bad_value(ctx, f"np.{ufunc.__name__}: {e}")
        return supported(ctx, loop, f"np.{ufunc.__name__}.reduce computes here in ")
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
    """The reduction, by an operation of the IR's, of a value that already has its accumulation dtype."""
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
    word: str = "",
) -> AbstractValue:
    """`ufunc.reduce(a, axis, dtype, out, keepdims, initial, where)`; `axis` None means all. `word` is the ufunc that
    errors name."""
    name, word = name or f"np.{ufunc.__name__}.reduce", word or ufunc.__name__
    value = ctx.array(a)
    axes = axes_arg(ctx, axis, value.array.rank, scalars=True)
    logical = ufunc in (np.logical_and, np.logical_or, np.logical_xor)
    target = BOOL if logical else dtype_arg(ctx, dtype) or accumulation_dtype(ctx, ufunc, value.dtype, out)
    value = cast(ctx, value, target)
    if initial is not None and not is_none(initial) and rank_of(ctx, initial):
        bad_value(ctx, f"{name}: initial must be a number")
    if not is_true(where) and ctx.type_of(where).dtype != BOOL:
        bad_value(ctx, f"{name}: where must be of dtype bool, not {ctx.type_of(where).dtype.numpy}")
    start = None if initial is None or is_none(initial) else cast(ctx, operand(ctx, initial, _number(target)), target)
    identity = None if initial is not None and is_none(initial) else ufunc.identity
    if identity is None and start is None:
        if not is_true(where):
            what = f"{name}: the reduction has no identity, so to use a where mask one has to specify 'initial'"
            bad_value(ctx, what, "pass initial=")
        message = f"zero-size array to reduction operation {word} which has no identity"
        require_elements(ctx, value, axes, message)
    mask = None if is_true(where) else fit_to(ctx, mask_of(ctx, where), value.shape)
    if ufunc in REDUCTIONS:
        result = _started(ctx, ufunc, value, axes, start, mask)
    else:
        first = ctx.b.const(identity, target) if start is None and identity is not None else start
        result = _folded(ctx, ufunc, value, axes, first, mask)
    keep = static_bool(ctx, keepdims, "keepdims")
    return return_value(ctx, restored(ctx, result, value.shape, axes, keep), out, name)


def _number(dtype: DType) -> DType:
    """The dtype to read an `initial` in: ints and bools from what they are given as."""
    return dtype if dtype.is_float else F64 if dtype == BOOL else dtype


def _folded(
    ctx: Context, ufunc: np.ufunc, value: Value, axes: Sequence[int], start: Value | None, mask: Value | None
) -> Value:
    """The reduction by any ufunc, element by element; along several axes only where the order does not matter."""
    if len(axes) == 1:
        return fold_axis(ctx, ufunc, value, axes[0], start, mask)
    if len(axes) > 1 and not _reorderable(ufunc):
        word = f"reduction operation '{ufunc.__name__}' is not reorderable, so at most one axis may be specified"
        bad_value(ctx, word, "reduce one axis after the other")
    line = merged_last(ctx, value, axes)
    mask = mask if mask is None else merged_last(ctx, mask, axes)
    return fold_axis(ctx, ufunc, line, line.array.rank - 1, start, mask)


@lru_cache(maxsize=256)
def _reorderable(ufunc: np.ufunc) -> bool:
    """Whether NumPy reduces several axes by this ufunc."""
    try:
        ufunc.reduce(np.ones((1, 1)), axis=(0, 1))
    except ValueError:
        return False
    except TypeError:  # of integers only, all of which are
        return True
    return True


def _started(
    ctx: Context, ufunc: np.ufunc, value: Value, axes: Sequence[int], start: Value | None, mask: Value | None
) -> Value:
    """The reduction by an operation of the IR's, with `start` as its first element."""
    identity = REDUCTIONS[ufunc][1]
    if mask is not None:
        neutral = start if identity is None else ctx.b.const(identity, value.dtype)
        assert neutral is not None
        value = ctx.b("select", mask, value, ctx.b.full(neutral, value.shape))
    if start is None:
        return reduce_value(ctx, ufunc, value, axes)
    if identity is None and known_le(1, count_of(value.shape, axes), ctx.facts) is not True:
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
    function(f)(reduces_in_order(entry))


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
    function(f)(reduces_in_order(entry))


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
    function(f)(reduces_in_order(entry))


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
    if is_none(axis) or (
        not before and not static_bool(ctx, keepdims, "keepdims") and ctx.static(axis, "axis") in (0, -1)
    ):
        value, place, axes = flat(ctx, value), 0, tuple(range(len(before)))
    else:
        place = axis_arg(ctx, axis, value.array.rank, bools=False)
        axes = (place,)
    require_elements(ctx, value, (place,), f"attempt to get {op} of an empty sequence")
    result = ctx.b(op, value, axis=place)
    keep = static_bool(ctx, keepdims, "keepdims")
    return return_value(ctx, restored(ctx, result, before, axes, keep), out, f"np.{op}", rule="back")


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
@reduces_in_order
def count_nonzero(
    ctx: Context, a: AbstractValue, axis: AbstractValue = NONE, *, keepdims: AbstractValue = FALSE
) -> AbstractValue:
    """`np.count_nonzero`."""
    value = cast(ctx, mask_of(ctx, a), I64)
    axes = axes_arg(ctx, axis, value.array.rank, scalars=True)
    keep = static_bool(ctx, keepdims, "keepdims")
    return ctx.result(restored(ctx, ctx.b("reduce_sum", value, axes=tuple(sorted(axes))), value.shape, axes, keep))


@function(np.size)
def size(ctx: Context, a: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`np.size(a, axis)`: an int."""
    shape = ctx.type_of(a).shape
    return ctx.size_value(count_of(shape, axes_arg(ctx, axis, len(shape), lists=True)))


@function(np.ndim)
def ndim(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.ndim(a)`."""
    return Const(rank_of(ctx, a))
