"""What derivatives leave to be tidied when nothing is differentiated any more; and tapes taken apart by fields.

The derivative of `y[i] = f(y[i])` reads the cotangent at i, sets it to zero and adds to it at once: that is one write.
A cotangent times a partial derivative that may be infinite is made to be linear in the cotangent (see `rules.times`);
its value alone takes less.
"""

from __future__ import annotations

from collections.abc import Sequence

from tangra.ir import Block, Builder, Func, Op, TapeType, Value
from tangra.ops.common import scalar_constant
from tangra.transforms.rewriting import Rewriter

NEAR = 200
"""Operations between a write and an addition that are still merged."""


def merge_writes(func: Func) -> bool:
    """Merge, in place, a write with an addition to the same place that follows it, and drop writes of what is there
    already. Returns whether there were any. (0 + x counts as x: of 0 the sign may differ.)"""
    return _Merger(func).run(func)


class _Merger(Rewriter):
    def __init__(self, func: Func) -> None:
        super().__init__()
        self.uses: dict[int, int] = {}
        for op in func.body.walk():
            for v in op.operands:
                self.uses[id(v)] = self.uses.get(id(v), 0) + 1

    def rewrite(self, op: Op) -> Sequence[Value] | None:
        if op.name not in ("update", "accumulate"):
            return None
        x, v, *where = op.operands
        made = v.defining_op
        if op.name == "update" and made is not None and made.name == "index" and _same(op, made, x, where):
            return [x]
        before = x.defining_op
        if op.name != "accumulate" or before is None or before.name != "update" or self.uses.get(id(x)) != 1:
            return None
        older, written, *place = before.operands
        if before.attrs != op.attrs or any(a is not b for a, b in zip(where, place, strict=True)):
            return None
        recent = range(len(self.b.block.ops) - 1, max(len(self.b.block.ops) - NEAR, 0) - 1, -1)
        at = next((k for k in recent if self.b.block.ops[k] is before), None)
        if at is None:
            return None
        del self.b.block.ops[at]
        if scalar_constant(written) != 0:
            v = self.b("add", written, v)
        fresh = self.b("update", older, v, *where, **op.attrs)
        self.uses[id(fresh)] = self.uses.get(id(op.result), 0)
        simpler = self.rewrite(self.b.block.ops[-1])
        if simpler is not None:
            self._gone.append(self.b.block.ops.pop())
        return simpler or [fresh]


def _same(write: Op, read: Op, x: Value, where: Sequence[Value]) -> bool:
    """Whether `read` is what `write` overwrites."""
    places = zip(read.operands, [x, *where], strict=True)
    return read.attrs == write.attrs and all(a is b for a, b in places)


def shorten_strong_zeros(func: Func) -> bool:
    """Replace, in place, t times (p, but 0 where t is 0 and p not finite) by t p, but 0 where t is 0. Returns whether
    there were any."""
    return _Shortener().run(func)


class _Shortener(Rewriter):
    def rewrite(self, op: Op) -> Sequence[Value] | None:
        if op.name != "mul":
            return None
        for t, partial in (op.operands, op.operands[::-1]):
            found = _guarded(t, partial)
            if found is not None:
                is_zero, zero, plain = found
                return [self.b("select", is_zero, zero, self.b("mul", t, plain))]
        return None


def _guarded(t: Value, partial: Value) -> tuple[Value, Value, Value] | None:
    """Whether t is 0, the 0, and the partial derivative, of a guarded one for `t`."""
    choice = partial.defining_op
    void = choice.operands[0].defining_op if choice is not None and choice.name == "select" else None
    if choice is None or void is None or void.name != "and" or scalar_constant(choice.operands[1]) != 0:
        return None
    test, other = (v.defining_op for v in void.operands)
    if test is None or test.name != "eq" or test.operands[0] is not t or scalar_constant(test.operands[1]) != 0:
        return None
    finite = other.operands[0].defining_op if other is not None and other.name == "not" else None
    if finite is None or finite.name != "isfinite" or finite.operands[0] is not choice.operands[2]:
        return None
    return void.operands[0], choice.operands[1], choice.operands[2]


def separate_field(func: Func, pop: Op, field: int) -> None:
    """Give field `field` of the tape of `pop` a tape of its own, in all pushes and pops."""
    handle = pop.operands[0]
    make = handle.defining_op
    assert make is not None
    record = make.attrs["record"]
    rest = tuple(t for k, t in enumerate(record) if k != field)
    alone = _insert(func.body, make, record[field : field + 1])
    make.attrs = {**make.attrs, "record": rest}
    handle.type = TapeType(rest)
    _separate(func.body, handle, alone, field)


def _insert(block: Block, make: Op, record: tuple[object, ...]) -> Value:
    """A new tape next to the one that `make` makes."""
    for region in [block, *(r for op in block.walk() for r in op.regions)]:
        at = next((k for k, op in enumerate(region.ops) if op is make), None)
        if at is not None:
            fresh = Builder(span=make.span)
            handle = fresh.emit("tape_new", [], {"record": record}).result
            region.ops[at:at] = fresh.block.ops
            return handle
    raise AssertionError("the tape's operation is in the function")


def _separate(block: Block, handle: Value, alone: Value, field: int) -> None:
    ops: list[Op] = []
    for op in block.ops:
        if op.name in ("tape_push", "tape_pop") and op.operands[0] is handle:
            fresh = Builder(span=op.span)
            if op.name == "tape_push":
                fresh.emit("tape_push", [alone, op.operands.pop(1 + field)])
            else:
                own = fresh.emit("tape_pop", [alone])
                value = op.results.pop(field)
                value.owner = own
                own.results = [value]
            ops += fresh.block.ops
        ops.append(op)
        for region in op.regions:
            _separate(region, handle, alone, field)
    block.ops = ops
