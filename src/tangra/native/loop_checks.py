"""Index checks in innermost counted loops, tested once in front of the loop.

An index that is the loop's variable plus a constant, or that doesn't change in the loop, is in range in all trips if it
is in the first and the last. Where that holds for all such checks of a body the loop runs without them, which lets it
be vectorised; else it runs as written, so that a failure comes in the right trip.
"""

from __future__ import annotations

from dataclasses import dataclass

from tangra.ir import Op, Value
from tangra.native.emitter import Emitter
from tangra.native.polling import is_leaf
from tangra.native.text import Operand

MAX_OFFSET = 1 << 31
"""Constants beyond this are not looked at, so that no sum here overflows."""


@dataclass(frozen=True)
class _Check:
    """An index `(i if moves else base) + offset` that must lie in [0, size)."""

    op: Op
    moves: bool
    base: Value | None
    offset: int
    size: Operand


def hoistable(em: Emitter, op: Op) -> list[_Check]:
    """The checks of the counted loop `op` that can be tested in front of it."""
    body = op.regions[0]
    if not op.attrs["counted"] or not is_leaf(body):
        return []
    free = {id(v) for v in em.liveness.free_values(body)}
    found = []
    for inner in body.ops:
        if inner.name != "check_index" or inner.operands[0].shape:
            continue
        index, size = inner.operands
        limit = _invariant(em, size, free)
        base, offset = _split(index)
        if limit is None or abs(offset) > MAX_OFFSET:
            continue
        if base is body.args[0]:
            found.append(_Check(inner, True, None, offset, limit))
        elif id(base) in free:
            found.append(_Check(inner, False, base, offset, limit))
    return found


def _invariant(em: Emitter, value: Value, free: set[int]) -> Operand | None:
    """The operand of a value that is known before the loop."""
    if id(value) in free:
        return em.operand(value)
    made = value.defining_op
    if made is not None and made.name == "constant":
        return int(made.attrs["value"])
    return em.size(made.attrs["size"]) if made is not None and made.name == "dim" else None


def _split(index: Value) -> tuple[Value, int]:
    """A value as another one plus a constant."""
    offset = 0
    while (made := index.defining_op) is not None and made.name in ("add", "sub"):
        x, y = made.operands
        number = _number(y)
        if number is None and made.name == "add":
            x, number = y, _number(x)
        if number is None:
            break
        offset += number if made.name == "add" else -number
        index = x
    return index, offset


def _number(value: Value) -> int | None:
    made = value.defining_op
    return int(made.attrs["value"]) if made is not None and made.name == "constant" else None


def all_pass(em: Emitter, checks: list[_Check], start: Operand, stop: Operand, step: int) -> str:
    """Write the test that every check passes in all trips; its i1 operand."""
    code, terms = em.code, []
    for check in checks:
        if check.moves:
            low, above = start, stop
            if step < 0:
                low, above = code.ins(f"add i64 {stop}, 1"), code.ins(f"add i64 {start}, 1")
        else:
            assert check.base is not None
            low = em.operand(check.base)
            above = code.ins(f"add i64 {low}, 1")
        terms.append(code.ins(f"icmp sge i64 {low}, {-check.offset}"))
        terms.append(code.ins(f"icmp sle i64 {above}, {code.sub(check.size, check.offset)}"))
        if not check.moves or step < 0:  # the sum may have wrapped
            terms.append(code.ins(f"icmp sle i64 {low}, {above}"))
    total = terms[0]
    for term in terms[1:]:
        total = code.ins(f"and i1 {total}, {term}")
    return total
