"""Methods of ufuncs: `np.add.reduce`, `.accumulate`, `.outer`, `.at`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tangra.api import indexing
from tangra.api.context import Context
from tangra.api.elementwise import cast, rank_of
from tangra.api.index_parts import parts_of
from tangra.api.numpy_common import FALSE, NONE, TRUE, ZERO, bad_value, fit_to, flat, is_none, unsupported
from tangra.api.numpy_cumulative import accumulate
from tangra.api.numpy_layout import Strides
from tangra.api.numpy_loops import EMIT
from tangra.api.numpy_orders import keeps_order, reduces_in_order
from tangra.api.numpy_reductions import reduce_ufunc
from tangra.api.numpy_scan import LOOP
from tangra.api.numpy_ufuncs import call_ufunc, resolve
from tangra.api.registry import METHODS
from tangra.api.values import AbstractValue, ArrayValue, Const, TupleValue
from tangra.ir import I64, ArrayType, Block, DType, Value
from tangra.shapes import prod


def _reduce(ufunc: np.ufunc) -> None:
    def entry(
        ctx: Context,
        array: AbstractValue,
        axis: AbstractValue = ZERO,
        dtype: AbstractValue = NONE,
        out: AbstractValue = NONE,
        keepdims: AbstractValue = FALSE,
        initial: AbstractValue | None = None,
        where: AbstractValue = TRUE,
    ) -> AbstractValue:
        return reduce_ufunc(ctx, ufunc, array, axis, dtype, out, keepdims, initial, where)

    entry.__doc__ = f"`np.{ufunc.__name__}.reduce(array, axis=0, …)`."
    METHODS[f"ufunc:{ufunc.__name__}", "reduce"] = reduces_in_order(entry)


def _accumulate(ufunc: np.ufunc) -> None:
    def entry(
        ctx: Context,
        array: AbstractValue,
        axis: AbstractValue = ZERO,
        dtype: AbstractValue = NONE,
        out: AbstractValue = NONE,
    ) -> AbstractValue:
        if is_none(axis) and rank_of(ctx, array) != 1:
            bad_value(ctx, f"np.{ufunc.__name__}.accumulate does not allow multiple axes")
        return accumulate(ctx, ufunc, array, axis, dtype, out, f"np.{ufunc.__name__}.accumulate")

    entry.__doc__ = f"`np.{ufunc.__name__}.accumulate(array, axis=0, …)`."
    METHODS[f"ufunc:{ufunc.__name__}", "accumulate"] = keeps_order(entry)


def _outer_strides(given: AbstractValue, shown: ArrayValue) -> Strides | None:
    """The strides of an operand of an outer product, which may have got axes of size 1 behind its own."""
    if not isinstance(given, ArrayValue) or given.strides is None:
        return None
    return (*given.strides, *(0,) * (shown.type.rank - given.type.rank))


def _outer(ufunc: np.ufunc) -> None:
    def entry(
        ctx: Context,
        A: AbstractValue,
        B: AbstractValue,
        /,
        *,
        out: AbstractValue = NONE,
        where: AbstractValue = TRUE,
        dtype: AbstractValue = NONE,
    ) -> AbstractValue:
        left, right = ctx.array(A), ctx.array(B)  # Python's too, which are weak elsewhere
        left = ctx.b("reshape", left, shape=(*left.shape, *(1,) * right.array.rank)) if right.shape else left
        operands = ctx.new_array(left), ctx.new_array(right)
        shown = [replace(v, strides=_outer_strides(given, v)) for given, v in zip((A, B), operands, strict=True)]
        return call_ufunc(ctx, ufunc, tuple(shown), out, where, dtype)

    entry.__doc__ = f"`np.{ufunc.__name__}.outer(A, B)`: every element of A with every one of B."
    METHODS[f"ufunc:{ufunc.__name__}", "outer"] = entry


def _at(ufunc: np.ufunc) -> None:
    name = f"np.{ufunc.__name__}.at"

    def entry(
        ctx: Context, a: AbstractValue, indices: AbstractValue, b: AbstractValue | None = None, /
    ) -> AbstractValue:
        if not isinstance(a, ArrayValue):
            bad_value(ctx, f"{name}: the first operand must be an array")
        if (b is None) != (ufunc.nin == 1):
            bad_value(ctx, f"{name}: second operand needed for this ufunc, or not taken by it")
        others: tuple[ArrayValue, ...] = ()
        if b is not None:
            others = (ctx.new_array(ctx.array(b)),)  # also Python's numbers, which are weak elsewhere
        a, parts, _ = parts_of(ctx, a, indices)
        if any(p.form == "mask" for p in parts):
            unsupported(ctx, f"{name} with a boolean mask", "write it as a loop, or with np.where")
        if not any(p.form == "array" for p in parts):
            ctx.setitem(a, indices, call_ufunc(ctx, ufunc, (ctx.getitem(a, indices), *others), casting="same_kind"))
            return Const(None)
        loop = resolve(ctx, ufunc, (a, *others), None, "unsafe")
        assert loop is not None, "arrays are of one kind each"
        if ufunc in (np.add, np.subtract) and np.can_cast(loop[-1].numpy, a.type.dtype.numpy, "same_kind"):
            value = cast(ctx, ctx.array(others[0]), a.type.dtype)
            value = value if ufunc is np.add else ctx.b("neg", value)
            ctx.write(a, indexing.scatter(ctx, ctx.array(a), parts, ctx.result(value), "scatter_add"))
        else:
            _one_by_one(ctx, ufunc, a, indices, others, loop)
        return Const(None)

    entry.__doc__ = f"`{name}(a, indices, b)`: unbuffered, repeated indices count each time."
    METHODS[f"ufunc:{ufunc.__name__}", "at"] = entry


def _one_by_one(
    ctx: Context,
    ufunc: np.ufunc,
    a: ArrayValue,
    indices: AbstractValue,
    others: tuple[AbstractValue, ...],
    loop: Sequence[DType],
) -> None:
    """Any ufunc, by a loop over the index arrays in C order: every axis must be indexed by an integer array. Each
    result is stored in the array's dtype before the next is computed."""
    items = indices.items if isinstance(indices, TupleValue) else (indices,)
    if len(items) != a.type.rank or any(not ctx.type_of(i).dtype.is_integer for i in items):
        unsupported(
            ctx, f"np.{ufunc.__name__}.at with indices that leave axes whole", "index every axis, or write a loop"
        )
    places = indexing.checked_indices(ctx, a, items)
    shape, count = places[0].shape, prod(places[0].shape)
    values = [flat(ctx, fit_to(ctx, cast(ctx, ctx.array(o), loop[1]), shape)) for o in others]
    flats = [flat(ctx, p) for p in places]
    base, e = ctx.array(a), ctx.b
    body = Block([ArrayType(I64), base.type])
    with e.at(body):
        k, current = body.args
        one = {"sizes": (None,), "steps": (1,)}
        starts = [e("index", f, k, **one) for f in flats]
        whole = {"sizes": (None,) * len(starts), "steps": (1,) * len(starts)}
        old = cast(ctx, e("index", current, *starts, **whole), loop[0])
        new = EMIT[ufunc](ctx, [old, *(e("index", v, k, **one) for v in values)], ())
        assert isinstance(new, Value)
        e.yield_(e("update", current, cast(ctx, new, base.dtype), *starts, **whole))
    ctx.write(a, e.emit("loop", [e.int(0), e.dim(count), e.int(1), base], dict(LOOP), [body]).result)


for _ufunc in [u for u in EMIT if u.nout == 1]:
    _at(_ufunc)
    if _ufunc.nin == 2:
        _reduce(_ufunc)
        _accumulate(_ufunc)
        _outer(_ufunc)
