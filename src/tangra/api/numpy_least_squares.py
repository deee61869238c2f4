"""Singular values put to use: pinv, matrix_rank, lstsq."""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast, operand
from tangra.api.kinds import PYINT
from tangra.api.numpy_common import (
    FALSE,
    NONE,
    bad_shape,
    ew,
    inexact,
    is_none,
    reshape,
    size_as,
    static_bool,
    strong,
    unsupported,
    where_,
)
from tangra.api.numpy_creation import to_kind
from tangra.api.numpy_linalg import adjoint, factors, matrices, singular_values
from tangra.api.numpy_orders import matrices_in_order
from tangra.api.numpy_products import product
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Scalar, TupleValue
from tangra.ir import F64, I32, I64, Value
from tangra.shapes import dmax, dmin, known_eq, known_le


def _cutoff(ctx: Context, s: Value, rcond: Value) -> Value:
    """The largest singular value times rcond, as an axis of size 1 behind."""
    top = ctx.b("reduce_max", s, axes=(s.array.rank - 1,))
    return ew(ctx, "mul", reshape(ctx, top, (*top.shape, 1)), rcond)


@function(np.linalg.pinv)
@matrices_in_order
def pinv(
    ctx: Context,
    a: AbstractValue,
    rcond: AbstractValue = NONE,
    hermitian: AbstractValue = FALSE,
    *,
    rtol: AbstractValue = NONE,
) -> AbstractValue:
    """`np.linalg.pinv(a)`: V diag(1/s) U^T over singular values above rcond (1e-15 by default) times the largest."""
    value = matrices(ctx, a, "np.linalg.pinv", square=False)
    if static_bool(ctx, hermitian, "hermitian"):
        unsupported(ctx, "np.linalg.pinv with hermitian=True", "leave it out")
    given = rcond if not is_none(rcond) else rtol
    if is_none(given):
        tolerance = ctx.b.const(1e-15, value.dtype)
    else:
        tolerance = cast(ctx, operand(ctx, given, value.dtype), value.dtype)
    if tolerance.shape:
        tolerance = reshape(ctx, tolerance, (*tolerance.shape, 1))
    u, s, vt = factors(ctx, value)
    large = ew(ctx, "gt", s, _cutoff(ctx, s, tolerance))
    inverse = where_(ctx, large, ew(ctx, "div", ctx.b.filled(1, s.array), where_(ctx, large, s, 1)), 0)
    scaled = ew(ctx, "mul", reshape(ctx, inverse, (*inverse.shape, 1)), adjoint(ctx, u))
    return ctx.new_array(product(ctx, adjoint(ctx, vt), scaled))


@function(np.linalg.matrix_rank)
def matrix_rank(
    ctx: Context,
    A: AbstractValue,
    tol: AbstractValue = NONE,
    hermitian: AbstractValue = FALSE,
    *,
    rtol: AbstractValue = NONE,
) -> AbstractValue:
    """`np.linalg.matrix_rank(A)`: singular values above tol (max * max(m, n) * eps by default)."""
    value = ctx.array(A)
    if value.array.rank < 2:
        nonzero = ctx.b("ne", value, ctx.b.zeros(value.array))
        some = ctx.b("reduce_or", nonzero, axes=tuple(range(value.array.rank))) if value.shape else nonzero
        return Scalar(cast(ctx, some, I64), (PYINT,), None, None, 0, 1)
    value = matrices(ctx, A, "np.linalg.matrix_rank", square=False)
    s = singular_values(ctx, value)
    if not is_none(tol):
        limit = operand(ctx, tol, s.dtype)
        limit = reshape(ctx, limit, (*limit.shape, 1)) if limit.shape else limit
    else:
        eps = float(np.finfo(s.dtype.numpy).eps)
        default = ew(ctx, "mul", size_as(ctx, dmax(*value.shape[-2:]), s.dtype), eps)
        limit = _cutoff(ctx, s, default if is_none(rtol) else operand(ctx, rtol, s.dtype))
    above = cast(ctx, ew(ctx, "gt", s, limit), I64)
    return ctx.result(ctx.b("reduce_sum", above, axes=(above.array.rank - 1,)))


@function(np.linalg.lstsq)
def lstsq(ctx: Context, a: AbstractValue, b: AbstractValue, rcond: AbstractValue = NONE) -> AbstractValue:
    """`np.linalg.lstsq(a, b)` of a matrix with at least as many rows as columns and full rank (checked at run time):
    (solution, squared residuals, rank, singular values)."""
    left, result = matrices(ctx, a, "np.linalg.lstsq", square=False), inexact(strong(ctx, a, b))
    dtype = F64  # in which NumPy computes it
    left, right = cast(ctx, left, dtype), ctx.array(b, dtype)
    if left.array.rank != 2 or right.array.rank not in (1, 2):
        bad_shape(ctx, "np.linalg.lstsq takes a matrix and a vector or matrix")
    if known_le(left.shape[1], left.shape[0], ctx.facts) is not True:
        unsupported(
            ctx, "np.linalg.lstsq of a matrix that may have more columns than rows", "use np.linalg.pinv(a) @ b"
        )
    rows, columns = left.shape
    u, s, vt = factors(ctx, left)
    eps = float(np.finfo(dtype.numpy).eps)
    default = ew(ctx, "mul", size_as(ctx, dmax(rows, columns), dtype), eps)
    given = None if is_none(rcond) else operand(ctx, rcond, dtype)
    deficient = ew(ctx, "le", s, _cutoff(ctx, s, default if given is None else given))
    ctx.fail_if(
        ctx.b("reduce_or", deficient, axes=(0,)),
        "LinAlgError",
        "np.linalg.lstsq: the matrix does not have full rank, for which compiled code has no residuals",
    )
    vector = right.array.rank == 1
    columns_of = reshape(ctx, right, (*right.shape, 1)) if vector else right
    weights = product(ctx, adjoint(ctx, u), columns_of)
    weights = ew(ctx, "div", weights, reshape(ctx, s, (*s.shape, 1)))
    x = product(ctx, adjoint(ctx, vt), weights)
    gap = ew(ctx, "sub", columns_of, product(ctx, left, x))
    squares = ctx.b("reduce_sum", ctx.b("mul", gap, gap), axes=(0,))
    if known_eq(rows, columns, ctx.facts):
        squares = ctx.b("empty", dtype=dtype, shape=(0,))
    elif not known_le(columns + 1, rows, ctx.facts):
        unsupported(ctx, "np.linalg.lstsq of a matrix that may be square", "use np.linalg.solve or np.linalg.pinv")
    x = reshape(ctx, x, x.shape[:-1]) if vector else x
    rank = ctx.size_value(dmin(rows, columns))
    solution, residuals, values = (ctx.new_array(cast(ctx, v, result)) for v in (x, squares, s))
    return TupleValue((solution, residuals, to_kind(ctx, rank, I32), values))
