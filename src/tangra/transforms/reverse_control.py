"""Reverse mode of control flow, calls, tapes and element reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tangra.ir import I64, ArrayType, Block, Op, Value
from tangra.ir.graph import free_values
from tangra.transforms import reverse_calls
from tangra.transforms.activity import carried_args, carried_operands, carried_yields
from tangra.transforms.checkpoint_marks import marked
from tangra.transforms.checkpointing import reverse_marked
from tangra.transforms.frame import Frame
from tangra.transforms.residuals import resolve_arm, resolve_body
from tangra.transforms.trips import count_trips, step_of

if TYPE_CHECKING:
    from tangra.transforms.reverse import Reverse

Handler = Callable[["Reverse", Op, Frame], None]


def reverse_read(sweep: Reverse, op: Op, frame: Frame) -> None:
    """`index` and `gather`: add at the place that was read, in the cotangent that is there already."""
    x, *where = op.operands
    ct = frame.take(op.result)
    if ct is None or not sweep.activity.is_active(x):
        return
    start = len(sweep.b.block.ops)
    name = "accumulate" if op.name == "index" else "scatter_add"
    added = sweep.b(name, frame.present(x), ct, *where, **op.attrs)
    frame.settle(start)
    frame.ct[id(x)] = added


# Branches


def reverse_if(sweep: Reverse, op: Op, frame: Frame) -> None:
    cotangents = [frame.take(r) for r in op.results]
    held = {k: frame.held.pop(id(r)) for k, r in enumerate(op.results) if id(r) in frame.held}
    restored = {k: older for k in held if (older := sweep.versions.before(op.results[k])) is not None}
    restored = {k: older for k, older in restored.items() if id(older) not in frame.held}
    arms = [_reverse_arm(sweep, op, side, frame, cotangents, held) for side in (0, 1)]
    changed = _changed(sweep, op, frame, arms)
    olders = [k for k, older in restored.items() if all(id(older) in a.held for _, a in arms)]
    if not changed and not olders and not any(o.defn.effect for block, _ in arms for o in block.walk()):
        return
    blocks = []
    for block, child in arms:
        with sweep.b.at(block):
            values = [child.reach(child.present(v)) for v in changed]
            sweep.b.yield_(*values, *(child.held[id(restored[k])] for k in olders))
        blocks.append(block)
    for side, block in enumerate(blocks):
        resolve_arm(sweep, op, side, block, frame.held)
    start = len(sweep.b.block.ops)
    new = sweep.b.emit("if", [op.operands[0]], {}, blocks)
    frame.settle(start)
    for v, r in zip(changed, new.results[: len(changed)], strict=True):
        frame.ct[id(v)] = r
    for k, r in zip(olders, new.results[len(changed) :], strict=True):
        frame.held[id(restored[k])] = r


def _reverse_arm(
    sweep: Reverse, op: Op, side: int, frame: Frame, cotangents: Sequence[Value | None], held: dict[int, Value]
) -> tuple[Block, Frame]:
    """Sweep one arm; its frame starts from what is outside, and its result cotangents go to what it yielded."""
    region = op.regions[side]
    yields = region.terminator.operands
    child = Frame(sweep, region)
    child.ct.update(frame.ct)
    child.held.update(frame.held)
    child.reads.update(frame.reads)
    with sweep.b.at(Block()) as block:
        for y, ct in zip(yields, cotangents, strict=True):
            child.add(y, ct)
        for k, version in held.items():
            child.held.setdefault(id(yields[k]), version)
        sweep.sweep(list(region.ops), child)
    return block, child


def _changed(sweep: Reverse, op: Op, frame: Frame, arms: Sequence[tuple[Block, Frame]]) -> list[Value]:
    """The outer values whose cotangent an arm changed."""
    outer = {id(v): v for r in op.regions for v in free_values(r)}
    return [v for v in outer.values() if any(child.ct.get(id(v)) is not frame.ct.get(id(v)) for _, child in arms)]


# Loops


def reverse_loop(sweep: Reverse, op: Op, frame: Frame) -> None:
    plan = marked(op)
    if plan is None:
        _LoopReversal(sweep, op, frame).run()
    else:
        reverse_marked(sweep, op, frame, plan)


class _LoopReversal:
    """Builds the backward loop of one forward loop.

    It carries the cotangents of the loop's state, accumulators for the cotangents of what the body reads from outside,
    and the array versions it restores.
    """

    def __init__(self, sweep: Reverse, op: Op, frame: Frame) -> None:
        self.sweep, self.op, self.frame = sweep, op, frame
        self.body = op.regions[0]
        self.args, self.yields, self.inits = carried_args(op), carried_yields(op), carried_operands(op)
        active = sweep.activity.is_active
        self.state = [k for k, a in enumerate(self.args) if active(a) or active(op.results[k])]
        self.outer = [v for v in free_values(self.body) if active(v)]
        self.held = self._held()
        self.child = Frame(sweep, self.body)

    def _held(self) -> dict[int, Value]:
        """Carried arrays whose versions the sweep restores, with the version it starts from."""
        versions, frame = self.sweep.versions, self.frame
        held = {}
        for k, r in enumerate(self.op.results):
            if not isinstance(r.type, ArrayType) or not r.type.rank or not versions.restorable(self.op, k):
                continue
            if id(r) in frame.held:
                held[k] = frame.held.pop(id(r))
            elif versions.held(r) and versions.keepable(r):
                held[k] = r
        return held

    def run(self) -> None:
        frame, op = self.frame, self.op
        incoming = {k: frame.take(op.results[k]) for k in self.state}
        if not self._needed(incoming):
            return
        block = Block()
        iv = block.add_arg(ArrayType(I64), "i")
        state = {k: block.add_arg(self.args[k].type) for k in self.state}
        sums = [block.add_arg(v.type) for v in self.outer]
        held = {k: block.add_arg(self.args[k].type) for k in self.held}
        self._sweep_body(block, state, sums, held)
        self._emit(block, iv, incoming, state, sums, held)

    def _needed(self, incoming: dict[int, Value | None]) -> bool:
        """Whether the backward loop has anything to do."""
        if any(ct is not None for ct in incoming.values()) or self.held:
            return True
        return any(o.name in ("tape_push", "tape_pop") for o in self.body.walk())

    def _sweep_body(self, block: Block, state: dict[int, Value], sums: list[Value], held: dict[int, Value]) -> None:
        child, sweep = self.child, self.sweep
        child.held.update(self.frame.held)
        with sweep.b.at(block):
            for v, total in zip(self.outer, sums, strict=True):
                child.ct[id(v)] = total
            for k, ct in state.items():
                child.add(self.yields[k], ct)
            for k, version in held.items():
                child.held[id(self.yields[k])] = version
            sweep.sweep(list(self.body.ops), child)

    def _emit(
        self,
        block: Block,
        iv: Value,
        incoming: dict[int, Value | None],
        state: dict[int, Value],
        sums: list[Value],
        held: dict[int, Value],
    ) -> None:
        sweep, frame, child, b = self.sweep, self.frame, self.child, self.sweep.b
        with b.at(block):
            next_state = [child.reach(child.present(self.args[k])) for k in state]
            changed = [n for n, v in enumerate(self.outer) if child.ct.get(id(v)) is not sums[n]]
            next_sums = [child.ct[id(self.outer[n])] for n in changed]
            b.yield_(*next_state, *next_sums, *(child.held[id(self.args[k])] for k in held))
        block.args = [iv, *state.values(), *(sums[n] for n in changed), *held.values()]
        resolve_body(sweep, self.op, block, self._known(iv), frame.held)
        start = len(b.block.ops)
        bounds = self._bounds()
        starts = [ct if ct is not None else b.zeros(self.args[k].array) for k, ct in incoming.items()]
        totals = [frame.present(self.outer[n]) for n in changed]
        operands = [*bounds, *starts, *totals, *self.held.values()]
        new = b.emit("loop", operands, {"counted": True, "exits": False, "parallel": False}, [block])
        frame.settle(start)
        self._finish(new, changed)

    def _known(self, iv: Value) -> dict[int, Value]:
        return {id(self.body.args[0]): iv} if self.op.attrs["counted"] else {}

    def _finish(self, new: Op, changed: list[int]) -> None:
        """Name the backward loop's results."""
        frame = self.frame
        results = iter(new.results)
        totals = [next(results) for _ in range(len(self.state))]
        for n in changed:
            frame.ct[id(self.outer[n])] = next(results)
        for k in self.held:
            frame.held.setdefault(id(self.inits[k]), next(results))
        for k, total in zip(self.state, totals, strict=True):
            frame.add(self.inits[k], total)

    def _bounds(self) -> list[Value]:
        """Bounds that run the forward loop's induction variable (or trip number) backwards."""
        b, op = self.sweep.b, self.op
        one = b.int(1)
        if not op.attrs["counted"]:
            return [b.int(0), count_trips(self.sweep, op), one]
        start, stop = op.operands[:2]
        step = step_of(op)
        if op.attrs["exits"]:
            trips = b("sub", count_trips(self.sweep, op), one)
            last = b("add", start, b("mul", trips, b.int(step)))
        elif abs(step) == 1:
            last = b("sub", stop, b.int(step))
        else:
            span = b("sub", b("sub", stop, start), b.int(1 if step > 0 else -1))
            last = b("add", start, b("mul", b("floordiv", span, b.int(step)), b.int(step)))
        return [last, b("sub", start, b.int(step)), b.int(-step)]


# Tapes


def reverse_pop(sweep: Reverse, op: Op, frame: Frame) -> None:
    """The reverse of a pop is a push on the tape's cotangent tape."""
    tape = op.operands[0]
    cotangents = [frame.take(r) for r in op.results]
    fields = [k for k in range(len(op.results)) if sweep.activity.field_active(tape, k)]
    if fields:
        values = [
            ct if ct is not None else sweep.b.zeros(op.results[k].array)
            for k, ct in enumerate(cotangents)
            if k in fields
        ]
        start = len(sweep.b.block.ops)
        sweep.b.emit("tape_push", [_cotangent_tape(sweep, tape, fields), *values])
        frame.settle(start)


def reverse_push(sweep: Reverse, op: Op, frame: Frame) -> None:
    """The reverse of a push is a pop of the cotangents."""
    tape, *values = op.operands
    fields = [k for k in range(len(values)) if sweep.activity.field_active(tape, k)]
    if fields:
        popped = sweep.b.emit("tape_pop", [_cotangent_tape(sweep, tape, fields)])
        for k, ct in zip(fields, popped.results, strict=True):
            frame.add(values[k], ct)


def _cotangent_tape(sweep: Reverse, tape: Value, fields: Sequence[int]) -> Value:
    if id(tape) not in sweep.cotangent_tapes:
        assert tape.defining_op is not None
        record: Sequence[ArrayType] = tape.defining_op.attrs["record"]
        sweep.cotangent_tapes[id(tape)] = sweep.new_tape([record[k] for k in fields])
    return sweep.cotangent_tapes[id(tape)]


def skip(sweep: Reverse, op: Op, frame: Frame) -> None:
    """Effects without a derivative: they have happened in the forward part."""


HANDLERS: dict[str, Handler] = {
    "index": reverse_read,
    "gather": reverse_read,
    "if": reverse_if,
    "loop": reverse_loop,
    "call": reverse_calls.reverse_call,
    "custom_derivative": reverse_calls.reverse_custom,
    "tape_pop": reverse_pop,
    "tape_push": reverse_push,
    **dict.fromkeys(("tape_new", "fail_if", "check_index", "bind_dim", "dim", "undef"), skip),
}
