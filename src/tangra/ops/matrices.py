"""Emitters on batches of matrices, for the derivative rules of linear algebra. The last two axes are the matrix."""

from __future__ import annotations

from typing import Any

from tangra.ir.builder import Builder
from tangra.ir.graph import Value
from tangra.ir.types import I64, ArrayType
from tangra.ops.common import zeros_like
from tangra.shapes import Size


def matmul(b: Builder, x: Value, y: Value) -> Value:
    """The matrix product, batch by batch."""
    rank = len(x.shape)
    lead = tuple(range(rank - 2))
    return b("dot_general", x, y, contract=((rank - 1,), (rank - 2,)), batch=(lead, lead))


def transposed(b: Builder, x: Value) -> Value:
    """Each matrix transposed."""
    rank = len(x.shape)
    return b("transpose", x, perm=(*range(rank - 2), rank - 1, rank - 2))


def first(b: Builder, name: str, *operands: Value, **attrs: Any) -> Value:
    """The first result of an op with several."""
    return b.emit(name, operands, attrs).results[0]


def _compared(b: Builder, comparison: str, x: Value) -> Value:
    """The mask row `comparison` column, in the shape of `x`."""
    rank = len(x.shape)
    row, column = (b("iota", dtype=I64, shape=x.shape, axis=k) for k in (rank - 2, rank - 1))
    return b(comparison, row, column)


def masked(b: Builder, x: Value, comparison: str) -> Value:
    """`x` where row `comparison` column holds (`ge`: lower triangle, `gt`: strictly lower), else 0."""
    return b("select", _compared(b, comparison, x), x, zeros_like(b, x))


def triangle(b: Builder, x: Value, lower: bool, strict: bool) -> Value:
    """The lower or upper triangle, with or without the diagonal."""
    comparison = ("g" if lower else "l") + ("t" if strict else "e")
    return masked(b, x, comparison)


def halved_lower(b: Builder, x: Value) -> Value:
    """The lower triangle with its diagonal halved (Murray's Phi)."""
    half = b("mul", x, b.filled(0.5, x.array))
    return b("select", _compared(b, "eq", x), half, masked(b, x, "gt"))


def symmetric_from_lower(b: Builder, x: Value) -> Value:
    """The symmetric matrix whose lower triangle is that of `x`."""
    return b("add", masked(b, x, "ge"), transposed(b, masked(b, x, "gt")))


def folded_to_lower(b: Builder, x: Value) -> Value:
    """The adjoint of `symmetric_from_lower`: what falls above the diagonal is added below it."""
    return b("add", masked(b, x, "ge"), masked(b, transposed(b, x), "gt"))


def diagonal(b: Builder, x: Value) -> Value:
    """The diagonals of square matrices."""
    return b("reduce_sum", masked(b, x, "eq"), axes=(len(x.shape) - 1,))


def per_row(b: Builder, v: Value, columns: Size) -> Value:
    """Vectors as matrices that hold entry i all along row i."""
    rank = len(v.shape)
    return b("broadcast", v, shape=(*v.shape, columns), dims=tuple(range(rank)))


def per_column(b: Builder, v: Value, rows: Size) -> Value:
    """Vectors as matrices that hold entry j all along column j."""
    rank = len(v.shape)
    return b("broadcast", v, shape=(*v.shape[:-1], rows, v.shape[-1]), dims=(*range(rank - 1), rank))


def per_matrix(b: Builder, v: Value, x: Value) -> Value:
    """One number per matrix as matrices of the shape of `x`."""
    return b("broadcast", v, shape=x.shape, dims=tuple(range(len(v.shape))))


def embedded_diagonal(b: Builder, v: Value) -> Value:
    """Square matrices with the given diagonals."""
    return masked(b, per_row(b, v, v.shape[-1]), "eq")


def identity_like(b: Builder, x: Value) -> Value:
    """The identity in the type of `x`."""
    return masked(b, b.filled(1, x.array), "eq")


def reciprocal_off_diagonal(b: Builder, x: Value) -> Value:
    """1 / x off the diagonal, 0 on it."""
    on = _compared(b, "eq", x)
    one = b.filled(1, x.array)
    return b("select", on, zeros_like(b, x), b("div", one, b("select", on, one, x)))


def row_indices(b: Builder, rows: Value) -> list[Value]:
    """Index arrays that take row `rows[..., i]` of each matrix of a batch."""
    rank = len(rows.shape)
    return [*(b("iota", dtype=I64, shape=rows.shape, axis=k) for k in range(rank - 1)), rows]


def scalar_like(b: Builder, number: float, v: Value) -> Value:
    """A constant in the type of `v`."""
    return b.filled(number, ArrayType(v.dtype, v.shape))
