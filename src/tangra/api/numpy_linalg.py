"""`np.linalg`: norms, solves, inverses, determinants, factorisations. Integer matrices are computed in float64."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import broadcast_to, cast, operand
from tangra.api.numpy_common import (
    F64,
    FALSE,
    NONE,
    TRUE,
    axes_arg,
    bad_shape,
    bad_value,
    common,
    ew,
    flat,
    inexact,
    is_none,
    items_arg,
    move,
    part,
    reshape,
    root_of_squares,
    shape_text,
    size_as,
    static_bool,
    static_int,
    static_str,
    strong,
    supported,
    transpose,
    unsupported,
    where_,
)
from tangra.api.numpy_products import contract, product
from tangra.api.numpy_reductions import restored
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const, TupleValue
from tangra.ir import ArrayType, DType, Value
from tangra.shapes import Size, broadcast_shapes, dmax, dmin, known_eq, known_le

SINGULAR = "Singular matrix"
NOT_POSITIVE = "Matrix is not positive definite"


def _result_class(name: str, fields: str) -> type:
    """NumPy's own NamedTuple of a factorisation's results."""
    found = getattr(np.linalg._linalg, name, None)
    return found if isinstance(found, type) else namedtuple(name, fields)


EIGH, QR, SVD, SLOGDET = (
    _result_class("EighResult", "eigenvalues eigenvectors"),
    _result_class("QRResult", "Q R"),
    _result_class("SVDResult", "U S Vh"),
    _result_class("SlogdetResult", "sign logabsdet"),
)


def matrices(ctx: Context, a: AbstractValue, name: str, square: bool = True) -> Value:
    """A stack of float matrices."""
    value = ctx.array(a)
    value = cast(ctx, value, inexact(value.dtype))
    if value.array.rank < 2:
        bad_shape(ctx, f"{name}: {value.array.rank}-dimensional array given; it must be at least two-dimensional")
    if square:
        m, n = value.shape[-2:]
        if known_eq(m, n, ctx.facts) is False:
            bad_shape(
                ctx, f"{name}: the last two dimensions of the array must be square, not {shape_text(value.shape)}"
            )
        if m != n:
            size = ctx.require_equal(m, n, f"{name}, rows and columns")
            value = reshape(ctx, value, (*value.shape[:-2], size, size))
    return value


def multiple(ctx: Context, op: str, *operands: Value, **attrs: Any) -> list[Value]:
    """All results of an op."""
    return ctx.b.emit(op, operands, attrs).results


def require_ok(ctx: Context, ok: Value, message: str) -> None:
    """LinAlgError unless every matrix had a result."""
    good = ctx.b("reduce_and", ok, axes=tuple(range(ok.array.rank))) if ok.shape else ok
    ctx.fail_if(ctx.b("not", good), "LinAlgError", message)


# ---- solving
# -------------------------------------------------------------------------------------------------------------


@function(np.linalg.solve)
def solve(ctx: Context, a: AbstractValue, b: AbstractValue) -> AbstractValue:
    """`np.linalg.solve(a, b)`: b a vector (1-D) or a stack of matrices; LinAlgError for a singular a."""
    left, right = matrices(ctx, a, "np.linalg.solve"), ctx.array(b)
    dtype = inexact(strong(ctx, a, b))
    left, right = cast(ctx, left, dtype), cast(ctx, right, dtype)
    if not right.shape:
        bad_shape(ctx, "np.linalg.solve: the right side is 0-dimensional")
    vector = right.array.rank == 1
    if vector:
        right = reshape(ctx, right, (*right.shape, 1))
    rows = right.shape[-2]
    if known_eq(rows, left.shape[-1], ctx.facts) is False:
        bad_shape(ctx, f"np.linalg.solve: a matrix of {left.shape[-1]} columns with a right side of {rows} rows")
    if rows != left.shape[-1]:
        ctx.require_equal(left.shape[-1], rows, "np.linalg.solve, rows")
    lead = broadcast_shapes(left.shape[:-2], right.shape[:-2], facts=ctx.facts, undecided=ctx.require_equal)
    left = broadcast_to(ctx, left, (*lead, *left.shape[-2:]))
    right = broadcast_to(ctx, right, (*lead, left.shape[-1], right.shape[-1]))
    x, ok = multiple(ctx, "solve", left, right)
    require_ok(ctx, ok, SINGULAR)
    return ctx.new_array(reshape(ctx, x, x.shape[:-1]) if vector else x)


@function(np.linalg.inv)
def inv(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.linalg.inv(a)`."""
    result, ok = multiple(ctx, "inverse", matrices(ctx, a, "np.linalg.inv"))
    require_ok(ctx, ok, SINGULAR)
    return ctx.new_array(result)


@function(np.linalg.det)
def det(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.linalg.det(a)`."""
    return ctx.result(ctx.b("det", matrices(ctx, a, "np.linalg.det")))


@function(np.linalg.slogdet)
def slogdet(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.linalg.slogdet(a)`: (sign, logabsdet)."""
    sign, log = multiple(ctx, "slogdet", matrices(ctx, a, "np.linalg.slogdet"))
    return TupleValue((ctx.result(sign), ctx.result(log)), SLOGDET)


@function(np.linalg.cholesky)
def cholesky(ctx: Context, a: AbstractValue, /, *, upper: AbstractValue = FALSE) -> AbstractValue:
    """`np.linalg.cholesky(a, upper=)`: reads the lower triangle (the upper one with `upper`)."""
    value, high = matrices(ctx, a, "np.linalg.cholesky"), static_bool(ctx, upper, "upper")
    result, ok = multiple(ctx, "cholesky", _adjoint(ctx, value) if high else value)
    require_ok(ctx, ok, NOT_POSITIVE)
    return ctx.new_array(_adjoint(ctx, result) if high else result)


def _adjoint(ctx: Context, value: Value) -> Value:
    rank = value.array.rank
    return transpose(ctx, value, (*range(rank - 2), rank - 1, rank - 2))


# ---- factorisations
# --------------------------------------------------------------------------------------------------------


def _symmetric(ctx: Context, a: AbstractValue, uplo: AbstractValue, name: str) -> Value:
    value = matrices(ctx, a, name)
    return _adjoint(ctx, value) if static_str(ctx, uplo, "UPLO", ("L", "U", "l", "u")) in "Uu" else value


@function(np.linalg.eigh)
def eigh(ctx: Context, a: AbstractValue, UPLO: AbstractValue = Const("L")) -> AbstractValue:
    """`np.linalg.eigh(a)`: (eigenvalues, eigenvectors) of a symmetric matrix."""
    values, vectors = multiple(ctx, "eigh", _symmetric(ctx, a, UPLO, "np.linalg.eigh"))
    return TupleValue((ctx.new_array(values), ctx.new_array(vectors)), EIGH)


@function(np.linalg.eigvalsh)
def eigvalsh(ctx: Context, a: AbstractValue, UPLO: AbstractValue = Const("L")) -> AbstractValue:
    """`np.linalg.eigvalsh(a)`."""
    return ctx.new_array(multiple(ctx, "eigh", _symmetric(ctx, a, UPLO, "np.linalg.eigvalsh"))[0])


@function(np.linalg.qr)
def qr(ctx: Context, a: AbstractValue, mode: AbstractValue = Const("reduced")) -> AbstractValue:
    """`np.linalg.qr(a)`: reduced; 'complete' of matrices with at most as many rows as columns; 'r'."""
    value = matrices(ctx, a, "np.linalg.qr", square=False)
    word = static_str(ctx, mode, "mode", ("reduced", "complete", "r", "raw"))
    if word == "raw" or (word == "complete" and known_le(value.shape[-2], value.shape[-1], ctx.facts) is not True):
        unsupported(ctx, f"np.linalg.qr with mode {word!r}", "use mode='reduced'")
    q, r = multiple(ctx, "qr", value)
    return ctx.new_array(r) if word == "r" else TupleValue((ctx.new_array(q), ctx.new_array(r)), QR)


@function(np.linalg.svd)
def svd(
    ctx: Context,
    a: AbstractValue,
    full_matrices: AbstractValue = TRUE,
    compute_uv: AbstractValue = TRUE,
    hermitian: AbstractValue = FALSE,
) -> AbstractValue:
    """`np.linalg.svd(a, full_matrices=False)`; full matrices where a is square; only the values with
    compute_uv=False."""
    value = matrices(ctx, a, "np.linalg.svd", square=False)
    if static_bool(ctx, hermitian, "hermitian"):
        unsupported(ctx, "np.linalg.svd with hermitian=True", "leave it out")
    if not static_bool(ctx, compute_uv, "compute_uv"):
        return ctx.new_array(singular_values(ctx, value))
    same = known_eq(value.shape[-2], value.shape[-1], ctx.facts)
    if static_bool(ctx, full_matrices, "full_matrices") and not same:
        unsupported(
            ctx, "np.linalg.svd with full_matrices=True of a matrix that is not square", "pass full_matrices=False"
        )
    return TupleValue(tuple(ctx.new_array(r) for r in multiple(ctx, "svd", value)), SVD)


def singular_values(ctx: Context, value: Value) -> Value:
    """Singular values, descending."""
    return multiple(ctx, "svd", value)[1]


@function(np.linalg.svdvals)
def svdvals(ctx: Context, x: AbstractValue, /) -> AbstractValue:
    """`np.linalg.svdvals(x)`."""
    return ctx.new_array(singular_values(ctx, matrices(ctx, x, "np.linalg.svdvals", square=False)))


def _cutoff(ctx: Context, s: Value, rcond: Value) -> Value:
    """The largest singular value times rcond, as an axis of size 1 behind."""
    top = ctx.b("reduce_max", s, axes=(s.array.rank - 1,))
    return ew(ctx, "mul", reshape(ctx, top, (*top.shape, 1)), rcond)


@function(np.linalg.pinv)
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
    u, s, vt = multiple(ctx, "svd", value)
    large = ew(ctx, "gt", s, _cutoff(ctx, s, tolerance))
    inverse = where_(ctx, large, ew(ctx, "div", ctx.b.filled(1, s.array), where_(ctx, large, s, 1)), 0)
    scaled = ew(ctx, "mul", reshape(ctx, inverse, (*inverse.shape, 1)), _adjoint(ctx, u))
    return ctx.new_array(product(ctx, _adjoint(ctx, vt), scaled))


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
    from tangra.ir import I64

    value = ctx.array(A)
    if value.array.rank < 2:
        nonzero = ctx.b("ne", value, ctx.b.zeros(value.array))
        some = ctx.b("reduce_or", nonzero, axes=tuple(range(value.array.rank))) if value.shape else nonzero
        return ctx.result(cast(ctx, some, I64))
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


@function(np.linalg.cond)
def cond(ctx: Context, x: AbstractValue, p: AbstractValue = NONE) -> AbstractValue:
    """`np.linalg.cond(x, p)`: ratio of extreme singular values, or norm(x) * norm(inv(x))."""
    order = ctx.static(p, "p")
    value = matrices(ctx, x, "np.linalg.cond", square=order not in (None, 2, -2))
    if order in (None, 2, -2):
        s = singular_values(ctx, value)
        ends = [part(ctx, s, s.array.rank - 1, k, None) for k in (0, s.shape[-1] - 1)]
        return ctx.result(ew(ctx, "div", *(ends if order != -2 else ends[::-1])))
    inverse = multiple(ctx, "inverse", value)[0]
    axes = (value.array.rank - 2, value.array.rank - 1)
    ratio = ew(ctx, "mul", matrix_norm(ctx, value, order, axes), matrix_norm(ctx, inverse, order, axes))
    unknown = ctx.b("reduce_or", ctx.b("isnan", value), axes=axes)
    singular = ew(ctx, "and", ctx.b("isnan", ratio), ctx.b("not", unknown))
    return ctx.result(where_(ctx, singular, np.inf, ratio))


@function(np.linalg.lstsq)
def lstsq(ctx: Context, a: AbstractValue, b: AbstractValue, rcond: AbstractValue = NONE) -> AbstractValue:
    """`np.linalg.lstsq(a, b)` of a matrix with at least as many rows as columns and full rank (checked at run time):
    (solution, squared residuals, rank, singular values)."""
    left = matrices(ctx, a, "np.linalg.lstsq", square=False)
    dtype = inexact(strong(ctx, a, b))
    left, right = cast(ctx, left, dtype), cast(ctx, ctx.array(b), dtype)
    if left.array.rank != 2 or right.array.rank not in (1, 2):
        bad_shape(ctx, "np.linalg.lstsq takes a matrix and a vector or matrix")
    if known_le(left.shape[1], left.shape[0], ctx.facts) is not True:
        unsupported(
            ctx, "np.linalg.lstsq of a matrix that may have more columns than rows", "use np.linalg.pinv(a) @ b"
        )
    rows, columns = left.shape
    u, s, vt = multiple(ctx, "svd", left)
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
    weights = product(ctx, _adjoint(ctx, u), columns_of)
    weights = ew(ctx, "div", weights, reshape(ctx, s, (*s.shape, 1)))
    x = product(ctx, _adjoint(ctx, vt), weights)
    gap = ew(ctx, "sub", columns_of, product(ctx, left, x))
    squares = ctx.b("reduce_sum", ctx.b("mul", gap, gap), axes=(0,))
    if known_eq(rows, columns, ctx.facts):
        squares = ctx.b("empty", dtype=dtype, shape=(0,))
    elif not known_le(columns + 1, rows, ctx.facts):
        unsupported(ctx, "np.linalg.lstsq of a matrix that may be square", "use np.linalg.solve or np.linalg.pinv")
    x = reshape(ctx, x, x.shape[:-1]) if vector else x
    rank = ctx.size_value(dmin(rows, columns))
    from tangra.api.numpy_creation import to_kind
    from tangra.ir import I32

    return TupleValue((ctx.new_array(x), ctx.new_array(squares), to_kind(ctx, rank, I32), ctx.new_array(s)))


# ---- powers and chains
# ---------------------------------------------------------------------------------------------------


@function(np.linalg.matrix_power)
def matrix_power(ctx: Context, a: AbstractValue, n: AbstractValue) -> AbstractValue:
    """`np.linalg.matrix_power(a, n)` for a constant n, by squaring; negative n through the inverse."""
    power = static_int(ctx, n, "n")
    value = ctx.array(a)
    if power < 0 or value.dtype.name == "bool":
        value = matrices(ctx, a, "np.linalg.matrix_power")
    square = value.array.rank >= 2 and known_eq(value.shape[-1], value.shape[-2], ctx.facts) is not False
    if not square:
        bad_shape(ctx, "np.linalg.matrix_power: the last two dimensions of the array must be square")
    if power < 0:
        value, ok = multiple(ctx, "inverse", value)
        require_ok(ctx, ok, SINGULAR)
    if power == 0:
        return ctx.new_array(broadcast_to(ctx, identity(ctx, value.shape[-1], value.dtype), value.shape))
    result, rest = None, abs(power)
    while rest:
        if rest & 1:
            result = value if result is None else product(ctx, result, value)
        rest >>= 1
        value = product(ctx, value, value) if rest else value
    assert result is not None
    return ctx.new_array(result)


def identity(ctx: Context, n: Size, dtype: DType) -> Value:
    """The identity matrix."""
    from tangra.api.numpy_common import grid

    return cast(ctx, ctx.b("eq", grid(ctx, (n, n), 0), grid(ctx, (n, n), 1)), dtype)


@function(np.linalg.multi_dot)
def multi_dot(ctx: Context, arrays: AbstractValue, *, out: AbstractValue = NONE) -> AbstractValue:
    """`np.linalg.multi_dot(arrays)`: from the left (NumPy chooses the cheapest order)."""
    from tangra.api.numpy_common import return_value

    items = items_arg(ctx, arrays, "the argument of np.linalg.multi_dot")
    if len(items) < 2:
        bad_value(ctx, "Expecting at least two arrays.")
    dtype = strong(ctx, *items)
    values = [cast(ctx, ctx.array(i), dtype) for i in items]
    first, last = values[0].array.rank == 1, values[-1].array.rank == 1
    values[0] = reshape(ctx, values[0], (1, *values[0].shape)) if first else values[0]
    values[-1] = reshape(ctx, values[-1], (*values[-1].shape, 1)) if last else values[-1]
    result = values[0]
    for v in values[1:]:
        result = product(ctx, result, v)
    shape = tuple(d for d, gone in zip(result.shape, (first, last), strict=True) if not gone)
    return return_value(ctx, reshape(ctx, result, shape), out, "np.linalg.multi_dot")


# ---- norms
# -----------------------------------------------------------------------------------------------------------------


@function(np.linalg.norm)
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
    if isinstance(order, str):
        bad_value(ctx, f"Invalid norm order '{order}' for vectors")
    magnitude = b("abs", value)
    if order in (np.inf, -np.inf):
        return b("reduce_max" if order > 0 else "reduce_min", magnitude, **over)
    if order == 0:
        return b("reduce_sum", cast(ctx, b("ne", value, b.zeros(value.array)), value.dtype), **over)
    if order == 1:
        return b("reduce_sum", magnitude, **over)
    total = b("reduce_sum", ew(ctx, "pow", magnitude, float(order)), **over)
    return ew(ctx, "pow", total, 1.0 / float(order))


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
        return b("reduce_max" if order > 0 else "reduce_min", sums, axes=(chosen,))
    if order in (2, -2, "nuc"):
        rank = value.array.rank
        front = transpose(ctx, value, (*(k for k in range(rank) if k not in axes), row, column))
        s = singular_values(ctx, front)
        op = "reduce_sum" if order == "nuc" else "reduce_max" if order > 0 else "reduce_min"
        return b(op, s, axes=(s.array.rank - 1,))
    bad_value(ctx, f"Invalid norm order {order!r} for matrices.")


@function(np.linalg.vector_norm)
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


def _refuse(name: str, reason: str, fix: str) -> None:
    def entry(ctx: Context, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        unsupported(ctx, f"np.linalg.{name}: {reason}", fix)

    entry.__doc__ = f"`np.linalg.{name}` is refused: {reason}."
    function(getattr(np.linalg, name))(entry)


_refuse("eig", "its results may be complex", "use np.linalg.eigh for symmetric matrices")
_refuse("eigvals", "its results may be complex", "use np.linalg.eigvalsh for symmetric matrices")

__all__ = ["F64", "ArrayType", "common", "move", "supported"]
