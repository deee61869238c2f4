"""Writers of `if`, of sizes, and of values nobody reads."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.ir import Block, Op, Value
from tangra.native import nests, poison
from tangra.native.emitter import Emitter, op_writer
from tangra.native.frames import Frame
from tangra.native.llvm_types import register_type
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
        em.define(op.result, Unset(type.dtype, type.shape, poison.unset(em.module, type.dtype)))
    else:
        em.define(op.result, Scalar(type.dtype, poison.unset(em.module, type.dtype)))


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
    agree = len(strided) == len(known) and all(x.same_place(strided[0]) for x in strided)
    if agree and (len(known) == 2 or _visible(em, arms, found, strided[0])):
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
    em.forget(em.pop())
    em.code.goto(join)
    arm.label = em.code.label
    return operands
