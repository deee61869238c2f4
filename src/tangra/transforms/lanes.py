"""Several tangents at once: a function on a batch whose axis comes last, with loops and branches around the lanes.

`vmap` puts the lanes outside: each runs the function's loops for itself. For the columns of a Jacobian that computes
the function's values once per column. Here the loops stay as they are; what doesn't depend on a tangent is computed
once, and a tangent's number becomes a small array, neighbours in memory, which the native code turns into vectors.
That needs bounds, conditions and places that all lanes share, which those of a derivative are. So it is for the rows
of a Jacobian, whose cotangents are the lanes of a backward loop: what the forward loop keeps on tapes, they share. In
a derivative of a gradient there are tangents on tapes, too; such a field of a record gets lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from tangra.ir import ArrayType, Block, Builder, Func, Op, TapeType, Type, Value
from tangra.shapes import prod
from tangra.transforms.lane_rules import RULES, Rule, alike
from tangra.transforms.pipeline import simplify
from tangra.transforms.rules import copy_op, emit_call, of_lanes

MOST_LANES = 64
"""More take several rounds."""
MOST_ELEMENTS = 1 << 22
"""Larger arrays, all lanes together, are left to a loop over lanes, whose memory doesn't grow with them."""
FEW_LANES = 16
"""So many at most where the size of an array isn't known, or tapes hold lanes: nobody knows how long they get. Tapes
of a loop with bounded memory hold none."""


class NoRuleError(Exception):
    """Something can't be computed for all lanes at once."""


class _MoreFieldsError(Exception):
    """A tape is given lanes in fields that were thought to be shared."""


def several(func: Func, batched: Collection[int], size: int) -> Func | None:
    """`func`, simplified, with parameters of these numbers, and all results, having one more axis of `size` at the end.
    None where it has no loop, an operation without a rule depends on the lane, or there are too many lanes or
    elements."""
    if not 2 <= size <= MOST_LANES:
        return None
    func = simplify(func)
    return with_lanes(func, batched, size, Lanes) if loops_of(func) else None


def with_lanes(func: Func, batched: Collection[int], size: int, kind: type[Lanes]) -> Func | None:
    """The same whatever `func` is, with lanes of a kind."""
    taped = size <= FEW_LANES and not any(op.attrs.get("bounded") for op in loops_of(func))
    try:
        return _made(func, batched, Task(size, taped, kind), all_wide=True)[0]
    except NoRuleError:
        return None


def loops_of(func: Func) -> list[Op]:
    """The loops of a function and those that it calls."""
    return [op for each in (func, *func.callees()) for op in each.body.walk() if op.name == "loop"]


@dataclass(frozen=True)
class Task:
    """How many lanes; whether tapes may hold any; their class; the forms of callees by which of their parameters have
    lanes, and which of their results do."""

    size: int
    taped: bool
    kind: type[Lanes]
    callees: dict[tuple[int, frozenset[int]], tuple[Func, list[bool]]] = field(default_factory=dict)


def _made(func: Func, batched: Collection[int], task: Task, all_wide: bool) -> tuple[Func, list[bool]]:
    """A new function, and which of its results have lanes."""
    fields: Fields = {}
    while True:
        b = Builder()
        lanes = task.kind(b, task, fields)
        for k, p in enumerate(func.params):
            new = b.block.add_arg(lanes.widened(p.array) if k in batched else p.type, p.name)
            lanes.define(p, new, k in batched)
        try:
            lanes.ops(func.body.ops[:-1])
        except _MoreFieldsError:
            continue
        wide = [all_wide or id(v) in lanes.have for v in func.returned]
        b.return_(*(lanes.wide(v) if w else lanes.narrow(v) for v, w in zip(func.returned, wide, strict=True)))
        return Func(f"lanes_{func.name}", b.block, of_lanes(func)), wide


Fields = dict[int, set[int]]
"""Of each tape, the numbers of the fields that have lanes. They only ever become more."""


class Lanes:
    """What stands for each value of the function, and which values have lanes."""

    def __init__(self, b: Builder, task: Task, fields: Fields) -> None:
        self.b = b
        self.task = task
        self.size = task.size
        self.fields = fields
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
        if op.name in TAPES:
            TAPES[op.name](self, op)
            return
        inner = [o for r in op.regions for o in r.walk()]
        if any(isinstance(v.type, TapeType) for o in (op, *inner) for v in o.operands if o.name not in TAPES):
            raise NoRuleError
        taped = any(o.name in TAPES for o in inner)
        if not taped and not any(id(v) in self.have for o in (op, *inner) for v in o.operands):
            new = copy_op(self.b, op, self.now)
            for r, n in zip(op.results, new.results, strict=True):
                self.define(r, n, False)
            return
        if op.name == "loop":
            self.loop(op)
        elif op.name == "if":
            self.branch(op)
        elif op.name == "call":
            self.call(op)
        else:
            rule = self.rule(op)
            if rule is None or len(op.results) != 1:
                raise NoRuleError
            self.define(op.result, rule(self, op), True)

    def rule(self, op: Op) -> Rule | None:
        """What writes an operation on values with lanes."""
        return RULES.get(op.name, alike if op.defn.elementwise else None)

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

    def call(self, op: Op) -> None:
        callee = op.attrs["callee"]
        batched = frozenset(k for k, v in enumerate(op.operands) if id(v) in self.have)
        if op.attrs.get("state") or op.attrs.get("kept"):
            raise NoRuleError
        key = id(callee), batched
        if key not in self.task.callees:
            self.task.callees[key] = _made(callee, batched, self.task, all_wide=False)
        func, wide = self.task.callees[key]
        types = [self.widened(r.array) if w else r.type for r, w in zip(op.results, wide, strict=True)]
        results = emit_call(self.b, func, [self.now.get(id(v), v) for v in op.operands], types).results
        for old, new, w in zip(op.results, results, wide, strict=True):
            self.define(old, new, w)


def _tape_new(d: Lanes, op: Op) -> None:
    wide = d.fields.setdefault(id(op.result), set())
    if wide and not d.task.taped:
        raise NoRuleError
    record = tuple(d.widened(t) if k in wide else t for k, t in enumerate(op.attrs["record"]))
    d.define(op.result, d.b.emit("tape_new", [], {**op.attrs, "record": record}).result, False)


def _tape_push(d: Lanes, op: Op) -> None:
    tape, *values = op.operands
    wide = d.fields[id(tape)]
    found = {k for k, v in enumerate(values) if id(v) in d.have}
    if not found <= wide:
        wide |= found
        raise _MoreFieldsError
    record = [d.wide(v) if k in wide else d.narrow(v) for k, v in enumerate(values)]
    d.b.emit("tape_push", [d.narrow(tape), *record], dict(op.attrs))


def _tape_pop(d: Lanes, op: Op) -> None:
    tape = op.operands[0]
    popped = d.b.emit("tape_pop", [d.narrow(tape)], dict(op.attrs)).results
    for k, (old, new) in enumerate(zip(op.results, popped, strict=True)):
        d.define(old, new, k in d.fields[id(tape)])


TAPES: dict[str, Callable[[Lanes, Op], None]] = {
    "tape_new": _tape_new,
    "tape_push": _tape_push,
    "tape_pop": _tape_pop,
}
