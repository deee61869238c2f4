"""Forward and reverse rules of determinants, batched; they hold for singular matrices too.

Source: M. Giles, "An extended collection of matrix derivative results for forward and reverse mode automatic
differentiation" (2008); cofactors by singular values from the product rule on a = u diag(s) v^T.
"""

from __future__ import annotations

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Block, Op, Value
from tangra.ops import matrices as mat
from tangra.ops.reduction import products_of_others

Partials = list[Value | None]
Wanted = list[bool]


SINGULAR = {32: 1e-3, 64: 1e-6}
"""Below this ratio of the pivots of a matrix its cofactors are taken from singular values, by width of the dtype."""


def _rolled(b: Builder, x: Value, rows: int, columns: int) -> Value:
    """Each matrix rolled up by `rows` and left by `columns`."""
    rank = len(x.shape)
    for axis, count in ((rank - 2, rows), (rank - 1, columns)):
        parts = []
        for start, size in ((count, x.shape[axis] - count), (0, count)):
            starts = [b.int(start if k == axis else 0) for k in range(rank)]
            sizes = tuple(size if k == axis else n for k, n in enumerate(x.shape))
            parts.append(b("index", x, *starts, sizes=sizes, steps=(1,) * rank))
        x = b("concat", *parts, axis=axis)
    return x


def _small_cofactors(b: Builder, a: Value, n: int) -> Value:
    """Cofactors of matrices of size 1, 2 and 3, as polynomials."""
    if n == 1:
        return b.filled(1, a.array)
    if n == 2:
        swapped = _rolled(b, a, 1, 1)
        signs = b.const_array(np.array([[1, -1], [-1, 1]]), a.dtype)
        rank = len(a.shape)
        return b("mul", swapped, b("broadcast", signs, shape=a.shape, dims=(rank - 2, rank - 1)))
    falling = b("mul", _rolled(b, a, 1, 1), _rolled(b, a, 2, 2))
    return b("sub", falling, b("mul", _rolled(b, a, 1, 2), _rolled(b, a, 2, 1)))


def cofactors(b: Builder, op: Op) -> Value:
    """The cofactor matrices of `det`'s operand: d det / d a. They are polynomials for the smallest matrices.

    For others, where the pivots say that a is well conditioned, they are det(a) a^-T. Else, if only for one matrix of
    the batch, they are det(u v) u diag(products of the other singular values) v^T: exact for a singular a too.
    """
    a = op.operands[0]
    if a.shape[-1] in (1, 2, 3):
        return _small_cofactors(b, a, a.shape[-1])
    near_singular = _any_near_singular(b, a)
    by_singular_values, by_inverse = Block(), Block()
    with b.at(by_singular_values):
        svd = b.emit("svd", [a])
        u, s, vt = svd.results
        scaled = b("mul", u, mat.per_column(b, products_of_others(b, s, (len(s.shape) - 1,)), a.shape[-1]))
        orientation = b("stop_gradient", b("mul", b("det", u), b("det", vt)))
        b.yield_(b("mul", mat.per_matrix(b, orientation, a), mat.matmul(b, scaled, vt)))
    with b.at(by_inverse):
        inverse = mat.transposed(b, mat.first(b, "inverse", a))
        b.yield_(b("mul", mat.per_matrix(b, b("det", a), a), inverse))
    return b.emit("if", [near_singular], {}, [by_singular_values, by_inverse]).result


def _any_near_singular(b: Builder, a: Value) -> Value:
    """Whether a pivot of any matrix is not clearly larger than 0 beside the largest; NaN counts as clearly larger."""
    axis = len(a.shape) - 2
    pivots = b("abs", mat.diagonal(b, mat.first(b, "lu", a)))
    with_zero = b("pad", pivots, b.const(0, a.dtype), low=(0,) * (axis + 1), high=(*(0,) * axis, 1))
    largest = mat.per_row(b, b("reduce_max", with_zero, axes=(axis,)), pivots.shape[axis])
    small = b("le", pivots, b("mul", largest, b.filled(SINGULAR[a.dtype.bits], pivots.array)))
    return b("reduce_or", small, axes=tuple(range(axis + 1)))


def det_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """The sum of cofactors times tangents."""
    t = tangents[0]
    if t is None:
        return [None]
    rank = len(t.shape)
    return [b("reduce_sum", b("mul", cofactors(b, op), t), axes=(rank - 2, rank - 1))]


def det_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """The cofactors times the cotangent."""
    ct, a = cotangents[0], op.operands[0]
    if ct is None or not wanted[0]:
        return [None]
    return [b("mul", cofactors(b, op), mat.per_matrix(b, ct, a))]


def slogdet_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """d log|det a| = trace(a^-1 da); the sign is constant."""
    t = tangents[0]
    if t is None:
        return [None, None]
    product = mat.matmul(b, mat.first(b, "inverse", op.operands[0]), t)
    return [None, b("reduce_sum", mat.diagonal(b, product), axes=(len(t.shape) - 2,))]


def slogdet_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """ct a^-T."""
    ct, a = cotangents[1], op.operands[0]
    if ct is None or not wanted[0]:
        return [None]
    inverse = mat.transposed(b, mat.first(b, "inverse", a))
    return [b("mul", inverse, mat.per_matrix(b, ct, a))]
