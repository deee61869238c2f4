"""`np.linalg` norms of vectors and matrices, and the condition number."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast
from tangra.api.numpy_common import (
    FALSE,
    NONE,
    axes_arg,
    bad_shape,
    bad_value,
    count_of,
    ew,
    flat,
    inexact,
    is_none,
    part,
    reshape,
    root_of_squares,
    static_bool,
    transpose,
    where_,
)
from tangra.api.numpy_linalg import matrices, multiple, singular_values
from tangra.api.numpy_orders import reduces_in_order
from tangra.api.numpy_products import contract
from tangra.api.numpy_reductions import require_elements, restored
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const
from tangra.ir import Value
from tangra.shapes import known_le


@function(np.linalg.cond)
def cond(ctx: Context, x: AbstractValue, p: AbstractValue = NONE) -> AbstractValue:
    """`np.linalg.cond(x, p)`: ratio of extreme singular values, or norm(x) * norm(inv(x))."""
    order = ctx.static(p, "p")
    value = matrices(ctx, x, "np.linalg.cond", square=order not in (None, 2, -2))
    axes = (value.array.rank - 2, value.array.rank - 1)
    if 0 in value.shape[-2:]:
        ctx.fail_if(ctx.b.bool(True), "LinAlgError", "cond is not defined on empty arrays")
        return ctx.result(ctx.b.full(ctx.b.const(np.inf, value.dtype), value.shape[:-2]))
    if order in (None, 2, -2):
        s = _singular_values(ctx, value)
        ends = [part(ctx, s, s.array.rank - 1, k, None) for k in (0, s.shape[-1] - 1)]
        ratio = ew(ctx, "div", *(ends if order != -2 else ends[::-1]))
    else:
        inverse = multiple(ctx, "inverse", value)[0]
        ratio = ew(ctx, "mul", *(_norm_in_cond(ctx, m, order, axes) for m in (value, inverse)))
    unknown = ctx.b("reduce_or", ctx.b("isnan", value), axes=axes)
    singular = ew(ctx, "and", ctx.b("isnan", ratio), ctx.b("not", unknown))
    return ctx.result(where_(ctx, singular, np.inf, ratio))


def _norm_in_cond(ctx: Context, value: Value, order: Any, axes: tuple[int, int]) -> Value:
    if order == "nuc":
        return ctx.b("reduce_sum", _singular_values(ctx, value), axes=(value.array.rank - 2,))
    return matrix_norm(ctx, value, order, axes)


def _singular_values(ctx: Context, value: Value) -> Value:
    """Singular values, descending; of a matrix with NaN they are NaN where this NumPy's `cond` does not refuse it."""
    if _refuses_nan():
        return singular_values(ctx, value)
    nan = ctx.b("isnan", value)
    rank = value.array.rank
    s = singular_values(ctx, where_(ctx, nan, 0.0, value))
    unknown = ctx.b("reduce_or", nan, axes=(rank - 2, rank - 1))
    return where_(ctx, reshape(ctx, unknown, (*unknown.shape, 1)), np.nan, s)


@functools.cache
def _refuses_nan() -> bool:
    """Whether NumPy raises at the condition number of a matrix with NaN, as it did up to 2.4."""
    try:
        np.linalg.cond([[np.nan]])
    except np.linalg.LinAlgError:
        return True
    return False


@function(np.linalg.norm)
@reduces_in_order
def norm(
    ctx: Context,
    x: AbstractValue,
    ord: AbstractValue = NONE,
    axis: AbstractValue = NONE,
    keepdims: AbstractValue = FALSE,
) -> AbstractValue:
    """`np.linalg.norm(x, ord, axis, keepdims)`: every vector norm and matrix norms 'fro', 'nuc', ±1, ±2, ±inf."""
    value = ctx.array(x)
    value = cast(ctx, value, inexact(value.dtype))
    order, keep, rank = ctx.static(ord, "ord"), static_bool(ctx, keepdims, "keepdims"), value.array.rank
    if is_none(axis):
        axes = tuple(range(rank))
        if order is None or (rank == 1 and order == 2) or (rank == 2 and order in ("fro", "f")):
            square = flat(ctx, value) if rank != 1 else value
            total = root_of_squares(ctx, contract(ctx, square, square, ((0,), (0,))))
            return ctx.result(restored(ctx, total, value.shape, axes, keep))
    else:
        axes = axes_arg(ctx, axis, rank)
    if len(axes) == 1:
        result = vector_norm(ctx, value, order, axes)
    elif len(axes) == 2:
        result = matrix_norm(ctx, value, order, axes)
    else:
        bad_shape(ctx, "Improper number of dimensions to norm.")
    return ctx.result(restored(ctx, result, value.shape, axes, keep))


def vector_norm(ctx: Context, value: Value, order: Any, axes: Sequence[int]) -> Value:
    """The `order` norm over `axes` taken as one vector."""
    b, over = ctx.b, {"axes": tuple(sorted(axes))}
    if order in (None, 2):
        return root_of_squares(ctx, b("reduce_sum", b("mul", value, value), **over))
    if not isinstance(order, (int, float, np.number)):
        bad_value(ctx, f"Invalid norm order {order!r} for vectors")
    magnitude = b("abs", value)
    if order in (np.inf, -np.inf):
        return _extreme(ctx, magnitude, tuple(axes), bool(order > 0))
    if order == 0:
        return b("reduce_sum", cast(ctx, b("ne", value, b.zeros(value.array)), value.dtype), **over)
    if order == 1:
        return b("reduce_sum", magnitude, **over)
    total = b("reduce_sum", ew(ctx, "pow", magnitude, float(order)), **over)
    return ew(ctx, "pow", total, 1.0 / float(order))


def _extreme(ctx: Context, value: Value, axes: tuple[int, ...], largest: bool) -> Value:
    """The largest of numbers that are not negative, 0 of none; or the smallest, of which there must be one."""
    if not largest:
        require_elements(ctx, value, axes, "zero-size array to reduction operation minimum which has no identity")
        return ctx.b("reduce_min", value, axes=tuple(sorted(axes)))
    result = ctx.b("reduce_max", value, axes=tuple(sorted(axes)))
    return result if known_le(1, count_of(value.shape, axes), ctx.facts) else ew(ctx, "maximum", result, 0.0)


def matrix_norm(ctx: Context, value: Value, order: Any, axes: Sequence[int]) -> Value:
    """The `order` norm of the matrices in two axes (rows, columns)."""
    b = ctx.b
    row, column = axes
    if order in (None, "fro", "f"):
        return root_of_squares(ctx, b("reduce_sum", b("mul", value, value), axes=tuple(sorted(axes))))
    if order in (1, -1, np.inf, -np.inf):
        summed, chosen = (row, column) if abs(order) == 1 else (column, row)
        sums = b("reduce_sum", b("abs", value), axes=(summed,))
        chosen -= 1 if summed < chosen else 0
        return _extreme(ctx, sums, (chosen,), order > 0)
    if order in (2, -2, "nuc"):
        rank = value.array.rank
        front = transpose(ctx, value, (*(k for k in range(rank) if k not in axes), row, column))
        s = singular_values(ctx, front)
        last = (s.array.rank - 1,)
        return b("reduce_sum", s, axes=last) if order == "nuc" else _extreme(ctx, s, last, order > 0)
    bad_value(ctx, f"Invalid norm order {order!r} for matrices.")


@function(np.linalg.vector_norm)
@reduces_in_order
def linalg_vector_norm(
    ctx: Context,
    x: AbstractValue,
    /,
    *,
    axis: AbstractValue = NONE,
    keepdims: AbstractValue = FALSE,
    ord: AbstractValue = Const(2),
) -> AbstractValue:
    """`np.linalg.vector_norm(x, axis=, keepdims=, ord=)`."""
    value = ctx.array(x)
    value = cast(ctx, value, inexact(value.dtype))
    axes = axes_arg(ctx, axis, value.array.rank)
    result = vector_norm(ctx, value, ctx.static(ord, "ord"), axes)
    return ctx.result(restored(ctx, result, value.shape, axes, static_bool(ctx, keepdims, "keepdims")))


@function(np.linalg.matrix_norm)
def linalg_matrix_norm(
    ctx: Context, x: AbstractValue, /, *, keepdims: AbstractValue = FALSE, ord: AbstractValue = Const("fro")
) -> AbstractValue:
    """`np.linalg.matrix_norm(x, keepdims=, ord=)`."""
    return norm(ctx, x, ord, Const((-2, -1)), keepdims)
