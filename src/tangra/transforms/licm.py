"""Loop-invariant code motion: pure operations whose operands come from outside a loop are computed before it.

Reads of elements stay: a check in front of them in the body may be what makes them valid.
"""

from __future__ import annotations

from tangra.ir import ArrayType, Block, Func, Op, Value
from tangra.shapes import Size
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
    given = {n for p in func.params if isinstance(p.type, ArrayType) for n in p.type.shape}
    return _Hoist(buffer_seeds(func), given).block(func.body)


class _Hoist:
    def __init__(self, seeds: set[int], given: set[Size]) -> None:
        self.seeds = seeds
        self.given = given

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
        return all(self.sized(r, op) and not (r.shape and id(r) in self.seeds) for r in op.results)

    def sized(self, r: Value, op: Op) -> bool:
        """Whether the sizes of `r` are valid whether the loop runs or not: a size computed for it might be negative."""
        given = self.given.union(*(v.shape for v in op.operands))
        return all(isinstance(n, int) or n in given for n in r.shape)
