"""The frame of passes that walk a function once, replacing operations and forwarding their results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.transforms.activity import carried_args, carried_operands, carried_yields, specials_of

BUFFER_WRITES = frozenset({"update", "accumulate", "scatter", "scatter_add"})


class Rewriter:
    """Walks all blocks in order. A pass overrides `rewrite`: it may emit new operations with `self.b` and returns the
    values that replace the operation's results, or None to keep it. `replaced` maps ids of gone values to new ones.
    `specials` are a pass's methods called `op_…`, by the name of the operation that each is for."""

    specials: ClassVar[dict[str, Callable[[Any, Op], Sequence[Value] | None]]] = {}

    def __init_subclass__(cls) -> None:
        cls.specials = specials_of(cls)

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
        if self.replaced and op.operands:
            self.bring_up_to_date(op)
        b = self.b
        outer, b.span = b.span, op.span or b.span
        found = self.rewrite(op)
        if found is None:
            b.block.ops.append(op)
            if op.regions:
                self.enter(op)
            self.leave(op)
        else:
            self.drop(op, found)
        b.span = outer

    def bring_up_to_date(self, op: Op) -> None:
        """Let `op` read what stands for its operands now."""
        replaced = self.replaced
        for v in op.operands:
            if id(v) in replaced:
                op.operands = [self.current(v) for v in op.operands]
                return

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
