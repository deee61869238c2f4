"""The length of `arange`, and random ints in a range, shared by the libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.coercion import MAX_ELEMENTS
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.failures import ARGUMENT, Failure
from tangra.shape_rules.values import Tensor, Value, is_size
from tangra.shapes import Size, ceil_div, dmax, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def arange_length(
    ctx: RuleContext, start: Value, end: Value, step: Value, error: str | None
) -> tuple[Size, tuple[Value, ...] | None]:
    """How many numbers there are from start to end, and which if they are few and known.

    With `error`, a step in the wrong direction fails; else it gives none.
    """
    if step == 0:
        ctx.fail(Failure(ARGUMENT, "arange() with step 0", error or "ZeroDivisionError"))
    if all(isinstance(value, int | float) for value in (start, end, step)):
        count = -int((start - end) // step)
        if (end - start) * step < 0 and error is not None:
            ctx.fail(Failure(ARGUMENT, f"arange() from {start} to {end} goes against its step {step}", error))
        count = max(count, 0)
        return count, tuple(start + step * place for place in range(count)) if count <= MAX_ELEMENTS else None
    if all(is_size(value) for value in (start, end)) and isinstance(step, int) and step > 0:
        length = ceil_div(end - start, step)
        return (length if ctx.truth(AtLeast(0, length)) else dmax(0, length)), None
    return ctx.fresh("arange"), None


MAX_DRAWN = 16
"""Random ints whose bounds are remembered, so that slices between them have known lengths."""


def with_drawn(ctx: RuleContext, ints: Tensor, low: Value, high: Value) -> Tensor:
    """An array of random ints from `low` to below `high`; of few ones each is a number of its own."""
    if ints.dtype != "int64" or ints.dims is None or not is_size(low) or not is_size(high):
        return ints
    count = prod(ints.dims)
    if not isinstance(count, int) or count > MAX_DRAWN:
        return ints
    return ints.with_(elements=tuple(ctx.drawn(low, high) for _ in range(count)))
