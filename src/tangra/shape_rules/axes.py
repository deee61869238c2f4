"""Axes and sizes as arguments: read, checked against an array, and unknown where they aren't known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.coercion import kind_text
from tangra.shape_rules.failures import ARGUMENT, AXIS, CALL, RANK, Failure
from tangra.shape_rules.values import Item, Shape, Tensor, Unknown, Value, Variadic, is_size, shape_text
from tangra.shapes import Dim, Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def whole(ctx: RuleContext, value: Value, name: str) -> int | Dim | None:
    """An int argument; None if it isn't known at all. Fails (TypeError) for what certainly is no int."""
    if is_size(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Tensor):
        if value.elements is not None and len(value.elements) == 1 and is_size(value.elements[0]):
            return value.elements[0]  # type: ignore[no-any-return]
        return None
    if isinstance(value, float | str | list | tuple | dict) or (isinstance(value, Unknown) and value.kind == "float"):
        ctx.fail(Failure(CALL, f"{name} must be an int, not a {kind_text(value)}", "TypeError"))
    return None


def size_argument(ctx: RuleContext, value: Value, name: str) -> Size:
    """An int argument as a size; one that isn't known is a fresh size."""
    found = whole(ctx, value, name)
    return ctx.fresh(name.replace(" ", "_")) if found is None else found


def size_sequence(ctx: RuleContext, value: Value, name: str) -> tuple[Size, ...] | None:
    """A sequence of ints (or one int) as sizes; None if not even its length is known."""
    if isinstance(value, list | tuple):
        return tuple(size_argument(ctx, entry, name) for entry in value)
    if isinstance(value, Tensor):
        if value.elements is not None and value.rank in (0, 1):
            return tuple(size_argument(ctx, entry, name) for entry in value.elements)
        count = value.size(0) if value.rank == 1 else None
        return tuple(ctx.fresh(name) for _ in range(count)) if isinstance(count, int) and count < 64 else None
    found = whole(ctx, value, name)
    return None if found is None else (found,)


def spread_sizes(ctx: RuleContext, values: Sequence[Value], name: str = "size") -> tuple[Size, ...] | None:
    """Sizes given as several arguments or as one sequence, as torch takes them."""
    if len(values) == 1 and not is_size(values[0]):
        first = values[0]
        if isinstance(first, Unknown) and first.kind is None:
            return None
        return size_sequence(ctx, first, name)
    return size_sequence(ctx, tuple(values), name)


def times(ctx: RuleContext, value: Value, count: int, name: str) -> tuple[Size, ...]:
    """One int for all of `count` dimensions, or a sequence with one for each (torch also takes a sequence of one)."""
    if isinstance(value, list | tuple):
        if len(value) == 1 and count > 1:
            value = tuple(value) * count
        if len(value) != count:
            ctx.fail(Failure(ARGUMENT, f"{name} has {len(value)} entries for {count} dimensions", "RuntimeError"))
        return tuple(size_argument(ctx, entry, name) for entry in value)
    if isinstance(value, Unknown):
        return tuple(ctx.fresh(name) for _ in range(count))
    found = size_argument(ctx, value, name)
    return (found,) * count


def rank_text(rank: int) -> str:
    """`1 dimension`, `2 dimensions`."""
    return "1 dimension" if rank == 1 else f"{rank} dimensions"


def axis_place(
    ctx: RuleContext, tensor: Tensor, axis: Value, *, error: str = "IndexError", name: str = "axis", added: int = 0
) -> int | None:
    """Where in `tensor.shape` the axis is, None if nobody knows. Fails for one out of range.

    `added` dimensions are counted besides the tensor's own, as for a place to insert at; a 0-d tensor takes 0 and -1.
    """
    found = whole(ctx, axis, name)
    if not isinstance(found, int) or tensor.shape is None:
        return None
    rank = tensor.rank
    if rank is None:
        items = len(tensor.shape) + added
        place = found if found >= 0 else items + found
        if not 0 <= place < items:
            return None
        passed = tensor.shape[:place] if found >= 0 else tensor.shape[place:]
        if found >= 0 and not added:
            passed = tensor.shape[: place + 1]
        return None if any(isinstance(item, Variadic) for item in passed) else place
    total = rank + added
    lenient = tensor.library == "torch"
    if not -total <= found < total and not (total == 0 and found in (0, -1) and lenient):
        message = f"{name} {found} is out of range for an array of shape {shape_text(tensor.shape)}"
        if added:
            message += f", to which {rank_text(added)} {'is' if added == 1 else 'are'} added"
        ctx.fail(Failure(AXIS, message, error))
    return found % total if total else 0


def axis_places(
    ctx: RuleContext, tensor: Tensor, axes: Value, *, error: str = "IndexError", name: str = "axis"
) -> tuple[int, ...] | None:
    """Places of an axis, or of several, in the order given; None if one isn't known. Fails for one given twice."""
    if not isinstance(axes, list | tuple):
        axes = (axes,)
    places = [axis_place(ctx, tensor, axis, error=error, name=name) for axis in axes]
    found = [place for place in places if place is not None]
    for place in found:
        if found.count(place) > 1:
            twice = "RuntimeError" if error == "IndexError" else "ValueError"
            ctx.fail(Failure(AXIS, f"{name} {place} is given twice", twice))
    return tuple(found) if len(found) == len(places) else None


def drop(shape: Shape, places: Sequence[int], keepdim: bool) -> Shape:
    """The shape of a reduction over these places."""
    if keepdim:
        return tuple(1 if place in places else item for place, item in enumerate(shape))
    return tuple(item for place, item in enumerate(shape) if place not in places)


def unknown_dims(ctx: RuleContext, count: int, hint: str = "n") -> tuple[Size, ...]:
    """As many sizes that nobody knows."""
    return tuple(ctx.fresh(hint) for _ in range(count))


def reduced(
    ctx: RuleContext, tensor: Tensor, axes: Value, keepdim: Value, *, error: str = "IndexError", name: str = "dim"
) -> Shape | None:
    """The shape of a reduction of `tensor` over `axes` (None: all), as far as it is known."""
    keep = keepdim if isinstance(keepdim, bool) else bool(keepdim) if isinstance(keepdim, int) else None
    if axes is None:
        if keep is False:
            return ()
        return None if keep is None or tensor.rank is None else (1,) * tensor.rank
    places = axis_places(ctx, tensor, axes, error=error, name=name)
    if tensor.shape is None or keep is None:
        return None
    if places is not None:
        return drop(tensor.shape, places, keep)
    count = 1 if not isinstance(axes, list | tuple) else len(axes)
    if tensor.rank is None or isinstance(axes, Unknown | Tensor):
        return None if not keep or tensor.rank is None else unknown_dims(ctx, tensor.rank)
    return unknown_dims(ctx, tensor.rank if keep else max(0, tensor.rank - count))


def require_rank(
    ctx: RuleContext, tensor: Tensor, ranks: Sequence[int], what: str, error: str = "RuntimeError"
) -> None:
    """Fail unless the tensor may have one of these ranks."""
    rank = tensor.rank
    wrong = rank not in ranks if rank is not None else tensor.least_rank > max(ranks)
    if wrong:
        words = " or ".join(str(one) for one in ranks)
        shape = shape_text(tensor.shape)
        ctx.fail(
            Failure(RANK, f"{what} must have {words} dimensions, not {rank_text(tensor.least_rank)}: {shape}", error)
        )


def items_equal(
    ctx: RuleContext, left: Sequence[Item], right: Sequence[Item], failure: Failure
) -> tuple[Item, ...] | None:
    """Require two shapes to be equal; the shape to go on with, None if their ranks may differ."""
    if any(isinstance(item, Variadic) for item in (*left, *right)):
        return tuple(left) if tuple(left) == tuple(right) else None
    if len(left) != len(right):
        ctx.fail(failure)
    pairs = zip(left, right, strict=True)
    return tuple(ctx.require_equal(a, b, failure) for a, b in pairs)  # type: ignore[arg-type]
