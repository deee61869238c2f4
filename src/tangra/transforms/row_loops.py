"""Programs that go over the rows of a large array several times become one loop over rows.

A softmax, a normalisation along rows and their derivatives are chains of elementwise operations and reductions of rows,
each a pass over memory where the array is larger than the cache. Done row by row, all passes but the first find the row
in the first cache. The loop's trips are independent; what else the program needs of the rows is put into arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from tangra.ir import I64, ArrayType, Block, Builder, Func, Op, Value, scalar
from tangra.ir.graph import substitute_uses

LEAST_BYTES = 1 << 20
"""Of the largest array: smaller ones stay in a cache anyway."""
ROW_ELEMENTS = range(64, 1 << 15)
FEWEST_ROWS = 8
MOST_LARGE = 2
"""Results of the size of the largest array, which have to be stored where they might have been computed again."""
REDUCTIONS = frozenset({"reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_and", "reduce_or"})


def loop_over_rows(func: Func) -> bool:
    """Make such loops, in place, of what stands in no loop. Returns whether there were any."""
    changed = False
    stretches = list(_stretches(func.body))
    for k in range(len(stretches)):
        while (group := _group(stretches[k], func)) is not None:
            stretches[k] = group.looped(stretches[k], func)
            func.body.ops = [op for stretch in stretches for op in stretch]
            changed = True
    return changed


def _stretches(block: Block) -> Iterator[list[Op]]:
    """The operations in order, cut around those with an effect or blocks of their own."""
    run: list[Op] = []
    for op in block.ops:
        if op.defn.effect or op.regions or op.defn.terminator:
            yield run
            yield [op]
            run = []
        else:
            run.append(op)
    yield run


@dataclass
class _Group:
    """Operations that work on each row for itself, and the number of rows."""

    rows: int
    ops: list[Op] = field(default_factory=list)

    def looped(self, stretch: Sequence[Op], func: Func) -> list[Op]:
        """The operations of the stretch with a loop in the place of the group's."""
        inside = {id(op) for op in self.ops}
        made = {id(op.result) for op in self.ops}
        kept = self.results(func)
        b = Builder(span=self.ops[0].span)
        outs = [b.emit("empty", [], {"dtype": v.dtype, "shape": v.shape}).result for v in kept]
        body = Block([scalar(I64), *(o.type for o in outs)])
        row, *state = body.args
        with b.at(body):
            values = self.one_row(b, row, made)
            b.yield_(*(_stored(b, out, values[id(v)], row) for out, v in zip(state, kept, strict=True)))
        bounds = [b.int(0), b.int(self.rows), b.int(1)]
        attrs = {"counted": True, "exits": False, "parallel": True}
        loop = b.emit("loop", [*bounds, *outs], attrs, [body])
        again = self.also_outside(func)
        ahead: list[Op] = []
        behind: list[Op] = []
        late: set[int] = set()
        for op in stretch:
            if id(op) in inside and not any(op is each for each in again):
                continue
            if any(id(v) in made or id(v) in late for v in op.operands):
                late.update(id(r) for r in op.results)
                behind.append(op)
            else:
                ahead.append(op)
        whole = [*ahead, *b.block.ops, *behind]
        substitute_uses(func.body, {id(v): r for v, r in zip(kept, loop.results, strict=True)})
        return whole

    def users_outside(self, func: Func) -> set[int]:
        """Ids of values that something outside of the group reads."""
        inside = {id(op) for op in self.ops}
        return {id(v) for op in func.body.walk() if id(op) not in inside for v in op.operands}

    def also_outside(self, func: Func) -> list[Op]:
        """Operations that don't depend on the rows and are needed outside too: they stay there."""
        used = self.users_outside(func)
        return [op for op in self.ops if id(op.result) in used and _same_for_all(op)]

    def results(self, func: Func) -> list[Value]:
        """What is needed outside and has to be stored."""
        used = self.users_outside(func)
        return [op.result for op in self.ops if id(op.result) in used and not _same_for_all(op)]

    def one_row(self, b: Builder, row: Value, made: set[int]) -> dict[int, Value]:
        """Emit the operations for a row, which keeps its axis, of length 1; their results."""
        values: dict[int, Value] = {}

        def part(v: Value) -> Value:
            if id(v) not in values:
                starts = [row, *(b.int(0) for _ in v.shape[1:])]
                values[id(v)] = b("index", v, *starts, sizes=(1, *v.shape[1:]), steps=(1,) * len(v.shape))
            return values[id(v)]

        for op in self.ops:
            attrs = dict(op.attrs)
            if "shape" in attrs:
                attrs["shape"] = (1, *attrs["shape"][1:])
            operands = op.operands if _same_for_all(op) else [part(v) for v in op.operands]
            with b.spanned(op.span):
                values[id(op.result)] = b(op.name, *operands, **attrs)
        return values


def _stored(b: Builder, out: Value, row_value: Value, row: Value) -> Value:
    starts = [row, *(b.int(0) for _ in out.shape[1:])]
    return b("update", out, row_value, *starts, sizes=(1, *out.shape[1:]), steps=(1,) * len(out.shape))


def _same_for_all(op: Op) -> bool:
    """Whether it spreads something that has no rows."""
    return op.name == "broadcast" and 0 not in op.attrs["dims"]


def _group(stretch: Sequence[Op], func: Func) -> _Group | None:
    """The first group that is worth a loop."""
    counts = dict.fromkeys(op.result.shape[0] for op in stretch if op.name in REDUCTIONS and op.result.shape)
    for rows in counts:
        if isinstance(rows, int) and rows >= FEWEST_ROWS:
            for ops in _connected(_row_by_row(stretch, rows)):
                group = _Group(rows, ops)
                if _worth(group, func):
                    return group
    return None


def _row_by_row(stretch: Sequence[Op], rows: int) -> list[Op]:
    """Operations that work on each row for itself, and don't wait for others that wait for such."""
    chosen: list[Op] = []
    made: set[int] = set()
    late: set[int] = set()
    for op in stretch:
        if any(id(v) in late for v in op.operands):
            late.update(id(r) for r in op.results)
        elif _suits(op, rows, made):
            chosen.append(op)
            made.add(id(op.result))
        elif any(id(v) in made for v in op.operands):
            late.update(id(r) for r in op.results)
    return chosen


def _suits(op: Op, rows: int, made: set[int]) -> bool:
    if len(op.results) != 1 or not isinstance(op.result.type, ArrayType) or not op.result.shape:
        return False
    shapes = [v.shape for v in (op.result, *op.operands) if isinstance(v.type, ArrayType)]
    if op.result.shape[0] != rows or any(not isinstance(n, int) for shape in shapes for n in shape):
        return False
    if op.name == "broadcast":
        (x,), dims = op.operands, op.attrs["dims"]
        if 0 not in dims:
            return id(x) not in made  # of which every row would need all rows
        return bool(dims[0] == 0 and x.shape[0] == rows)
    if op.name in REDUCTIONS:
        return 0 not in op.attrs["axes"]
    if op.name == "reshape":
        return bool(op.operands[0].shape and op.operands[0].shape[0] == rows)
    return op.defn.elementwise and all(shape == op.result.shape for shape in shapes)


def _connected(ops: Sequence[Op]) -> list[list[Op]]:
    """The operations in groups that share no values."""
    leader = {id(op.result): id(op.result) for op in ops}

    def find(key: int) -> int:
        while leader[key] != key:
            key = leader[key]
        return key

    for op in ops:
        for v in op.operands:
            if id(v) in leader:
                leader[find(id(v))] = find(id(op.result))
    groups: dict[int, list[Op]] = {}
    for op in ops:
        groups.setdefault(find(id(op.result)), []).append(op)
    return list(groups.values())


def _worth(group: _Group, func: Func) -> bool:
    """Whether long rows are reduced to something that they are then put together with, and little is stored."""
    made = {id(op.result) for op in group.ops}
    largest = max(prod(op.result.shape) for op in group.ops)
    size = max(prod(v.shape) * v.dtype.itemsize for op in group.ops for v in (op.result, *op.operands))
    returns = any(op.name == "broadcast" and id(op.operands[0]) in made for op in group.ops)
    if size < LEAST_BYTES or not returns or largest // group.rows not in ROW_ELEMENTS:
        return False
    if not any(op.name in REDUCTIONS for op in group.ops):
        return False
    return len([v for v in group.results(func) if prod(v.shape) == largest]) <= MOST_LARGE
