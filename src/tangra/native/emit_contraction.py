"""`dot_general`: inlined where it is small, loops for matrix times vector, BLAS for matrix times matrix."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tangra.ir import DType, Op, Value
from tangra.native import nests, parallel, register_blocks, scalars
from tangra.native.blas import Gemm, Layout, at_least
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import literal, register_type
from tangra.native.text import Operand
from tangra.native.values import Array, Elementwise, Index, Indexed, Memo, Scalar, Splat, Strided
from tangra.shapes import Size, prod

ROWS = 4
"""Rows of a matrix that are added to a result at a time, so that it is read and written less often."""
NARROW = 4
"""Matrices with fewer columns are multiplied by plain loops."""
PRODUCTS = 4
"""Products in a unit of work of a vendor kernel."""
FEWEST_MATRICES = 4
"""Products of a batch that are shared out; fewer are left to the threads of the vendor's kernel."""
INLINE_PRODUCTS = 512
"""Products of static sizes with at most this many multiplications are loops of ours, else BLAS."""
DEFERRED_TERMS = 8
"""Larger products whose elements are sums of at most this many terms are part of the loop that reads them: BLAS would
take longer to arrange its operands than the work takes."""


@dataclass(frozen=True)
class _Roles:
    """The axes of one operand by role."""

    batch: tuple[int, ...]
    free: tuple[int, ...]
    contract: tuple[int, ...]

    def index(self, batch: Index, free: Index, contract: Index) -> list[Operand]:
        """The operand's index where its axes of each role have these indices."""
        pairs = [*zip(self.batch, batch, strict=True), *zip(self.free, free, strict=True)]
        pairs += zip(self.contract, contract, strict=True)
        return [i for _, i in sorted(pairs, key=lambda pair: pair[0])]


def _roles(rank: int, batch: tuple[int, ...], contract: tuple[int, ...]) -> _Roles:
    free = tuple(k for k in range(rank) if k not in batch and k not in contract)
    return _Roles(tuple(batch), free, tuple(contract))


@op_writer("dot_general")
def _dot_general(em: Emitter, op: Op) -> None:
    x, y = op.operands
    (cx, cy), (bx, by) = op.attrs["contract"], op.attrs["batch"]
    rx, ry = _roles(len(x.shape), bx, cx), _roles(len(y.shape), by, cy)
    inner = tuple(x.shape[k] for k in rx.contract)
    if not op.result.shape:
        product = _aligned_product(em, em.array(x), em.array(y), rx, ry, inner)
        start = [(register_type(x.dtype), str(literal(0, x.dtype)))]
        total = nests.visit_carrying(
            em, inner, start, lambda i, now, m: [_sum(em, x.dtype, now[0], product.element(em, i, m))], product.weight
        )
        em.define(op.result, Scalar(x.dtype, total[0]))
        return
    left = em.array(x) if not ry.free or not x.shape else em.strided(x)
    right = em.array(y) if not rx.free or not y.shape else em.strided(y)
    work = prod(op.result.shape) * prod(inner)
    small = isinstance(work, int) and work <= INLINE_PRODUCTS
    blocks = x.dtype.kind == "f" and _fills_registers(op, rx, ry)
    if not inner or (_count(inner) <= DEFERRED_TERMS and not small and not (blocks and rx.batch)):
        _deferred(em, op, left, right, rx, ry, inner)
        return
    matrices = isinstance(left, Strided) and isinstance(right, Strided) and rx.free and ry.free
    target = em.allocate(x.dtype, op.result.shape, op.result)
    if matrices and blocks:
        assert isinstance(left, Strided)
        assert isinstance(right, Strided)
        _in_registers(em, target, left, right, rx, ry)
    elif matrices and not small and x.dtype.kind == "f":
        assert isinstance(left, Strided)
        assert isinstance(right, Strided)
        _blas(em, target, left, right, rx, ry)
    else:
        _loops(em, target, left, right, rx, ry, inner)
    em.define(op.result, target)


def _sum(em: Emitter, dtype: DType, total: Operand, term: Operand) -> str:
    if dtype.kind == "f":
        return em.code.ins(f"fadd {em.fast_sum}{register_type(dtype)} {total}, {term}")
    return str(scalars.write(em, "add", dtype, [total, term]))


def _aligned_product(em: Emitter, x: Array, y: Array, rx: _Roles, ry: _Roles, inner: tuple[Size, ...]) -> Elementwise:
    """The elementwise product over the contracted axes of two operands that have no others."""

    def view(source: Array, roles: _Roles) -> Array:
        if roles.contract == tuple(range(len(inner))):
            return source
        return Indexed(source.dtype, inner, lambda em, i, m: source.element(em, roles.index((), (), i), m), [source])

    dtype = x.dtype
    return Elementwise(dtype, inner, lambda em, xs: scalars.write(em, "mul", dtype, xs), [view(x, rx), view(y, ry)])


def _deferred(em: Emitter, op: Op, x: Array, y: Array, rx: _Roles, ry: _Roles, inner: tuple[Size, ...]) -> None:
    """Every element of the result is a sum of few products, or one product, written where it is read."""
    dtype, lead, rows = x.dtype, len(rx.batch), len(rx.free)
    terms = list(itertools.product(*(range(int(n)) for n in inner if isinstance(n, int))))

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        batch, left, right = index[:lead], index[lead : lead + rows], index[lead + rows :]
        total: Operand | None = None
        for k in terms:
            factors = [x.element(em, rx.index(batch, left, k), memo), y.element(em, ry.index(batch, right, k), memo)]
            term = scalars.write(em, "mul", dtype, factors)
            total = term if total is None else _sum(em, dtype, total, term)
        return literal(0, dtype) if total is None else total

    result = Indexed(dtype, op.result.shape, element, [x, y])
    result.weight *= max(len(terms), 1)
    em.keep(op, result)


def _loops(em: Emitter, target: Strided, x: Array, y: Array, rx: _Roles, ry: _Roles, inner: tuple[Size, ...]) -> None:
    """Rows of y times elements of x are added up in the result where y's last axis is free, so that memory is read in
    order; else every element of the result is a sum in a register."""
    lead, rows, dtype = len(rx.batch), len(rx.free), x.dtype
    last_free = bool(ry.free) and ry.free[-1] == len(y.shape) - 1
    small = nests.unrolls(target.shape, 2 * _count(inner))
    if small or not last_free:

        def whole(index: Index, memo: Memo) -> None:
            batch, left, right = index[:lead], index[lead : lead + rows], index[lead + rows :]
            start = [(register_type(dtype), str(literal(0, dtype)))]

            def step(k: Index, now: list[str], m: Memo) -> list[str]:
                a = x.element(em, rx.index(batch, left, k), m)
                b = y.element(em, ry.index(batch, right, k), m)
                return [_sum(em, dtype, now[0], scalars.write(em, "mul", dtype, [a, b]))]

            value = nests.visit_carrying(em, inner, start, step, 2)[0]
            em.store(target, target.place(em, index), value)

        apart, work = range(len(target.shape)), parallel.product(em, 2, inner)
        nests.visit(em, target.shape, whole, 2 * _count(inner), apart, work)
        return
    em.assign(target, Splat(dtype, target.shape, literal(0, dtype)))

    def add(index: Index, ks: list[Index]) -> None:
        batch, left = index[:lead], index[lead:]
        factors = [x.element(em, rx.index(batch, left, k), {}) for k in ks]

        def one(right: Index, memo: Memo) -> None:
            place = target.place(em, [*batch, *left, *right])
            total = em.load(target, place)
            for k, a in zip(ks, factors, strict=True):
                term = scalars.write(em, "mul", dtype, [a, y.element(em, ry.index(batch, right, k), memo)])
                total = _sum(em, dtype, total, term)
            em.store(target, place, total)

        nests.visit(em, target.shape[lead + rows :], one, 3 * len(ks))

    def rows_of(index: Index, memo: Memo) -> None:
        code, outer, last = em.code, inner[:-1], inner[-1]
        trips, rest = code.divmod_size(em.size(last), ROWS)

        def lines(k: Index, memo: Memo) -> None:
            def several(c: str, _: list[str]) -> list[str]:
                add(index, [[*k, code.add(code.mul(c, ROWS), n)] for n in range(ROWS)])
                return []

            def single(c: str, _: list[str]) -> list[str]:
                add(index, [[*k, code.add(code.mul(trips, ROWS), c)]])
                return []

            code.counted(trips, [], several)
            code.counted(rest, [], single)

        nests.visit(em, outer, lines, 1000)

    outer, rest = target.shape[: lead + rows], target.shape[lead + rows :]
    nests.visit(em, outer, rows_of, 1000, range(len(outer)), parallel.product(em, 1, [*inner, *rest]))


def _count(shape: tuple[Size, ...]) -> int:
    count = prod(shape)
    return count if isinstance(count, int) else 10**6


@dataclass(frozen=True)
class _Matrix:
    """One matrix per batch index as BLAS takes it: where it starts, whether its rows lie apart by `ld` (row-major) or
    its columns do."""

    source: Strided
    batch_strides: tuple[Operand, ...]
    transposed: bool
    ld: Operand


def _matrix(em: Emitter, x: Strided, roles: _Roles, rows: tuple[int, ...], columns: tuple[int, ...]) -> _Matrix:
    """`x` as matrices of merged `rows` by merged `columns`; copied unless it is row- or column-major."""
    batch = tuple(x.strides[k] for k in roles.batch)
    if len(rows) == 1 and len(columns) == 1:
        down, across = x.strides[rows[0]], x.strides[columns[0]]
        if across == 1:
            return _Matrix(x, batch, False, at_least(em, down, em.size(x.shape[columns[0]])))
        if down == 1:
            return _Matrix(x, batch, True, at_least(em, across, em.size(x.shape[rows[0]])))
    order, rank = (*roles.batch, *rows, *columns), len(x.shape)
    width, height = (em.size(prod(x.shape[k] for k in axes)) for axes in (columns, rows))
    if x.contiguous and order == tuple(range(rank)):
        return _Matrix(x, batch, False, width)
    if x.contiguous and (*roles.batch, *columns, *rows) == tuple(range(rank)):
        return _Matrix(x, batch, True, height)
    shape = tuple(x.shape[k] for k in order)
    copy = em.copy(Strided(x.buffer, x.dtype, shape, tuple(x.strides[k] for k in order), x.offset))
    return _Matrix(copy, copy.strides[: len(batch)], False, width)


def _blas(em: Emitter, target: Strided, x: Strided, y: Strided, rx: _Roles, ry: _Roles) -> None:
    a, b = _matrix(em, x, rx, rx.free, rx.contract), _matrix(em, y, ry, ry.contract, ry.free)
    m, n = (em.size(prod(s.shape[k] for k in r.free)) for s, r in ((x, rx), (y, ry)))
    k = em.size(prod(x.shape[axis] for axis in rx.contract))
    gemm = Gemm(em, x.dtype, (m, n, k), (Layout(a.ld, a.transposed), Layout(b.ld, b.transposed)), n)
    lead = len(rx.batch)

    def product(index: Index, memo: Memo) -> None:
        out = target.place(em, [*index, *[0] * (len(target.shape) - lead)])
        gemm.write(_start(em, a, index), _start(em, b, index), em.address(target, out))

    _each(em, target.shape[:lead], product, _sizes(x, y, rx, ry))


def _each(em: Emitter, batch: tuple[Size, ...], product: Callable[[Index, Memo], None], sizes: Sequence[Size]) -> None:
    """A product of these sizes for each index of the batch."""
    work = parallel.product(em, 1, sizes)
    work = work // PRODUCTS if isinstance(work, int) else em.code.ins(f"udiv i64 {work}, {PRODUCTS}")
    count = prod(batch)
    apart = () if isinstance(count, int) and count < FEWEST_MATRICES else range(len(batch))
    nests.visit(em, batch, product, 1000, apart, work)


def _place(em: Emitter, side: _Matrix, batch: Index) -> Operand:
    """Where the matrix of one batch index starts."""
    place = side.source.offset
    for i, stride in zip(batch, side.batch_strides, strict=True):
        place = em.code.add(place, em.code.mul(i, stride))
    return place


def _start(em: Emitter, side: _Matrix, batch: Index) -> str:
    """The address of the matrix of one batch index."""
    return em.address(side.source, _place(em, side, batch))


def _sizes(x: Array | Value, y: Array | Value, rx: _Roles, ry: _Roles) -> tuple[Size, Size, Size]:
    """Rows, columns and terms of the product of matrices."""
    rows, columns = (prod(v.shape[k] for k in r.free) for v, r in ((x, rx), (y, ry)))
    return rows, columns, prod(x.shape[k] for k in rx.contract)


def _fills_registers(op: Op, rx: _Roles, ry: _Roles) -> bool:
    """Whether a product is small, and its rows are worth vectors."""
    x, y = op.operands
    sizes = _sizes(x, y, rx, ry)
    return register_blocks.fits(sizes) and isinstance(sizes[1], int) and sizes[1] >= NARROW


def _in_registers(em: Emitter, target: Strided, x: Strided, y: Strided, rx: _Roles, ry: _Roles) -> None:
    """Products written out by `register_blocks`; rows of the right factor are made contiguous."""
    a, b = _matrix(em, x, rx, rx.free, rx.contract), _matrix(em, y, ry, ry.contract, ry.free)
    rows, columns, terms = _sizes(x, y, rx, ry)
    assert isinstance(rows, int)
    assert isinstance(columns, int)
    assert isinstance(terms, int)
    if b.transposed:
        lead = tuple(y.shape[k] for k in ry.batch)
        strides = (*b.batch_strides, 1, b.ld)
        rest = (terms, columns)
        copy = em.copy(Strided(b.source.buffer, y.dtype, (*lead, *rest), strides, b.source.offset))
        b = _Matrix(copy, copy.strides[: len(lead)], False, columns)
    product = register_blocks.Product(em, x.dtype, (rows, columns, terms))
    across, down = (1, a.ld) if a.transposed else (a.ld, 1)

    def one(index: Index, memo: Memo) -> None:
        out = target.place(em, [*index, *[0] * (len(target.shape) - len(index))])
        left = register_blocks.Side(a.source, _place(em, a, index), across, down)
        right = register_blocks.Side(b.source, _place(em, b, index), b.ld, 1)
        product.write(left, right, register_blocks.Side(target, out, columns, 1))

    _each(em, target.shape[: len(rx.batch)], one, (rows, columns, terms))
