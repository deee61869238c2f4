"""Which buffers a module's code uses, and for what: noted while marked code is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.ir import ArrayType, Op
from tangra.native.values import Buffer, Strided
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.native.storage import Storage

Line = tuple[str, int]


@dataclass
class Claim:
    """A stretch of memory of `size` bytes in 'the arena', on 'the stack' or in 'a result', and the arrays that live in
    it one after the other, with the lines that made them."""

    place: str
    size: Size
    uses: list[tuple[Line, ArrayType]] = field(default_factory=list)


@dataclass
class Ledger:
    """All claims of a module, by buffer."""

    claims: dict[int, Claim] = field(default_factory=dict)
    buffers: list[Buffer] = field(default_factory=list)

    def note(self, em: Storage, array: Strided) -> None:
        """`array` begins to live in its buffer."""
        op = em.frame.block.ops[em.frame.position]
        line = _line(op)
        if id(array.buffer) not in self.claims:
            self.buffers.append(array.buffer)
            late = any(array.buffer is result.buffer for result in em.late.values())
            place = "a result" if late else _place(array.buffer)
            self.claims[id(array.buffer)] = Claim(place, prod(array.shape) * array.dtype.itemsize)
        uses = self.claims[id(array.buffer)].uses
        use = (line, ArrayType(array.dtype, array.shape)) if line is not None else None
        if use is not None and use not in uses:
            uses.append(use)


def _line(op: Op) -> Line | None:
    return None if op.span is None else (op.span.file, op.span.line)


def _place(buffer: Buffer) -> str:
    if buffer.claimed:
        return "the arena"
    return "a result" if buffer.pointer.startswith("%res") else "the stack"
