"""The frame of passes that walk a function once, replacing operations and forwarding their results."""

from __future__ import annotations

from collections.abc import Sequence

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.transforms.activity import carried_args, carried_operands, carried_yields

BUFFER_WRITES = frozenset({"update", "accumulate", "scatter", "scatter_add"})


class Rewriter:
    """Walks all blocks in order. A pass overrides `rewrite`: it may emit new operations with `self.b` and returns the
    values that replace the operation's results, or None to keep it. `replaced` maps ids of gone values to new ones."""

    def __init__(self) -> None:
        self.b = Builder()
        self.replaced: dict[int, Value] = {}
        self.changed = False
        self._gone: list[Op] = []  # kept until the end, so that no new value gets the id of a gone one

    def run(self, func: Func) -> bool:
        """Rewrite `func` in place; whether anything changed."""
        self.block(func.body)
        return self.changed

    def block(self, block: Block) -> None:
        old, block.ops = block.ops, []
        with self.b.at(block):
            for op in old:
                self.visit(op)

    def visit(self, op: Op) -> None:
        if self.replaced:
            op.operands = [self.current(v) for v in op.operands]
        outer, self.b.span = self.b.span, op.span or self.b.span
        found = self.rewrite(op)
        if found is None:
            self.b.block.ops.append(op)
            self.enter(op)
            self.leave(op)
        else:
            self.drop(op, found)
        self.b.span = outer

    def drop(self, op: Op, values: Sequence[Value]) -> None:
        """Forget `op`; `values` stand for its results."""
        self.changed = True
        self._gone.append(op)
        for r, v in zip(op.results, values, strict=True):
            self.replaced[id(r)] = v
            if not v.name:
                v.name = r.name

    def current(self, v: Value) -> Value:
        """What stands for `v` now."""
        while id(v) in self.replaced:
            v = self.replaced[id(v)]
        return v

    def enter(self, op: Op) -> None:
        """Walk the blocks of a kept operation."""
        for region in op.regions:
            self.block(region)

    def leave(self, op: Op) -> None:
        """Called behind a kept operation and its blocks."""

    def rewrite(self, op: Op) -> Sequence[Value] | None:
        raise AssertionError("a pass overrides this")

    def splice(self, block: Block) -> list[Value]:
        """Put the operations of `block` here, without its terminator; what it yields."""
        for op in block.ops[:-1]:
            self.visit(op)
        self._gone.append(block.terminator)
        return [self.current(v) for v in block.terminator.operands]


def buffer_seeds(func: Func) -> set[int]:
    """Ids of values that are the start of an array that is then written in place.

    Sharing such a value between two uses, or keeping it for many trips, would make a copy of it necessary.
    """
    seeds: set[int] = set()
    for op in func.body.walk():
        if op.name in BUFFER_WRITES:
            seeds.add(id(op.operands[0]))
        elif op.name == "loop":
            links = zip(carried_operands(op), carried_args(op), carried_yields(op), strict=True)
            seeds.update(id(init) for init, arg, y in links if arg is not y)
        elif op.name == "yield":
            seeds.update(id(v) for v in op.operands)
    return seeds
