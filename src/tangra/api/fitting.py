"""Fitting a value to the part of an array it is assigned to."""

from __future__ import annotations

from tangra.api.context import Context
from tangra.api.elementwise import broadcast_to, is_number, rank_of, sized_one_converts
from tangra.api.values import AbstractValue, ArrayValue
from tangra.errors import Note, ShapeMismatchError, declare
from tangra.ir import Value
from tangra.shapes import ShapeError, Size, broadcast_shapes

ASSIGN_SHAPE = declare(
    "TG313",
    "a value that doesn't fit the part of the array it is assigned to",
    fix="slice or reshape the value, or assign to a part of its size",
)

Shape = tuple[Size, ...]


def require_assignable(ctx: Context, value: AbstractValue, rank: int, element: bool) -> None:
    """Refuse what NumPy can't assign to a part with `rank` axes: lists with more of them, and arrays that have axes
    where it is one `element` (before NumPy 2.4 an array of size 1 was a number there)."""
    if is_number(value):
        return
    own = rank_of(ctx, value)
    sequence = not isinstance(value, ArrayValue)
    if (sequence and own > rank) or (element and own and not sized_one_converts()):
        ctx.error(
            ShapeMismatchError,
            "setting an array element with a sequence"
            + (f": {own} levels of lists for {rank} axes" if sequence and not element else ""),
            code=ASSIGN_SHAPE,
            fix="assign a number, such as value[0] or value.item()" if element else "take the inner list",
        )


def fit(ctx: Context, value: Value, shape: Shape) -> Value:
    """`value` broadcast to the shape it is assigned to (extra leading axes of size 1 are dropped)."""
    surplus = len(value.shape) - len(shape)
    if surplus > 0 and all(d == 1 for d in value.shape[:surplus]):
        value = ctx.b("reshape", value, shape=value.shape[surplus:])
    try:
        joint = broadcast_shapes(value.shape, shape, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError:
        joint = ()
    if len(joint) != len(shape) or any(
        j != s and v != 1 and ctx.require_equal(j, s, "size of the assigned value") is None
        for j, s, v in zip(joint, shape, (1,) * (len(shape) - len(value.shape)) + value.shape, strict=False)
    ):
        _misfit(ctx, value.shape, shape)
    if any(isinstance(j, int) and isinstance(s, int) and j != s for j, s in zip(joint, shape, strict=True)):
        _misfit(ctx, value.shape, shape)
    return broadcast_to(ctx, value, shape)


def _misfit(ctx: Context, value: Shape, target: Shape) -> None:
    def text(shape: Shape) -> str:
        return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"

    ctx.error(
        ShapeMismatchError,
        f"could not broadcast a value of shape {text(value)} into {text(target)}",
        code=ASSIGN_SHAPE,
        notes=[Note(f"the value has shape {text(value)}"), Note(f"the part assigned to has shape {text(target)}")],
    )
