"""The reverse derivative of a callee in two functions, so that a caller runs its forward part once only.

`forward` computes the callee's results and beside them what the backward part needs and can't cheaply compute again:
its residuals, in a few arrays where there are many. `backward` takes residuals, cotangents of the results, and for
every array argument the cotangent that its caller has so far, to which it adds in place. Both are pure, so that they
can be differentiated again.

A callee whose forward part writes a tape is not split: `vjp` of it computes that part again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.ir import ArrayType, Block, Builder, Func, Op, Type, Value
from tangra.ir.graph import clone_op, free_values
from tangra.ir.mentions import symbols_of_block, symbols_of_type
from tangra.shapes import prod
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.frame import CHEAP, RECOMPUTED, Frame
from tangra.transforms.pipeline import simplify
from tangra.transforms.rules import inherited
from tangra.transforms.symbols import whole_symbols

if TYPE_CHECKING:
    from tangra.transforms.reverse import Memo, Reverse

FEW = 8
"""Residuals that are returned one by one."""


@dataclass(eq=False)
class Split:
    """A callee's derivative. `forward`: its results, then residuals (None: there are none, and the callee serves).

    `backward` takes the arguments `arguments` (by position), the residuals, cotangents of the float results, and the
    cotangents so far of the arguments `sums`; it returns the cotangents of the arguments `found`. `source` is the
    callee.
    """

    source: Func
    forward: Func | None
    backward: Func
    arguments: list[int]
    sums: list[int]
    found: list[int]


def split(callee: Func, active: Sequence[bool], memo: Memo) -> Split | None:
    """The derivative of `callee` by the parameters flagged in `active`, in two parts; None if it can't be split."""
    key = id(callee), tuple(active)
    if key not in memo.splits:
        memo.alive.append(callee)
        memo.splits[key] = _split(callee, active, memo)
    return memo.splits[key]


def _split(callee: Func, active: Sequence[bool], memo: Memo) -> Split | None:
    from tangra.transforms.reverse import Reverse

    sweep = Reverse(simplify(callee), active, memo)
    return _Halves(callee, sweep).make()


class _Halves:
    def __init__(self, callee: Func, sweep: Reverse) -> None:
        self.callee = callee
        self.sweep = sweep
        self.func = sweep.func
        self.params = list(self.func.params)
        self.places = {id(p): k for k, p in enumerate(self.params)}
        self.costs: dict[int, int | None] = {}

    def make(self) -> Split | None:
        """Sweep, then cut the block where the forward part ends."""
        body, sweep = self.func.body, self.sweep
        returned = list(self.func.returned)
        last = body.ops[-2] if len(body.ops) > 1 else None
        sums = {k: Value(p.type) for k, p in enumerate(self.params) if p in sweep.wanted and p.array.rank}
        sums = {k: v for k, v in sums.items() if sweep.activity.is_active(self.params[k])}
        frame = Frame(sweep, body)
        frame.ct.update({id(self.params[k]): v for k, v in sums.items()})
        cotangents = sweep.backward(frame)
        if sweep.entry:
            return None
        cut = 0 if last is None else next(k for k, op in enumerate(body.ops) if op is last) + 1
        ahead, behind = body.ops[:cut], body.ops[cut:]
        final = {
            k: ct for k, p in enumerate(self.params) if p in sweep.wanted and (ct := frame.ct.get(id(p))) is not None
        }
        final = {k: ct for k, ct in final.items() if ct is not sums.get(k)}
        self.own = {id(r): op for op in ahead for r in op.results}
        self.binds = [op for op in ahead if op.name == "bind_dim"]
        needed = self.needed(behind, list(final.values()))
        residuals = [v for v in needed if id(v) in self.own and self.cost(v) is None]
        bound = set[str]().union(*(whole_symbols(p.type) for p in self.params))
        if not symbols_of_type([v.type for v in residuals]) <= bound:
            return None
        packs = _pack(residuals)
        forward = self.forward(ahead, returned, packs) if residuals else None
        backward, arguments, used = self.backward(behind, needed, packs, cotangents, sums, final)
        return Split(self.callee, forward, backward, arguments, used, list(final))

    # ---- what the backward part needs --------------------------------------------------------------------------
    def needed(self, behind: list[Op], final: list[Value]) -> list[Value]:
        """Values from before the cut that the backward part names, with the numbers its sizes are."""
        part = Block()
        part.ops = behind
        found = {id(v): v for v in [*free_values(part), *final]}
        used = symbols_of_block(part)
        for op in self.binds:
            if op.attrs["symbol"] in used:
                found.setdefault(id(op.operands[0]), op.operands[0])
        return [v for v in found.values() if id(v) in self.own or id(v) in self.places]

    def cost(self, v: Value) -> int | None:
        """What it costs to compute a forward value again from arguments; None if it is better kept."""
        if id(v) in self.places:
            return 0
        if id(v) not in self.costs:
            op = self.own[id(v)]
            self.costs[id(v)] = self.recomputed(op) if not op.regions and not op.defn.effect else None
        return self.costs[id(v)]

    def recomputed(self, op: Op) -> int | None:
        if op.name in ("constant", "dim"):
            return 0
        if not (op.name == "broadcast" or (op.defn.elementwise and op.defn.cost <= CHEAP)):
            return None
        parts = [self.cost(x) for x in op.operands]
        total = sum(n for n in parts if n is not None) + op.defn.cost
        return None if None in parts or total > RECOMPUTED else total

    # ---- the two functions -------------------------------------------------------------------------------------
    def forward(self, ahead: list[Op], returned: list[Value], packs: list[_Pack]) -> Func:
        mapping: dict[int, Value] = {}
        block = Block()
        for p in self.params:
            mapping[id(p)] = block.add_arg(p.type, p.name)
        block.ops = [clone_op(op, mapping) for op in ahead]
        b = Builder(block)
        kept = [pack.put(b, [mapping.get(id(v), v) for v in pack.values]) for pack in packs]
        b.return_(*(mapping[id(v)] for v in returned), *kept)
        attrs = inherited(self.func)
        if self.func.attrs.get("written"):
            attrs["written"] = self.func.attrs["written"]
        func = Func(f"forward_{self.func.name}", block, attrs)
        eliminate_dead_code(func)
        return func

    def backward(
        self,
        behind: list[Op],
        needed: list[Value],
        packs: list[_Pack],
        cotangents: list[Value],
        sums: dict[int, Value],
        final: dict[int, Value],
    ) -> tuple[Func, list[int], list[int]]:
        """The function, the arguments it takes and the sums it takes, by position."""
        block, mapping = Block(), dict[int, Value]()
        used = [k for k in sums if k in final]
        arguments = self.arguments(behind, needed, [v for pack in packs for v in pack.values])
        for k in arguments:
            mapping[id(self.params[k])] = block.add_arg(self.params[k].type, self.params[k].name)
        kept = [block.add_arg(pack.type) for pack in packs]
        for v in (*cotangents, *(sums[k] for k in used)):
            mapping[id(v)] = block.add_arg(v.type)
        bound = set[str]().union(*(whole_symbols(a.type) for a in block.args))
        b = Builder(block)
        for pack, value in zip(packs, kept, strict=True):
            for v, part in zip(pack.values, pack.get(b, value), strict=True):
                mapping[id(v)] = part
        for v in needed:
            self.rebuild(b, v, mapping)
        sizes = symbols_of_block_ops(behind)
        block.ops += [clone_op(op, mapping) for op in self.binds if op.attrs["symbol"] in sizes - bound]
        for op in behind:
            block.ops.append(clone_op(op, mapping))
        b.return_(*(mapping[id(v)] for v in final.values()))
        func = Func(f"backward_{self.func.name}", block, inherited(self.func))
        eliminate_dead_code(func)
        func.attrs["written"] = self.in_place(func, used, list(final))
        return func, arguments, used

    def arguments(self, behind: list[Op], needed: list[Value], residuals: list[Value]) -> list[int]:
        """The arguments that the backward part reads, and those that say what its sizes are."""
        read = {self.places[id(v)] for v in self.behind(needed, {id(v) for v in residuals})}
        sizes = symbols_of_block_ops(behind)
        for k, p in enumerate(self.params):
            if whole_symbols(p.type) & sizes:
                read.add(k)
        return sorted(read)

    def behind(self, values: Iterable[Value], given: set[int]) -> list[Value]:
        """The arguments that computing `values` again takes."""
        found: dict[int, Value] = {}
        work = list(values)
        while work:
            v = work.pop()
            if id(v) in self.places:
                found[id(v)] = v
            elif id(v) not in given:
                work += self.own[id(v)].operands
        return list(found.values())

    def rebuild(self, b: Builder, v: Value, mapping: dict[int, Value]) -> None:
        if id(v) in mapping:
            return
        op = self.own[id(v)]
        for x in op.operands:
            self.rebuild(b, x, mapping)
        b.block.ops.append(clone_op(op, mapping))

    def in_place(self, func: Func, used: list[int], found: list[int]) -> tuple[tuple[int, int], ...]:
        """The sums' memory takes the cotangents."""
        first = len(func.params) - len(used)
        return tuple((first + n, found.index(k)) for n, k in enumerate(used))


@dataclass(eq=False)
class _Pack:
    """Residuals returned as one value: the value itself, or the elements of several one after the other."""

    values: list[Value]
    type: Type

    def put(self, b: Builder, values: list[Value]) -> Value:
        if len(self.values) == 1:
            return values[0]
        return b("concat", *(b("reshape", v, shape=(_count(v),)) for v in values), axis=0)

    def get(self, b: Builder, packed: Value) -> list[Value]:
        if len(self.values) == 1:
            return [packed]
        found, start = [], 0
        for v in self.values:
            n = _count(v)
            part = b("index", packed, b.int(start), sizes=(n,), steps=(1,)) if v.shape else None
            found.append(
                b("index", packed, b.int(start), sizes=(None,), steps=(1,))
                if part is None
                else b("reshape", part, shape=v.shape)
            )
            start += n
        return found


def _count(v: Value) -> int:
    found = prod(v.shape)
    assert isinstance(found, int)
    return found


def _pack(values: list[Value]) -> list[_Pack]:
    """How residuals are returned: one by one if they are few, else those of one dtype and known size together."""
    if len(values) <= FEW:
        return [_Pack([v], v.type) for v in values]
    groups: dict[object, list[Value]] = {}
    for v in values:
        groups.setdefault(v.dtype if all(isinstance(n, int) for n in v.shape) else id(v), []).append(v)
    return [
        _Pack(group, ArrayType(group[0].dtype, (sum(map(_count, group)),)) if len(group) > 1 else group[0].type)
        for group in groups.values()
    ]


def symbols_of_block_ops(ops: list[Op]) -> set[str]:
    """The symbols that operations mention."""
    part = Block()
    part.ops = ops
    return symbols_of_block(part)
