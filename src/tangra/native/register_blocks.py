"""Products of matrices of known sizes, of which one stays in the cache: tiles of the result are summed up in registers.

A tile is so many rows by so many vectors that its sums, a row of B and one element of A fit into the registers. For
each step of the sum a row of B is loaded once, and each element of A is multiplied with all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tangra.ir import DType
from tangra.native import engine
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import register_type
from tangra.native.text import Code, Operand, flatten
from tangra.native.values import Buffer, Strided

MOST_WORK = 64**3
"""Products of so many multiplications are computed here, however their operands lie."""
CACHED_SHARE = {32: 1.25, 16: 0.4}
"""And larger ones, whose right factor takes no more of the second level of cache, by the number of registers: with few
it is read more often. Others go to BLAS, which arranges its operands in memory first: that pays where they don't stay
in the cache as they lie."""
FEWEST_COLUMNS = 16
"""Of those larger ones."""
SUMS = 12
"""Vectors of sums that hide how long a multiplication takes."""
WRITTEN_OUT = 192
"""Multiplications of vectors in one tile up to which its sum is not a loop."""


@dataclass(frozen=True)
class Side:
    """A matrix: the element (i, j) lies `i * rows + j * columns` elements after `place` in the buffer of `array`.

    Where there are `strips`, so many columns as a tile has lie together, and those of the next tile `strips` elements
    further: rows that lie a power of two apart would compete for the same places in the cache.
    """

    array: Strided
    place: Operand
    rows: Operand
    columns: Operand
    strips: Operand = 0


@dataclass(frozen=True)
class _Strip:
    """Neighbouring columns from `start` on, as vectors of these widths; the strip's number."""

    start: Operand
    widths: tuple[int, ...]
    number: Operand

    def offsets(self) -> list[int]:
        """Where each vector begins, from the start."""
        return [sum(self.widths[:k]) for k in range(len(self.widths))]


def fits(sizes: Sequence[object]) -> bool:
    """Whether a product of matrices of `sizes` (rows, columns, terms) is written here."""
    total = 1
    for size in sizes:
        if not isinstance(size, int) or size == 0:
            return False
        total *= size
    return total <= MOST_WORK


def fits_cache(dtype: DType, sizes: Sequence[object]) -> bool:
    """Whether a larger product is."""
    rows, columns, terms = sizes
    if not (isinstance(rows, int) and isinstance(columns, int) and isinstance(terms, int)):
        return False
    most = CACHED_SHARE[_registers()] * engine.second_cache()
    return rows * terms > 0 and columns >= FEWEST_COLUMNS and columns * terms * dtype.itemsize <= most


FEWEST_SUMS = 8
"""Registers of sums that keep two multipliers busy: an addition takes four cycles."""


def fits_sums(dtype: DType, columns: object) -> bool:
    """Whether a row of so many columns is summed up in registers, which must be several: a sum waits for itself."""
    widest = engine.widest_vectors() // dtype.bits
    return (
        isinstance(columns, int)
        and FEWEST_SUMS * widest <= columns <= _registers() // 2 * widest
        and columns % widest == 0
    )


def parts(total: int, size: int) -> Iterator[tuple[int, int, int]]:
    """(first, size, count) of equal parts of about `size`, and of the rest."""
    each = -(-total // -(-total // size))
    whole, rest = divmod(total, each)
    yield 0, each, whole
    if rest:
        yield whole * each, rest, 1


def _registers() -> int:
    return 32 if "+avx512vl" in engine.host_features().split(",") else 16


def _lanes(em: Emitter, dtype: DType, columns: int) -> int:
    """Elements of a vector: as many as the CPU's widest has where columns fill such vectors, whatever is preferred for
    loops, since half as many instructions do then."""
    widest = engine.widest_vectors() // dtype.bits
    return widest if columns % widest == 0 else em.module.options.vector_bits // dtype.bits


class Product:
    """C = A B, or (`add`) C += A B; the rows of B and C lie in memory without gaps between elements. `row`: tiles are
    as wide as registers allow, for a single row; strips in memory are as wide as tiles of several rows."""

    def __init__(
        self, em: Emitter, dtype: DType, sizes: tuple[int, int, int], add: bool = False, row: bool = False
    ) -> None:
        self.em, self.dtype, self.adds = em, dtype, add
        self.rows, self.columns, self.terms = sizes
        lanes = _lanes(em, dtype, self.columns)
        vectors = -(-self.columns // lanes)
        most = _registers() // 2 if row else 4 if _registers() == 32 else 3
        self.lanes, self.across = lanes, -(-vectors // -(-vectors // most))
        self.high = _height(self.rows, self.across, max(1, (_registers() - self.across - 1) // self.across))

    @property
    def wide(self) -> int:
        """Columns of a strip."""
        return self.across * self.lanes

    def write(self, a: Side, b: Side, c: Side) -> None:
        """Write the product."""
        wide = self.wide
        whole, rest = divmod(self.columns, wide)
        strips = [(whole, (self.lanes,) * self.across)]
        if rest:
            strips.append((1, _widths(rest, self.lanes)))
        done = 0
        for count, widths in strips:

            def strip(index: Operand, first: int = done, widths: tuple[int, ...] = widths) -> None:
                number = self.em.code.add(index, first // wide)
                self._strip(a, b, c, _Strip(self.em.code.mul(number, wide), widths, number))

            self._repeat(count, strip)
            done += count * wide

    def _strip(self, a: Side, b: Side, c: Side, strip: _Strip) -> None:
        whole, rest = divmod(self.rows, self.high)
        self._repeat(whole, lambda i: self._tile(a, b, c, strip, self.em.code.mul(i, self.high), self.high))
        if rest:
            self._tile(a, b, c, strip, whole * self.high, rest)

    def _repeat(self, count: int, body: object) -> None:
        assert callable(body)
        if count == 1:
            body(0)
            return

        def one(index: str, _: list[str]) -> list[str]:
            body(index)
            return []

        self.em.code.counted(count, [], one)

    def _tile(self, a: Side, b: Side, c: Side, strip: _Strip, first: Operand, high: int) -> None:
        em, code = self.em, self.em.code
        types = [self._type(width) for width in strip.widths] * high
        places = [code.add(c.place, code.mul(code.add(first, i), c.rows)) for i in range(high)]
        found = [value for place in places for value in self._load_row(c, strip, place)] if self.adds else []
        start = list(zip(types, found or ["zeroinitializer"] * len(types), strict=True))

        def step(k: Operand, sums: list[str]) -> list[str]:
            row = self._load_row(b, strip, code.add(b.place, code.mul(k, b.rows)))
            out = []
            for i in range(high):
                place = code.add(a.place, code.mul(code.add(first, i), a.rows))
                element = em.load(a.array, code.add(place, code.mul(k, a.columns)))
                for j, width in enumerate(strip.widths):
                    out.append(self._multiply_add(element, row[j], sums[i * len(row) + j], width))
            return out

        sums = self._sum(len(types), start, step)
        for i, place in enumerate(places):
            for j, (offset, width) in enumerate(zip(strip.offsets(), strip.widths, strict=True)):
                address = em.address(c.array, code.add(code.add(place, strip.start), offset))
                value = sums[i * len(strip.widths) + j]
                code.do(f"store {self._type(width)} {value}, ptr {address}, align {self.dtype.itemsize}")

    def _sum(self, vectors: int, start: list[tuple[str, str]], step: object) -> list[str]:
        """The sums after all steps, which are written out or a loop of some steps at a time."""
        assert callable(step)
        sums = [value for _, value in start]
        if vectors * self.terms <= WRITTEN_OUT:
            for k in range(self.terms):
                sums = step(k, sums)
            return sums
        together = next(n for n in (4, 2, 1) if self.terms % n == 0)

        def several(index: str, now: list[str]) -> list[str]:
            base = self.em.code.mul(index, together)
            for n in range(together):
                now = step(self.em.code.add(base, n), now)
            return now

        return self.em.code.counted(self.terms // together, start, several)

    def _type(self, width: int) -> str:
        return f"<{width} x {register_type(self.dtype)}>"

    def _load_row(self, side: Side, strip: _Strip, place: Operand) -> list[str]:
        """The vectors of a strip in the row that starts at `place`."""
        em, code = self.em, self.em.code
        start = code.add(place, code.mul(strip.number, side.strips) if side.strips != 0 else strip.start)
        return [
            code.ins(
                f"load {self._type(width)}, ptr {em.address(side.array, code.add(start, offset))}, "
                f"align {self.dtype.itemsize}"
            )
            for offset, width in zip(strip.offsets(), strip.widths, strict=True)
        ]

    def _multiply_add(self, element: Operand, row: str, total: str, width: int) -> str:
        code, type = self.em.code, self._type(width)
        first = code.ins(f"insertelement {type} poison, {register_type(self.dtype)} {element}, i64 0")
        zeros = f"<{width} x i32> zeroinitializer"
        same = code.ins(f"shufflevector {type} {first}, {type} poison, {zeros}")
        name = f"llvm.fmuladd.v{width}f{self.dtype.bits}"
        self.em.module.declare(f"declare {type} @{name}({type}, {type}, {type})")
        return code.ins(f"call {type} @{name}({type} {same}, {type} {row}, {type} {total})")


def _height(rows: int, across: int, most: int) -> int:
    """Rows of a tile: about as many as there is room for, but fewer if the last tile would have too few sums."""
    high = -(-rows // -(-rows // most))
    if rows % high == 0 or rows % high * across >= SUMS:
        return high
    even = next((n for n in range(most, 0, -1) if rows % n == 0), 1)
    return even if even * across >= SUMS else high


def write(em: Emitter, dtype: DType, sizes: tuple[int, int, int], sides: tuple[Side, Side, Side]) -> None:
    """A product: in place if it is small, or how its operands lie is known only at run time; else by `call`."""
    if sizes[0] == 1 and all(side.strips == 0 for side in sides):
        Product(em, dtype, sizes, row=True).write(*sides)
        return
    known = all(isinstance(n, int) for side in sides for n in (side.rows, side.columns, side.strips))
    if known and not fits(sizes):
        call(em, dtype, sizes, sides)
    else:
        Product(em, dtype, sizes).write(*sides)


def call(
    em: Emitter, dtype: DType, sizes: tuple[int, int, int], sides: tuple[Side, Side, Side], add: bool = False
) -> None:
    """The product as a function of its own, shared by all places that need the same; strides are known."""
    steps = [(side.rows, side.columns, side.strips) for side in sides]
    parts = [dtype.name, *map(str, sizes), *(str(n) for step in steps for n in step), "add" if add else "set"]
    name = "@tg.product." + ".".join(parts)
    if not em.module.has(name):
        outer, em.code = em.code, Code()
        memory = [Strided(Buffer(f"%{letter}", True), dtype, (), ()) for letter in "abc"]
        inner = [Side(array, 0, *step) for array, step in zip(memory, steps, strict=True)]
        Product(em, dtype, sizes, add).write(*inner)
        lines = flatten(em.code.lines, [])
        em.code = outer
        head = f"define internal void {name}(ptr captures(none) %a, ptr captures(none) %b, ptr captures(none) %c)"
        em.module.define(name, "\n".join([f"{head} noinline #0 {{", "entry:", *lines, "  ret void", "}"]))
    places = ", ".join(f"ptr {em.address(side.array, side.place)}" for side in sides)
    em.code.do(f"call void {name}({places})")


def _widths(columns: int, lanes: int) -> tuple[int, ...]:
    """Vectors that make up so many columns: whole ones, then powers of two."""
    widths = [lanes] * (columns // lanes)
    rest = columns % lanes
    while rest:
        width = 1 << (rest.bit_length() - 1)
        widths.append(width)
        rest -= width
    return tuple(widths)
