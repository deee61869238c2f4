"""Elements that lie several places apart from trip to trip of a loop: `x[2 * i - k]`.

LLVM loads such elements with a few wide loads and shuffles if it can tell that addresses don't wrap around; else, or
where the rest of the index hides that, it takes a gather, which costs as much as loading them one by one. So the
address is written in two steps: what the index is in the loop's first trip, then the distance from there, which can't
wrap: it is a small multiple of the number of trips made.
"""

from __future__ import annotations

from tangra.ir import Value
from tangra.native.frames import Frames
from tangra.native.text import Operand

STEPS = range(2, 17)
"""Distances between elements that are told apart; LLVM loads further ones one by one in any case."""
DEPTH = 8
"""How deep in sums the loop's variable is looked for."""


def moving(em: Frames, index: Value) -> tuple[Operand, Operand] | None:
    """An index as its value in the first trip of the loop being written, and how far it is from there in this one; None
    where it doesn't move by two places or more a trip."""
    frame = em.frame
    if frame.first is None:
        return None
    step = _step(em, index, DEPTH)
    if step is None or abs(step) not in STEPS:
        return None
    code = em.code
    counter = em.operand(frame.block.args[0])
    made = code.ins(f"sub nsw i64 {counter}, {frame.first}")
    return _at_first(em, index), code.ins(f"mul nsw i64 {made}, {step}")


def _constant(value: Value) -> int | None:
    made = value.defining_op
    return int(made.attrs["value"]) if made is not None and made.name == "constant" else None


def _step(em: Frames, value: Value, depth: int) -> int | None:
    """How much a value grows with the loop's variable, if that is always the same."""
    if value is em.frame.block.args[0]:
        return 1
    made = value.defining_op
    if id(value) not in em.frame.defined or (made is not None and made.name == "constant"):
        return 0
    if made is None or made.name not in ("add", "sub", "mul") or depth == 0:
        return None
    first, second = (_step(em, v, depth - 1) for v in made.operands)
    if first is None or second is None:
        return None
    if made.name == "mul":
        x, y = map(_constant, made.operands)
        return second * x if x is not None else first * y if y is not None else None
    return first + second if made.name == "add" else first - second


def _at_first(em: Frames, value: Value) -> Operand:
    """What a value of which `_step` is known is in the first trip."""
    if value is em.frame.block.args[0]:
        assert em.frame.first is not None
        return em.frame.first
    made = value.defining_op
    if made is None or id(value) not in em.frame.defined or made.name == "constant":
        return em.operand(value)
    x, y = (_at_first(em, v) for v in made.operands)
    return em.code.ins(f"{made.name} i64 {x}, {y}")
