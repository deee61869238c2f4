"""Dead code elimination by marking what results and effects need, through loops, branches and tapes.

A loop's state is live only where something outside, an effect or live state reads it; a result of an `if` only where it
is read; a field of a tape only where a live pop reads it. Pushes and pops of a tape without live fields go as a whole.
"""

from __future__ import annotations

from tangra.ir import Block, Func, Op, Value
from tangra.ir.mentions import symbols_of_block
from tangra.transforms.activity import carried_args, carried_operands, carried_yields

CALLS = frozenset({"call", "custom_derivative"})
OF_TAPES = frozenset({"tape_push", "tape_pop", "tape_new"})


def eliminate_dead_code(func: Func) -> bool:
    """Remove, in place, what no result and no effect of `func` needs. Returns whether anything went.

    A `bind_dim` goes where no type mentions its symbol.
    """
    dropped = False
    if any(op.name == "bind_dim" for op in func.body.walk()):
        dropped = _drop_unused_sizes(func.body, symbols_of_block(func.body))
    liveness = _Liveness(func)
    liveness.solve()
    return _Sweep(liveness).block(func.body) or dropped


def ops_behind_results(func: Func) -> set[int]:
    """Ids of the operations that the results of `func` depend on, through data or control; what only a failure test
    reads is not among them."""
    liveness = _Liveness(func)
    liveness.solve(effects=False)
    return liveness.kept


def _drop_unused_sizes(block: Block, used: set[str]) -> bool:
    kept = [op for op in block.ops if op.name != "bind_dim" or op.attrs["symbol"] in used]
    changed = len(kept) < len(block.ops)
    block.ops = kept
    for op in block.ops:
        for region in op.regions:
            changed |= _drop_unused_sizes(region, used)
    return changed


class _Liveness:
    def __init__(self, func: Func) -> None:
        self.func = func
        self.live: set[int] = set()
        self.kept: set[int] = set()
        self.fields: set[tuple[int, int]] = set()
        self.work: list[Value] = []
        self.parent: dict[int, Op] = {}
        self.argument: dict[int, tuple[Op, int]] = {}
        self.pushes: dict[int, list[Op]] = {}
        self.pops: dict[int, list[Op]] = {}
        self.failing: dict[int, bool] = {}  # by callee

    def solve(self, effects: bool = True) -> None:
        """Mark what is live; without `effects` only what results need."""
        roots: list[Op] = []
        self.collect(self.func.body, None, roots)
        for op in roots:
            if effects or op.name == "return":
                self.keep(op)
        while self.work:
            self.reached(self.work.pop())

    def collect(self, block: Block, owner: Op | None, roots: list[Op]) -> None:
        for op in block.ops:
            if owner is not None:
                self.parent[id(op)] = owner
            name = op.name
            if name == "tape_push":
                self.pushes.setdefault(id(op.operands[0]), []).append(op)
            elif name == "tape_pop":
                self.pops.setdefault(id(op.operands[0]), []).append(op)
            elif (op.defn.effect and name != "tape_new") or name == "return" or self.may_fail(op):
                roots.append(op)
            if op.regions:
                if name == "loop":
                    for k, a in enumerate(carried_args(op)):
                        self.argument[id(a)] = (op, k)
                for region in op.regions:
                    self.collect(region, op, roots)

    def may_fail(self, op: Op) -> bool:
        """Whether `op` calls a function that may leave with an error."""
        if op.name not in CALLS:
            return False
        callee = op.attrs.get("callee") or op.attrs.get("primal")
        if not isinstance(callee, Func):
            return False
        if id(callee) not in self.failing:
            self.failing[id(callee)] = any(
                o.name in ("fail_if", "check_index") or self.may_fail(o) for o in callee.body.walk()
            )
        return self.failing[id(callee)]

    def need(self, v: Value) -> None:
        if id(v) not in self.live:
            self.live.add(id(v))
            self.work.append(v)

    def keep(self, op: Op) -> None:
        """`op` stays, and the operations around it: with what decides whether and how often they run."""
        if id(op) in self.kept:
            return
        self.kept.add(id(op))
        around = self.parent.get(id(op))
        if around is not None and id(around) not in self.kept:
            self.keep(around)
        name = op.name
        if name == "if":
            self.need(op.operands[0])
        elif name == "loop":
            self.keep_loop(op)
        elif name == "tape_push" or name == "tape_pop":
            self.need(op.operands[0])
            self.keep_tape(op.operands[0])
        else:
            live = self.live
            for v in op.operands:
                if id(v) not in live:
                    live.add(id(v))
                    self.work.append(v)

    def keep_loop(self, op: Op) -> None:
        if op.attrs["counted"]:
            for v in op.operands[:3]:
                self.need(v)
        if op.attrs["exits"]:
            self.need(op.regions[0].terminator.operands[0])

    def keep_tape(self, tape: Value) -> None:
        for op in (*self.pushes.get(id(tape), ()), *self.pops.get(id(tape), ())):
            self.keep(op)

    def reached(self, v: Value) -> None:
        """`v` is live: so is what it is made from."""
        op = v.defining_op
        if op is None:
            if id(v) in self.argument:
                self.state(*self.argument[id(v)])
            return
        self.keep(op)
        if op.name == "if":
            k = op.results.index(v)
            for region in op.regions:
                self.need(region.terminator.operands[k])
        elif op.name == "loop":
            self.state(op, op.results.index(v))
        elif op.name == "tape_pop":
            self.field(op.operands[0], op.results.index(v))

    def state(self, loop: Op, k: int) -> None:
        self.keep(loop)
        self.need(carried_operands(loop)[k])
        self.need(carried_yields(loop)[k])
        self.need(carried_args(loop)[k])

    def field(self, tape: Value, k: int) -> None:
        if (id(tape), k) not in self.fields:
            self.fields.add((id(tape), k))
            for push in self.pushes.get(id(tape), ()):
                self.keep(push)
                self.need(push.operands[1 + k])


class _Sweep:
    """Removes what is not live."""

    def __init__(self, liveness: _Liveness) -> None:
        self.liveness = liveness

    def is_live(self, v: Value) -> bool:
        return id(v) in self.liveness.live

    def block(self, block: Block) -> bool:
        before = len(block.ops)
        block.ops = [op for op in block.ops if op.defn.terminator or id(op) in self.liveness.kept]
        changed = len(block.ops) != before
        for op in block.ops:
            if op.regions or op.name in OF_TAPES:
                changed |= self.op(op)
                for region in op.regions:
                    changed |= self.block(region)
        return changed

    def op(self, op: Op) -> bool:
        if op.name == "if":
            live = [k for k, r in enumerate(op.results) if self.is_live(r)]
            if len(live) == len(op.results):
                return False
            op.results = [op.results[k] for k in live]
            for region in op.regions:
                region.terminator.operands = [region.terminator.operands[k] for k in live]
            return True
        if op.name == "loop":
            return self.loop(op)
        if op.name in ("tape_push", "tape_pop", "tape_new"):
            return self.tape(op)
        return False

    def loop(self, op: Op) -> bool:
        args = carried_args(op)
        live = [k for k, a in enumerate(args) if self.is_live(a) or self.is_live(op.results[k])]
        if len(live) == len(args):
            return False
        header, flag = (3 if op.attrs["counted"] else 0), (1 if op.attrs["exits"] else 0)
        body = op.regions[0]
        keep = [*range(header), *(header + k for k in live)]
        op.operands = [op.operands[k] for k in keep]
        ahead = len(body.args) - len(args)
        body.args = [*body.args[:ahead], *(args[k] for k in live)]
        yields = body.terminator.operands
        body.terminator.operands = [*yields[:flag], *(yields[flag + k] for k in live)]
        op.results = [op.results[k] for k in live]
        return True

    def tape(self, op: Op) -> bool:
        """Dead fields of a live tape go, in its record, pushes and pops alike."""
        handle = op.result if op.name == "tape_new" else op.operands[0]
        make = handle.defining_op
        assert make is not None
        if op.name == "tape_new":
            record = op.attrs["record"]
            live = self.live_fields(handle, len(record))
            op.attrs = {**op.attrs, "record": tuple(record[k] for k in live)}
            handle.type = op.defn.infer([], op.attrs, ())[0]
            return len(live) != len(record)
        values = op.operands[1:] if op.name == "tape_push" else op.results
        live = self.live_fields(handle, len(values))
        if op.name == "tape_push":
            op.operands = [handle, *(values[k] for k in live)]
        else:
            op.results = [values[k] for k in live]
        return len(live) != len(values)

    def live_fields(self, tape: Value, count: int) -> list[int]:
        return [k for k in range(count) if (id(tape), k) in self.liveness.fields]
