"""What memory a run of compiled code takes, by place and by source line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tangra.ir import ArrayType
from tangra.native.ledger import Claim, Ledger, Line
from tangra.shapes import Size, evaluate, symbols_of


def spelled_array(type: ArrayType) -> str:
    """An array type as Python code would name it: `float64[3, n]`."""
    return f"{type.dtype.numpy}[{', '.join(map(str, type.shape))}]" if type.shape else str(type.dtype.numpy)


def known_bytes(size: Size, sizes: Mapping[str, int]) -> int | None:
    """A number of bytes for these values of size symbols; None where it has others."""
    return evaluate(size, dict(sizes)) if symbols_of(size) <= frozenset(sizes) else None


@dataclass(frozen=True)
class BufferUse:
    """An array of `type` made at `line`, in memory of `bytes` (None: known only while running) in `place`: 'the arena',
    'the stack' or 'a result'; `count` such arrays. `others`: the lines of arrays that the same memory holds before or
    after."""

    line: Line
    type: ArrayType
    bytes: int | None
    place: str
    others: tuple[Line, ...]
    count: int = 1

    def __str__(self) -> str:
        size = "bytes known at run time" if self.bytes is None else f"{self.bytes} B"
        what = f"buffers: {self.count} ×" if self.count > 1 else "buffer:"
        where = f"{'in' if self.place != 'the stack' else 'on'} {self.place}"
        numbers = sorted({number for file, number in self.others if (file, number) != self.line})
        plural = "s" if len(numbers) > 1 else ""
        shared = f", shared with line{plural} {', '.join(map(str, numbers))}" if numbers else ""
        return f"{what} {spelled_array(self.type)}, {size} {where}{shared}"


def buffer_uses(ledger: Ledger, sizes: Mapping[str, int]) -> Iterator[BufferUse]:
    """What lives in the buffers, in the order of the code."""
    found: Counter[BufferUse] = Counter()
    for claim in ledger.claims.values():
        lines = tuple(dict.fromkeys(line for line, _ in claim.uses))
        found.update(BufferUse(line, t, known_bytes(claim.size, sizes), claim.place, lines) for line, t in claim.uses)
    for use, count in found.items():
        yield replace(use, count=count)


def stack_bytes(ledger: Ledger) -> int:
    """Bytes of all arrays on the stack, whether or not they end up in registers."""
    return sum(_static(claim) for claim in ledger.claims.values() if claim.place == "the stack")


def _static(claim: Claim) -> int:
    assert isinstance(claim.size, int)
    return claim.size


@dataclass(frozen=True)
class Memory:
    """Bytes that a run takes at most: arrays of results, the arena, the stack, records on tapes."""

    results: int
    arena: int
    stack: int
    tapes: int

    @property
    def total(self) -> int:
        """All of them together."""
        return self.results + self.arena + self.stack + self.tapes

    def __str__(self) -> str:
        return (
            f"{self.total} bytes of memory at most: {self.results} of results, {self.arena} in the arena, "
            f"{self.stack} on the stack, {self.tapes} on tapes"
        )
