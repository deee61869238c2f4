"""Writers of factorisations and solves: LAPACK for each matrix of the batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from tangra.ir import I32, DType, Op
from tangra.native import emit_small_matrices, lapack, nests, parallel, scalars
from tangra.native.emitter import Emitter, op_writer
from tangra.native.lapack import Info, call, column_major, integer, leading
from tangra.native.llvm_types import literal, register_type
from tangra.native.text import Operand
from tangra.native.values import Array, Index, Indexed, Memo, Scalar, Splat, Strided
from tangra.shapes import Size, dmax, dmin

Body = Callable[[list[Strided], list[Strided]], None]
"""Writes the work on one matrix: given the operands' and the results' parts of the batch."""
BLOCK = 64
"""LAPACK's block size, for the sizes of work arrays."""


def per_matrix(em: Emitter, op: Op, body: Body, cores: tuple[int, ...]) -> None:
    """Write `body` for each index of the batch and define the results; `cores` are the results' ranks per matrix.

    Matrices are shared out to threads: memory that `body` works in is claimed within it, so that each has its own.
    """
    sources = [em.strided(v) for v in op.operands]
    targets = [em.allocate(v.dtype, v.shape, v) for v in op.results]
    batch = op.operands[0].shape[:-2]

    def one(index: Index, memo: Memo) -> None:
        body([lapack.matrix(em, s, index) for s in sources], [lapack.matrix(em, t, index) for t in targets])

    rows, columns = op.operands[0].shape[-2:]
    work = parallel.product(em, 1, [rows, columns, rows])
    nests.visit(em, batch, one, 1000, range(len(batch)), work)
    for v, target, core in zip(op.results, targets, cores, strict=True):
        assert len(v.shape) == len(batch) + core
        if v.shape:
            em.define(v, target)
        else:
            em.define(v, Scalar(v.dtype, em.load(target, target.offset)))


def _store_flag(em: Emitter, target: Strided, value: Operand) -> None:
    em.store(target, target.offset, value)


def _spoil_unless(em: Emitter, ok: str, target: Strided) -> None:
    """Fill `target` with NaN where `ok` is false."""
    code = em.code
    bad, after = code.name("singular"), code.name("solved")
    code.branch(ok, after, bad)
    code.start(bad)
    em.assign(target, Splat(target.dtype, target.shape, literal(math.nan, target.dtype)))
    code.fall_into(after)


def _transposed(x: Strided) -> Strided:
    return Strided(x.buffer, x.dtype, x.shape[::-1], x.strides[::-1], x.offset)


def _triangle(em: Emitter, x: Array, keep_lower: bool) -> Array:
    """`x` with zeros beyond the diagonal on the other side."""
    type, nil = register_type(x.dtype), literal(0, x.dtype)

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        inside = em.code.ins(f"icmp {'sge' if keep_lower else 'sle'} i64 {index[0]}, {index[1]}")
        return em.code.ins(f"select i1 {inside}, {type} {x.element(em, index, memo)}, {type} {nil}")

    return Indexed(x.dtype, x.shape, element)


@op_writer("cholesky")
def _cholesky(em: Emitter, op: Op) -> None:
    """The row-major lower triangle is Fortran's upper one of the transpose; a = U^T U there is L L^T here."""
    n, dtype = op.operands[0].shape[-1], op.operands[0].dtype

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        info = Info(em)
        em.assign(targets[0], _triangle(em, sources[0], True))
        call(em, dtype, "potrf", ["U", integer(em.size(n)), targets[0], leading(em, n), info.memory])
        ok = info.succeeded()
        _spoil_unless(em, ok, targets[0])
        _store_flag(em, targets[1], ok)

    per_matrix(em, op, body, (2, 0))


@dataclass(frozen=True)
class _Factors:
    """LU factors of a matrix: in column-major `memory`, which `view` is the matrix of; row exchanges; the status."""

    memory: Strided
    view: Strided
    pivots: Strided
    info: Info


def _factorised(em: Emitter, source: Strided) -> _Factors:
    """LU factors of a matrix as it is: the transpose has others, and which one of two such matrices has a pivot that is
    exactly 0, so that it counts as singular, is a matter of rounding."""
    n, info = source.shape[-1], Info(em)
    pivots, (memory, view) = em.allocate(I32, (n,)), column_major(em, source.dtype, n, n)
    em.assign(view, source)
    size, ld = integer(em.size(n)), leading(em, n)
    call(em, source.dtype, "getrf", [size, size, memory, ld, pivots, info.memory])
    return _Factors(memory, view, pivots, info)


@op_writer("solve")
def _solve(em: Emitter, op: Op) -> None:
    n, columns = op.operands[1].shape[-2:]
    dtype = op.operands[0].dtype

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        memory, view = column_major(em, dtype, n, columns)
        em.assign(view, sources[1])
        f = _factorised(em, sources[0])
        ok = f.info.succeeded()
        size, width, ld = integer(em.size(n)), integer(em.size(columns)), leading(em, n)
        ignored = Info(em)
        call(em, dtype, "getrs", ["N", size, width, f.memory, ld, f.pivots, memory, ld, ignored.memory])
        em.assign(targets[0], view)
        _spoil_unless(em, ok, targets[0])
        _store_flag(em, targets[1], ok)

    per_matrix(em, op, body, (2, 0))


@op_writer("inverse")
def _inverse(em: Emitter, op: Op) -> None:
    n, dtype = op.operands[0].shape[-1], op.operands[0].dtype
    if n == 2:
        per_matrix(em, op, lambda sources, targets: _small_inverse(em, sources, targets), (2, 0))
        return

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        f, work = _factorised(em, sources[0]), em.allocate(dtype, (n * BLOCK + 1,))
        ok = f.info.succeeded()
        size, ld, length = integer(em.size(n)), leading(em, n), integer(em.size(n * BLOCK + 1))
        call(em, dtype, "getri", [size, f.memory, ld, f.pivots, work, length, f.info.memory])
        em.assign(targets[0], f.view)
        _spoil_unless(em, ok, targets[0])
        _store_flag(em, targets[1], ok)

    per_matrix(em, op, body, (2, 0))


def _small_inverse(em: Emitter, sources: list[Strided], targets: list[Strided]) -> None:
    ok = emit_small_matrices.write_inverse(em, sources[0], targets[0])
    _spoil_unless(em, ok, targets[0])
    _store_flag(em, targets[1], ok)


def _pivot_sign(em: Emitter, pivots: Strided, n: Size, dtype: DType) -> str:
    """1 or -1: the sign of the permutation."""
    code, type = em.code, register_type(dtype)

    def step(i: str, now: list[str]) -> list[str]:
        pivot = code.ins(f"sext i32 {pivots.element(em, (i,), {})} to i64")
        moved = code.ins(f"icmp ne i64 {pivot}, {code.add(i, 1)}")
        flipped = code.ins(f"fneg {type} {now[0]}")
        return [code.ins(f"select i1 {moved}, {type} {flipped}, {type} {now[0]}")]

    return code.counted(em.size(n), [(type, str(literal(1, dtype)))], step)[0]


@op_writer("det", "slogdet")
def _determinant(em: Emitter, op: Op) -> None:
    n, dtype = op.operands[0].shape[-1], op.operands[0].dtype
    type, code = register_type(dtype), em.code
    if n == 2 and op.name == "det":
        per_matrix(em, op, lambda s, t: em.store(t[0], t[0].offset, emit_small_matrices.write_det(em, s[0])), (0,))
        return

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        f = _factorised(em, sources[0])
        sign = _pivot_sign(em, f.pivots, n, dtype)

        def product(i: str, now: list[str]) -> list[str]:
            return [code.ins(f"fmul {type} {now[0]}, {f.memory.element(em, (i, i), {})}")]

        def logarithm(i: str, now: list[str]) -> list[str]:
            d = f.memory.element(em, (i, i), {})
            size = scalars.write(em, "log", dtype, [scalars.write(em, "abs", dtype, [d])])
            signed = code.ins(f"fmul {type} {now[0]}, {scalars.write(em, 'sign', dtype, [d])}")
            return [signed, code.ins(f"fadd {type} {now[1]}, {size}")]

        start, step = [(type, sign)], product
        if op.name == "slogdet":
            start, step = [*start, (type, str(literal(0, dtype)))], logarithm
        total = code.counted(em.size(n), start, step)
        for target, value in zip(targets, total, strict=True):
            em.store(target, target.offset, value)

    per_matrix(em, op, body, (0,) * len(op.results))


@op_writer("lu")
def _lu(em: Emitter, op: Op) -> None:
    n, dtype, code = op.operands[0].shape[-1], op.operands[0].dtype, em.code

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        f = _factorised(em, sources[0])
        em.assign(targets[0], f.view)
        order = targets[1]

        def start(i: str, _: list[str]) -> list[str]:
            em.store(order, order.place(em, (i,)), i)
            return []

        def swap(i: str, _: list[str]) -> list[str]:
            pivot = code.ins(f"sext i32 {f.pivots.element(em, (i,), {})} to i64")
            here, there = order.place(em, (i,)), order.place(em, (code.sub(pivot, 1),))
            first, second = em.load(order, here), em.load(order, there)
            em.store(order, here, second)
            em.store(order, there, first)
            return []

        code.counted(em.size(n), [], start)
        code.counted(em.size(n), [], swap)
        em.store(targets[2], targets[2].offset, _pivot_sign(em, f.pivots, n, dtype))

    per_matrix(em, op, body, (2, 1, 0))


@op_writer("triangular_solve")
def _triangular_solve(em: Emitter, op: Op) -> None:
    """op(A) X = B row-major is X' op(A)' = B' to Fortran, with A' the memory of A and its triangles exchanged."""
    n, columns = op.operands[1].shape[-2:]
    lower, trans, unit = (op.attrs[k] for k in ("lower", "trans", "unit"))
    dtype = op.operands[0].dtype
    em.contiguous(op.operands[0])

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        em.assign(targets[0], sources[1])
        flags = ["R", "U" if lower else "L", "T" if trans else "N", "U" if unit else "N"]
        sizes = [integer(em.size(columns)), integer(em.size(n)), ("f", 1.0)]
        arrays = [sources[0], leading(em, n), targets[0], leading(em, columns)]
        call(em, dtype, "trsm", [*flags, *sizes, *arrays], "blas")

    per_matrix(em, op, body, (2,))


@op_writer("eigh")
def _eigh(em: Emitter, op: Op) -> None:
    n, dtype = op.operands[0].shape[-1], op.operands[0].dtype
    length, ilength = 1 + 6 * n + 2 * n * n, 3 + 5 * n

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        info, work, iwork = Info(em), em.allocate(dtype, (length,)), em.allocate(I32, (ilength,))
        memory, view = column_major(em, dtype, n, n)
        em.assign(view, sources[0])
        size, ld = integer(em.size(n)), leading(em, n)
        lengths = (integer(em.size(length)), integer(em.size(ilength)))
        args = ["V", "L", size, memory, ld, targets[0], work, lengths[0], iwork, lengths[1], info.memory]
        call(em, dtype, "syevd", args)
        em.assign(targets[1], view)

    per_matrix(em, op, body, (1, 2))


@op_writer("qr")
def _qr(em: Emitter, op: Op) -> None:
    m, n = op.operands[0].shape[-2:]
    k, dtype = dmin(m, n), op.operands[0].dtype
    length = dmax(m, n) * BLOCK + 1

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        info, work, tau = Info(em), em.allocate(dtype, (length,)), em.allocate(dtype, (k,))
        memory, view = column_major(em, dtype, m, n)
        em.assign(view, sources[0])
        rows, columns, few = (integer(em.size(s)) for s in (m, n, k))
        ld, words = leading(em, m), integer(em.size(length))
        call(em, dtype, "geqrf", [rows, columns, memory, ld, tau, work, words, info.memory])
        top = Strided(view.buffer, dtype, (k, n), view.strides, view.offset)
        em.assign(targets[1], _triangle(em, top, False))
        call(em, dtype, "orgqr", [rows, few, few, memory, ld, tau, work, words, info.memory])
        em.assign(targets[0], Strided(view.buffer, dtype, (m, k), view.strides, view.offset))

    per_matrix(em, op, body, (2, 2))


@op_writer("svd")
def _svd(em: Emitter, op: Op) -> None:
    m, n = op.operands[0].shape[-2:]
    k, dtype = dmin(m, n), op.operands[0].dtype
    length = 4 * k * k + 7 * k + dmax(m, n) + BLOCK * (m + n) + 1

    def body(sources: list[Strided], targets: list[Strided]) -> None:
        info, work, iwork = Info(em), em.allocate(dtype, (length,)), em.allocate(I32, (8 * k + 1,))
        memory, view = column_major(em, dtype, m, n)
        u, u_view = column_major(em, dtype, m, k)
        vt, vt_view = column_major(em, dtype, k, n)
        em.assign(view, sources[0])
        sizes = [integer(em.size(m)), integer(em.size(n))]
        places = [memory, leading(em, m), targets[1], u, leading(em, m), vt, leading(em, k)]
        call(em, dtype, "gesdd", ["S", *sizes, *places, work, integer(em.size(length)), iwork, info.memory])
        em.assign(targets[0], u_view)
        em.assign(targets[2], vt_view)

    per_matrix(em, op, body, (2, 1, 2))
