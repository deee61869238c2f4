"""Slices whose step is only known at run time, `x[first::step]`: views that pick elements by computed places."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.api.context import Context
from tangra.api.kinds import PYINT
from tangra.api.numpy_layout import step_view
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, SliceValue
from tangra.errors import TypeMismatchError, declare
from tangra.ir import Value
from tangra.shapes import Size, UndecidedError, dmax, dmin, known_eq, slice_length
from tangra.shapes.facts import bounds

STEP_ZERO = declare("TG314", "a slice with step 0", fix="use a positive or negative step")
STEP = "the step of a slice"
FAR = 2**61
"""No array has an element at so high a place, and sums of a few such places fit in 64 bits."""


@dataclass(frozen=True)
class Ends:
    """Where a slice begins and ends along an axis; None where it doesn't say."""

    start: Size | None
    stop: Size | None


def ends_of(ctx: Context, s: SliceValue, forward: Size | None) -> Ends:
    """The ends of a slice as sizes of any sign; `forward` is the size of the axis if the step is positive."""
    start, stop = (
        None if isinstance(v, Const) and v.value is None else ctx.slice_end(v, forward) for v in (s.start, s.stop)
    )
    return Ends(start, stop)


def has_run_time_step(ctx: Context, item: AbstractValue | None) -> bool:
    """Whether a slice's step can't be made a constant by compiling for the value that this call has."""
    return isinstance(item, SliceValue) and not ctx.may_be_constant(item.step)


def known_step(ctx: Context, s: SliceValue) -> int:
    """The step of a slice as a constant."""
    if isinstance(s.step, Const) and s.step.value is None:
        return 1
    step = ctx.static(s.step, STEP)
    if not hasattr(type(step), "__index__"):
        ctx.symbol_for(s.step)  # says what is wrong
    step = int(step)
    if step == 0:
        ctx.error(TypeMismatchError, "slice step cannot be zero", code=STEP_ZERO)
    return max(-FAR, min(step, FAR))


def strided_view(ctx: Context, array: ArrayValue, axis: int, s: SliceValue) -> ArrayValue:
    """`array` with the elements along `axis` that `s` picks; a view."""
    step = _near(ctx, ctx.symbol_for(s.step))
    apart = ctx.b.dim(step)
    if known_eq(step, 0, ctx.facts) is not False:
        ctx.fail_if(ctx.b("eq", apart, ctx.b.int(0)), "ValueError", "slice step cannot be zero")
    first, length = _extent(ctx, near_ends(ctx, ends_of(ctx, s, None)), step, array.type.shape[axis])
    return step_view(ctx, array, "strided", (first, apart), axis=axis, size=length)


def near_ends(ctx: Context, ends: Ends) -> Ends:
    """The same ends where sums of them and a step can be made."""
    return Ends(*(None if end is None else _near(ctx, end) for end in (ends.start, ends.stop)))


def _near(ctx: Context, size: Size) -> Size:
    """An end or a step so far away at most that sums of sizes don't overflow: it picks the same elements."""
    low, high = bounds(size, ctx.facts)
    if low is not None and high is not None and low >= -FAR and high <= FAR:
        return size
    return dmin(dmax(size, -FAR), FAR)


def _extent(ctx: Context, ends: Ends, step: Size, size: Size) -> tuple[Value, Size]:
    """The first place and the number of elements; computed for both directions where that isn't known."""
    b = ctx.b
    try:
        first, length = slice_length(ends.start, ends.stop, step, size, ctx.facts)
        return b.dim(first), length
    except UndecidedError:
        pass
    upwards = ctx.facts.with_bounds(step, lo=1)
    downwards = ctx.facts.with_bounds(step, hi=-1)
    up = slice_length(ends.start, ends.stop, step, size, upwards)
    down = slice_length(ends.start, ends.stop, step, size, downwards)
    forward = b("gt", b.dim(step), b.int(0))
    first_place, count = (b("select", forward, b.dim(u), b.dim(d)) for u, d in zip(up, down, strict=True))
    return first_place, ctx.symbol_for(Scalar(count, (PYINT,), lo=0))
