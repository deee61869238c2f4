"""`np.linalg`: norms, solves, inverses, determinants, factorisations. All are computed in float64, as NumPy does:
what is made of float32 matrices is rounded at the end."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import broadcast_to, cast
from tangra.api.numpy_common import (
    F32,
    F64,
    FALSE,
    NONE,
    TRUE,
    bad_shape,
    bad_value,
    grid,
    inexact,
    items_arg,
    reshape,
    return_value,
    static_bool,
    static_int,
    static_str,
    strong,
    transpose,
    unsupported,
)
from tangra.api.numpy_orders import matrices_in_order
from tangra.api.numpy_products import product
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, TupleValue
from tangra.ir import DType, Value
from tangra.shapes import Size, broadcast_shapes, known_eq, known_le, shape_text

SINGULAR = "Singular matrix"
NOT_CONVERGED = "Eigenvalues did not converge"


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
            other = ctx.b("ne", ctx.b.dim(m), ctx.b.dim(n))
            ctx.fail_if(other, "LinAlgError", "Last 2 dimensions of the array must be square")
            size = ctx.require_equal(m, n, f"{name}, rows and columns")
            value = reshape(ctx, value, (*value.shape[:-2], size, size))
    return value


def multiple(ctx: Context, op: str, *operands: Value, **attrs: Any) -> list[Value]:
    """All results of an op on matrices of one dtype."""
    wide = [cast(ctx, v, F64) for v in operands]
    results = ctx.b.emit(op, wide, attrs).results
    return [cast(ctx, r, operands[0].dtype) if r.dtype == F64 else r for r in results]


def require_ok(ctx: Context, ok: Value, message: str) -> None:
    """LinAlgError unless every matrix had a result."""
    good = ctx.b("reduce_and", ok, axes=tuple(range(ok.array.rank))) if ok.shape else ok
    ctx.fail_if(ctx.b("not", good), "LinAlgError", message)


@function(np.linalg.solve)
@matrices_in_order
def solve(ctx: Context, a: AbstractValue, b: AbstractValue) -> AbstractValue:
    """`np.linalg.solve(a, b)`: b a vector (1-D) or a stack of matrices; LinAlgError for a singular a."""
    left, right = matrices(ctx, a, "np.linalg.solve"), ctx.array(b)
    dtype = F32 if left.dtype == right.dtype == F32 else F64
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
@matrices_in_order
def inv(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.linalg.inv(a)`."""
    result, ok = multiple(ctx, "inverse", matrices(ctx, a, "np.linalg.inv"))
    require_ok(ctx, ok, SINGULAR)
    return ctx.new_array(result)


@function(np.linalg.det)
@matrices_in_order
def det(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.linalg.det(a)`."""
    return ctx.result(multiple(ctx, "det", matrices(ctx, a, "np.linalg.det"))[0])


@function(np.linalg.slogdet)
@matrices_in_order
def slogdet(ctx: Context, a: AbstractValue) -> AbstractValue:
    """`np.linalg.slogdet(a)`: (sign, logabsdet)."""
    sign, log = multiple(ctx, "slogdet", matrices(ctx, a, "np.linalg.slogdet"))
    return TupleValue((ctx.result(sign), ctx.result(log)), SLOGDET)


@function(np.linalg.cholesky)
@matrices_in_order
def cholesky(ctx: Context, a: AbstractValue, /, *, upper: AbstractValue = FALSE) -> AbstractValue:
    """`np.linalg.cholesky(a, upper=)`: reads the lower triangle (the upper one with `upper`)."""
    value, high = matrices(ctx, a, "np.linalg.cholesky"), static_bool(ctx, upper, "upper")
    result, ok = multiple(ctx, "cholesky", adjoint(ctx, value) if high else value)
    require_ok(ctx, ok, NOT_POSITIVE)
    return ctx.new_array(adjoint(ctx, result) if high else result)


def adjoint(ctx: Context, value: Value) -> Value:
    rank = value.array.rank
    return transpose(ctx, value, (*range(rank - 2), rank - 1, rank - 2))


def _symmetric(ctx: Context, a: AbstractValue, uplo: AbstractValue, name: str) -> Value:
    value = matrices(ctx, a, name)
    return adjoint(ctx, value) if static_str(ctx, uplo, "UPLO", ("L", "U", "l", "u")) in "Uu" else value


def _converging(ctx: Context, value: Value) -> Value:
    """The matrices; LAPACK does not converge where a NaN is in the lower triangle of 3 rows or more."""
    if known_le(value.shape[-1], 2, ctx.facts):
        return value
    row, column = (grid(ctx, value.shape, value.array.rank - k) for k in (2, 1))
    lost = ctx.b("and", ctx.b("isnan", value), ctx.b("ge", row, column))
    if known_le(3, value.shape[-1], ctx.facts) is not True:
        many = ctx.b("gt", ctx.b.dim(value.shape[-1]), ctx.b.int(2))
        lost = ctx.b("and", lost, ctx.b.full(many, lost.shape))
    ctx.fail_if(ctx.b("reduce_or", lost, axes=tuple(range(lost.array.rank))), "LinAlgError", NOT_CONVERGED)
    return value


@function(np.linalg.eigh)
@matrices_in_order
def eigh(ctx: Context, a: AbstractValue, UPLO: AbstractValue = Const("L")) -> AbstractValue:
    """`np.linalg.eigh(a)`: (eigenvalues, eigenvectors) of a symmetric matrix."""
    values, vectors = multiple(ctx, "eigh", _converging(ctx, _symmetric(ctx, a, UPLO, "np.linalg.eigh")))
    return TupleValue((ctx.new_array(values), ctx.new_array(vectors)), EIGH)


@function(np.linalg.eigvalsh)
@matrices_in_order
def eigvalsh(ctx: Context, a: AbstractValue, UPLO: AbstractValue = Const("L")) -> AbstractValue:
    """`np.linalg.eigvalsh(a)`."""
    return ctx.new_array(multiple(ctx, "eigh", _converging(ctx, _symmetric(ctx, a, UPLO, "np.linalg.eigvalsh")))[0])


@function(np.linalg.qr)
@matrices_in_order
def qr(ctx: Context, a: AbstractValue, mode: AbstractValue = Const("reduced")) -> AbstractValue:
    """`np.linalg.qr(a)`: reduced; 'complete' of matrices with at most as many rows as columns; 'r'."""
    value = matrices(ctx, a, "np.linalg.qr", square=False)
    word = static_str(ctx, mode, "mode", ("reduced", "complete", "r", "raw"))
    if word == "raw" or (word == "complete" and known_le(value.shape[-2], value.shape[-1], ctx.facts) is not True):
        unsupported(ctx, f"np.linalg.qr with mode {word!r}", "use mode='reduced'")
    q, r = multiple(ctx, "qr", value)
    return ctx.new_array(r) if word == "r" else TupleValue((ctx.new_array(q), ctx.new_array(r)), QR)


@function(np.linalg.svd)
@matrices_in_order
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
    return TupleValue(tuple(ctx.new_array(r) for r in factors(ctx, value)), SVD)


def factors(ctx: Context, value: Value) -> list[Value]:
    """U, S and Vh; LAPACK refuses NaN."""
    unknown = ctx.b("reduce_or", ctx.b("isnan", value), axes=tuple(range(value.array.rank)))
    ctx.fail_if(unknown, "LinAlgError", "SVD did not converge")
    return multiple(ctx, "svd", value)


def singular_values(ctx: Context, value: Value) -> Value:
    """Singular values, descending."""
    return factors(ctx, value)[1]


@function(np.linalg.svdvals)
@matrices_in_order
def svdvals(ctx: Context, x: AbstractValue, /) -> AbstractValue:
    """`np.linalg.svdvals(x)`."""
    return ctx.new_array(singular_values(ctx, matrices(ctx, x, "np.linalg.svdvals", square=False)))


@function(np.linalg.matrix_power)
@matrices_in_order
def matrix_power(ctx: Context, a: AbstractValue, n: AbstractValue) -> AbstractValue:
    """`np.linalg.matrix_power(a, n)` for a constant n, by squaring; negative n through the inverse."""
    power = static_int(ctx, n, "n")
    value = ctx.array(a)
    if power < 0:
        value = matrices(ctx, a, "np.linalg.matrix_power")
    square = value.array.rank >= 2 and known_eq(value.shape[-1], value.shape[-2], ctx.facts) is not False
    if not square:
        bad_shape(ctx, "np.linalg.matrix_power: the last two dimensions of the array must be square")
    if power < 0:
        value, ok = multiple(ctx, "inverse", value)
        require_ok(ctx, ok, SINGULAR)
    if power == 0:
        return ctx.new_array(broadcast_to(ctx, identity(ctx, value.shape[-1], value.dtype), value.shape))
    if power == 1 and isinstance(a, ArrayValue):
        return a  # itself, in NumPy
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
    return cast(ctx, ctx.b("eq", grid(ctx, (n, n), 0), grid(ctx, (n, n), 1)), dtype)


@function(np.linalg.multi_dot)
def multi_dot(ctx: Context, arrays: AbstractValue, *, out: AbstractValue = NONE) -> AbstractValue:
    """`np.linalg.multi_dot(arrays)`: from the left (NumPy chooses the cheapest order)."""
    items = items_arg(ctx, arrays, "the argument of np.linalg.multi_dot")
    if len(items) < 2:
        bad_value(ctx, "Expecting at least two arrays.")
    dtype = strong(ctx, *items)
    values = [ctx.array(i, dtype) for i in items]
    first, last = values[0].array.rank == 1, values[-1].array.rank == 1
    values[0] = reshape(ctx, values[0], (1, *values[0].shape)) if first else values[0]
    values[-1] = reshape(ctx, values[-1], (*values[-1].shape, 1)) if last else values[-1]
    result = values[0]
    for v in values[1:]:
        result = product(ctx, result, v)
    shape = tuple(d for d, gone in zip(result.shape, (first, last), strict=True) if not gone)
    return return_value(ctx, reshape(ctx, result, shape), out, "np.linalg.multi_dot")


def _refuse(name: str, reason: str, fix: str) -> None:
    def entry(ctx: Context, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        unsupported(ctx, f"np.linalg.{name}: {reason}", fix)

    entry.__doc__ = f"`np.linalg.{name}` is refused: {reason}."
    function(getattr(np.linalg, name))(entry)


_refuse("eig", "its results may be complex", "use np.linalg.eigh for symmetric matrices")


_refuse("eigvals", "its results may be complex", "use np.linalg.eigvalsh for symmetric matrices")
