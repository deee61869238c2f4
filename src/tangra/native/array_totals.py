"""Arrays that all trips of a loop add to: each chunk has its own, and they are added in the order of the chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tangra.ir import ArrayType
from tangra.native import arena, parallel, scalars
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import memory_type, zero
from tangra.native.regions import Chunk
from tangra.native.text import Operand
from tangra.native.values import Buffer, Splat, Strided
from tangra.shapes import prod

SHARE = 16
"""The work of a chunk is at least so many times that of adding up its arrays."""


def fewest_trips(em: Emitter, types: Sequence[ArrayType], work: Operand) -> Operand:
    """Trips of a chunk for which arrays of their own are worth it."""
    if not types:
        return 1
    size: Operand = 0
    for type in types:
        size = em.code.add(size, parallel.product(em, SHARE, [prod(type.shape)]))
    if isinstance(size, int) and isinstance(work, int):
        return max(-(-size // max(work, 1)), 1)
    return em.code.ins(f"udiv i64 {size}, {parallel.larger(em, work, 1)}")


@dataclass
class ArrayTotal:
    """The array that a loop carries at `position` in `holder`; `parts`: the address of those of the chunks."""

    position: int
    holder: Strided
    parts: str = ""

    def _count(self, em: Emitter) -> Operand:
        return em.size(prod(self.holder.shape))

    def claim(self, em: Emitter, chunks: Operand) -> None:
        """Claim memory for an array for each chunk."""
        em.uses_arena = True
        size = em.code.mul(em.code.mul(self._count(em), self.holder.dtype.itemsize), chunks)
        self.parts = em.code.ins(f"call ptr {arena.define_allocate(em.module)}(ptr {em.context}, i64 {size})")
        em.check_claimed(Buffer(self.parts, True, claimed=True))

    def _address(self, em: Emitter, chunk: Operand) -> str:
        place = em.code.mul(chunk, self._count(em))
        type = memory_type(self.holder.dtype)
        return em.code.ins(f"getelementptr inbounds {type}, ptr {self.parts}, i64 {place}")

    def part(self, em: Emitter, chunk: Chunk) -> Strided:
        """The chunk's array, of zeros."""
        dtype, shape = self.holder.dtype, self.holder.shape
        own = em.window(Buffer(self._address(em, chunk.number), True, pins=1), dtype, shape)
        em.assign(own, Splat(dtype, shape, zero(dtype)))
        return own

    def combine(self, em: Emitter, chunks: Operand) -> None:
        """Add the chunks' arrays to the loop's."""
        code, holder = em.code, self.holder

        def add(chunk: str, _: list[str]) -> list[str]:
            own = em.window(Buffer(self._address(em, chunk), False), holder.dtype, holder.shape)

            def one(place: str, _: list[str]) -> list[str]:
                at = code.add(holder.offset, place)
                both = [em.load(holder, at), em.load(own, place)]
                em.store(holder, at, scalars.write(em, "add", holder.dtype, both))
                return []

            code.counted(self._count(em), [], one)
            return []

        code.counted(chunks, [], add)
