"""Products: matmul, dot, inner, outer, vdot, tensordot, kron, cross, trace, and their relatives."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import broadcast, broadcast_to, cast, rank_of, shape_error
from tangra.api.numbers import by_python
from tangra.api.numpy_common import (
    BOOL,
    NONE,
    ONE,
    ZERO,
    Shape,
    axis_arg,
    bad_shape,
    bad_value,
    dtype_arg,
    ew,
    flat,
    is_none,
    move,
    no_bools,
    part,
    renamed,
    reshape,
    return_value,
    static_int,
    strong,
    transpose,
)
from tangra.api.numpy_orders import matrices_in_order, pairs_in_order, reduces_in_order
from tangra.api.numpy_reductions import accumulation_dtype
from tangra.api.numpy_shaping import diagonal, diagonal_indices
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const
from tangra.ir import I64, DType, Value
from tangra.shapes import ShapeError, broadcast_shapes, known_eq, matmul_shape, shape_text

Axes = Sequence[int]


def contract(
    ctx: Context, x: Value, y: Value, contracted: tuple[Axes, Axes], batch: tuple[Axes, Axes] = ((), ())
) -> Value:
    """`dot_general`; sizes that have to agree are required to. Products of bools are `any` of `and`."""
    target = list(y.shape)
    for i, j in (*zip(*contracted, strict=True), *zip(*batch, strict=True)):
        if x.shape[i] != y.shape[j]:
            ctx.require_equal(x.shape[i], y.shape[j], "inner size of a product")
            target[j] = x.shape[i]
    y = renamed(ctx, y, tuple(target))
    pairs = tuple(map(tuple, contracted)), tuple(map(tuple, batch))
    if x.dtype != BOOL:
        return ctx.b("dot_general", x, y, contract=pairs[0], batch=pairs[1])
    counted = ctx.b("dot_general", cast(ctx, x, I64), cast(ctx, y, I64), contract=pairs[0], batch=pairs[1])
    return cast(ctx, counted, BOOL)


def pair(ctx: Context, a: AbstractValue, b: AbstractValue, dtype: DType | None = None) -> tuple[Value, Value]:
    """Both operands in their common dtype."""
    target = dtype or strong(ctx, a, b)
    return ctx.array(a, target), ctx.array(b, target)


def product(ctx: Context, x: Value, y: Value) -> Value:
    """`x @ y` of values of one dtype: vectors lose their axis, leading axes broadcast."""
    try:
        matmul_shape(x.shape, y.shape, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)
    rx, ry = x.array.rank, y.array.rank
    if ry == 1:
        return contract(ctx, x, y, ((rx - 1,), (0,)))
    if ry == 2:
        return contract(ctx, x, y, ((rx - 1,), (0,)))
    if rx == 1:
        return contract(ctx, x, y, ((0,), (ry - 2,)))
    if rx == 2:
        rows = contract(ctx, x, y, ((1,), (ry - 2,)))
        return move(ctx, rows, 0, ry - 2)
    lead = broadcast_shapes(x.shape[:-2], y.shape[:-2], facts=ctx.facts, undecided=ctx.require_equal)
    left = broadcast_to(ctx, x, (*lead, *x.shape[-2:]))
    right = broadcast_to(ctx, y, (*lead, *y.shape[-2:]))
    axes = tuple(range(len(lead)))
    return contract(ctx, left, right, ((len(lead) + 1,), (len(lead),)), (axes, axes))


@function(np.matmul)
@matrices_in_order
def matmul(
    ctx: Context,
    x1: AbstractValue,
    x2: AbstractValue,
    /,
    out: AbstractValue = NONE,
    *,
    dtype: AbstractValue = NONE,
    casting: AbstractValue = Const("same_kind"),
    order: AbstractValue = Const("K"),
) -> AbstractValue:
    """`np.matmul(x1, x2)`, `x1 @ x2`."""
    if not rank_of(ctx, x1) or not rank_of(ctx, x2):
        bad_shape(ctx, "@ needs arrays of at least one dimension, not numbers", "use *")
    return return_value(ctx, product(ctx, *pair(ctx, x1, x2, dtype_arg(ctx, dtype))), out, "np.matmul")


@function(np.dot)
def dot(ctx: Context, a: AbstractValue, b: AbstractValue, out: AbstractValue = NONE) -> AbstractValue:
    """`np.dot(a, b)`: a's last axis with b's last but one; a product if one is a number."""
    x, y = pair(ctx, a, b)
    if not x.shape or not y.shape:
        return return_value(ctx, ew(ctx, "and" if x.dtype == BOOL else "mul", x, y), out, "np.dot", rule="equal")
    inner = y.array.rank - 2 if y.array.rank > 1 else 0
    _same_inner(ctx, x.shape, x.array.rank - 1, y.shape, inner)
    product = contract(ctx, x, y, ((x.array.rank - 1,), (inner,)))
    written = return_value(ctx, product, out, "np.dot", rule="equal")
    return written if product.shape else ctx.result(product)  # of two vectors, also with out=, a number


def _same_inner(ctx: Context, x: Shape, i: int, y: Shape, j: int) -> None:
    if known_eq(x[i], y[j], ctx.facts) is False:
        bad_shape(ctx, f"shapes {shape_text(x)} and {shape_text(y)} not aligned: {x[i]} (dim {i}) != {y[j]} (dim {j})")


@function(np.inner)
def inner(ctx: Context, a: AbstractValue, b: AbstractValue, /) -> AbstractValue:
    """`np.inner(a, b)`: over the last axes."""
    x, y = pair(ctx, a, b)
    if not x.shape or not y.shape:
        return ctx.result(ew(ctx, "and" if x.dtype == BOOL else "mul", x, y))
    i, j = x.array.rank - 1, y.array.rank - 1
    _same_inner(ctx, x.shape, i, y.shape, j)
    return ctx.result(contract(ctx, x, y, ((i,), (j,))))


@function(np.vdot)
def vdot(ctx: Context, a: AbstractValue, b: AbstractValue, /) -> AbstractValue:
    """`np.vdot(a, b)`: of the flattened arrays."""
    x, y = (flat(ctx, v) for v in pair(ctx, a, b))
    _same_inner(ctx, x.shape, 0, y.shape, 0)
    return ctx.result(contract(ctx, x, y, ((0,), (0,))))


@function(np.outer)
def outer(ctx: Context, a: AbstractValue, b: AbstractValue, out: AbstractValue = NONE) -> AbstractValue:
    """`np.outer(a, b)`: of the flattened arrays."""
    x, y = (flat(ctx, v) for v in pair(ctx, a, b))
    x = reshape(ctx, x, (x.shape[0], 1))
    return return_value(ctx, ew(ctx, "and" if x.dtype == BOOL else "mul", x, y), out, "np.outer", True)


@function(np.linalg.outer)
def linalg_outer(ctx: Context, x1: AbstractValue, x2: AbstractValue, /) -> AbstractValue:
    """`np.linalg.outer` of two vectors."""
    if rank_of(ctx, x1) != 1 or rank_of(ctx, x2) != 1:
        bad_shape(ctx, "np.linalg.outer takes two vectors", "use np.outer")
    return outer(ctx, x1, x2)


@function(np.tensordot, np.linalg.tensordot)
def tensordot(ctx: Context, a: AbstractValue, b: AbstractValue, axes: AbstractValue = Const(2)) -> AbstractValue:
    """`np.tensordot(a, b, axes)`: always an array."""
    x, y = pair(ctx, a, b)
    asked = ctx.static(axes, "axes")
    if isinstance(asked, (int, np.integer)):
        count = int(asked)
        left, right = list(range(x.array.rank - count, x.array.rank)), list(range(count))
    else:
        left, right = by_python(ctx, lambda: [[operator.index(i) for i in np.ravel(side)] for side in asked])
    if len(left) != len(right):
        bad_shape(ctx, "shape-mismatch for sum: np.tensordot needs as many axes of a as of b")
    if any(not -x.array.rank <= i < x.array.rank for i in left) or any(
        not -y.array.rank <= j < y.array.rank for j in right
    ):
        bad_value(ctx, f"np.tensordot: axes {asked!r} are out of range")
    pairs = [i % x.array.rank for i in left], [j % y.array.rank for j in right]
    if any(len(set(side)) < len(side) for side in pairs):
        bad_value(ctx, "duplicate axes are not allowed in tensordot")
    for i, j in zip(*pairs, strict=True):
        _same_inner(ctx, x.shape, i, y.shape, j)
    result = contract(ctx, x, y, (pairs[0], pairs[1]))
    return ctx.new_array(result if left else totalled(ctx, result))


def totalled(ctx: Context, value: Value) -> Value:
    """Products as sums of one, which begin with 0.0: -0.0 becomes that."""
    return ew(ctx, "add", value, 0.0) if value.dtype.is_float else value


@function(np.kron)
def kron(ctx: Context, a: AbstractValue, b: AbstractValue) -> AbstractValue:
    """`np.kron(a, b)`."""
    x, y = pair(ctx, a, b)
    rank = max(x.array.rank, y.array.rank)
    xs = (1,) * (rank - x.array.rank) + x.shape
    ys = (1,) * (rank - y.array.rank) + y.shape
    left = reshape(ctx, x, tuple(d for n in xs for d in (n, 1)))
    right = reshape(ctx, y, tuple(d for n in ys for d in (1, n)))
    value = ew(ctx, "and" if x.dtype == BOOL else "mul", left, right)
    result = reshape(ctx, value, tuple(n * m for n, m in zip(xs, ys, strict=True)))
    return ctx.new_array(result) if rank else ctx.result(result)


PLANE_VECTORS = tuple(map(int, np.__version__.split(".")[:2])) < (2, 5)
"""Whether `np.cross` takes vectors of two components, which NumPy 2.5 refuses."""
NOT_THREE = "Both input arrays must be (arrays of) 3-dimensional vectors, but they are {} and {} dimensional instead."


def _cross(
    ctx: Context, a: AbstractValue, b: AbstractValue, places: tuple[AbstractValue, AbstractValue, AbstractValue]
) -> AbstractValue:
    x, y = pair(ctx, a, b)
    no_bools(ctx, x.dtype)
    x = move(ctx, x, axis_arg(ctx, places[0], x.array.rank), x.array.rank - 1)
    y = move(ctx, y, axis_arg(ctx, places[1], y.array.rank), y.array.rank - 1)
    if x.shape[-1] not in (2, 3) or y.shape[-1] not in (2, 3):
        bad_shape(ctx, "incompatible dimensions for cross product (dimension must be 2 or 3)")
    if not PLANE_VECTORS and (x.shape[-1], y.shape[-1]) != (3, 3):
        bad_shape(ctx, NOT_THREE.format(x.shape[-1], y.shape[-1]))
    xs = [part(ctx, x, x.array.rank - 1, k, None) for k in range(x.shape[-1])]
    ys = [part(ctx, y, y.array.rank - 1, k, None) for k in range(y.shape[-1])]

    def minor(i: int, j: int) -> Value:
        """x_i y_j - x_j y_i, where missing components are 0."""
        terms = [(xs[k], ys[m]) for k, m in ((i, j), (j, i)) if k < len(xs) and m < len(ys)]
        products = [ew(ctx, "mul", u, v) for u, v in terms]
        if len(products) == 2:
            return ew(ctx, "sub", *products)
        first = i < len(xs) and j < len(ys)
        return products[0] if first else ctx.b("neg", products[0])

    if len(xs) == len(ys) == 2:
        return ctx.new_array(minor(0, 1))
    parts = broadcast(ctx, [minor(1, 2), minor(2, 0), minor(0, 1)])
    rank = parts[0].array.rank
    value = ctx.b("concat", *(reshape(ctx, p, (*p.shape, 1)) for p in parts), axis=rank)
    return ctx.new_array(move(ctx, value, rank, axis_arg(ctx, places[2], rank + 1)))


@function(np.cross)
def cross(
    ctx: Context,
    a: AbstractValue,
    b: AbstractValue,
    axisa: AbstractValue = Const(-1),
    axisb: AbstractValue = Const(-1),
    axisc: AbstractValue = Const(-1),
    axis: AbstractValue = NONE,
) -> AbstractValue:
    """`np.cross(a, b)` of vectors of 2 or 3 components along the given axes."""
    return _cross(ctx, a, b, (axisa, axisb, axisc) if is_none(axis) else (axis, axis, axis))


@function(np.linalg.cross)
def linalg_cross(
    ctx: Context, x1: AbstractValue, x2: AbstractValue, /, *, axis: AbstractValue = Const(-1)
) -> AbstractValue:
    """`np.linalg.cross(x1, x2, axis=)`."""
    sizes = [ctx.type_of(x).shape[axis_arg(ctx, axis, rank_of(ctx, x))] for x in (x1, x2)]
    if any(known_eq(n, 3, ctx.facts) is False for n in sizes):
        bad_shape(ctx, NOT_THREE.format(*sizes))
    return _cross(ctx, x1, x2, (axis, axis, axis))


@function(np.trace)
@reduces_in_order
def trace(
    ctx: Context,
    a: AbstractValue,
    offset: AbstractValue = ZERO,
    axis1: AbstractValue = ZERO,
    axis2: AbstractValue = ONE,
    dtype: AbstractValue = NONE,
    out: AbstractValue = NONE,
) -> AbstractValue:
    """`np.trace(a, offset, axis1, axis2)`: summed in NumPy's accumulation dtype."""
    value = ctx.array(a)
    rank = value.array.rank
    if rank < 2:
        bad_shape(ctx, "np.trace requires an array of at least two dimensions")
    i, j = axis_arg(ctx, axis1, rank, "axis1"), axis_arg(ctx, axis2, rank, "axis2")
    if i == j:
        bad_value(ctx, "np.trace: axis1 and axis2 cannot be the same")
    front = transpose(ctx, value, (i, j, *(k for k in range(rank) if k not in (i, j))))
    places = diagonal_indices(ctx, front.shape[0], front.shape[1], static_int(ctx, offset, "offset"))
    line = ctx.b("gather", front, *places)
    target = dtype_arg(ctx, dtype) or accumulation_dtype(ctx, np.add, value.dtype, out)
    return return_value(ctx, ctx.b("reduce_sum", cast(ctx, line, target), axes=(0,)), out, "np.trace")


@function(np.linalg.trace)
def linalg_trace(
    ctx: Context, x: AbstractValue, /, *, offset: AbstractValue = ZERO, dtype: AbstractValue = NONE
) -> AbstractValue:
    """`np.linalg.trace(x)`: over the last two axes."""
    return trace(ctx, x, offset, Const(-2), Const(-1), dtype)


@function(np.linalg.diagonal)
def linalg_diagonal(ctx: Context, x: AbstractValue, /, *, offset: AbstractValue = ZERO) -> AbstractValue:
    """`np.linalg.diagonal(x)`: over the last two axes."""
    return diagonal(ctx, x, offset, Const(-2), Const(-1))


@function(np.linalg.matmul)
@matrices_in_order
def linalg_matmul(ctx: Context, x1: AbstractValue, x2: AbstractValue, /) -> AbstractValue:
    """`np.linalg.matmul(x1, x2)`."""
    return matmul(ctx, x1, x2)


@pairs_in_order
def _vecdot(ctx: Context, x1: AbstractValue, x2: AbstractValue, /, *, axis: AbstractValue = Const(-1)) -> AbstractValue:
    """`np.vecdot(x1, x2, axis=)`: products summed along an axis, the others broadcast."""
    x, y = pair(ctx, x1, x2)
    x = move(ctx, x, axis_arg(ctx, axis, x.array.rank), x.array.rank - 1)
    y = move(ctx, y, axis_arg(ctx, axis, y.array.rank), y.array.rank - 1)
    if x.array.rank == y.array.rank == 1:
        return ctx.result(contract(ctx, x, y, ((0,), (0,))))
    _same_inner(ctx, x.shape, x.array.rank - 1, y.shape, y.array.rank - 1)
    ctx.require_equal(x.shape[-1], y.shape[-1], "np.vecdot, size of the vectors")
    terms = ew(ctx, "mul", x, y)
    return ctx.result(ctx.b("reduce_sum", terms, axes=(terms.array.rank - 1,)))


def _matvec(ctx: Context, x1: AbstractValue, x2: AbstractValue, /) -> AbstractValue:
    """`np.matvec(x1, x2)`: matrices times vectors, leading axes broadcast."""
    x, y = pair(ctx, x1, x2)
    column = reshape(ctx, y, (*y.shape, 1))
    result = product(ctx, x, column)
    return ctx.result(reshape(ctx, result, result.shape[:-1]))


def _vecmat(ctx: Context, x1: AbstractValue, x2: AbstractValue, /) -> AbstractValue:
    """`np.vecmat(x1, x2)`: vectors times matrices, leading axes broadcast."""
    x, y = pair(ctx, x1, x2)
    result = product(ctx, reshape(ctx, x, (*x.shape[:-1], 1, x.shape[-1])), y)
    return ctx.result(reshape(ctx, result, (*result.shape[:-2], result.shape[-1])))


for _name, _entry in (("vecdot", _vecdot), ("matvec", _matvec), ("vecmat", _vecmat)):
    if hasattr(np, _name):
        function(getattr(np, _name))(_entry)
function(np.linalg.vecdot)(_vecdot)
