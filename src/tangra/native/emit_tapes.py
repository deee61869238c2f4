"""Writers of tapes: records pushed and popped in memory that never moves, at an offset kept in a register."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.ir import ArrayType, Op, TapeType, Value
from tangra.native import poison
from tangra.native.arena import TAPE_LIMIT, define_tape_base
from tangra.native.emit_segments import FULL, SegmentedTape, in_segments, pop, push
from tangra.native.emitter import Emitter, op_writer
from tangra.native.failures import ErrorRecord
from tangra.native.text import UNLIKELY, Operand
from tangra.native.values import Buffer, Scalar, Strided, Tape
from tangra.shapes import Size, prod


@dataclass(frozen=True)
class _Layout:
    """Byte offsets of a record's fields, each a multiple of 8, and the record's size."""

    offsets: tuple[Size, ...]
    size: Size


def _layout(fields: tuple[ArrayType, ...]) -> _Layout:
    """Wide scalars first, then narrow ones packed, then arrays in order."""
    offsets: dict[int, Size] = {}
    at = 0
    scalars = [k for k, t in enumerate(fields) if not t.shape]
    for k in sorted(scalars, key=lambda k: -fields[k].dtype.itemsize):
        offsets[k] = at
        at += fields[k].dtype.itemsize
    end: Size = -(-at // 8) * 8
    for k, type in enumerate(fields):
        if type.shape:
            offsets[k] = end
            end = end + _padded(type)
    return _Layout(tuple(offsets[k] for k in range(len(fields))), end)


def _padded(type: ArrayType) -> Size:
    size = prod(type.shape) * type.dtype.itemsize
    return size if type.dtype.itemsize == 8 else (size + 7) // 8 * 8


@op_writer("tape_new")
def _new(em: Emitter, op: Op) -> None:
    slot = em.variable("i64")
    em.code.do(f"store i64 0, ptr {slot}")
    base, limit = "%" + em.code.name("tape"), "%" + em.code.name("limit")
    em.at_entry(base, f"call ptr {define_tape_base(em.module)}(ptr %ctx, i64 {em.module.tapes})")
    em.at_entry(f"{limit}.p", f"getelementptr inbounds i64, ptr %ctx, i64 {TAPE_LIMIT}")
    em.at_entry(limit, f"load i64, ptr {limit}.p")
    em.module.tapes += 1
    if em.module.options.poison:
        poison.fill_bytes(em.module, em.code, base, poison.NUMBER, poison.TAPE_BYTES)
    buffer = Buffer(base, False)
    if in_segments(em, op):
        assert isinstance(op.result.type, TapeType)
        em.define(op.result, SegmentedTape(buffer, slot, limit, op.result.type.record))
    else:
        em.define(op.result, Tape(buffer, slot, limit))


def _tape(em: Emitter, value: Value) -> tuple[Tape, _Layout]:
    tape = em.repr(value)
    assert isinstance(tape, Tape)
    assert isinstance(value.type, TapeType)
    return tape, _layout(value.type.record)


@op_writer("tape_push")
def _push(em: Emitter, op: Op) -> None:
    handle, *values = op.operands
    tape, _ = _tape(em, handle)
    if isinstance(tape, SegmentedTape):
        push(em, tape, values)
        return
    layout = _layout(tuple(v.array for v in values))
    code = em.code
    if not em.release_for_write(tape.buffer, None):
        raise AssertionError("a popped record is still read when the tape is pushed again")
    start = code.ins(f"load i64, ptr {tape.slot}")
    end = code.ins(f"add nuw nsw i64 {start}, {em.size(layout.size)}")
    full, room = code.name("full"), code.name("room")
    code.branch(code.ins(f"icmp ugt i64 {end}, {tape.limit}"), full, room, UNLIKELY)
    outer, code.lines = code.lines, []
    em.cold.append(code.lines)
    code.start(full)
    em.fail(ErrorRecord("MemoryError", FULL, (), op.span), [])
    code.lines = outer
    code.start(room)
    for v, offset in zip(values, layout.offsets, strict=True):
        if v.shape:
            em.assign(_field(em, tape, v.array, start, offset), em.array(v))
        else:
            em.store_at(_address(em, tape, code.add(start, em.size(offset))), v.dtype, em.operand(v), alone=True)
    code.do(f"store i64 {end}, ptr {tape.slot}")


@op_writer("tape_pop")
def _pop(em: Emitter, op: Op) -> None:
    tape, _ = _tape(em, op.operands[0])
    if isinstance(tape, SegmentedTape):
        pop(em, tape, op.results)
        return
    layout = _layout(tuple(v.array for v in op.results))
    code = em.code
    end = code.ins(f"load i64, ptr {tape.slot}")
    start = code.ins(f"sub nuw nsw i64 {end}, {em.size(layout.size)}")
    code.do(f"store i64 {start}, ptr {tape.slot}")
    for v, offset in zip(op.results, layout.offsets, strict=True):
        if v.shape:
            em.define(v, _field(em, tape, v.array, start, offset))
        else:
            pointer = _address(em, tape, code.add(start, em.size(offset)))
            em.define(v, Scalar(v.dtype, em.load_at(pointer, v.dtype)))


def _address(em: Emitter, tape: Tape, byte: Operand) -> str:
    return em.code.ins(f"getelementptr inbounds i8, ptr {tape.buffer.pointer}, i64 {byte}")


def _field(em: Emitter, tape: Tape, type: ArrayType, start: str, offset: Size) -> Strided:
    """An array in a record; all fields lie at multiples of 8 bytes."""
    byte = em.code.add(start, em.size(offset))
    shift = type.dtype.itemsize.bit_length() - 1
    place = em.code.ins(f"lshr exact i64 {byte}, {shift}") if shift else byte
    field = em.window(tape.buffer, type.dtype, type.shape)
    field.offset = place
    return field
