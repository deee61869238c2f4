"""How many bytes a trip of a checkpointed loop keeps for its way back."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.ir import ArrayType, Block, Builder, Func, Op, TapeType, Value
from tangra.ir.graph import clone_op
from tangra.ir.mentions import symbols_of_type
from tangra.shapes import Size, prod
from tangra.transforms.checkpoint_marks import mark

DEEPEST = 20
"""Operations behind a number of trips that are followed."""


def keep_known_sizes_only(body: Block) -> None:
    """Mark the loops in a loop's body whose number of trips is found out within the trip: they keep nothing, but run
    again when the sweep gets there, so that what is kept of a trip has a size known before."""
    own = {id(v) for v in body.args} | {id(r) for op in body.walk() for r in op.results}

    def visit(block: Block) -> None:
        for op in block.ops:
            if op.name == "loop" and (op.attrs["exits"] or not all(_from_outside(v, own, 0) for v in op.operands[:3])):
                mark(op, ("recompute", 0, 0))
                continue
            for region in op.regions:
                visit(region)

    visit(body)


def _from_outside(v: Value, own: set[int], level: int) -> bool:
    """Whether a number is computed, by operations without effects, from values that are not among `own`."""
    op = v.defining_op
    if id(v) not in own:
        return True
    return (
        op is not None and plain(op) and level < DEEPEST and all(_from_outside(x, own, level + 1) for x in op.operands)
    )


def plain(op: Op) -> bool:
    """Whether an operation makes a number of numbers, so that it can be computed elsewhere."""
    if op.regions or op.defn.effect or len(op.results) != 1 or any(v.array.shape for v in (*op.operands, op.result)):
        return False
    return op.name in ("constant", "dim", "cast", "select") or op.defn.elementwise


def record_bytes(b: Builder, joint: Func, known: dict[int, Value], names: set[str]) -> Value | None:
    """The bytes that one trip of the loop in `joint` pushes on tapes, at most: computed from the values `known` of its
    parameters (by id) and the sizes `names`; None where these don't tell."""
    meter = _Meter(b, dict(known), names)
    try:
        return meter.total([op.regions[0] for op in joint.body.ops if op.name == "loop"])
    except _Unknown:
        return None


def state_bytes(b: Builder, types: list[ArrayType]) -> Value:
    """The bytes of a snapshot."""
    total: Size = 8 * (len(types) + 1)
    for type in types:
        total = total + prod(type.shape) * type.dtype.itemsize
    return b.dim(total)


class _Unknown(Exception):
    """The size of what a trip keeps depends on the trip."""


@dataclass
class _Meter:
    b: Builder
    known: dict[int, Value]
    names: set[str]

    def total(self, blocks: list[Block]) -> Value:
        """Bytes pushed by one run of each of these blocks."""
        found = self.b.int(0)
        for op in (op for block in blocks for op in block.ops):
            if op.name == "tape_push":
                found = self.b("add", found, self.record(op))
            elif any(inner.name == "tape_push" for region in op.regions for inner in region.walk()):
                inside = self.total(op.regions)
                found = self.b("add", found, self.b("mul", inside, self.trips(op)) if op.name == "loop" else inside)
        return found

    def record(self, push: Op) -> Value:
        tape = push.operands[0].type
        assert isinstance(tape, TapeType)
        size: Size = 0
        for type in tape.record:
            bytes = prod(type.shape) * type.dtype.itemsize
            size = size + ((bytes + 7) // 8 * 8 if type.shape else bytes)
        if not symbols_of_type(size) <= self.names:
            raise _Unknown
        return self.b.dim((size + 7) // 8 * 8)

    def trips(self, loop: Op) -> Value:
        if not loop.attrs["counted"]:
            raise _Unknown
        b = self.b
        start, stop, step = (self.value(v, 0) for v in loop.operands[:3])
        distance = b("floordiv", b("add", b("sub", stop, start), b("sub", step, b("sign", step))), step)
        return b("maximum", distance, b.int(0))

    def value(self, v: Value, level: int) -> Value:
        """A number of the function, computed here."""
        if id(v) in self.known:
            return self.known[id(v)]
        op = v.defining_op
        if op is None or level > DEEPEST or not plain(op) or not symbols_of_type(list(op.attrs.values())) <= self.names:
            raise _Unknown
        operands = {id(x): self.value(x, level + 1) for x in op.operands}
        new = clone_op(op, operands)
        self.b.block.ops.append(new)
        self.known[id(v)] = new.result
        return new.result
