"""Loops that add to one array at several shifted places a trip are split, so that each part can run in vectors.

The derivative of a stencil adds to its neighbours: `y[i - 1] += a; y[i] += b; y[i + 1] += c`. As one loop every trip
depends on the ones before it. Here the loop keeps a, b and c of all trips, and a loop for each of the places adds
them. What is added is the same, in another order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.ir.graph import clone_op
from tangra.shapes import Size, symbol
from tangra.transforms.activity import carried_args, carried_operands, carried_yields
from tangra.transforms.symbols import bound_symbols, fresh_symbol, symbols_of_block

FEWEST = 16
"""Trips of a loop that is worth it, if their number is known."""
EFFECTS = ("tape_push", "tape_pop")


@dataclass
class Target:
    """A carried array that is only added to: its position among the carried values, and the additions in order."""

    position: int
    additions: list[Op] = field(default_factory=list)


def split_accumulations(func: Func) -> bool:
    """Change, in place, all such loops of `func`. Returns whether there were any."""
    taken = symbols_of_block(func.body) | bound_symbols(func.body)
    return _Splitter(taken).block(func.body)


class _Splitter:
    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.replaced: dict[int, Value] = {}
        self.gone: list[Op] = []  # kept, so that no new value gets the id of a gone one

    def block(self, block: Block) -> bool:
        changed = False
        old, block.ops = block.ops, []
        for op in old:
            op.operands = [self.replaced.get(id(v), v) for v in op.operands]
            for region in op.regions:
                changed |= self.block(region)
            targets = _targets(op) if op.name == "loop" and _simple(op) else []
            if not targets:
                block.ops.append(op)
                continue
            changed = True
            self.gone.append(op)
            for was, now in zip(op.results, self.split(block, op, targets), strict=True):
                self.replaced[id(was)] = now
        return changed

    def split(self, block: Block, op: Op, targets: list[Target]) -> list[Value]:
        """Write the loops for `op` into `block`; what stands for its results."""
        b = Builder(block, op.span)
        trips = self.trips(b, op)
        additions = [a for target in targets for a in target.additions]
        values = list({id(a.operands[1]): a.operands[1] for a in additions}.values())
        kept = [b.emit("empty", [], {"dtype": v.dtype, "shape": (trips,)}).result for v in values]
        dropped = {target.position for target in targets}
        results = self.main_loop(b, op, additions, values, kept, dropped)
        inits = carried_operands(op)
        states = {id(v): array for v, array in zip(values, results[len(inits) - len(dropped) :], strict=True)}
        others = iter(results[: len(inits) - len(dropped)])
        found = [inits[k] if k in dropped else next(others) for k in range(len(inits))]
        for target in targets:
            for addition in target.additions:
                array = states[id(addition.operands[1])]
                found[target.position] = self.adding_loop(b, op, addition, array, found[target.position])
        return found

    def trips(self, b: Builder, op: Op) -> Size:
        """The number of trips, given a name where it is known only at run time."""
        start, stop, step = op.operands[:3]
        by = _constant(step)
        low, high = (start, stop) if by == 1 else (stop, start)
        known = _constant(low), _constant(high)
        if known[0] is not None and known[1] is not None:
            return max(known[1] - known[0], 0)
        name = fresh_symbol(self.taken)
        number = b("maximum", b("sub", high, low), b.int(0))
        b.emit("bind_dim", [number], {"symbol": name})
        return symbol(name)

    def main_loop(
        self, b: Builder, op: Op, additions: list[Op], values: list[Value], kept: list[Value], dropped: set[int]
    ) -> list[Value]:
        """The loop without the additions, which keeps their values."""
        body = op.regions[0]
        new = Block()
        index = body.args[0]
        mapping: dict[int, Value] = {id(index): new.add_arg(index.type, index.name)}
        for k, arg in enumerate(carried_args(op)):
            if k not in dropped:
                mapping[id(arg)] = new.add_arg(arg.type, arg.name)
        arrays = [new.add_arg(array.type) for array in kept]
        left_out = {id(a) for a in additions}
        new.ops = [clone_op(each, mapping) for each in body.ops[:-1] if id(each) not in left_out]
        inner = Builder(new, op.span)
        place = _place(inner, op, mapping[id(index)])
        written = [
            inner("update", array, mapping.get(id(v), v), place, sizes=(None,), steps=(1,))
            for v, array in zip(values, arrays, strict=True)
        ]
        stay = [mapping.get(id(v), v) for k, v in enumerate(carried_yields(op)) if k not in dropped]
        inner.yield_(*stay, *written)
        inits = [v for k, v in enumerate(carried_operands(op)) if k not in dropped]
        return b.emit("loop", [*op.operands[:3], *inits, *kept], dict(op.attrs), [new]).results

    def adding_loop(self, b: Builder, op: Op, addition: Op, array: Value, target: Value) -> Value:
        """A loop of one addition only, with the values that were kept."""
        body = op.regions[0]
        new = Block()
        index = body.args[0]
        mapping: dict[int, Value] = {id(index): new.add_arg(index.type, index.name)}
        state = new.add_arg(target.type)
        inner = Builder(new, addition.span)
        needed = {id(v) for v in addition.operands[2:]}
        new.ops = [clone_op(each, mapping) for each in body.ops if each.results and id(each.results[0]) in needed]
        value = inner("index", array, _place(inner, op, mapping[id(index)]), sizes=(None,), steps=(1,))
        places = [mapping.get(id(v), v) for v in addition.operands[2:]]
        inner.yield_(inner("accumulate", state, value, *places, **addition.attrs))
        return b.emit("loop", [*op.operands[:3], target], dict(op.attrs), [new]).result


def _place(b: Builder, op: Op, index: Value) -> Value:
    """The number of the trip."""
    start = op.operands[0]
    return b("sub", index, start) if _constant(op.operands[2]) == 1 else b("sub", start, index)


def _constant(v: Value) -> int | None:
    op = v.defining_op
    return int(op.attrs["value"]) if op is not None and op.name == "constant" else None


def _simple(op: Op) -> bool:
    """Whether `op` is a counted innermost loop without failures, which carries arrays only."""
    if not op.attrs["counted"] or op.attrs["exits"] or op.attrs["parallel"]:
        return False
    start, stop, step = (_constant(v) for v in op.operands[:3])
    if step not in (1, -1) or (start is not None and stop is not None and abs(stop - start) < FEWEST):
        return False
    if not all(v.shape for v in carried_args(op)):
        return False
    body = op.regions[0]
    return all(not each.regions and (not each.defn.effect or each.name in EFFECTS) for each in body.ops)


def _targets(op: Op) -> list[Target]:
    body = op.regions[0]
    uses: dict[int, list[Op]] = {}
    for each in body.ops:
        for v in each.operands:
            uses.setdefault(id(v), []).append(each)
    own = {id(v) for v in body.args} | {id(v) for each in body.ops for v in each.results}
    found = []
    for k, (arg, last) in enumerate(zip(carried_args(op), carried_yields(op), strict=True)):
        target = Target(k)
        now = arg
        while now is not last and len(uses.get(id(now), [])) == 1:
            step = uses[id(now)][0]
            if step.name != "accumulate" or step.operands[0] is not now or not _shifted(step, body, own):
                break
            target.additions.append(step)
            now = step.result
        if now is last and len(target.additions) > 1 and len(uses[id(now)]) == 1:
            found.append(target)
    return found


def _shifted(op: Op, body: Block, own: set[int]) -> bool:
    """Whether `op` adds to an element that is, along the last axis, the loop's index plus or minus what is the same in
    every trip, and fixed along the others."""
    if any(size is not None for size in op.attrs["sizes"]):
        return False
    *fixed, moving = op.operands[2:]
    if any(id(v) in own for v in fixed):
        return False
    index = body.args[0]
    if moving is index:
        return True
    made = moving.defining_op
    if made is None or id(moving) not in own or made.name not in ("add", "sub"):
        return False
    x, y = made.operands
    return (x is index and id(y) not in own) or (made.name == "add" and y is index and id(x) not in own)
