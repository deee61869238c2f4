"""Matrices and index grids of known pattern: eye, diag, tri, tril, indices, meshgrid, vander, fromfunction, windows."""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import broadcast_to, cast, rank_of
from tangra.api.numpy_common import (
    F64,
    FALSE,
    I64,
    NONE,
    TRUE,
    ZERO,
    Shape,
    bad_shape,
    bad_value,
    dtype_arg,
    ew,
    flat,
    grid,
    is_none,
    order_c,
    promote_dtypes,
    ramp,
    reshape,
    shape_arg,
    size_as,
    static_bool,
    static_int,
    static_str,
)
from tangra.api.numpy_joining import joined
from tangra.api.numpy_orders import triangle_in_order
from tangra.api.numpy_refusals import BAD_ARGUMENT
from tangra.api.numpy_shaping import diagonal
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const, TupleValue
from tangra.errors import DataDependentShapeError
from tangra.ir import Value
from tangra.shapes import Size, known_le


def _offset(ctx: Context, k: AbstractValue) -> Value:
    """A diagonal's number as i64, constant or run-time."""
    return ctx.array(k, I64)


def band(ctx: Context, rows: Size, columns: Size, k: AbstractValue, op: str) -> Value:
    """The mask `column - row op k` of a matrix."""
    shape: Shape = (rows, columns)
    difference = ctx.b("sub", grid(ctx, shape, 1), grid(ctx, shape, 0))
    return ew(ctx, op, difference, _offset(ctx, k))


@function(np.eye)
def eye(
    ctx: Context,
    N: AbstractValue,
    M: AbstractValue = NONE,
    k: AbstractValue = ZERO,
    dtype: AbstractValue = NONE,
    order: AbstractValue = Const("C"),
    *,
    device: AbstractValue = NONE,
    like: AbstractValue = NONE,
) -> AbstractValue:
    """`np.eye(N, M, k, dtype)`."""
    order_c(ctx, "np.eye", order)
    rows = ctx.size(N, "N")
    columns = rows if is_none(M) else ctx.size(M, "M")
    return ctx.new_array(cast(ctx, band(ctx, rows, columns, k, "eq"), dtype_arg(ctx, dtype, F64) or F64))


@function(np.identity)
def identity(
    ctx: Context, n: AbstractValue, dtype: AbstractValue = NONE, *, like: AbstractValue = NONE
) -> AbstractValue:
    """`np.identity(n, dtype)`."""
    return eye(ctx, n, dtype=dtype)


@function(np.tri)
def tri(
    ctx: Context,
    N: AbstractValue,
    M: AbstractValue = NONE,
    k: AbstractValue = ZERO,
    dtype: AbstractValue = NONE,
    *,
    like: AbstractValue = NONE,
) -> AbstractValue:
    """`np.tri(N, M, k)`: ones at and below a diagonal."""
    rows = ctx.size(N, "N")
    columns = rows if is_none(M) else ctx.size(M, "M")
    return ctx.new_array(cast(ctx, band(ctx, rows, columns, k, "le"), dtype_arg(ctx, dtype, F64) or F64))


def _triangle(ctx: Context, m: AbstractValue, k: AbstractValue, op: str) -> AbstractValue:
    value = ctx.array(m)
    if value.array.rank == 1:
        value = broadcast_to(ctx, value, (value.shape[0], value.shape[0]))
    if value.array.rank < 2:
        bad_shape(ctx, "np.tril and np.triu take arrays of at least one dimension")
    mask = broadcast_to(ctx, band(ctx, value.shape[-2], value.shape[-1], k, op), value.shape)
    return ctx.new_array(ctx.b("select", mask, value, ctx.b.zeros(value.array)))


@function(np.tril)
@triangle_in_order
def tril(ctx: Context, m: AbstractValue, k: AbstractValue = ZERO) -> AbstractValue:
    """`np.tril(m, k)`: zero above a diagonal."""
    return _triangle(ctx, m, k, "le")


@function(np.triu)
@triangle_in_order
def triu(ctx: Context, m: AbstractValue, k: AbstractValue = ZERO) -> AbstractValue:
    """`np.triu(m, k)`: zero below a diagonal."""
    return _triangle(ctx, m, k, "ge")


@function(np.diag)
def diag(ctx: Context, v: AbstractValue, k: AbstractValue = ZERO) -> AbstractValue:
    """`np.diag(v, k)`: a matrix of a vector, or the diagonal (a read-only view) of a matrix."""
    rank = rank_of(ctx, v)
    if rank == 2:
        return diagonal(ctx, v, k)
    if rank != 1:
        bad_shape(ctx, "Input must be 1- or 2-d.")
    return ctx.new_array(diagonal_matrix(ctx, ctx.array(v), static_int(ctx, k, "k")))


def diagonal_matrix(ctx: Context, line: Value, k: int) -> Value:
    """The square matrix with `line` on its k-th diagonal and zeros elsewhere."""
    size = line.shape[0] + abs(k)
    index = ramp(ctx, line.shape[0])
    moved = ew(ctx, "add", index, abs(k)) if k else index
    places = (index, moved) if k >= 0 else (moved, index)
    return ctx.b("scatter", ctx.b.full(ctx.b.const(0, line.dtype), (size, size)), line, *places)


@function(np.diagflat)
def diagflat(ctx: Context, v: AbstractValue, k: AbstractValue = ZERO) -> AbstractValue:
    """`np.diagflat(v, k)`: of the flattened array."""
    return ctx.new_array(diagonal_matrix(ctx, flat(ctx, ctx.array(v)), static_int(ctx, k, "k")))


# ---- index arrays
# ----------------------------------------------------------------------------------------------------------


def _constant_indices(
    ctx: Context, found: tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], ...]
) -> AbstractValue:
    return TupleValue(tuple(ctx.new_array(ctx.b.const_array(i, I64)) for i in found))


def _triangle_indices(ctx: Context, n: AbstractValue, k: AbstractValue, m: AbstractValue, name: str) -> AbstractValue:
    """Index arrays of a triangle: constants where sizes are known."""
    rows = ctx.size(n, "n")
    columns = rows if is_none(m) else ctx.size(m, "m")
    if not (isinstance(rows, int) and isinstance(columns, int)):
        ctx.error(
            DataDependentShapeError,
            f"np.{name} of a size that isn't known at compile time",
            code=BAD_ARGUMENT,
            fix="use np.tril or np.triu on the matrix, a mask, or a loop; or mark the size static",
        )
    f = np.tril_indices if name == "tril_indices" else np.triu_indices
    return _constant_indices(ctx, f(rows, static_int(ctx, k, "k"), columns))


def _declare_triangle_indices(name: str) -> None:
    def entry(ctx: Context, n: AbstractValue, k: AbstractValue = ZERO, m: AbstractValue = NONE) -> AbstractValue:
        return _triangle_indices(ctx, n, k, m, name)

    def entry_from(ctx: Context, arr: AbstractValue, k: AbstractValue = ZERO) -> AbstractValue:
        shape = ctx.type_of(arr).shape
        if len(shape) != 2:
            bad_shape(ctx, "input array must be 2-d")
        return _triangle_indices(ctx, ctx.size_value(shape[0]), k, ctx.size_value(shape[1]), name)

    entry.__doc__, entry_from.__doc__ = f"`np.{name}(n, k, m)`.", f"`np.{name}_from(arr, k)`."
    function(getattr(np, name))(entry)
    function(getattr(np, f"{name}_from"))(entry_from)


_declare_triangle_indices("tril_indices")
_declare_triangle_indices("triu_indices")


@function(np.diag_indices)
def diag_indices(ctx: Context, n: AbstractValue, ndim: AbstractValue = Const(2)) -> AbstractValue:
    """`np.diag_indices(n, ndim)`: the same array `ndim` times."""
    index = ctx.new_array(ramp(ctx, ctx.size(n, "n")))
    return TupleValue((index,) * static_int(ctx, ndim, "ndim"))


@function(np.diag_indices_from)
def diag_indices_from(ctx: Context, arr: AbstractValue) -> AbstractValue:
    """`np.diag_indices_from(arr)` of an array with equal dimensions."""
    shape = ctx.type_of(arr).shape
    if len(shape) < 2:
        bad_shape(ctx, "input array must be at least 2-d")
    for d in shape[1:]:
        ctx.require_equal(shape[0], d, "np.diag_indices_from, dimensions of the array")
    return diag_indices(ctx, ctx.size_value(shape[0]), Const(len(shape)))


@function(np.indices)
def indices(
    ctx: Context, dimensions: AbstractValue, dtype: AbstractValue = NONE, sparse: AbstractValue = FALSE
) -> AbstractValue:
    """`np.indices(dimensions)`: the index along every axis, stacked; a tuple of open grids with sparse=True."""
    shape, target = shape_arg(ctx, dimensions, "dimensions"), dtype_arg(ctx, dtype, I64) or I64
    if static_bool(ctx, sparse, "sparse"):
        return TupleValue(
            tuple(ctx.new_array(_open(ctx, ramp(ctx, n, target), k, len(shape))) for k, n in enumerate(shape))
        )
    if not shape:
        return ctx.new_array(ctx.b("empty", dtype=target, shape=(0,)))
    rows = [reshape(ctx, cast(ctx, grid(ctx, shape, k), target), (1, *shape)) for k in range(len(shape))]
    return ctx.new_array(ctx.b("concat", *rows, axis=0))


def _open(ctx: Context, line: Value, axis: int, rank: int) -> Value:
    """A vector along one axis, size 1 along the others."""
    return reshape(ctx, line, tuple(line.shape[0] if k == axis else 1 for k in range(rank)))


@function(np.meshgrid)
def meshgrid(
    ctx: Context,
    *xi: AbstractValue,
    copy: AbstractValue = TRUE,
    sparse: AbstractValue = FALSE,
    indexing: AbstractValue = Const("xy"),
) -> AbstractValue:
    """`np.meshgrid(*vectors, indexing=)`: a tuple of arrays; 'xy' swaps the first two axes."""
    swapped = static_str(ctx, indexing, "indexing", ("xy", "ij")) == "xy" and len(xi) > 1
    if not static_bool(ctx, copy, "copy"):
        bad_value(ctx, "np.meshgrid with copy=False gives views that overlap", "leave copy out")
    lines = [flat(ctx, ctx.array(x)) for x in xi]
    places = list(range(len(lines)))
    if swapped:
        places[0], places[1] = 1, 0
    opened = [_open(ctx, line, at, len(lines)) for line, at in zip(lines, places, strict=True)]
    if static_bool(ctx, sparse, "sparse"):
        return TupleValue(tuple(map(ctx.new_array, opened)))
    shape = tuple(lines[places.index(k)].shape[0] for k in range(len(lines)))
    return TupleValue(tuple(ctx.new_array(broadcast_to(ctx, o, shape)) for o in opened))


@function(np.vander)
def vander(ctx: Context, x: AbstractValue, N: AbstractValue = NONE, increasing: AbstractValue = FALSE) -> AbstractValue:
    """`np.vander(x, N, increasing)`: powers by running products, as NumPy computes them."""
    line = ctx.array(x)
    if line.array.rank != 1:
        bad_shape(ctx, "x must be a one-dimensional array or sequence.")
    line = cast(ctx, line, promote_dtypes(ctx, line.dtype, I64))
    count = line.shape[0] if is_none(N) else ctx.size(N, "N")
    if known_le(1, count, ctx.facts) is not True:
        if count == 0:
            return ctx.new_array(ctx.b.full(ctx.b.const(0, line.dtype), (line.shape[0], 0)))
        ctx.fail_if(ctx.b("lt", ctx.b.dim(count), ctx.b.int(1)), "ValueError", "np.vander without columns")
    column = reshape(ctx, line, (line.shape[0], 1))
    ones = ctx.b.full(ctx.b.const(1, line.dtype), (line.shape[0], 1))
    rest = broadcast_to(ctx, column, (line.shape[0], count - 1))
    powers = ctx.b("cumprod", joined(ctx, [ones, rest], 1), axis=1, reverse=False)
    if not static_bool(ctx, increasing, "increasing"):
        starts = [ctx.b.int(0), ctx.b.dim(count - 1)]
        powers = ctx.b("index", powers, *starts, sizes=powers.shape, steps=(1, -1))
    return ctx.new_array(powers)


@function(np.fromfunction)
def fromfunction(
    ctx: Context,
    function: AbstractValue,
    shape: AbstractValue,
    *,
    dtype: AbstractValue = NONE,
    like: AbstractValue = NONE,
    **kwargs: AbstractValue,
) -> AbstractValue:
    """`np.fromfunction(f, shape, dtype=float)`: f called once with the index arrays."""
    size, target = shape_arg(ctx, shape), dtype_arg(ctx, dtype, F64) or F64
    args = [ctx.new_array(cast(ctx, grid(ctx, size, k), target)) for k in range(len(size))]
    return ctx.call(function, args, kwargs)


# ---- windows
# -----------------------------------------------------------------------------------------------------------------


def _declare_window(name: str, weights: tuple[float, ...]) -> None:
    """Windows a0 + a1 cos(pi n / (M-1)) + a2 cos(2 pi n / (M-1)) with n = 1-M, 3-M, …, M-1."""

    def entry(ctx: Context, M: AbstractValue) -> AbstractValue:
        size = ctx.size(M, "M")
        n, last = _odd_steps(ctx, size)
        angle = ew(ctx, "div", ew(ctx, "mul", n, np.pi), last)
        total = ew(ctx, "add", ew(ctx, "mul", ctx.b("cos", angle), weights[1]), weights[0])
        if len(weights) == 3:
            double = ctx.b("cos", ew(ctx, "div", ew(ctx, "mul", n, 2.0 * np.pi), last))
            total = ctx.b("add", total, ew(ctx, "mul", double, weights[2]))
        return ctx.new_array(_single_is_one(ctx, total, size))

    entry.__doc__ = f"`np.{name}(M)`."
    function(getattr(np, name))(entry)


def _odd_steps(ctx: Context, size: Size) -> tuple[Value, Value]:
    """(1-M, 3-M, …, M-1 as float, M-1 but at least 1)."""
    n = ew(ctx, "add", ew(ctx, "mul", ramp(ctx, size, F64), 2.0), size_as(ctx, 1 - size, F64))
    return n, ew(ctx, "maximum", size_as(ctx, size - 1, F64), 1.0)


def _single_is_one(ctx: Context, value: Value, size: Size) -> Value:
    """A window of one point is 1."""
    if isinstance(size, int) and size != 1:
        return value
    single = ctx.b("eq", ctx.b.dim(size), ctx.b.int(1))
    return ctx.b("select", ctx.b.full(single, value.shape), ctx.b.filled(1.0, value.array), value)


_declare_window("hanning", (0.5, 0.5))
_declare_window("hamming", (0.54, 0.46))
_declare_window("blackman", (0.42, 0.5, 0.08))


@function(np.bartlett)
def bartlett(ctx: Context, M: AbstractValue) -> AbstractValue:
    """`np.bartlett(M)`: a triangle."""
    size = ctx.size(M, "M")
    n, last = _odd_steps(ctx, size)
    ratio = ew(ctx, "div", n, last)
    below = ew(ctx, "le", n, 0.0)
    value = ctx.b("select", below, ew(ctx, "add", ratio, 1.0), ew(ctx, "add", ctx.b("neg", ratio), 1.0))
    return ctx.new_array(_single_is_one(ctx, value, size))
