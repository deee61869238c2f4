"""Loop-invariant code motion: pure operations whose operands come from outside a loop are computed before it.

Reads of elements stay: a check in front of them in the body may be what makes them valid.
"""

from __future__ import annotations

from tangra.ir import Block, Func, Op
from tangra.transforms.rewriting import buffer_seeds
from tangra.transforms.symbols import bound_symbols, symbols_of_type

STAY = frozenset(
    {
        "index",
        "gather",
        "empty",
        "undef",
        "call",
        "custom_derivative",
        "tape_new",
        "dim",
        "scatter",
        "scatter_add",
        "update",
        "accumulate",
    }
)


def hoist_invariants(func: Func) -> bool:
    """Move in place, inner loops first. Returns whether anything moved."""
    return _Hoist(buffer_seeds(func)).block(func.body)


class _Hoist:
    def __init__(self, seeds: set[int]) -> None:
        self.seeds = seeds

    def block(self, block: Block) -> bool:
        changed = False
        ops: list[Op] = []
        for op in block.ops:
            for region in op.regions:
                changed |= self.block(region)
            if op.name == "loop":
                moved = self.invariants(op.regions[0])
                ops += moved
                changed |= any(o.name != "constant" for o in moved)
            ops.append(op)
        block.ops = ops
        return changed

    def invariants(self, body: Block) -> list[Op]:
        """Take the invariant operations out of `body`."""
        inside = {id(a) for a in body.args}
        local = bound_symbols(body)
        moved, stay = [], []
        for op in body.ops:
            if self.movable(op, local) and not any(id(v) in inside for v in op.operands):
                moved.append(op)
            else:
                stay.append(op)
                inside.update(id(r) for r in op.results)
        body.ops = stay
        return moved

    def movable(self, op: Op, local: set[str]) -> bool:
        if op.regions or op.defn.effect or op.defn.terminator or op.name in STAY:
            return False
        if local and local & (symbols_of_type([r.type for r in op.results]) | symbols_of_type(list(op.attrs.values()))):
            return False
        return not any(r.shape and id(r) in self.seeds for r in op.results)
