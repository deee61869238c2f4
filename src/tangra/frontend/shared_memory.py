"""Arrays of the caller that overlap in memory: one flat parameter for all of it, of which they are views.

What a write to one of them does to the others is then what the heap knows of views anyway.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tangra.api.layouts import layout_of
from tangra.api.numpy_layout import c_strides, layout_strides
from tangra.api.values import ArrayValue, ViewStep
from tangra.frontend.heap import ArrayState, ViewState
from tangra.frontend.overlaps import Member, Overlap
from tangra.ir import I64, ArrayType, Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def enter(ev: Evaluator, block: Overlap) -> None:
    """Make the block a parameter and its arrays known as views of it."""
    live, path = ev.live, block.path
    whole = live.parameter(ArrayType(block.dtype, (block.length,)), path, None, capture=True)
    base = live._object(ArrayState(whole), path, None)
    live.array_params[base] = ev.func.params.index(whole)
    for member in block.members:
        _enter_member(ev, base, whole, member)


def _enter_member(ev: Evaluator, base: int, whole: Value, member: Member) -> None:
    live, array = ev.live, member.array
    state = _strided(ev, base, whole, member)
    steps = _steps(ev, member)
    for step in steps:
        if step is not steps[0]:
            base, whole = live.anonymous(state), _value(state)
        part = step.read(whole)
        state = ViewState(base, part.array, step.read, step.write, step, (whole, part))
    ref = live._object(state, member.path, array)
    value = ArrayValue(ref, _value(state).array, layout_strides(array.shape, layout_of(array)))
    live.known[id(array)] = array, value
    if not array.flags.writeable:
        live.read_only.add(ref)


def _value(state: ViewState) -> Value:
    assert state.first is not None
    return state.first[1]


def _steps(ev: Evaluator, member: Member) -> list[ViewStep]:
    """The array as a slice of the block, reshaped and transposed; nothing where it takes more."""
    shape, strides = member.array.shape, member.strides
    if len(shape) == 1 and strides[0]:
        return [_slice(ev, member.offset, shape[0], strides[0])]
    if not shape:
        return [ViewStep(ev.b, "index", (ev.b.int(member.offset),), (("sizes", (None,)), ("steps", (1,))))]
    order = tuple(sorted(range(len(shape)), key=lambda k: -strides[k]))
    ordered = tuple(shape[k] for k in order)
    if tuple(strides[k] for k in order) != c_strides(ordered):
        return []
    flat = _slice(ev, member.offset, math.prod(shape), 1)
    steps = [flat, ViewStep(ev.b, "reshape", (), (("shape", ordered),))]
    if order != tuple(range(len(shape))):
        back = tuple(order.index(k) for k in range(len(shape)))
        steps.append(ViewStep(ev.b, "transpose", (), (("perm", back),)))
    return steps


def _slice(ev: Evaluator, start: int, size: int, step: int) -> ViewStep:
    return ViewStep(ev.b, "index", (ev.b.int(start),), (("sizes", (size,)), ("steps", (step,))))


def _strided(ev: Evaluator, base: int, whole: Value, member: Member) -> ViewState:
    """The array element by element, whatever its strides are."""
    shape = member.array.shape
    places = ev.b.filled(member.offset, ArrayType(I64, shape))
    for axis, stride in enumerate(member.strides):
        along = ev.b("iota", dtype=I64, shape=shape, axis=axis)
        places = ev.b("add", places, ev.b("mul", along, ev.b.filled(stride, along.array)))

    def read(block: Value) -> Value:
        return ev.b("gather", block, places)

    def write(block: Value, new: Value) -> Value:
        return ev.b("scatter", block, new, places)

    part = read(whole)
    return ViewState(base, part.array, read, write, None, (whole, part))
