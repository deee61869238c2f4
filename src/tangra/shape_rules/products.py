"""Products of arrays over shapes that may be partly unknown: `@`, tensordot, einsum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_places
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.context import from_shape_error, undecided_equality
from tangra.shape_rules.failures import ARGUMENT, LABEL, MATMUL, PATTERN, RANK, Failure
from tangra.shape_rules.values import Item, Shape, Tensor, Value, Variadic, shape_text
from tangra.shapes import ShapeError, SizeTooComplex, einsum_dims

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def matmul_shape(ctx: RuleContext, a: Tensor, b: Tensor, error: str) -> Shape | None:
    """The shape of `a @ b`, None if its rank isn't known."""
    for tensor, side in ((a, "left"), (b, "right")):
        if tensor.rank == 0:
            ctx.fail(Failure(RANK, f"@ needs arrays with at least 1 dimension; the {side} one has none", error))
    left = a.size(-1)
    right = None if b.shape is None else b.size(-2) if len(b.shape) > 1 else b.size(0)
    if left is not None and right is not None:
        ctx.require_equal(left, right, _inner_failure(a, b, left, right, error))
    if a.shape is None or b.shape is None:
        return None
    rows = _matrix_part(a.shape, True)
    columns = _matrix_part(b.shape, False)
    if rows is None or columns is None:
        return None
    batch = broadcast_shapes(ctx, [a.shape[:-2], b.shape[:-2]], "@: ", error)
    return None if batch is None else batch + rows + columns


def _matrix_part(shape: Shape, left: bool) -> Shape | None:
    """The axis that stays of an operand's last two; none for a vector, None if it may be one."""
    if len(shape) == 1:
        return None if isinstance(shape[0], Variadic) else ()
    if isinstance(shape[-1], Variadic) or isinstance(shape[-2], Variadic):
        return None
    return (shape[-2],) if left else (shape[-1],)


def _inner_failure(a: Tensor, b: Tensor, left: Item, right: Item, error: str) -> Failure:
    def message() -> str:
        shapes = f"shapes {shape_text(a.shape)} and {shape_text(b.shape)} don't fit @: "
        if a.least_rank > 1 and b.least_rank > 1:
            return f"{shapes}the left one has {left} columns, the right one {right} rows"
        return f"{shapes}inner sizes {left} and {right} differ"

    return Failure(MATMUL, message, error)


def contracted(ctx: RuleContext, a: Tensor, b: Tensor, dims: Value, error: str) -> Shape | None:
    """The shape of `tensordot(a, b, dims)`: an int, or a pair of axes or lists of axes."""
    if a.dims is None or b.dims is None:
        return None
    if isinstance(dims, int):
        if dims > min(len(a.dims), len(b.dims)):
            shapes = f"{shape_text(a.dims)} and {shape_text(b.dims)}"
            ctx.fail(Failure(ARGUMENT, f"tensordot over {dims} axes of shapes {shapes}", error))
        left: tuple[int, ...] | None = tuple(range(len(a.dims) - dims, len(a.dims)))
        right: tuple[int, ...] | None = tuple(range(dims))
    elif isinstance(dims, list | tuple) and len(dims) == 2:
        left = axis_places(ctx, a, dims[0], error="IndexError")
        right = axis_places(ctx, b, dims[1], error="IndexError")
    else:
        if isinstance(dims, float | str):
            ctx.fail(Failure(ARGUMENT, f"tensordot over {dims} axes", "TypeError"))
        return None
    if left is None or right is None:
        return None
    if len(left) != len(right):
        ctx.fail(Failure(ARGUMENT, f"tensordot of {len(left)} axes with {len(right)}", error))
    if (left and not a.dims) or (right and not b.dims):
        ctx.fail(Failure(ARGUMENT, "tensordot over an axis of a 0-d array", error))
    for place, other in zip(left, right, strict=True):
        failure = Failure(
            MATMUL,
            f"tensordot of {shape_text(a.dims)} and {shape_text(b.dims)}: axis {place} of the first is "
            f"{a.dims[place]}, axis {other} of the second {b.dims[other]}",
            error,
        )
        if a.library == "torch":  # a size of 1 is repeated
            ctx.broadcast(a.dims[place], b.dims[other], failure)
        else:
            ctx.require_equal(a.dims[place], b.dims[other], failure)
    kept = tuple(size for place, size in enumerate(a.dims) if place not in left)
    return kept + tuple(size for place, size in enumerate(b.dims) if place not in right)


def einsum_shape(ctx: RuleContext, equation: Value, operands: Sequence[Tensor], error: str) -> Shape | None:
    """The shape of an einsum, None if an operand's rank or the equation isn't known."""
    if not isinstance(equation, str):
        return None
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    dims = [operand.dims for operand in operands]
    known = [shape for shape in dims if shape is not None]
    if len(known) < len(dims):
        return _from_known(ctx, inputs, arrow, output, dims)
    try:
        found = einsum_dims(equation, known, ctx.facts, undecided_equality(ctx, PATTERN, error))
    except ShapeError as problem:
        raise from_shape_error(problem, PATTERN, error) from None
    except SizeTooComplex:
        return None
    _tell_of_ones(ctx, inputs, operands)
    return found.shape


def _tell_of_ones(ctx: RuleContext, inputs: str, operands: Sequence[Tensor]) -> None:
    """A hint for a label that is 1 in one operand and more in another: its one row is used for all. Not where the
    program asked for the axis of size 1."""
    sizes: dict[str, int] = {}
    ones: dict[str, Tensor] = {}
    for word, operand in zip(inputs.split(","), operands, strict=False):
        if "." in word or operand.dims is None:
            continue
        for place, (label, size) in enumerate(zip(word, operand.dims, strict=False)):
            if size == 1 and place - len(word) not in operand.ones:
                ones.setdefault(label, operand)
            elif isinstance(size, int):
                sizes[label] = max(size, sizes.get(label, 1))
    for label, operand in ones.items():
        if sizes.get(label, 1) > 1:
            text = f"einsum: {label} is 1 in the operand of shape {shape_text(operand.shape)} and {sizes[label]} in"
            ctx.warn(Failure(LABEL, f"{text} another, so that its one element stands for all", ""))


def _from_known(ctx: RuleContext, inputs: str, arrow: str, output: str, dims: Sequence[Shape | None]) -> Shape | None:
    """The output of an explicit equation without ellipsis, from the operands whose shapes are known."""
    words = inputs.split(",")
    if not arrow or "." in inputs or "." in output or len(words) != len(dims):
        return None
    sizes: dict[str, Item] = {}
    for word, shape in zip(words, dims, strict=True):
        if shape is not None and len(shape) == len(word):
            sizes.update(zip(word, shape, strict=True))
    return tuple(sizes[label] if label in sizes else ctx.fresh(label) for label in output)
