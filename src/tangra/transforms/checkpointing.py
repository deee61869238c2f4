"""Going back through a loop with bounded memory: the reverse derivative of a loop that carries a mark.

The forward part runs the loop as it is and keeps nothing of it. The backward part starts from the state that the loop
started from. It runs forward again, leaving snapshots of the state on a tape, up to the last few trips; runs these
keeping what their derivative needs, and back; then goes to the last snapshot, and so on (`checkpoint_plan` has the
numbers). What it needs of the loop's result is nothing but the number of trips, so a loop that ends by its own
decision runs again as one of known length.

All this is IR: loops, a tape, calls of functions made from the loop's body. So it is differentiated and batched like
anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.ir import I64, Block, Builder, Func, Op, Value, scalar
from tangra.ir.graph import free_values
from tangra.transforms import checkpoint_plan as plans
from tangra.transforms.activity import carried_args, carried_operands
from tangra.transforms.checkpoint_records import record_bytes, state_bytes
from tangra.transforms.checkpoint_segments import Segment, bind_sizes, read_state, sizes
from tangra.transforms.frame import Frame
from tangra.transforms.rules import emit_call
from tangra.transforms.symbols import whole_symbols
from tangra.transforms.trips import number_of_trips, step_of

if TYPE_CHECKING:
    from tangra.transforms.reverse import Reverse


def reverse_marked(sweep: Reverse, op: Op, frame: Frame, plan: plans.Plan) -> None:
    """Write the backward part of the marked loop `op`."""
    active = sweep.activity.is_active
    args = carried_args(op)
    state = [k for k, a in enumerate(args) if active(a) or active(op.results[k])]
    incoming = {k: frame.take(op.results[k]) for k in state}
    outer = [v for v in free_values(op.regions[0]) if active(v)]
    if all(ct is None for ct in incoming.values()):
        return
    b = sweep.b
    start = len(b.block.ops)
    trips = number_of_trips(sweep, op)
    rule = _Rule(sweep, op, plan, state, outer)
    seeds = [ct if ct is not None else b.zeros(args[k].array) for k, ct in incoming.items()]
    totals = [frame.present(v) for v in outer]
    first = op.operands[0] if op.attrs["counted"] else b.int(0)
    inits = carried_operands(op)
    read = [inits[k] for k in rule.read]
    func = rule.func()
    rest = [*sizes(b, rule.segment.names), *seeds, *totals, *sizes(b, rule.names)]
    types = [args[k].type for k in state] + [v.type for v in outer]
    results = emit_call(b, func, [first, trips, *read, *rule.segment.outer, *rest], types).results
    frame.settle(start)
    for v, total in zip(outer, results[len(state) :], strict=True):
        frame.ct[id(v)] = total
    for k, ct in zip(state, results, strict=False):
        frame.add(inits[k], ct)


class _Rule:
    """The backward part as a function of the induction variable's first value, the number of trips, the parts of the
    state that running again reads, values from outside, sizes, the cotangents of the active parts of the state, and the
    cotangents so far of active values from outside. It returns these two, as they are before the loop."""

    def __init__(self, sweep: Reverse, op: Op, plan: plans.Plan, state: Sequence[int], outer: Sequence[Value]) -> None:
        self.plan, self.op, self.state = plan, op, list(state)
        self.step = step_of(op)
        self.segment = segment = Segment(op, self.step, bool(plan[1]))
        self.active_outer = [k for k, v in enumerate(segment.outer) if any(v is w for w in outer)]
        self.joint = self._joint(sweep)
        self.read, self.advance = self._advance()
        self.b = Builder(Block(), op.span)
        self.names: list[str] = []

    def _joint(self, sweep: Reverse) -> Func:
        """Trips forward, keeping what is needed, and back."""
        from tangra.transforms.reverse import accumulating

        func = self.segment.func(self.state)
        active = {self.segment.parameter(k) for k in self.state}
        summed = [self.segment.outside(k) for k in self.active_outer]
        flags = [k in active or k in summed for k in range(len(func.params))]
        return accumulating(func, flags, summed, sweep.memo)

    def _advance(self) -> tuple[list[int], Func]:
        """What of the state running again reads, and the function that runs it forward."""
        read = read_state(self.segment, [self.joint])
        while True:
            advance = self.segment.forward(sorted(read))
            more = read | read_state(self.segment, [advance])
            if more == read:
                return sorted(read), advance
            read = more

    # ---- the function ------------------------------------------------------------------------------------------

    def func(self) -> Func:
        """See the class."""
        b, block, segment = self.b, self.b.block, self.segment
        args = segment.state
        self.first, self.trips = block.add_arg(scalar(I64)), block.add_arg(scalar(I64))
        base = [block.add_arg(args[k].type) for k in self.read]
        self.outer = [block.add_arg(v.type, v.name) for v in segment.outer]
        self.sizes = [block.add_arg(scalar(I64)) for _ in segment.names]
        seeds = [block.add_arg(args[k].type) for k in self.state]
        totals = [block.add_arg(segment.outer[k].type) for k in self.active_outer]
        if self.plan[0] == "recompute":
            b.return_(*self._back(b.int(0), self.trips, base, [*seeds, *totals]))
        else:
            b.return_(*self._scheduled(base, [*seeds, *totals]))
        self.names = bind_sizes(block)
        return Func(f"back_{self.op.name}", block)

    def _at(self, trip: Value) -> Value:
        """The induction variable of a trip."""
        return self.b("add", self.first, self.b("mul", trip, self.b.int(self.step)))

    def _call(
        self, func: Func, start: Value, stop: Value, state: Sequence[Value], more: Sequence[Value]
    ) -> list[Value]:
        """Call a function of a range of trips; of the state it reads `self.read` only."""
        b = self.b
        known = dict(zip(self.read, state, strict=True))
        whole = [
            known[k] if k in known else b.emit("undef", [], {"type": a.type}).result
            for k, a in enumerate(self.segment.state)
        ]
        operands = [self._at(start), self._at(stop), *whole, *self.outer, *self.sizes, *more]
        return emit_call(b, func, operands, func.result_types).results

    def _back(self, start: Value, stop: Value, state: Sequence[Value], cotangents: Sequence[Value]) -> list[Value]:
        """The cotangents before trips from those behind."""
        return self._call(self.joint, start, stop, state, cotangents)

    def _scheduled(self, base: Sequence[Value], cotangents: Sequence[Value]) -> list[Value]:
        """Reverse all trips, if there are any."""
        b = self.b
        some, none = Block(), Block()
        with b.at(some):
            b.yield_(*self._segments(base, cotangents))
        with b.at(none):
            b.yield_(*cotangents)
        return b.emit("if", [b("gt", self.trips, b.int(0))], {}, [some, none]).results

    def _sizes(self, base: Sequence[Value]) -> tuple[Value, Value]:
        b, joint = self.b, self.joint
        operands = [self.first, self.first, *[None] * len(self.segment.state), *self.outer, *self.sizes]
        known = {id(p): v for p, v in zip(joint.params, operands, strict=False) if v is not None}
        names = set(self.segment.names).union(*(whole_symbols(a.type) for a in b.block.args))
        record = record_bytes(b, joint, known, names)
        return plans.sizes(b, self.plan, self.trips, record, state_bytes(b, [v.array for v in base]))

    def _segments(self, base: Sequence[Value], cotangents: Sequence[Value]) -> list[Value]:
        """The loop over segments, `bounded` if what it keeps is. It carries the trips that are left, the last snapshot
        (the trip it is of, and the state), how many more may be taken, and cotangents; earlier snapshots are on a
        tape."""
        b = self.b
        unit, slots = self._sizes(base)
        types = [scalar(I64), *(v.type for v in base)]
        tape = b.emit("tape_new", [], {"record": tuple(types)}).result
        init = [self.trips, b("sub", slots, b.int(1)), b.int(0), *base, *cotangents]
        body = Block([v.type for v in init])
        n = 3 + len(base)
        end, free, at = body.args[:3]
        state, carried = body.args[3:n], body.args[n:]
        with b.at(body):
            units = plans.quotient_up(b, b("sub", end, at), unit)
            saving = b("and", b("gt", units, b.int(1)), b("gt", free, b.int(0)))
            part = self._first_part(saving, units, b("add", free, b.int(1)))
            target = b("add", at, b("mul", part, unit))
            there = self._call(self.advance, at, target, state, ())
            save, back = Block(), Block()
            with b.at(save):
                b.emit("tape_push", [tape, at, *state])
                b.yield_(end, b("sub", free, b.int(1)), target, *there, *carried)
            with b.at(back):
                found = self._back(target, end, there, carried)
                b.yield_(target, *self._after(tape, target, free, at, state), *found)
            done = b.emit("if", [saving], {}, [save, back]).results
            b.yield_(b("gt", done[0], b.int(0)), *done)
        attrs = {"counted": False, "exits": True, "parallel": False, "bounded": bool(self.plan[1])}
        results = b.emit("loop", init, attrs, [body]).results
        return results[n:]

    def _first_part(self, saving: Value, units: Value, slots: Value) -> Value:
        """How many units to run ahead: to the next snapshot, or to the last unit."""
        b = self.b
        save, last = Block(), Block()
        with b.at(save):
            b.yield_(plans.first_part(b, units, slots))
        with b.at(last):
            b.yield_(b("sub", units, b.int(1)))
        return b.emit("if", [saving], {}, [save, last]).results[0]

    def _after(self, tape: Value, target: Value, free: Value, at: Value, state: Sequence[Value]) -> list[Value]:
        """The last snapshot after going back to `target`: the one before, if that was the last one's own trip."""
        b = self.b
        earlier, same = Block(), Block()
        with b.at(earlier):
            popped = b.emit("tape_pop", [tape]).results
            b.yield_(b("add", free, b.int(1)), *popped)
        with b.at(same):
            b.yield_(free, at, *state)
        spent = b("and", b("eq", target, at), b("gt", target, b.int(0)))
        return b.emit("if", [spent], {}, [earlier, same]).results
