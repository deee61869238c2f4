"""Writers of `if`, `loop`, sizes, and values nobody reads."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.ir import Block, Op, Value
from tangra.native import nests, polling
from tangra.native.emitter import Emitter, Frame, op_writer
from tangra.native.llvm_types import register_type, zero
from tangra.native.text import Lines, Operand
from tangra.native.values import Array, Buffer, Scalar, Strided, Unset


@op_writer("dim")
def _dim(em: Emitter, op: Op) -> None:
    em.define(op.result, Scalar(op.result.dtype, em.size(op.attrs["size"])))


@op_writer("bind_dim")
def _bind_dim(em: Emitter, op: Op) -> None:
    em.bind(op.attrs["symbol"], em.operand(op.operands[0]))


@op_writer("undef")
def _undef(em: Emitter, op: Op) -> None:
    type = op.result.array
    if type.shape:
        em.define(op.result, Unset(type.dtype, type.shape, zero(type.dtype)))
    else:
        em.define(op.result, Scalar(type.dtype, zero(type.dtype)))


@dataclass
class _Arm:
    """One arm of an `if` after its operations are written: where its text goes on, and what it yields."""

    lines: Lines
    frame: Frame
    label: str
    yields: list[Value]


@op_writer("if")
def _if(em: Emitter, op: Op) -> None:
    code = em.code
    before = code.slot() if any(v.shape for v in op.results) else code.lines
    labels, join = (code.name("then"), code.name("else")), code.name("join")
    code.branch(str(em.operand(op.operands[0])), *labels)
    outer = code.lines
    arms = [_write_arm(em, region, label) for region, label in zip(op.regions, labels, strict=True)]
    code.lines = before
    pinned = _yielded_buffers(em, arms)
    for buffer in pinned:
        buffer.pins += 1
    targets: list[Array | None] = []
    for k, v in enumerate(op.results):
        taken = {id(t.buffer) for t in targets if isinstance(t, Strided)}
        targets.append(_joint_target(em, op, k, arms, taken) if v.shape else None)
    scalars = [_finish_arm(em, arm, targets, join) for arm in arms]
    code.lines = outer
    outer.extend(arm.lines for arm in arms)
    code.start(join)
    for k, (result, target) in enumerate(zip(op.results, targets, strict=True)):
        if target is not None:
            em.define(result, target)
            continue
        values = [scalar[k] for scalar in scalars]
        operand = values[0]
        if values[0] != values[1]:
            name = "%" + code.name("p")
            incoming = [(v, arm.label) for v, arm in zip(values, arms, strict=True)]
            code.phi(code.lines, name, register_type(result.dtype), incoming)
            operand = name
        em.define(result, Scalar(result.dtype, operand))
    for buffer in pinned:
        buffer.pins -= 1


def _yielded_buffers(em: Emitter, arms: list[_Arm]) -> set[Buffer]:
    """Memory that the arms' results are in or depend on."""
    found: set[Buffer] = set()
    for arm in arms:
        em.frames.append(arm.frame)
        for v in arm.yields:
            repr = em.repr(v)
            found |= repr.reads if isinstance(repr, Array) else frozenset()
        em.pop()
    return found


def _write_arm(em: Emitter, block: Block, label: str) -> _Arm:
    em.code.lines = []
    em.code.start(label)
    frame = em.push(block)
    em.write_block(block)
    arm = _Arm(em.code.lines, frame, em.code.label, list(block.terminator.operands))
    em.pop()
    return arm


def _joint_target(em: Emitter, op: Op, k: int, arms: list[_Arm], taken: set[int]) -> Array:
    """Where result `k` of an `if` will be: the memory one arm yields it in, if the other arm may write there; else new.

    Nothing is written where both arms yield the same memory or one of them nothing.
    """
    found = []
    for arm in arms:
        em.frames.append(arm.frame)
        found.append(em.array(arm.yields[k]))
        em.pop()
    known = [x for x in found if not isinstance(x, Unset)]
    if not known:
        return found[0]
    strided = [x for x in known if isinstance(x, Strided)]
    if len(strided) == len(known) and all(x.same_place(strided[0]) for x in strided):
        if len(known) == 2 or _visible(em, arms, found, strided[0]):
            return strided[0]
    for candidate in strided:
        if (
            candidate.contiguous
            and id(candidate.buffer) not in taken
            and candidate.buffer.writable
            and _visible(em, arms, found, candidate)
            and not _wanted_elsewhere(em, op, k, candidate, arms)
        ):
            return candidate
    return em.allocate(op.results[k].dtype, op.results[k].shape, op.results[k])


def _visible(em: Emitter, arms: list[_Arm], found: list[Array], array: Strided) -> bool:
    """Whether the buffer of `array` exists outside of the arms (all memory but that claimed in an arm's own scope)."""
    slots = [slot for arm in arms for slot in arm.frame.slots]
    return not any(array.buffer.slot is slot for slot in slots) and isinstance(array.offset, int)


def _wanted_elsewhere(em: Emitter, op: Op, k: int, array: Strided, arms: list[_Arm]) -> bool:
    """Whether anything but result `k` still needs what `array`'s buffer holds after the `if`."""
    if em.busy(array.buffer):
        return True
    for arm in arms:
        em.frames.append(arm.frame)
        others = [em.array(v) for j, v in enumerate(arm.yields) if j != k and v.shape]
        em.pop()
        if any(array.buffer in other.reads for other in others):
            return True
    return False


def _finish_arm(em: Emitter, arm: _Arm, targets: list[Array | None], join: str) -> list[Operand]:
    """Write the arm's arrays into their joint places and jump to the join; the arm's scalars (0 for arrays)."""
    em.code.lines, em.code.label = arm.lines, arm.label
    em.frames.append(arm.frame)
    pairs = []
    for v, target in zip(arm.yields, targets, strict=True):
        if isinstance(target, Strided):
            pairs.append((target, em.array(v)))
    nests.assign_all(em, pairs)
    operands = [0 if v.shape else em.operand(v) for v in arm.yields]
    em.pop()
    em.code.goto(join)
    arm.label = em.code.label
    return operands


@dataclass
class _Trips:
    """Bounds of a counted loop."""

    start: Operand
    stop: Operand
    step: int


@op_writer("loop")
def _loop(em: Emitter, op: Op) -> None:
    counted, body = op.attrs["counted"], op.regions[0]
    trips = None
    if counted:
        start, stop, step = (em.operand(v) for v in op.operands[:3])
        assert isinstance(step, int), "the step of a loop is a constant"
        trips = _Trips(start, stop, step)
    inits = op.operands[3 if counted else 0 :]
    for v in em.liveness.free_values(body):
        found = em.repr(v)
        if isinstance(found, Array) and not isinstance(found, Strided) and not found.cheap:
            em.force(v)
    holders = _carriers(em, op, inits)
    results = _write_loop(em, op, trips, inits, holders)
    for result, holder, operand in zip(op.results, holders, results, strict=True):
        if holder is not None:
            holder.buffer.pins -= 1
            em.define(result, holder)
        else:
            em.define(result, Scalar(result.dtype, operand))


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


def _write_loop(
    em: Emitter, op: Op, trips: _Trips | None, inits: list[Value], holders: list[Strided | None]
) -> list[Operand]:
    """The loop's blocks; returns the operands of scalar results (0 for arrays)."""
    code, body, exits = em.code, op.regions[0], op.attrs["exits"]
    starts = [em.operand(v) if h is None else 0 for v, h in zip(inits, holders, strict=True)]
    header, latch, after = code.name("loop"), code.name("latch"), code.name("after")
    guarded = trips is not None and not _surely_runs(trips)
    before = code.label
    if trips is not None and guarded:
        code.branch(code.ins(f"icmp {_relation(trips)} i64 {trips.start}, {trips.stop}"), header, after)
    else:
        code.goto(header)
    before = code.label
    code.start(header)
    phis: Lines = []
    code.lines.append(phis)
    outer_lines, code.lines = code.lines, []
    index = "%" + code.name("i")
    arguments = _enter_body(em, body, trips, index, holders)
    mark = polling.save_arena(em) if em.liveness.info(body).binds_dims else None
    em.write_block(body)
    yields = list(body.terminator.operands)
    stay = em.operand(yields.pop(0)) if exits else None
    arrays = [(h, em.array(v)) for v, h in zip(yields, holders, strict=True) if h is not None]
    nests.assign_all(em, arrays)
    nexts = [em.operand(v) if h is None else 0 for v, h in zip(yields, holders, strict=True)]
    em.pop()
    if mark is not None:
        polling.restore_arena(em, mark)
    polling.poll(em, op)
    leaving: list[str] = [before] if guarded else []
    if stay is not None and trips is not None:
        leaving.append(code.label)
        code.branch(str(stay), latch, after)
        code.start(latch)
    leaving.append(code.label)
    last = code.label
    if trips is not None:
        following = code.ins(f"add nsw i64 {index}, {trips.step}")
        code.branch(code.ins(f"icmp {_relation(trips)} i64 {following}, {trips.stop}"), header, after)
        code.phi(phis, index, "i64", [(trips.start, before), (following, last)])
    else:
        code.branch(str(stay), header, after)
    for name, v, start, result in zip(arguments, inits, starts, nexts, strict=True):
        if name:
            code.phi(phis, name, register_type(v.dtype), [(start, before), (result, last)])
    outer_lines.append(code.lines)
    code.lines = outer_lines
    code.start(after)
    return _leave_loop(em, inits, holders, starts, nexts, leaving, guarded)


def _enter_body(
    em: Emitter, body: Block, trips: _Trips | None, index: str, holders: list[Strided | None]
) -> list[str]:
    """Open the body's frame and define its arguments; names for the phis of scalars, "" for arrays."""
    em.push(body, loop=True)
    arguments = list(body.args)
    if trips is not None:
        em.define(arguments[0], Scalar(arguments[0].dtype, index))
        arguments = arguments[1:]
    names = []
    for argument, holder in zip(arguments, holders, strict=True):
        if holder is not None:
            em.define(argument, holder)
            names.append("")
        else:
            names.append("%" + em.code.name("c"))
            em.define(argument, Scalar(argument.dtype, names[-1]))
    return names


def _leave_loop(
    em: Emitter,
    inits: list[Value],
    holders: list[Strided | None],
    starts: list[Operand],
    nexts: list[Operand],
    leaving: list[str],
    guarded: bool,
) -> list[Operand]:
    results: list[Operand] = []
    for v, holder, start, following in zip(inits, holders, starts, nexts, strict=True):
        if holder is not None:
            results.append(0)
            continue
        if len(leaving) == 1:
            results.append(following)
            continue
        name = "%" + em.code.name("r")
        values = [start if guarded and k == 0 else following for k in range(len(leaving))]
        em.code.phi(em.code.lines, name, register_type(v.dtype), list(zip(values, leaving, strict=True)))
        results.append(name)
    return results


def _surely_runs(trips: _Trips) -> bool:
    if not (isinstance(trips.start, int) and isinstance(trips.stop, int)):
        return False
    return trips.start < trips.stop if trips.step > 0 else trips.start > trips.stop


def _relation(trips: _Trips) -> str:
    return "slt" if trips.step > 0 else "sgt"


