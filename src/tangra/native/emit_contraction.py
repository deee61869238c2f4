"""`dot_general`: inlined where it is small, loops for matrix times vector, BLAS for matrix times matrix."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial

from tangra.ir import Op, Value
from tangra.native import narrow_products, nests, parallel, plain_products, register_blocks, scalars
from tangra.native.blas import Gemm, Layout
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import literal, register_type
from tangra.native.matrices import Matrix, address, matrix, place
from tangra.native.plain_products import Roles
from tangra.native.text import Operand
from tangra.native.values import Array, Done, Elementwise, Index, Indexed, Memo, Produced, Scalar, Strided
from tangra.shapes import Size, prod

NARROW = 4
"""Matrices with fewer columns are multiplied by plain loops."""
PRODUCTS = 4
"""Products in a unit of work of a vendor kernel."""
FEWEST_MATRICES = 4
"""Products of a batch that are shared out; fewer are left to the threads of the vendor's kernel."""
PANEL_BYTES, PANEL_ROWS, PANEL_TERMS = 1 << 19, 256, 128
"""Results of more bytes are written in panels of as many, or of so many rows, if their elements are sums of at most so
many terms and something is done with them: of more, the products alone take all the time."""
ROWS_TOGETHER = 64
"""Rows of a large product that a thread computes at a time."""
INLINE_PRODUCTS = 512
"""Products of static sizes with at most this many multiplications are loops of ours, else BLAS."""
DEFERRED_TERMS = 8
"""Larger products whose elements are sums of at most this many terms are part of the loop that reads them: BLAS would
take longer to arrange its operands than the work takes."""


@op_writer("dot_general")
def _dot_general(em: Emitter, op: Op) -> None:
    x, y = op.operands
    (cx, cy), (bx, by) = op.attrs["contract"], op.attrs["batch"]
    rx, ry = Roles.of(len(x.shape), bx, cx), Roles.of(len(y.shape), by, cy)
    inner = tuple(x.shape[k] for k in rx.contract)
    if not op.result.shape:
        product = _aligned_product(em, em.array(x), em.array(y), rx, ry, inner)
        start = [(register_type(x.dtype), str(literal(0, x.dtype)))]
        total = nests.visit_carrying(
            em,
            inner,
            start,
            lambda i, now, m: [plain_products.add(em, x.dtype, now[0], product.element(em, i, m))],
            product.weight,
        )
        em.define(op.result, Scalar(x.dtype, total[0]))
        return
    if narrow_products.write(em, op, rx, ry):
        return
    left = em.array(x) if not ry.free or not x.shape else em.strided(x)
    right = em.array(y) if not rx.free or not y.shape else em.strided(y)
    work = prod(op.result.shape) * prod(inner)
    small = isinstance(work, int) and work <= INLINE_PRODUCTS
    blocks = x.dtype.kind == "f" and _fills_registers(op, right, rx, ry)
    if not inner or (plain_products.count(inner) <= DEFERRED_TERMS and not small and not (blocks and rx.batch)):
        _deferred(em, op, left, right, rx, ry, inner)
        return
    matrices = isinstance(left, Strided) and isinstance(right, Strided)
    matrices = matrices and not plain_products.is_vector(x, rx) and not plain_products.is_vector(y, ry)
    if matrices and (blocks or (not small and x.dtype.kind == "f")):
        write = _in_registers if blocks else _blas
        em.keep(op, Produced(x.dtype, op.result.shape, partial(write, left, right, rx, ry), [left, right]))
        return
    target = em.allocate(x.dtype, op.result.shape, op.result)
    plain_products.write(em, target, left, right, rx, ry, inner)
    em.define(op.result, target)


def _aligned_product(em: Emitter, x: Array, y: Array, rx: Roles, ry: Roles, inner: tuple[Size, ...]) -> Elementwise:
    """The elementwise product over the contracted axes of two operands that have no others."""

    def view(source: Array, roles: Roles) -> Array:
        if roles.contract == tuple(range(len(inner))):
            return source
        return Indexed(source.dtype, inner, lambda em, i, m: source.element(em, roles.index((), (), i), m), [source])

    dtype = x.dtype
    return Elementwise(dtype, inner, lambda em, xs: scalars.write(em, "mul", dtype, xs), [view(x, rx), view(y, ry)])


def _deferred(em: Emitter, op: Op, x: Array, y: Array, rx: Roles, ry: Roles, inner: tuple[Size, ...]) -> None:
    """Every element of the result is a sum of few products, or one product, written where it is read."""
    dtype, lead, rows = x.dtype, len(rx.batch), len(rx.free)
    terms = list(itertools.product(*(range(int(n)) for n in inner if isinstance(n, int))))

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        batch, left, right = index[:lead], index[lead : lead + rows], index[lead + rows :]
        total: Operand | None = None
        for k in terms:
            factors = [x.element(em, rx.index(batch, left, k), memo), y.element(em, ry.index(batch, right, k), memo)]
            term = scalars.write(em, "mul", dtype, factors)
            total = term if total is None else plain_products.add(em, dtype, total, term)
        return literal(0, dtype) if total is None else total

    result = Indexed(dtype, op.result.shape, element, [x, y])
    result.weight *= max(len(terms), 1)
    em.keep(op, result)


def _blas(x: Array, y: Array, rx: Roles, ry: Roles, em: Emitter, target: Strided, done: Done | None) -> bool:
    """Products by BLAS, the rows of a large one in panels if something is `done` with them."""
    assert isinstance(x, Strided)
    assert isinstance(y, Strided)
    a, b = matrix(em, x, rx, rx.free, rx.contract), matrix(em, y, ry, ry.contract, ry.free)
    rows, columns, terms = _sizes(x, y, rx, ry)
    n, k = em.size(columns), em.size(terms)
    layouts = Layout(a.ld, a.transposed), Layout(b.ld, b.transposed)
    lead = len(rx.batch)
    panel = _panel(target, (rows, columns, terms)) if done is not None and lead == 0 and len(rx.free) == 1 else None
    if panel is not None and done is not None:
        _in_panels(em, target, (a, b), (rows, columns, terms), panel, done)
        return True
    gemm = Gemm(em, x.dtype, (em.size(rows), n, k), layouts, n)

    def product(index: Index, memo: Memo) -> None:
        out = target.place(em, [*index, *[0] * (len(target.shape) - lead)])
        gemm.write(address(em, a, index), address(em, b, index), em.address(target, out))

    return _each(em, target.shape[:lead], product, (rows, columns, terms), done)


def _panel(target: Strided, sizes: tuple[Size, Size, Size]) -> int | None:
    """Rows of a panel, of a result that doesn't fit into the cache; none where what is done to it takes no time."""
    rows, columns, terms = sizes
    if not (isinstance(rows, int) and isinstance(columns, int) and isinstance(terms, int)) or terms > PANEL_TERMS:
        return None
    length = max(PANEL_BYTES // (columns * target.dtype.itemsize), PANEL_ROWS)
    return length if rows >= 2 * length else None


def _in_panels(
    em: Emitter, target: Strided, sides: tuple[Matrix, Matrix], sizes: tuple[Size, Size, Size], panel: int, done: Done
) -> None:
    """A product in panels of so many rows, each of which is `done` at once."""
    a, b = sides
    rows, columns, terms = sizes
    assert isinstance(rows, int)
    n, k, down = em.size(columns), em.size(terms), 1 if a.transposed else a.ld
    whole, rest = divmod(rows, panel)
    for first, count, height in ((0, whole, panel), (whole * panel, min(rest, 1), rest)):

        def one(index: Operand, first: int = first, height: int = height) -> None:
            layouts = Layout(a.ld, a.transposed), Layout(b.ld, b.transposed)
            gemm = Gemm(em, target.dtype, (height, n, k), layouts, n)
            low = em.code.add(em.code.mul(index, height), first)
            left = em.address(a.source, em.code.add(a.source.offset, em.code.mul(low, down)))
            out = em.code.add(target.offset, em.code.mul(low, target.strides[0]))
            gemm.write(left, address(em, b, ()), em.address(target, out))
            done(low, em.code.add(low, height))

        if count:
            work = parallel.product(em, 1, (height, columns, terms))
            assert isinstance(work, int)
            nests.share_out(em, count, work // PRODUCTS, lambda one=one: one)  # type: ignore[misc]


def _each(
    em: Emitter,
    batch: tuple[Size, ...],
    product: Callable[[Index, Memo], None],
    sizes: Sequence[Size],
    done: Done | None,
) -> bool:
    """A product of these sizes for each index of the batch; whether all are `done`."""
    work = parallel.product(em, 1, sizes)
    work = work // PRODUCTS if isinstance(work, int) else em.code.ins(f"udiv i64 {work}, {PRODUCTS}")
    count = prod(batch)
    apart = () if isinstance(count, int) and count < FEWEST_MATRICES else range(len(batch))
    finishes = done is not None and len(batch) == 1 and bool(apart)

    def one(index: Index, memo: Memo) -> None:
        product(index, memo)
        if done is not None and finishes:
            done(index[0], em.code.add(index[0], 1))

    nests.visit(em, batch, one, 1000, apart, work)
    return finishes


def _sizes(x: Array | Value, y: Array | Value, rx: Roles, ry: Roles) -> tuple[Size, Size, Size]:
    """Rows, columns and terms of the product of matrices."""
    rows, columns = (prod(v.shape[k] for k in r.free) for v, r in ((x, rx), (y, ry)))
    return rows, columns, prod(x.shape[k] for k in rx.contract)


def _fills_registers(op: Op, right: Array, rx: Roles, ry: Roles) -> bool:
    """Whether a product is small, or its right factor stays in the cache as it lies; and its rows are worth vectors."""
    x, y = op.operands
    sizes = _sizes(x, y, rx, ry)
    if not isinstance(sizes[1], int) or sizes[1] < NARROW:
        return False
    in_order = isinstance(right, Strided) and bool(ry.free) and right.strides[ry.free[-1]] == 1
    return register_blocks.fits(sizes) or (in_order and register_blocks.fits_cache(x.dtype, sizes))


def _in_registers(x: Array, y: Array, rx: Roles, ry: Roles, em: Emitter, target: Strided, done: Done | None) -> bool:
    """Products written out by `register_blocks`; rows of the right factor are made contiguous."""
    assert isinstance(x, Strided)
    assert isinstance(y, Strided)
    a, b = matrix(em, x, rx, rx.free, rx.contract), matrix(em, y, ry, ry.contract, ry.free)
    rows, columns, terms = _sizes(x, y, rx, ry)
    assert isinstance(rows, int)
    assert isinstance(columns, int)
    assert isinstance(terms, int)
    if b.transposed:
        lead = tuple(y.shape[k] for k in ry.batch)
        strides = (*b.batch_strides, 1, b.ld)
        rest = (terms, columns)
        copy = em.copy(Strided(b.source.buffer, y.dtype, (*lead, *rest), strides, b.source.offset))
        b = Matrix(copy, copy.strides[: len(lead)], False, columns)
    across, down = (1, a.ld) if a.transposed else (a.ld, 1)

    def some(index: Index, first: Operand, count: int) -> None:
        """Rows of one product."""
        out = target.place(em, [*index, *[0] * (len(target.shape) - len(index))])
        left, to = (em.code.add(p, em.code.mul(first, s)) for p, s in ((place(em, a, index), across), (out, columns)))
        sides = (
            register_blocks.Side(a.source, left, across, down),
            register_blocks.Side(b.source, place(em, b, index), b.ld, 1),
            register_blocks.Side(target, to, columns, 1),
        )
        register_blocks.write(em, x.dtype, (count, columns, terms), sides)

    if rx.batch or register_blocks.fits((rows, columns, terms)):
        batch = target.shape[: len(rx.batch)]
        return _each(em, batch, lambda index, _: some(index, 0, rows), (rows, columns, terms), done)
    for start, count, times in register_blocks.parts(rows, ROWS_TOGETHER):

        def part(index: Operand, start: int = start, count: int = count) -> None:
            first = em.code.add(em.code.mul(index, count), start)
            some((), first, count)
            if done is not None and len(rx.free) == 1:
                done(first, em.code.add(first, count))

        work = min(count * columns * terms, parallel.LARGEST) // PRODUCTS
        nests.share_out(em, times, work, lambda part=part: part)  # type: ignore[misc]
    return len(rx.free) == 1
