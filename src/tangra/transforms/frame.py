"""`Frame`: where the backward sweep stands in one region, and what it has there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.ir import Block, Op, Value
from tangra.ir.graph import free_values, substitute_uses

CHEAP = 4
"""Operations up to this cost are computed again where they only need array elements that the sweep can read again."""
RECOMPUTED = 24
"""Cost of a chain of such operations."""

if TYPE_CHECKING:
    from tangra.transforms.reverse import Reverse


class Frame:
    """The cotangents so far (`ct`) and the array versions held (`held`) of forward values, by id, in one region.

    `region` is the forward block; the builder of `sweep` stands in the backward one.
    """

    def __init__(self, sweep: Reverse, region: Block) -> None:
        self.sweep = sweep
        self.region = region
        self.ct: dict[int, Value] = {}
        self.held: dict[int, Value] = {}
        self.reads: dict[int, Value] = {}

    def take(self, v: Value) -> Value | None:
        """The cotangent of `v`, whose definition the sweep has reached: nothing can be added any more."""
        return self.ct.pop(id(v), None)

    def add(self, v: Value, contribution: Value | None) -> None:
        """Add to the cotangent of `v`; values that don't need one are skipped."""
        if contribution is None or not self.sweep.activity.is_active(v):
            return
        present = self.ct.get(id(v))
        self.ct[id(v)] = contribution if present is None else self.sweep.b("add", present, contribution)

    def present(self, v: Value) -> Value:
        """The cotangent of `v` so far, zeros if nothing came yet."""
        ct = self.ct.get(id(v))
        return ct if ct is not None else self.sweep.b.zeros(v.array)

    def contribute(self, operands: Sequence[Value], found: Sequence[Value | None], start: int) -> None:
        """Add what a rule found to the cotangents of `operands`; its operations begin at `start` in the block."""
        block = self.sweep.b.block
        needed = {id(v) for v in found if v is not None}
        kept = []
        for op in reversed(block.ops[start:]):
            if any(id(r) in needed for r in op.results):
                needed.update(id(v) for v in op.operands)
                needed.update(id(v) for r in op.regions for o in r.walk() for v in o.operands)
                kept.append(op)
        block.ops[start:] = reversed(kept)
        self.settle(start)
        for v, contribution in zip(operands, found, strict=True):
            if contribution is not None:
                self.add(v, self.reach(contribution))

    def settle(self, start: int) -> None:
        """Make the operations from `start` on read held array versions where they name forward values that can be had
        that way."""
        block = self.sweep.b.block
        emitted = block.ops[start:]
        del block.ops[start:]
        for op in emitted:
            op.operands = [self.reach(v) for v in op.operands]
            self.settle_regions(op)
            block.ops.append(op)

    def settle_regions(self, op: Op) -> None:
        """The same for what the blocks of `op` name."""
        outer = {id(v): v for region in op.regions for v in free_values(region)}
        mapping = {k: w for k, v in outer.items() if (w := self.reach(v)) is not v}
        if mapping:
            for region in op.regions:
                substitute_uses(region, mapping)

    def reach(self, v: Value) -> Value:
        """`v`, or a held version or a new read of one that is the same value.

        What the loop around the loop we are in has read is left to the frame there, which reads it once.
        """
        versions = self.sweep.versions
        home = versions.home.get(id(v))
        if home is None or not versions.in_loop(home):
            return v
        if id(v) in self.held:
            return self.held[id(v)]
        if id(v) in self.reads:
            return self.reads[id(v)]
        if versions.loop_around(home) is not versions.loop_around(self.region):
            return v
        return self.rebuild(v) if self.reads_needed(v, RECOMPUTED) else v

    def reads_needed(self, v: Value, budget: int) -> int | None:
        """How many reads of held versions it takes to compute `v` by cheap arithmetic from these and what is at hand;
        None if it can't be had that way."""
        if id(v) in self.held or id(v) in self.reads:
            return 1
        if self.at_hand(v):
            return 0
        op = v.defining_op
        if op is None or budget < 0:
            return None
        if op.name in ("index", "gather"):
            return 1 if id(op.operands[0]) in self.held else None
        if not op.defn.elementwise or op.defn.cost > CHEAP or op.result.dtype is not op.operands[0].dtype:
            return None
        parts = [self.reads_needed(x, budget // 2 - op.defn.cost) for x in op.operands]
        return None if None in parts else sum(n for n in parts if n is not None)

    def at_hand(self, v: Value) -> bool:
        """Whether the backward block has `v` for nothing: from outside the loop, a constant, the induction variable."""
        versions = self.sweep.versions
        home = versions.home.get(id(v))
        if home is None or versions.loop_around(home) is not versions.loop_around(self.region):
            return True
        op = v.defining_op
        if op is not None:
            return op.name == "constant"
        return versions.parent[id(home)][0].attrs.get("counted", False) and home.args[0] is v

    def rebuild(self, v: Value) -> Value:
        """`v` again from held versions."""
        if id(v) in self.held:
            return self.held[id(v)]
        if id(v) in self.reads:
            return self.reads[id(v)]
        if self.at_hand(v):
            return v
        op = v.defining_op
        assert op is not None
        if op.name in ("index", "gather"):
            operands = [self.held[id(op.operands[0])], *(self.reach(s) for s in op.operands[1:])]
        else:
            operands = [self.rebuild(x) for x in op.operands]
        self.reads[id(v)] = self.sweep.b(op.name, *operands, **op.attrs)
        return self.reads[id(v)]
