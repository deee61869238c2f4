"""Loops whose trips meet in an array are split, so that each part can run in vectors.

The derivative of a stencil adds to its neighbours: `y[i - 1] += a; y[i] += b; y[i + 1] += c`. As one loop every trip
depends on the ones before it. Here the loop keeps one of the additions and the values of the others, and a loop for
each of these adds them. In the same way a loop that takes back what an array held before (`x[i] = taken from a tape`)
and reads it next to where it does so is preceded by one that takes everything back. What is computed is the same, in
another order of additions.
"""

from __future__ import annotations

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.ir.graph import clone_op
from tangra.ir.mentions import symbols_of_block
from tangra.shapes import Size, symbol
from tangra.transforms.accesses import ADD, READ, SET, Access
from tangra.transforms.activity import carried_args, carried_operands, carried_yields
from tangra.transforms.splitting_plan import Target, simple, targets
from tangra.transforms.symbols import bound_symbols, fresh_symbol
from tangra.transforms.tidying import separate_field

CHEAP = 6
"""Cost of values that are computed again for their addition instead of being kept."""
ELEMENT = {"sizes": (None,), "steps": (1,)}


def split_accumulations(func: Func) -> bool:
    """Change, in place, all such loops of `func`. Returns whether there were any."""
    for op in list(func.body.walk()):
        for target in targets(op) if op.name == "loop" and simple(op) else []:
            if target.ahead is not None:
                value = target.ahead.op.operands[1]
                pop = value.defining_op
                assert pop is not None
                if len(pop.results) > 1:
                    separate_field(func, pop, pop.results.index(value))
    return _Splitter(func).block(func.body)


class _Splitter:
    def __init__(self, func: Func) -> None:
        self.func = func
        self.taken = symbols_of_block(func.body) | bound_symbols(func.body)
        self.replaced: dict[int, Value] = {}
        self.gone: list[Op] = []  # kept, so that no new value gets the id of a gone one

    def block(self, block: Block) -> bool:
        changed = False
        old, block.ops = block.ops, []
        for op in old:
            op.operands = [self.replaced.get(id(v), v) for v in op.operands]
            for region in op.regions:
                changed |= self.block(region)
            found = targets(op) if op.name == "loop" and simple(op) else []
            if not found:
                block.ops.append(op)
                continue
            changed = True
            self.gone.append(op)
            for was, now in zip(op.results, _Split(self, block, op, found).write(), strict=True):
                self.replaced[id(was)] = now
        return changed


class _Split:
    """Writes the loops for one loop into `block`."""

    def __init__(self, splitter: _Splitter, block: Block, op: Op, targets: list[Target]) -> None:
        self.splitter, self.op, self.targets = splitter, op, targets
        self.body = op.regions[0]
        self.b = Builder(block, op.span)
        self.behind = [a for target in targets for a in target.behind]
        self.made_by = {id(r): each for each in self.body.ops for r in each.results}
        self.written = {id(v) for v in carried_args(op)}
        self.again = {
            id(a.op.operands[1]): cone for a in self.behind if (cone := self.cone(a.op.operands[1])) is not None
        }
        values = {id(a.op.operands[1]): a.op.operands[1] for a in self.behind}
        self.kept = [v for k, v in values.items() if k not in self.again]

    def write(self) -> list[Value]:
        """What stands for the loop's results."""
        found = carried_operands(self.op)
        for target in self.targets:
            if target.ahead is not None:
                at = target.carried.position
                found[at] = self.ahead_loop(target.ahead, found[at])
        states = self.main_loop(found)
        for target in self.targets:
            at = target.carried.position
            for addition in target.behind:
                found[at] = self.behind_loop(addition.op, states.get(id(addition.op.operands[1])), found[at])
        return found

    def cone(self, v: Value) -> list[Op] | None:
        """The operations that compute `v` from the loop's index and from outside, if that takes little."""
        needed: dict[int, Op] = {}
        waiting, cost = [v], 0
        while waiting:
            each = waiting.pop()
            if id(each) in self.written:
                return None
            op = self.made_by.get(id(each))
            if op is None or id(op) in needed:
                continue
            if op.name != READ and not op.defn.elementwise:
                return None
            cost += op.defn.cost
            if cost > CHEAP:
                return None
            needed[id(op)] = op
            waiting += op.operands
        return [op for op in self.body.ops if id(op) in needed]

    def trips(self) -> Size:
        """The number of trips, given a name where it is known only at run time."""
        b = self.b
        start, stop, step = self.op.operands[:3]
        low, high = (start, stop) if _constant(step) == 1 else (stop, start)
        known = _constant(low), _constant(high)
        if known[0] is not None and known[1] is not None:
            return max(known[1] - known[0], 0)
        name = fresh_symbol(self.splitter.taken)
        number = b("maximum", b("sub", high, low), b.int(0))
        b.emit("bind_dim", [number], {"symbol": name})
        return symbol(name)

    def main_loop(self, found: list[Value]) -> dict[int, Value]:
        """The loop without what is split off. Replaces the states in `found` by those after it; returns the arrays of
        the values that are kept, by the values' ids."""
        op, b = self.op, self.b
        shape = (self.trips(),) if self.kept else ()
        kept = [b.emit("empty", [], {"dtype": v.dtype, "shape": shape}).result for v in self.kept]
        dropped = {target.carried.position for target in self.targets if target.emptied}
        new = Block()
        mapping: dict[int, Value] = {id(self.body.args[0]): new.add_arg(self.body.args[0].type, self.body.args[0].name)}
        for k, arg in enumerate(carried_args(op)):
            mapping[id(arg)] = found[k] if k in dropped else new.add_arg(arg.type, arg.name)
        arrays = [new.add_arg(array.type) for array in kept]
        inner = Builder(new, op.span)
        self.clone_rest(inner, mapping)
        written = []
        for v, array in zip(self.kept, arrays, strict=True):
            place = _place(inner, op, mapping[id(self.body.args[0])])
            written.append(inner("update", array, mapping.get(id(v), v), place, **ELEMENT))
        stay = [mapping.get(id(v), v) for k, v in enumerate(carried_yields(op)) if k not in dropped]
        inner.yield_(*stay, *written)
        inits = [v for k, v in enumerate(found) if k not in dropped]
        results = b.emit("loop", [*op.operands[:3], *inits, *kept], dict(op.attrs), [new]).results
        rest = iter(results)
        for k in range(len(found)):
            if k not in dropped:
                found[k] = next(rest)
        return {id(v): array for v, array in zip(self.kept, rest, strict=True)}

    def clone_rest(self, inner: Builder, mapping: dict[int, Value]) -> None:
        """The body's operations but for those that are split off."""
        left_out = {id(a.op) for a in self.behind}
        ahead = {id(t.ahead.op): t.ahead for t in self.targets if t.ahead is not None}
        popped = {id(t.ahead.op.operands[1]): t.ahead for t in self.targets if t.ahead is not None}
        for each in self.body.ops[:-1]:
            if id(each) in left_out or id(each) in ahead:
                mapping[id(each.result)] = mapping[id(each.operands[0])]
            elif each.results and id(each.results[0]) in popped:
                write = popped[id(each.results[0])].op
                self.clone_place(inner, write, mapping)
                where = [mapping.get(id(v), v) for v in write.operands[2:]]
                array = mapping[id(write.operands[0])]
                mapping[id(each.result)] = inner("index", array, *where, **write.attrs)
            else:
                inner.block.ops.append(clone_op(each, mapping))

    def clone_place(self, inner: Builder, op: Op, mapping: dict[int, Value]) -> None:
        """What computes the place of an access, as far as it is not there yet."""
        waiting, needed = list(op.operands[2:]), set[int]()
        while waiting:
            made = self.made_by.get(id(waiting.pop()))
            if made is not None:
                needed.add(id(made))
                waiting += made.operands
        for each in self.body.ops:
            if id(each) in needed and id(each.result) not in mapping:
                inner.block.ops.append(clone_op(each, mapping))

    def behind_loop(self, addition: Op, array: Value | None, target: Value) -> Value:
        """A loop of one addition only, of what was kept in `array` or is computed again."""
        new, mapping, state, inner = self.single(target, addition)
        if array is None:
            for each in self.again[id(addition.operands[1])]:
                if id(each.result) not in mapping:
                    new.ops.append(clone_op(each, mapping))
            value = mapping.get(id(addition.operands[1]), addition.operands[1])
        else:
            value = inner("index", array, _place(inner, self.op, mapping[id(self.body.args[0])]), **ELEMENT)
        places = [mapping.get(id(v), v) for v in addition.operands[2:]]
        inner.yield_(inner(ADD, state, value, *places, **addition.attrs))
        return self.b.emit("loop", [*self.op.operands[:3], target], dict(self.op.attrs), [new]).result

    def ahead_loop(self, write: Access, target: Value) -> Value:
        """A loop that only takes values off a tape and writes them."""
        new, mapping, state, inner = self.single(target, write.op)
        pop = self.made_by[id(write.op.operands[1])]
        new.ops.append(clone_op(pop, mapping))
        value = mapping[id(write.op.operands[1])]
        places = [mapping.get(id(v), v) for v in write.op.operands[2:]]
        inner.yield_(inner(SET, state, value, *places, **write.op.attrs))
        return self.b.emit("loop", [*self.op.operands[:3], target], dict(self.op.attrs), [new]).result

    def single(self, target: Value, access: Op) -> tuple[Block, dict[int, Value], Value, Builder]:
        """The start of a loop for one access: its block, what stands for the body's values, the array, a builder."""
        new, index = Block(), self.body.args[0]
        mapping: dict[int, Value] = {id(index): new.add_arg(index.type, index.name)}
        state = new.add_arg(target.type)
        inner = Builder(new, access.span)
        self.clone_place(inner, access, mapping)
        return new, mapping, state, inner


def _place(b: Builder, op: Op, index: Value) -> Value:
    """Where a trip keeps its values: trips with neighbouring indices are neighbours."""
    start, stop, step = op.operands[:3]
    return b("sub", index, start) if _constant(step) == 1 else b("sub", b("sub", index, stop), b.int(1))


def _constant(v: Value) -> int | None:
    op = v.defining_op
    return int(op.attrs["value"]) if op is not None and op.name == "constant" else None
