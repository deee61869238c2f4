"""Writer of `loop`: where carried arrays live, and the loop's basic blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tangra.ir import Op, Value
from tangra.native import emit_segments, loop_checks, nests, parallel_loops, polling
from tangra.native.emit_segments import SegmentedTape
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import register_type
from tangra.native.parallel_loops import Part, Trips
from tangra.native.regions import Dependent, Unpaired
from tangra.native.slices import Slices
from tangra.native.text import UNLIKELY, Lines, Operand
from tangra.native.values import Array, Scalar, Strided
from tangra.ops.common import scalar_constant


@op_writer("loop")
def _loop(em: Emitter, op: Op) -> None:
    counted, body = op.attrs["counted"], op.regions[0]
    trips = None
    if counted:
        start, stop, step = (em.operand(v) for v in op.operands[:3])
        assert isinstance(step, int), "the step of a loop is a constant"
        trips = Trips(start, stop, step)
        if step == -1 and _has_next(op.operands[0]) and _any_order(em, op):
            trips = Trips(em.code.add(stop, 1), em.code.add(start, 1), 1, turned=True)
    inits = op.operands[3 if counted else 0 :]
    for v in em.liveness.free_values(body):
        found = em.repr(v)
        if isinstance(found, Array) and not isinstance(found, Strided) and not found.cheap:
            em.force(v)
    holders = _carriers(em, op, inits)
    scalars = iter(_write(em, op, trips, inits, holders))
    for result, holder in zip(op.results, holders, strict=True):
        if holder is not None:
            holder.buffer.pins -= 1
            em.define(result, holder)
        else:
            em.define(result, Scalar(result.dtype, next(scalars)))


def _has_next(start: Value) -> bool:
    """Whether there surely is an i64 above the first index of a loop, which is to end one that runs upwards."""
    made = start.defining_op
    if made is not None and made.name == "sub":
        less = scalar_constant(made.operands[1])
        return less is not None and int(less) > 0
    if made is not None and made.name == "dim":
        return True
    known = scalar_constant(start)
    return known is not None and int(known) < (1 << 63) - 1


def _any_order(em: Emitter, op: Op) -> bool:
    """Whether the trips of a loop run in the opposite order: upwards it takes no shuffles to do so in vectors, and LLVM
    knows wide stores of elements that lie apart. A tape in segments has a place for each trip; others are stacks."""
    body = op.regions[0]
    effects = [inner for inner in body.walk() if inner.defn.effect and not inner.defn.terminator]
    in_place = all(e.name == "tape_pop" and isinstance(em.repr(e.operands[0]), SegmentedTape) for e in effects)
    return op.attrs["parallel"] and "pair" not in op.attrs and polling.is_leaf(body) and in_place


def _carriers(em: Emitter, op: Op, inits: list[Value]) -> list[Strided | None]:
    """The memory each carried array lives in during the loop, holding its start value: the start value's own if
    nobody reads that any more, else a copy."""
    holders: list[Strided | None] = [None] * len(inits)
    taken: set[int] = set()
    for k, v in enumerate(inits):
        found = em.repr(v)
        if isinstance(found, Strided) and _may_take(em, op, k, v, found) and id(found.buffer) not in taken:
            taken.add(id(found.buffer))
            found.buffer.pins += 1
            holders[k] = found
    copies = []
    for k, v in enumerate(inits):
        if v.shape and holders[k] is None:
            holder = em.allocate(v.dtype, v.shape, v)
            holder.buffer.pins += 1
            holders[k] = holder
            copies.append((holder, em.array(v)))
    nests.assign_all(em, copies)
    return holders


def _may_take(em: Emitter, op: Op, k: int, value: Value, found: Strided) -> bool:
    """Whether the loop may overwrite the memory of its start value."""
    if not (found.buffer.writable and found.contiguous) or em.live_after(value):
        return False
    header = len(op.operands) - len(op.results)
    if sum(v is value for v in op.operands[header:]) > 1:
        return False
    free = {id(v) for v in em.liveness.free_values(op.regions[0])}
    for key, reader in found.buffer.readers.items():
        if reader is not value and (em.live_after(reader) or key in free):
            return False
    return id(value) not in free


def _write(
    em: Emitter, op: Op, trips: Trips | None, inits: list[Value], holders: list[Strided | None]
) -> list[Operand]:
    """The loop, in threads if its trips are independent and many; the operands of the scalar results."""
    starts = [em.operand(v) for v, h in zip(inits, holders, strict=True) if h is None]
    if trips is None or not parallel_loops.may_split(em, op):
        return _versions(em, _Form(op, trips, trips, starts, holders))
    begun = "pair" not in op.attrs
    for use in emit_segments.uses_of(em, op) if begun else ():
        emit_segments.begin(em, use, trips.start, trips.stop, trips.step)

    def write_part(part: Part) -> list[Operand]:
        whole = part.trips if part.alone else trips
        return _versions(em, _Form(op, part.trips, whole, part.starts, part.holders, begun, part.region))

    whole = Part(trips, starts, holders)
    try:
        return parallel_loops.write(em, op, whole, write_part)
    except Dependent:
        pair = em.pairs.get(op.attrs.get("pair", -1))
        if isinstance(pair, Slices):
            if not pair.first and pair.plan is not None:
                raise Unpaired from None
            pair.plan = None
        return write_part(whole)


@dataclass(frozen=True)
class _Form:
    """A loop, or a part of it: its trips, those of the whole loop, the start values of its scalars, and the memory of
    its arrays. `begun`: the segments of its tapes are there. `region`: other parts run at the same time."""

    op: Op
    trips: Trips | None
    whole: Trips | None
    starts: list[Operand]
    holders: list[Strided | None]
    begun: bool = False
    region: bool = False

    @property
    def scalars(self) -> list[Value]:
        """The results that are scalars."""
        return [v for v, holder in zip(self.op.results, self.holders, strict=True) if holder is None]


def _versions(em: Emitter, form: _Form) -> list[Operand]:
    """The loop, in two versions if index checks can be tested in front; the operands of the scalar results."""
    trips = form.trips
    checks = loop_checks.hoistable(em, form.op) if trips is not None else []
    if trips is None or not checks:
        return _LoopWriter(em, form).write()
    code = em.code
    free, careful, join = code.name("free"), code.name("careful"), code.name("join")
    code.branch(loop_checks.all_pass(em, checks, trips.start, trips.stop, trips.step), free, careful)
    ends: list[tuple[str, list[Operand]]] = []
    for label, proven in ((free, {id(check.op) for check in checks}), (careful, set[int]())):
        code.start(label)
        em.proven |= proven
        results = _LoopWriter(em, form).write()
        em.proven -= proven
        ends.append((code.label, results))
        code.goto(join)
    code.start(join)
    names: list[Operand] = []
    for k, v in enumerate(form.scalars):
        name = "%" + code.name("r")
        code.phi(code.lines, name, register_type(v.dtype), [(results[k], label) for label, results in ends])
        names.append(name)
    return names


class _LoopWriter:
    """Writes the blocks of one loop: guard, (strip head,) header and body, latch, (strip end,) and what follows.

    A counted loop that may run long without polling anywhere is cut into strips of 2^18 trips, so that its trips are
    free of the poll: the strip head sets how far this strip goes, the strip end polls.
    """

    def __init__(self, em: Emitter, form: _Form) -> None:
        op, trips = form.op, form.trips
        self.em, self.code, self.op, self.body, self.form = em, em.code, op, op.regions[0], form
        self.trips, self.holders, self.starts = trips, form.holders, form.starts
        self.types = [register_type(v.dtype) for v in form.scalars]
        self.header, self.after = em.code.name("loop"), em.code.name("after")
        self.strip = em.code.name("strip") if trips is not None and polling.needs_strips(em, op) else ""
        self.tapes = emit_segments.uses_of(em, op)
        self.leaving: list[tuple[str, list[Operand]]] = []
        self.strip_phis: Lines = []
        self.phis: Lines = []

    def write(self) -> list[Operand]:
        """The operands of the scalar results."""
        code, trips = self.code, self.trips
        if trips is not None and polling.is_leaf(self.body):
            code.innermost(trips.number)
        if trips is not None and not self.form.begun:
            for use in self.tapes:
                emit_segments.begin(self.em, use, trips.start, trips.stop, trips.step)
        first = self.strip or self.header
        if trips is not None and not trips.surely_run:
            self.leaving.append((code.label, self.starts))
            go = code.ins(f"icmp {trips.relation} i64 {trips.start}, {trips.stop}")
            code.branch(go, first, self.after)
        else:
            code.goto(first)
        before = code.label
        entry = [trips.start, *self.starts] if trips is not None else list(self.starts)
        if self.strip:
            self._strip_head(before, entry)
        else:
            self._trip(before, entry, trips.stop if trips is not None else 0)
        code.start(self.after)
        return self._results()

    def _strip_head(self, before: str, entry: list[Operand]) -> None:
        code, trips = self.code, self.trips
        assert trips is not None
        code.start(self.strip)
        code.lines.append(self.strip_phis)
        names: list[Operand] = [code.coming("t", type) for type in ("i64", *self.types)]
        reach = polling.STRIP * trips.step
        room = code.ins(f"sub i64 {trips.stop}, {names[0]}")
        far = code.ins(f"icmp {'sgt' if trips.step > 0 else 'slt'} i64 {room}, {reach}")
        limit = code.ins(f"select i1 {far}, i64 {code.ins(f'add i64 {names[0]}, {reach}')}, i64 {trips.stop}")
        code.goto(self.header)
        end, following = self._trip(self.strip, names, limit)
        for name, type, start, last in zip(names, ["i64", *self.types], entry, following, strict=True):
            code.phi(self.strip_phis, str(name), type, [(start, before), (last, end)])

    def _trip(self, before: str, entry: list[Operand], stop: Operand) -> tuple[str, list[Operand]]:
        """Header, body and latch of a loop entered from `before` with these values; the block that ends it for good,
        and the values it goes on with (the index first)."""
        em, code, trips = self.em, self.code, self.trips
        code.start(self.header)
        code.lines.append(self.phis)
        types = [*(["i64"] if trips is not None else []), *self.types]
        names = [code.coming("c", type) for type in types]
        with self._shared():
            stay, nexts = self._body(names, entry)
        if not self.strip:
            polling.poll(em, self.op)
        if stay is not None and trips is not None:
            self.leaving.append((code.label, nexts))
            latch = code.name("latch")
            code.branch(str(stay), latch, self.after)
            code.start(latch)
        following = nexts
        last = code.label
        if trips is None:
            self.leaving.append((last, nexts))
            code.branch(str(stay), self.header, self.after)
        else:
            index = code.ins(f"add nsw i64 {names[0]}, {trips.step}")
            following = [index, *nexts]
            again = code.ins(f"icmp {trips.relation} i64 {index}, {stop}")
            end = code.name("stripend") if self.strip else self.after
            code.branch(again, self.header, end)
            self.leaving.append((end if self.strip else code.label, nexts))
            if self.strip:
                more = code.name("more")
                code.start(end)
                code.branch(code.ins(f"icmp {trips.relation} i64 {index}, {trips.stop}"), more, self.after, UNLIKELY)
                code.start(more)
                polling.ask(em)
                code.goto(self.strip)
        for name, type, start, result in zip(names, types, entry, following, strict=True):
            code.phi(self.phis, name, type, [(start, before), (result, last)])
        return code.label, following

    def _body(self, names: list[str], entry: list[Operand]) -> tuple[Operand | None, list[Operand]]:
        """The body's operations over phis called `names`, which begin as `entry`; the flag to stay and the next
        scalars."""
        em, body = self.em, self.body
        em.sums |= self._sums()
        em.recurring |= self._recurring()
        frame = em.push(body, loop=True)
        if self.trips is not None and polling.is_leaf(body):
            frame.first = entry[0]
        arguments, phis = list(body.args), iter(names)
        whole = self.form.whole
        if whole is not None:
            index = arguments.pop(0)
            now = next(phis)
            em.define(index, Scalar(index.dtype, now))
            for use in self.tapes:
                emit_segments.enter_trip(em, use, now, whole.start, whole.stop, whole.step, whole.turned)
        for argument, holder in zip(arguments, self.holders, strict=True):
            em.define(argument, holder if holder is not None else Scalar(argument.dtype, next(phis)))
        mark = polling.save_arena(em) if em.liveness.info(body).binds_dims else None
        outside = em.backward
        em.backward |= any(op.name == "tape_pop" for op in body.ops)
        em.write_block(body)
        yields = list(body.terminator.operands)
        stay = em.operand(yields.pop(0)) if self.op.attrs["exits"] else None
        arrays = [(h, em.array(v)) for v, h in zip(yields, self.holders, strict=True) if h is not None]
        nests.assign_all(em, arrays)
        nexts = [em.operand(v) for v, h in zip(yields, self.holders, strict=True) if h is None]
        em.backward = outside
        em.forget(em.pop())
        if mark is not None:
            polling.restore_arena(em, mark)
        return stay, nexts

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """While a part of a loop is written that runs beside others: its arrays are shared, but for totals."""
        own = self.op.attrs.get("totals", ())
        holders = [holder for k, holder in enumerate(self.holders) if k not in own] if self.form.region else []
        buffers = [holder.buffer for holder in holders if holder is not None]
        for buffer in buffers:
            buffer.shared = True
        try:
            yield
        finally:
            for buffer in buffers:
                buffer.shared = False

    def _sums(self) -> set[int]:
        """The additions to totals that nothing else in the body reads, and that are not looked at until the end."""
        body, found = self.body, set()
        flags = 1 if self.op.attrs["exits"] else 0
        arguments = body.args[1:] if self.trips is not None else body.args
        for arg, last in zip(arguments, body.terminator.operands[flags:], strict=True):
            made = last.defining_op
            if made is None or made.name != "add" or arg.shape or arg.dtype.kind != "f":
                continue
            users = [user for v in (arg, last) for user, _ in self.em.liveness.users.get(id(v), [])]
            if users == [made, body.terminator]:
                found.add(id(made))
        return found

    def _recurring(self) -> set[int]:
        """The operations of the body that its state depends on, but for totals."""
        own = {id(op) for op in self.body.ops}
        waiting = [v for v in self.body.terminator.operands if not v.shape]
        found: set[int] = set()
        while waiting:
            made = waiting.pop().defining_op
            if made is not None and id(made) in own and id(made) not in found and id(made) not in self.em.sums:
                found.add(id(made))
                waiting += made.operands
        return found

    def _results(self) -> list[Operand]:
        results: list[Operand] = []
        for k, type in enumerate(self.types):
            incoming = [(values[k], label) for label, values in self.leaving]
            if len(incoming) == 1:
                results.append(incoming[0][0])
                continue
            name = "%" + self.code.name("r")
            self.code.phi(self.code.lines, name, type, incoming)
            results.append(name)
        return results
