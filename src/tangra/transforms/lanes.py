"""Several tangents at once: a function on a batch whose axis comes last, with loops and branches around the lanes.

`vmap` puts the lanes outside: each runs the function's loops for itself. For the columns of a Jacobian that computes
the function's values once per column. Here the loops stay as they are; what doesn't depend on a tangent is computed
once, and a tangent's number becomes a small array, neighbours in memory, which the native code turns into vectors.
That needs bounds, conditions and places that all lanes share, which those of a forward derivative are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from tangra.ir import ArrayType, Block, Builder, Func, Op, Type, Value
from tangra.ir.graph import clone_func
from tangra.shapes import prod
from tangra.transforms.rules import copy_op

MOST_LANES = 64
"""More take several rounds."""
MOST_ELEMENTS = 1 << 22
"""Larger arrays, all lanes together, are left to a loop over lanes, whose memory doesn't grow with them."""
FEW_LANES = 16
"""So many at most where the size of an array isn't known."""


class NoRuleError(Exception):
    """Something can't be computed for all lanes at once."""


def several(func: Func, batched: Collection[int], size: int) -> Func | None:
    """`func` with parameters of these numbers, and all results, having one more axis of `size` at the end. None where
    it has no loop, an operation without a rule depends on the lane, or there are too many lanes or elements."""
    if not 2 <= size <= MOST_LANES or not any(op.name == "loop" for op in func.body.ops):
        return None
    func = clone_func(func)
    b = Builder()
    lanes = Lanes(b, size)
    try:
        for k, p in enumerate(func.params):
            new = b.block.add_arg(lanes.widened(p.array) if k in batched else p.type, p.name)
            lanes.define(p, new, k in batched)
        lanes.ops(func.body.ops[:-1])
        results = [lanes.wide(v) for v in func.returned]
    except NoRuleError:
        return None
    b.return_(*results)
    return Func(f"lanes_{func.name}", b.block, {"source": func.attrs.get("source", func.name)})


class Lanes:
    """What stands for each value of the function, and which values have lanes."""

    def __init__(self, b: Builder, size: int) -> None:
        self.b = b
        self.size = size
        self.now: dict[int, Value] = {}
        self.have: set[int] = set()

    def widened(self, type: ArrayType) -> ArrayType:
        """The type with lanes."""
        count = prod(type.shape) * self.size
        if count > MOST_ELEMENTS if isinstance(count, int) else self.size > FEW_LANES:
            raise NoRuleError
        return ArrayType(type.dtype, (*type.shape, self.size))

    def define(self, v: Value, new: Value, wide: bool) -> None:
        self.now[id(v)] = new
        if wide:
            self.have.add(id(v))
        else:
            self.have.discard(id(v))

    def narrow(self, v: Value) -> Value:
        """`v`, which all lanes share."""
        if id(v) in self.have:
            raise NoRuleError
        return self.now.get(id(v), v)

    def wide(self, v: Value) -> Value:
        """`v` for all lanes, repeated where they share it."""
        x = self.now.get(id(v), v)
        if id(v) in self.have:
            return x
        type = self.widened(x.array)
        made = x.defining_op
        if made is not None and made.name == "empty":
            return self.b.emit("empty", [], {"dtype": type.dtype, "shape": type.shape}).result
        if made is not None and made.name == "undef":
            return self.b.emit("undef", [], {"type": type}).result
        return self.b("broadcast", x, shape=type.shape, dims=tuple(range(x.array.rank)))

    def ops(self, ops: Sequence[Op]) -> None:
        for op in ops:
            with self.b.spanned(op.span):
                self.op(op)

    def op(self, op: Op) -> None:
        inner = [o for r in op.regions for o in r.walk()]
        if any(o.name.startswith("tape_") for o in (op, *inner)):
            raise NoRuleError
        if not any(id(v) in self.have for o in (op, *inner) for v in o.operands):
            new = copy_op(self.b, op, self.now)
            for r, n in zip(op.results, new.results, strict=True):
                self.define(r, n, False)
            return
        if op.name == "loop":
            self.loop(op)
        elif op.name == "if":
            self.branch(op)
        else:
            rule = self.rule(op)
            if rule is None or len(op.results) != 1:
                raise NoRuleError
            self.define(op.result, rule(self, op), True)

    def rule(self, op: Op) -> Callable[[Lanes, Op], Value] | None:
        """What writes an operation on values with lanes."""
        return RULES.get(op.name, _alike if op.defn.elementwise else None)

    def region(self, block: Block, wide: Sequence[bool]) -> tuple[Block, list[Value]]:
        """A copy of a block, without its end; the arguments that are `wide` have lanes. Also what it is to yield."""
        types: list[Type] = [self.widened(a.array) if w else a.type for a, w in zip(block.args, wide, strict=True)]
        made = Block(types)
        for old, new, w in zip(block.args, made.args, wide, strict=True):
            new.name = old.name
            self.define(old, new, w)
        with self.b.at(made):
            self.ops(block.ops[:-1])
        return made, list(block.terminator.operands)

    def end(self, made: Block, flags: Sequence[Value], yields: Sequence[Value], wide: Sequence[bool]) -> None:
        with self.b.at(made):
            values = [self.wide(v) if w else self.narrow(v) for v, w in zip(yields, wide, strict=True)]
            self.b.yield_(*(self.narrow(f) for f in flags), *values)

    def loop(self, op: Op) -> None:
        counted, exits = op.attrs["counted"], op.attrs["exits"]
        bounds = [self.narrow(v) for v in op.operands[:3]] if counted else []
        inits = op.operands[len(bounds) :]
        wide = [id(v) in self.have for v in inits]
        (body,) = op.regions
        while True:
            made, yields = self.region(body, [False] * bool(counted) + wide)
            flags, rest = yields[: bool(exits)], yields[bool(exits) :]
            reached = [w or id(v) in self.have for w, v in zip(wide, rest, strict=True)]
            if reached == wide:
                break
            wide = reached
        self.end(made, flags, rest, wide)
        starts = [self.wide(v) if w else self.narrow(v) for v, w in zip(inits, wide, strict=True)]
        results = self.b.emit("loop", [*bounds, *starts], dict(op.attrs), [made]).results
        for old, new, w in zip(op.results, results, wide, strict=True):
            self.define(old, new, w)

    def branch(self, op: Op) -> None:
        condition = self.narrow(op.operands[0])
        arms = [self.region(r, []) for r in op.regions]
        wide = [any(id(v) in self.have for v in pair) for pair in zip(*(y for _, y in arms), strict=True)]
        for made, yields in arms:
            self.end(made, (), yields, wide)
        results = self.b.emit("if", [condition], dict(op.attrs), [made for made, _ in arms]).results
        for old, new, w in zip(op.results, results, wide, strict=True):
            self.define(old, new, w)


def _alike(d: Lanes, op: Op) -> Value:
    """Elementwise operations, and those along other axes."""
    return d.b(op.name, *(d.wide(v) for v in op.operands), **op.attrs)


def _broadcast(d: Lanes, op: Op) -> Value:
    shape, dims = op.attrs["shape"], op.attrs["dims"]
    return d.b("broadcast", d.wide(op.operands[0]), shape=(*shape, d.size), dims=(*dims, len(shape)))


def _reshape(d: Lanes, op: Op) -> Value:
    return d.b("reshape", d.wide(op.operands[0]), shape=(*op.attrs["shape"], d.size))


def _transpose(d: Lanes, op: Op) -> Value:
    perm = op.attrs["perm"]
    return d.b("transpose", d.wide(op.operands[0]), perm=(*perm, len(perm)))


def _part(d: Lanes, op: Op) -> Value:
    """`index`, `update`, `accumulate` at places that all lanes share."""
    arrays = 1 if op.name == "index" else 2
    starts = [d.narrow(v) for v in op.operands[arrays:]]
    attrs = {"sizes": (*op.attrs["sizes"], d.size), "steps": (*op.attrs["steps"], 1)}
    return d.b(op.name, *(d.wide(v) for v in op.operands[:arrays]), *starts, d.b.int(0), **attrs)


def _gather(d: Lanes, op: Op) -> Value:
    """`gather`, `scatter`, `scatter_add` with indices that all lanes share."""
    arrays = 1 if op.name == "gather" else 2
    indices = [d.narrow(v) for v in op.operands[arrays:]]
    return d.b(op.name, *(d.wide(v) for v in op.operands[:arrays]), *indices, **op.attrs)


def _pad(d: Lanes, op: Op) -> Value:
    x, value = op.operands
    return d.b("pad", d.wide(x), d.narrow(value), low=(*op.attrs["low"], 0), high=(*op.attrs["high"], 0))


def _dot_general(d: Lanes, op: Op) -> Value:
    """The factor with lanes comes second, so that the lanes are the last free axis; with two they are a batch axis."""
    (x, y), (cx, cy), (bx, by) = op.operands, op.attrs["contract"], op.attrs["batch"]
    lead, rank = len(bx), op.result.array.rank
    if id(x) in d.have and id(y) in d.have:
        lanes = (len(x.shape), len(y.shape))
        batch = ((*bx, lanes[0]), (*by, lanes[1]))
        product = d.b("dot_general", d.wide(x), d.wide(y), contract=(cx, cy), batch=batch)
        order = (*range(lead), *range(lead + 1, rank + 1), lead)
        return d.b("transpose", product, perm=order)
    if id(y) in d.have:
        return d.b("dot_general", d.narrow(x), d.wide(y), contract=(cx, cy), batch=(bx, by))
    product = d.b("dot_general", d.narrow(y), d.wide(x), contract=(cy, cx), batch=(by, bx))
    right = len(y.shape) - len(cy) - lead
    order = (*range(lead), *range(lead + right, rank), *range(lead, lead + right), rank)
    return d.b("transpose", product, perm=order)


Rule = Callable[[Lanes, Op], Value]
RULES: dict[str, Rule] = {
    "broadcast": _broadcast,
    "reshape": _reshape,
    "transpose": _transpose,
    "dot_general": _dot_general,
    "pad": _pad,
    **dict.fromkeys(("index", "update", "accumulate"), _part),
    **dict.fromkeys(("gather", "scatter", "scatter_add"), _gather),
    **dict.fromkeys(("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "concat", "cumsum", "cumprod"), _alike),
}
