"""Broadcasting of arrays whose shapes may be partly unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.context import Equal
from tangra.shape_rules.failures import BROADCAST, SILENT, Failure
from tangra.shape_rules.values import Item, Shape, Tensor, Variadic, shape_text
from tangra.shapes import Dim, Size, symbols_of

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

ERRORS = {"torch": "RuntimeError", "numpy": "ValueError", "jax": "ValueError"}
"""What the libraries raise for most shapes that don't fit."""


def broadcast_shapes(
    ctx: RuleContext, shapes: Sequence[Shape | None], what: str = "", error: str = "RuntimeError"
) -> Shape | None:
    """The shape that all of `shapes` broadcast to, None if its rank isn't known. Fails where they don't."""
    known = [shape for shape in shapes if shape is not None]
    result: Shape = ()
    for shape in known:
        result = _pair(ctx, result, shape, known, what, error)
    if len(known) == 2:
        _warn_of_other_axis(ctx, known[0], known[1], error)
    return result if len(known) == len(shapes) else None


def _warn_of_other_axis(ctx: RuleContext, left: Shape, right: Shape, error: str) -> None:
    """Warn of a size that data decides standing against a number, while it is another axis of the other operand that
    has this very size: `(n,)` with `(n, 16)`."""
    longest = max(len(left), len(right))
    padded = [(1,) * (longest - len(shape)) + shape for shape in (left, right)]
    for one, other in (padded, padded[::-1]):
        for size, against in zip(one, other, strict=True):
            if type(against) is not int or against <= 1 or not _is_open(size):
                continue
            if any(there == size and here == 1 for here, there in zip(one, other, strict=True)):
                texts = [shape_text(shape).replace(str(size), "n") for shape in (left, right)]
                text = f"shapes {texts[0]} and {texts[1]}, where data decides n, broadcast only if n is {against} or 1"
                ctx.warn(Failure(BROADCAST, text, error))
                return


def _is_open(size: Item) -> bool:
    """Whether a size is a symbol that data decides."""
    return isinstance(size, Dim) and str(size).startswith("?") and str(size) in symbols_of(size)


def _pair(ctx: RuleContext, left: Shape, right: Shape, shapes: Sequence[Shape], what: str, error: str) -> Shape:
    if left == right or not right:
        return left
    if not left:
        return right
    items: list[Item] = []
    longest = max(len(left), len(right))
    for axis in range(1, longest + 1):
        a = left[-axis] if axis <= len(left) else 1
        b = right[-axis] if axis <= len(right) else 1
        if isinstance(a, Variadic) or isinstance(b, Variadic):
            return (*_leading(left, right, axis), *items[::-1])
        items.append(ctx.broadcast(a, b, _mismatch(shapes, longest - axis, a, b, what, error)))
    return tuple(items[::-1])


def _leading(left: Shape, right: Shape, axis: int) -> Shape:
    """The part of the result from the variadic dimensions on, seen from the right."""
    a, b = left[: len(left) - axis + 1], right[: max(0, len(right) - axis + 1)]
    if a == b or not b:
        return a
    return b if not a else (Variadic("..."),)


def _mismatch(shapes: Sequence[Shape], axis: int, a: Size, b: Size, what: str, error: str) -> Failure:
    def message() -> str:
        text = " and ".join(shape_text(shape) for shape in shapes)
        return f"{what}shapes {text} don't broadcast: axis {axis} is {a} in one and {b} in the other"

    return Failure(BROADCAST, message, error)


def broadcast_to(ctx: RuleContext, shape: Shape, target: Shape, what: str, error: str, code: str = BROADCAST) -> None:
    """Require that an array of `shape` broadcasts to `target` without `target` growing."""
    if any(isinstance(item, Variadic) for item in (*shape, *target)):
        return
    failure = Failure(
        code, lambda: f"{what}shape {shape_text(shape)} does not broadcast to {shape_text(target)}", error
    )
    extra = len(shape) - len(target)
    if extra > 0:
        ctx.fail(failure)
    for size, wanted in zip(shape, target[-extra:] if extra else target, strict=True):
        one_or_equal(ctx, size, wanted, failure)  # type: ignore[arg-type]


def one_or_equal(ctx: RuleContext, size: Size, wanted: Size, failure: Failure) -> None:
    """Require that `size` is 1 or `wanted`."""
    if ctx.truth(Equal(size, 1)):
        return
    joined = ctx.broadcast(size, wanted, failure)
    if joined != wanted:
        ctx.require_equal(joined, wanted, failure)


def grown(ctx: RuleContext, left: Tensor, right: Tensor) -> tuple[Shape, Shape] | None:
    """The two shapes if both grow in their broadcast and neither asked for it with `None`, `unsqueeze`, `keepdim`."""
    a, b = left.dims, right.dims
    if a is None or b is None or not a or not b:
        return None
    longest = max(len(a), len(b))
    left_grows = right_grows = False
    for axis in range(-longest, 0):
        size = a[axis] if axis >= -len(a) else None
        other = b[axis] if axis >= -len(b) else None
        left_grows |= _grows(ctx, size, other) and axis not in left.ones
        right_grows |= _grows(ctx, other, size) and axis not in right.ones
    return (a, b) if left_grows and right_grows and not (left.ones or right.ones) else None


def repeated(ctx: RuleContext, left: Tensor, right: Tensor) -> bool:
    """Whether one grows along an axis of size 1 that it did not ask for with `None`, `unsqueeze`, `keepdim`."""
    if not left.dims or not right.dims or len(left.dims) != len(right.dims):
        return False
    return any(
        _grows(ctx, one.dims[axis], other.dims[axis]) and axis not in one.ones
        for one, other in ((left, right), (right, left))
        for axis in range(-len(left.dims), 0)
        if one.dims is not None and other.dims is not None
    )


def _grows(ctx: RuleContext, size: Size | None, other: Size | None) -> bool:
    """Whether an operand with `size` along an axis is repeated to `other`."""
    if other is None or ctx.truth(Equal(other, 1)) is not False:
        return False
    return size is None or bool(ctx.truth(Equal(size, 1)))


def warn_of_growth(ctx: RuleContext, tensor: Tensor, consumer: str) -> None:
    """Warn that `consumer` reduces a broadcast in which both sides grew."""
    if tensor.grown is not None:
        left, right = tensor.grown
        shapes = f"{shape_text(left)} and {shape_text(right)}"
        ctx.warn(
            Failure(SILENT, f"{consumer} of a broadcast of {shapes} to {shape_text(tensor.shape)}: both sides grew", "")
        )
