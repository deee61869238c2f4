"""Concatenating and stacking over shapes that may be partly unknown, shared by the libraries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, unknown_dims
from tangra.shape_rules.failures import JOIN, Failure
from tangra.shape_rules.values import Item, Shape, Tensor, Value, Variadic, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def concatenated(ctx: RuleContext, tensors: Sequence[Tensor], axis: Value, error: str, verb: str) -> Shape | None:
    """The shape of tensors joined along `axis`, None if its rank isn't known."""
    known = [tensor for tensor in tensors if tensor.dims is not None]
    if not known:
        shapes = {tensor.shape for tensor in tensors}
        place = axis_place(ctx, tensors[0], axis, name="dim")
        return _variadic_joined(ctx, tensors, place) if len(shapes) == 1 and place is not None else None
    first = known[0]
    place = axis_place(ctx, first, axis, error="AxisError" if error == "ValueError" else "IndexError", name="dim")
    if place is None:
        return unknown_dims(ctx, first.rank or 0)
    sides = _common(ctx, known, place, error, verb)
    total: Size = 0
    for tensor in tensors:
        size = tensor.dims[place] if tensor.dims is not None else ctx.fresh("joined")
        total = total + size
    return (*sides[:place], total, *sides[place + 1 :])


def _variadic_joined(ctx: RuleContext, tensors: Sequence[Tensor], place: int) -> Shape | None:
    """Tensors of one partly known shape, joined along a known axis."""
    shape = tensors[0].shape
    item = None if shape is None else shape[place]
    if shape is None or item is None or isinstance(item, Variadic):
        return None
    return (*shape[:place], item * len(tensors), *shape[place + 1 :])


def stacked(ctx: RuleContext, tensors: Sequence[Tensor], axis: Value, error: str, verb: str) -> Shape | None:
    """The shape of tensors of one shape joined along a new axis."""
    known = [tensor for tensor in tensors if tensor.dims is not None]
    if not known:
        return None
    common = _common(ctx, known, None, error, verb)
    axis_error = "AxisError" if error == "ValueError" else "IndexError"
    place = axis_place(ctx, known[0], axis, error=axis_error, name="dim", added=1)
    if place is None:
        return unknown_dims(ctx, len(common) + 1)
    return (*common[:place], len(tensors), *common[place:])


def _common(ctx: RuleContext, tensors: Sequence[Tensor], free: int | None, error: str, verb: str) -> Shape:
    """The sizes that all tensors have, but for the axis `free`."""
    result: list[Size] = list(tensors[0].dims or ())
    for number, tensor in enumerate(tensors[1:], 1):
        dims = tensor.dims or ()
        if len(dims) != len(result):
            shapes = f"{shape_text(tensors[0].shape)} and {shape_text(dims)}"
            ctx.fail(Failure(JOIN, f"{verb} of tensors with different numbers of dimensions: {shapes}", error))
        for axis, size in enumerate(dims):
            if axis != free and size != result[axis]:
                failure = _differs(tensors, number, axis, result[axis], size, error, verb)
                result[axis] = ctx.require_equal(result[axis], size, failure)
    return tuple(result)


def _differs(
    tensors: Sequence[Tensor], number: int, axis: int, left: Item, right: Item, error: str, verb: str
) -> Failure:
    def message() -> str:
        shapes = " and ".join(shape_text(tensors[one].shape) for one in (0, number))
        return f"{verb} of shapes {shapes}: axis {axis} is {left} in the first and {right} in number {number + 1}"

    return Failure(JOIN, message, error)
