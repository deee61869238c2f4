"""Elements that a loop reads but doesn't change, at places that are known to exist before it, are read before it.

So what is computed from them alone is computed once and not kept for the way back, and their cotangents are numbers
that the backward loop adds to, not elements of an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tangra.ir import Block, Op, Value
from tangra.shapes import Size
from tangra.shapes.prover import known_le, known_lt
from tangra.transforms.folding import scalar_constant

if TYPE_CHECKING:
    from tangra.transforms.ranges import Ranges

MOST = 24
"""Elements of one loop: more would not stay in registers, and carrying their cotangents one by one takes longer to
compile."""


def read_early(walk: Ranges, loop: Op) -> None:
    """Move reads of elements from `loop` to where `walk` stands, which is in front of it and knows what holds there."""
    inside = {id(v) for region in loop.regions for v in _made(region)}
    found = [(block, op) for block, op in _reads(loop) if _fixed(walk, op, inside)]
    if len(found) > MOST:
        return
    for block, op in found:
        array, *starts = (walk.current(v) for v in op.operands)
        with walk.b.spanned(op.span):
            known = [scalar_constant(v) for v in starts]
            places = [v if k is None else walk.b.int(int(k)) for v, k in zip(starts, known, strict=True)]
            read = walk.b("index", array, *places, **op.attrs)
        block.ops = [each for each in block.ops if each is not op]
        walk.drop(op, [read])


def _made(block: Block) -> Iterator[Value]:
    """The values that a block and those in it define, but for constant numbers, which can be had anywhere."""
    yield from block.args
    for op in block.ops:
        if op.name != "constant" or op.result.shape:
            yield from op.results
        for region in op.regions:
            yield from _made(region)


def _reads(loop: Op) -> Iterator[tuple[Block, Op]]:
    """The reads in a loop's body, also those under a condition, and in the loops in it."""
    waiting = list(loop.regions)
    while waiting:
        block = waiting.pop()
        for op in block.ops:
            if op.name == "index":
                yield block, op
            elif op.name in ("loop", "if"):
                waiting += op.regions


def _fixed(walk: Ranges, op: Op, inside: set[int]) -> bool:
    """Whether an element is the same in every trip, and there before the first."""
    array, *starts = op.operands
    if any(n is not None for n in op.attrs["sizes"]) or any(id(v) in inside for v in op.operands):
        return False
    return all(exists(walk, walk.current(v), n) for v, n in zip(starts, array.shape, strict=True))


def exists(walk: Ranges, start: Value, length: Size) -> bool:
    """Whether an index is known to be in range where `walk` stands."""
    known = scalar_constant(start)
    place = walk.size(start) if known is None else int(known)
    return bool(known_le(0, place, walk.facts) and known_lt(place, length, walk.facts))
