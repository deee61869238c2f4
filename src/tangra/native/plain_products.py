"""Products by plain loops: of a matrix and a vector, small ones, and those of integers.

Memory is read in order. Where neighbours of a matrix differ in a free axis, its rows times elements of the other
operand are added up in the result; where they are terms of one sum, elements of the result are sums in registers, and
some rows are summed up together, so that the other operand is read less often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tangra.ir import DType, Value
from tangra.native import loop_order, nests, parallel, register_blocks, scalars
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import literal, register_type
from tangra.native.regions import Chunk
from tangra.native.text import Operand
from tangra.native.values import Array, Index, Memo, Splat, Strided
from tangra.shapes import Size, prod

ROWS = (8, 4, 1)
"""Rows of a matrix that are summed up together, while there are as many. More than four at a time keep more reads of
memory under way."""
ADDED_ROWS = (6, 4, 2, 1)
"""Rows that are added together to a result, which is read and written less often. Eight and the result would not fit
into the places that the first cache has for addresses so many bytes apart; of a matrix in memory that is no loss."""
IN_MEMORY = 1 << 24
"""Bytes of a matrix that is in memory, not in a cache."""
FEWEST_COLUMNS = 1024
"""Columns of a matrix that a thread takes at least, so that it still reads stretches of memory."""


@dataclass(frozen=True)
class Roles:
    """The axes of one operand by role."""

    batch: tuple[int, ...]
    free: tuple[int, ...]
    contract: tuple[int, ...]

    @staticmethod
    def of(rank: int, batch: tuple[int, ...], contract: tuple[int, ...]) -> Roles:
        free = tuple(k for k in range(rank) if k not in batch and k not in contract)
        return Roles(tuple(batch), free, tuple(contract))

    def index(self, batch: Index, free: Index, contract: Index) -> list[Operand]:
        """The operand's index where its axes of each role have these indices."""
        pairs = [*zip(self.batch, batch, strict=True), *zip(self.free, free, strict=True)]
        pairs += zip(self.contract, contract, strict=True)
        return [i for _, i in sorted(pairs, key=lambda pair: pair[0])]


def add(em: Emitter, dtype: DType, total: Operand, term: Operand) -> str:
    """A total with one more term, in any order."""
    if dtype.kind == "f":
        return em.code.ins(f"fadd {em.fast_sum}{register_type(dtype)} {total}, {term}")
    return str(scalars.write(em, "add", dtype, [total, term]))


def is_vector(x: Array | Value, roles: Roles) -> bool:
    """Whether all free axes of an operand have one element."""
    return all(x.shape[k] == 1 for k in roles.free)


def count(shape: Sequence[Size]) -> int:
    """The number of elements, or a large one where that is not known."""
    found = prod(shape)
    return found if isinstance(found, int) else 10**6


def write(em: Emitter, target: Strided, x: Array, y: Array, rx: Roles, ry: Roles, inner: tuple[Size, ...]) -> None:
    """Write the product of x and y: (batch, free axes of x, free axes of y)."""
    lead, rows = len(rx.batch), len(rx.free)
    if nests.unrolls(target.shape, 2 * count(inner)):
        _sums(em, target, x, y, rx, ry, inner)
    elif _neighbours_free(y, ry):
        _rows(em, target, x, y, rx, ry, inner)
    elif _neighbours_free(x, rx) and is_vector(y, ry):
        order = (*range(lead), *range(lead + rows, len(target.shape)), *range(lead, lead + rows))
        _rows(em, loop_order.permuted_view(target, order), y, x, ry, rx, inner)
    else:
        _sums(em, target, x, y, rx, ry, inner)


def _neighbours_free(x: Array, roles: Roles) -> bool:
    """Whether neighbours in memory differ in the last free axis."""
    axes = [k for k in loop_order.best_order(x) if x.shape[k] != 1]
    return bool(axes) and bool(roles.free) and axes[-1] == roles.free[-1]


def _sums(em: Emitter, target: Strided, x: Array, y: Array, rx: Roles, ry: Roles, inner: tuple[Size, ...]) -> None:
    """Every element of the result is a sum in a register."""
    lead, rows, dtype = len(rx.batch), len(rx.free), target.dtype

    def elements(index: Index, along: int, together: int) -> None:
        """Elements that follow each other along an axis, from `index` on."""
        places = [[*index[:along], em.code.add(index[along], n), *index[along + 1 :]] for n in range(together)]
        start = [(register_type(dtype), str(literal(0, dtype)))] * together

        def step(k: Index, now: list[str], memo: Memo) -> list[str]:
            out = []
            for place, total in zip(places, now, strict=True):
                a = x.element(em, rx.index(place[:lead], place[lead : lead + rows], k), memo)
                b = y.element(em, ry.index(place[:lead], place[lead + rows :], k), memo)
                out.append(add(em, dtype, total, scalars.write(em, "mul", dtype, [a, b])))
            return out

        values = nests.visit_carrying(em, inner, start, step, 2 * together)
        for place, value in zip(places, values, strict=True):
            em.store(target, target.place(em, place), value)

    along = lead + rows - 1 if not is_vector(x, rx) else len(target.shape) - 1
    high = target.shape[along]
    alone = nests.unrolls(target.shape, 2 * count(inner)) or not isinstance(high, int)
    for done, trips, together in [(0, high, 1)] if alone else _stretches(high, ROWS):
        shape = (*target.shape[:along], trips, *target.shape[along + 1 :])

        def some(index: Index, memo: Memo, first: int = done, together: int = together) -> None:
            row = em.code.add(em.code.mul(index[along], together), first)
            elements([*index[:along], row, *index[along + 1 :]], along, together)

        work = parallel.product(em, 2 * together, inner)
        nests.visit(em, shape, some, 2 * together * count(inner), range(len(shape)), work)


def _stretches(high: Size, rows: Sequence[int]) -> list[tuple[int, int, int]]:
    """So many rows in stretches: the first row, how many times, and how many rows are taken together."""
    assert isinstance(high, int)
    out, done = [], 0
    for together in rows:
        if trips := (high - done) // together:
            out.append((done, trips, together))
            done += trips * together
    return out


def _row_in_registers(
    em: Emitter, target: Strided, x: Array, y: Array, rx: Roles, ry: Roles, inner: tuple[Size, ...]
) -> bool:
    """Write a product whose result is one row, if registers hold it: rows of y are read once, the result not at all."""
    if rx.batch or len(inner) != 1 or len(ry.free) != 1 or not is_vector(x, rx) or target.dtype.kind != "f":
        return False
    columns, terms, axis = y.shape[ry.free[0]], inner[0], ry.free[0]
    if not (isinstance(x, Strided) and isinstance(y, Strided) and isinstance(terms, int)) or not terms:
        return False
    if y.strides[axis] != 1 or target.strides[-1] != 1 or not register_blocks.fits_sums(target.dtype, columns):
        return False
    assert isinstance(columns, int)
    sides = (
        register_blocks.Side(x, x.offset, 0, x.strides[rx.contract[0]]),
        register_blocks.Side(y, y.offset, y.strides[ry.contract[0]], 1),
        register_blocks.Side(target, target.offset, 0, 1),
    )
    register_blocks.write(em, target.dtype, (1, columns, terms), sides)
    return True


def _rows(em: Emitter, target: Strided, x: Array, y: Array, rx: Roles, ry: Roles, inner: tuple[Size, ...]) -> None:
    """Rows of y times elements of x are added up in the result: of all its rows, or of stretches of the only one."""
    if _row_in_registers(em, target, x, y, rx, ry, inner):
        return
    dtype, lead = target.dtype, len(rx.batch)
    split = lead + len(rx.free)
    outer, right = target.shape[:split], target.shape[split:]
    size = prod([*inner, *right])
    far = isinstance(size, int) and size * dtype.itemsize >= IN_MEMORY
    together = ROWS if far else ADDED_ROWS
    em.assign(target, Splat(dtype, target.shape, literal(0, dtype)))

    def add_rows(index: Index, ks: list[Index], limits: tuple[int, str, str] | None) -> None:
        batch, left = index[:lead], index[lead:]
        factors = [x.element(em, rx.index(batch, left, k), {}) for k in ks]

        def one(columns: Index, _: list[str], memo: Memo) -> list[str]:
            place = target.place(em, [*index, *columns])
            total = em.load(target, place)
            for k, a in zip(ks, factors, strict=True):
                term = scalars.write(em, "mul", dtype, [a, y.element(em, ry.index(batch, columns, k), memo)])
                total = add(em, dtype, total, term)
            em.store(target, place, total)
            return []

        nests.visit_carrying(em, right, [], one, 3 * len(ks), limits)

    def row(index: Index, limits: tuple[int, str, str] | None = None) -> None:
        code, last = em.code, em.size(inner[-1])
        if isinstance(last, int):
            parts: list[tuple[Operand, Operand, int]] = [*_stretches(last, together)]
        else:
            trips, rest = code.divmod_size(last, together[0])
            parts = [(0, trips, together[0]), (code.mul(trips, together[0]), rest, 1)]

        def lines(k: Index, memo: Memo) -> None:
            for done, trips, rows in parts:

                def some(c: str, _: list[str], done: Operand = done, rows: int = rows) -> list[str]:
                    first = code.add(code.mul(c, rows), done)
                    add_rows(index, [[*k, code.add(first, n)] for n in range(rows)], limits)
                    return []

                code.counted(trips, [], some)

        nests.visit(em, inner[:-1], lines, 1000)

    if any(n != 1 for n in outer):
        work = parallel.product(em, 1, [*inner, *right])
        nests.visit(em, outer, lambda index, _: row(index), 1000, range(len(outer)), work)
        return
    last, index = len(right) - 1, [0] * len(outer)

    def stretch(chunk: Chunk | None) -> None:
        row(index, None if chunk is None else (last, chunk.low, chunk.high))

    work = parallel.product(em, 1, [*inner, *right[:-1]])
    columns = em.size(right[last])
    plan = parallel.plan(em, columns, work, parallel.CACHE_LINE, FEWEST_COLUMNS)
    parallel.spread(em, plan, stretch)
