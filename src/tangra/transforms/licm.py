"""Loop-invariant code motion: pure operations whose operands come from outside a loop are computed before it.

Reads of elements stay: a check in front of them in the body may be what makes them valid (`early_reads` moves those
that need none). A failure that no trip decides happens in the first trip or never: where nothing else may happen before
it there, it is ruled out before the loop, if that runs.
"""

from __future__ import annotations

from tangra.ir import ArrayType, Block, Builder, Func, Op, Value
from tangra.ir.mentions import symbols_of_type
from tangra.shapes import Size
from tangra.transforms.folding import scalar_constant
from tangra.transforms.rewriting import buffer_seeds
from tangra.transforms.symbols import bound_symbols

CALLS = frozenset({"call", "custom_derivative"})
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
                moved = self.invariants(op)
                ops += moved
                changed |= any(o.name != "constant" for o in moved)
            ops.append(op)
        block.ops = ops
        return changed

    def invariants(self, loop: Op) -> list[Op]:
        """Take the invariant operations out of the body of `loop`."""
        (body,) = loop.regions
        inside = {id(a) for a in body.args}
        local = bound_symbols(body)
        moved, stay = [], []
        first = True  # nothing that has an effect has stayed so far
        for op in body.ops:
            if inside.isdisjoint([id(v) for v in op.operands]) and self.movable(op, local):
                moved.append(op)
                continue
            if first and op.name == "fail_if":
                before = _failure_before(loop, op, inside)
                if before:
                    moved += before
                    continue
            first = first and not may_have_effects(op)
            stay.append(op)
            inside.update([id(r) for r in op.results])
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
        if not r.shape:
            return True
        given = self.given.union(*(v.shape for v in op.operands))
        return all(isinstance(n, int) or n in given for n in r.shape)


def may_have_effects(op: Op) -> bool:
    """Whether an operation, or one in its blocks, has an effect or calls a function."""
    if op.defn.effect or op.name in CALLS:
        return True
    return any(o.defn.effect or o.name in CALLS for region in op.regions for o in region.walk())


def _failure_before(loop: Op, op: Op, inside: set[int]) -> list[Op]:
    """What fails in front of `loop` where `op` would in the first trip, before all else; nothing if something that it
    needs is made in the loop."""
    n = 1 + op.attrs.get("n_state", 0)
    (condition, *state), payload = op.operands[:n], op.operands[n:]
    (body,) = loop.regions
    given = dict(zip((id(a) for a in body.args), _first_values(loop), strict=True))
    state = [given.get(id(v), v) for v in state]
    payload = [given.get(id(v), v) for v in payload]
    if any(id(v) in inside for v in (condition, *state, *payload)):
        return []
    b = Builder(span=op.span)
    if loop.attrs["counted"]:
        start, stop, step = loop.operands[:3]
        by = scalar_constant(step)
        assert by is not None
        condition = b("and", condition, b("lt" if int(by) > 0 else "gt", start, stop))
    b.emit("fail_if", [condition, *state, *payload], dict(op.attrs))
    return b.block.ops


def _first_values(loop: Op) -> list[Value]:
    """What the arguments of a loop's body are in the first trip."""
    counted = loop.attrs["counted"]
    return [*loop.operands[:1], *loop.operands[3:]] if counted else list(loop.operands)
