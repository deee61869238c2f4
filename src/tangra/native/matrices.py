"""Arrays as the matrices that kernels take: rows of merged axes, columns of merged axes, one matrix per batch index."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.native.blas import at_least
from tangra.native.emitter import Emitter
from tangra.native.plain_products import Roles
from tangra.native.text import Operand
from tangra.native.values import Index, Strided
from tangra.shapes import prod


@dataclass(frozen=True)
class Matrix:
    """One matrix per batch index as BLAS takes it: where it starts, whether its rows lie apart by `ld` (row-major) or
    its columns do."""

    source: Strided
    batch_strides: tuple[Operand, ...]
    transposed: bool
    ld: Operand


def matrix(em: Emitter, x: Strided, roles: Roles, rows: tuple[int, ...], columns: tuple[int, ...]) -> Matrix:
    """`x` as matrices of merged `rows` by merged `columns`; copied unless it is row- or column-major."""
    batch = tuple(x.strides[k] for k in roles.batch)
    if len(rows) == 1 and len(columns) == 1:
        if _rows_apart(x, rows[0], columns[0]):
            return Matrix(x, batch, False, at_least(em, x.strides[rows[0]], em.size(x.shape[columns[0]])))
        if _rows_apart(x, columns[0], rows[0]):
            return Matrix(x, batch, True, at_least(em, x.strides[columns[0]], em.size(x.shape[rows[0]])))
    order, rank = (*roles.batch, *rows, *columns), len(x.shape)
    width, height = (em.size(prod(x.shape[k] for k in axes)) for axes in (columns, rows))
    if x.contiguous and order == tuple(range(rank)):
        return Matrix(x, batch, False, width)
    if x.contiguous and (*roles.batch, *columns, *rows) == tuple(range(rank)):
        return Matrix(x, batch, True, height)
    shape = tuple(x.shape[k] for k in order)
    copy = em.copy(Strided(x.buffer, x.dtype, shape, tuple(x.strides[k] for k in order), x.offset))
    return Matrix(copy, copy.strides[: len(batch)], False, width)


def _rows_apart(x: Strided, down: int, across: int) -> bool:
    """Whether what follows each other along the axis `down` are rows, one after the other in memory: not the last
    first, nor the same one again, nor such that share elements."""
    stride, length = x.strides[down], x.shape[across]
    if x.strides[across] != 1:
        return False
    if isinstance(stride, int) and isinstance(length, int):
        return stride >= length or x.shape[down] == 1
    return x.upward


def place(em: Emitter, side: Matrix, batch: Index) -> Operand:
    """Where the matrix of one batch index starts."""
    found = side.source.offset
    for i, stride in zip(batch, side.batch_strides, strict=True):
        found = em.code.add(found, em.code.mul(i, stride))
    return found


def address(em: Emitter, side: Matrix, batch: Index) -> str:
    """The address of the matrix of one batch index."""
    return em.address(side.source, place(em, side, batch))
