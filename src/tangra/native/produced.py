"""Results of kernels (products of matrices, convolutions), and what is made of their elements right after.

A kernel writes its result when that is needed in memory, not where its operation stands. If by then elementwise
operations have been put on top, such as a bias and an activation, they are written behind the kernel's parts: each part
of the result is read and overwritten while it is in the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.native import nests
from tangra.native.text import Operand
from tangra.native.values import Array, Index, Memo, Produced, Strided

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter


def assign(em: Emitter, target: Strided, source: Array) -> None:
    """Write `source`, which awaits kernels, into `target`."""
    *others, last = source.awaited
    if target.buffer in source.reads or not (target.contiguous or source is not last):
        memory = em.allocate(source.dtype, source.shape)
        assign(em, memory, source)
        nests.assign(em, target, memory)
    elif source is last:
        last.write(em, target, None)
    else:
        written = {produced: em.copy(produced) for produced in others}
        same = target.contiguous and target.dtype == last.dtype
        written[last] = target if same else em.allocate(last.dtype, last.shape)
        _Finish(em, target, source, written).write(last)


class _Finish:
    """Writes `source` into `target`, of results that are in memory or will be there."""

    def __init__(self, em: Emitter, target: Strided, source: Array, written: dict[Produced, Strided]) -> None:
        self.em, self.target, self.source, self.written = em, target, source, written
        self.flat = target.flat and source.flat

    def write(self, last: Produced) -> None:
        """Let the kernel of `last` write it, and write what is made of it."""
        shape, work = self.target.shape, self.source.work + 1
        if not last.write(self.em, self.written[last], self.part):
            nests.visit(self.em, shape, self.element, self.source.weight, range(len(shape)), work)

    def part(self, low: Operand, high: Operand) -> None:
        """Write the elements of a part."""
        em, shape = self.em, self.target.shape
        if self.flat:
            step = self.target.strides[0]
            nests.counted(em, em.code.mul(high, step), [], self.at, em.code.mul(low, step))
            return

        def one(index: Index, _: list[str], memo: Memo) -> list[str]:
            self.element(index, memo)
            return []

        nests.visit_carrying(em, shape, [], one, 1, (0, low, high))

    def element(self, index: Index, memo: Memo) -> None:
        """Write the element at `index`."""
        for produced, memory in self.written.items():
            memo[produced, tuple(index)] = memory.element(self.em, index, memo)
        value = self.source.element(self.em, index, memo)
        self.em.store(self.target, self.target.place(self.em, index), value)

    def at(self, place: str, _: list[str]) -> list[str]:
        """The same by the place in row-major order."""
        em, memo = self.em, Memo()
        for produced, memory in self.written.items():
            memo[produced, (place,)] = memory.at(em, place, memo)
        value = self.source.at(em, place, memo)
        em.store(self.target, em.code.add(self.target.offset, place), value)
        return []
