"""`read_newest`: an element that is read after another one was written is read from the array as it is then.

Folding looks through writes for the value that is read, and ends at an older version of the array where none of them
wrote it. Then that version is still wanted after the write, which would have to be made into a copy.
"""

from __future__ import annotations

from tangra.ir import Block, Func, Op, Value
from tangra.ops.common import scalar_constant

WRITES = frozenset({"update", "accumulate"})


def read_newest(func: Func) -> bool:
    """Rewrite, in place, reads of elements behind writes of others. Returns whether there were any."""
    return _visit(func.body)


def _visit(block: Block) -> bool:
    changed = False
    written: dict[int, Op] = {}
    for op in block.ops:
        for region in op.regions:
            changed |= _visit(region)
        if op.name in WRITES:
            written[id(op.operands[0])] = op
        elif op.name == "index" and id(op.operands[0]) in written:
            newest = _newest(op, written)
            changed |= newest is not op.operands[0]
            op.operands[0] = newest
    return changed


def _newest(read: Op, written: dict[int, Op]) -> Value:
    """The latest version of the array that has the same in the places that `read` reads."""
    array, *place = read.operands
    while (write := written.get(id(array))) is not None and _apart(read, place, write, write.operands[2:]):
        array = write.result
    return array


def _apart(read: Op, place: list[Value], write: Op, other: list[Value]) -> bool:
    """Whether along some axis both name single places, a known distance apart."""
    axes = zip(place, read.attrs["sizes"], other, write.attrs["sizes"], strict=True)
    return any(mine is None and theirs is None and _distant(x, y) for x, mine, y, theirs in axes)


def _distant(x: Value, y: Value) -> bool:
    (base, offset), (other, further) = _split(x), _split(y)
    return base is other and offset != further


def _split(place: Value) -> tuple[Value | None, int]:
    """A place as another number and a constant that is added to it; None for a constant alone."""
    number = scalar_constant(place)
    if number is not None:
        return None, int(number)
    made = place.defining_op
    if made is not None and made.name in ("add", "sub"):
        x, y = made.operands
        number = scalar_constant(y)
        if number is not None:
            return x, int(number) if made.name == "add" else -int(number)
        number = scalar_constant(x)
        if number is not None and made.name == "add":
            return y, int(number)
    return place, 0
