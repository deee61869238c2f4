"""Versions of arrays that a program changes in place, and which of them the backward sweep restores.

In SSA an array written in a loop is a chain of versions: `update(a0, v, i) → a1`, through loop state and arms of `if`s.
The sweep can hold the last version and restore the one before by writing back what the update overwrote (a write log),
so that reads of old versions need no log of their own. That pays where reads that derivatives need are deeper nested,
or more, than the writes. Otherwise each such read is kept (a read log).
"""

from __future__ import annotations

from tangra.ir import ArrayType, Block, Func, Op, Value
from tangra.transforms.activity import carried_args, carried_operands, carried_yields, is_float
from tangra.transforms.checkpoint_marks import MARK

WRITES = frozenset({"update", "accumulate", "scatter", "scatter_add"})
VIEWS = frozenset({"index", "reshape", "transpose", "broadcast"})
LINEAR_USES = frozenset(
    {
        "add",
        "sub",
        "neg",
        "yield",
        "return",
        "update",
        "accumulate",
        "scatter_add",
        "reduce_sum",
        "broadcast",
        "reshape",
        "transpose",
        "cast",
        "tape_push",
    }
)
DEPTH_WEIGHT = 8
"""How often the body of a loop is assumed to run, for comparing reads and writes at different depths."""


class Versions:
    """Where forward values live, how array versions chain, and which loops' arrays the backward sweep holds."""

    def __init__(self, func: Func) -> None:
        self.top = func.body
        self.home: dict[int, Block] = {}
        self.parent: dict[int, tuple[Op, Block]] = {}
        self.depth: dict[int, int] = {id(func.body): 0}
        self.uses: dict[int, list[tuple[Op, Block]]] = {}
        self._group: dict[int, int] = {}
        self._index(func.body)
        self._held_groups = self._plan()

    def _index(self, block: Block) -> None:
        for a in block.args:
            self.home[id(a)] = block
        for op in block.ops:
            for v in op.operands:
                self.uses.setdefault(id(v), []).append((op, block))
            for r in op.results:
                self.home[id(r)] = block
            for region in op.regions:
                self.parent[id(region)] = (op, block)
                self.depth[id(region)] = self.depth[id(block)] + (op.name == "loop")
                self._index(region)
            self._chain(op)

    def define(self, v: Value, block: Block) -> None:
        """Record a value that was added to the forward program later."""
        self.home[id(v)] = block

    # Chains

    def before(self, v: Value) -> Value | None:
        """The version of the array that `v` was made from by writes that can be undone; None where there is none."""
        op = v.defining_op
        if op is None or not isinstance(v.type, ArrayType) or not v.type.rank:
            return None
        if op.name in WRITES:
            return op.operands[0]
        if op.name == "loop":
            k = op.results.index(v)
            return carried_operands(op)[k] if self.restorable(op, k) else None
        if op.name == "if":
            k = op.results.index(v)
            ends = [self.walk(r.terminator.operands[k], r) for r in op.regions]
            return ends[0] if ends[0] is ends[1] else None
        return None

    def walk(self, v: Value, block: Block) -> Value:
        """The oldest version that `v` can be undone to within `block` (one step out of it at most)."""
        while self.home.get(id(v)) is block:
            older = self.before(v)
            if older is None:
                break
            v = older
        return v

    def restorable(self, loop: Op, k: int) -> bool:
        """Whether the sweep can undo what a trip of `loop` does to its carried array `k`."""
        return MARK not in loop.attrs and self.walk(carried_yields(loop)[k], loop.regions[0]) is carried_args(loop)[k]

    # What can be kept whole

    def in_loop(self, block: Block) -> bool:
        return self.depth[id(block)] > 0

    def loop_around(self, block: Block) -> Block:
        """The body of the innermost loop around `block` (itself, if it is one); the function's body outside loops."""
        while block is not self.top:
            op, outer = self.parent[id(block)]
            if op.name == "loop":
                return block
            block = outer
        return block

    def keepable(self, v: Value) -> bool:
        """Whether keeping the whole of `v` costs no more than the program spent on making it.

        True outside loops; in a loop for arrays that each trip makes anew, not for one that it changes in places.
        """
        block = self.home.get(id(v))
        if block is None or not self.in_loop(block):
            return True
        return self._fresh(v, block, 0)

    def _fresh(self, v: Value, block: Block, level: int) -> bool:
        op = v.defining_op
        if not isinstance(v.type, ArrayType) or not v.type.rank:
            return True
        if self.home.get(id(v)) is not block or level > 64:
            return False
        if op is None:
            return self._rewritten(v, block, level)
        if op.name in WRITES or (op.name in VIEWS and op.name != "broadcast"):
            return self._fresh(op.operands[0], block, level + 1)
        if op.name == "loop":
            return self._fresh(carried_operands(op)[op.results.index(v)], block, level + 1)
        if op.name == "if":
            k = op.results.index(v)
            return all(
                self.home.get(id(y)) is r and self._fresh(y, r, level + 1)
                for r in op.regions
                for y in [r.terminator.operands[k]]
            )
        return True

    def _rewritten(self, arg: Value, block: Block, level: int) -> bool:
        """Whether the carried array `arg` of a loop is made anew by every trip."""
        loop, _ = self.parent[id(block)]
        args = carried_args(loop)
        k = next((k for k, a in enumerate(args) if a is arg), None)
        if k is None:
            return False
        y = carried_yields(loop)[k]
        return y is not arg and y.defining_op is not None and self._fresh(y, block, level + 1)

    # The plan

    def held(self, v: Value) -> bool:
        """Whether the sweep should hold versions of the array that `v` is a version of."""
        return self._find(id(v)) in self._held_groups

    def _find(self, key: int) -> int:
        root = key
        while self._group.get(root, root) != root:
            root = self._group[root]
        while self._group.get(key, key) != root:
            self._group[key], key = root, self._group[key]
        return root

    def _join(self, a: Value, b: Value) -> None:
        self._group[self._find(id(a))] = self._find(id(b))

    def _chain(self, op: Op) -> None:
        """Join the versions that `op` links."""
        if op.name in WRITES:
            self._join(op.operands[0], op.result)
        elif op.name == "loop":
            links = zip(carried_operands(op), carried_args(op), carried_yields(op), op.results, strict=True)
            for init, arg, y, r in links:
                if isinstance(r.type, ArrayType) and r.type.rank:
                    self._join(init, arg)
                    self._join(y, r)
                    self._join(arg, r)
        elif op.name == "if":
            for k, r in enumerate(op.results):
                if isinstance(r.type, ArrayType) and r.type.rank:
                    for region in op.regions:
                        self._join(region.terminator.operands[k], r)

    def _plan(self) -> set[int]:
        """Groups whose needed reads outweigh their writes."""
        reads: dict[int, int] = {}
        writes: dict[int, int] = {}

        def visit(block: Block) -> None:
            weight = DEPTH_WEIGHT ** self.depth[id(block)]
            for op in block.ops:
                if op.name in WRITES:
                    group = self._find(id(op.result))
                    writes[group] = writes.get(group, 0) + weight
                for v in op.operands[:1] if op.name in WRITES else op.operands:
                    if id(v) in self._group and op.name not in WRITES and self._read_matters(op, v):
                        group = self._find(id(v))
                        reads[group] = reads.get(group, 0) + weight
                for region in op.regions:
                    visit(region)

        visit(self.top)
        return {g for g, n in writes.items() if reads.get(g, 0) > n}

    def _read_matters(self, op: Op, v: Value) -> bool:
        """Whether reverse mode may need what `op` reads of `v`."""
        if op.name in ("loop", "if", "call") or op.defn.terminator:
            return False
        if op.name in VIEWS or op.name == "gather":
            return v is op.operands[0] and any(self._read_matters(u, r) for r in op.results for u in self._users(r))
        return not (is_float(v) and op.name in LINEAR_USES)

    def _users(self, v: Value) -> list[Op]:
        return [op for op, _ in self.uses.get(id(v), [])]
