"""Reshaping over shapes that may be partly unknown, shared by the libraries."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.context import AnyOf, AtLeast, Condition, Equal, Multiple
from tangra.shape_rules.failures import RESHAPE, STRIDE, Failure
from tangra.shape_rules.values import Layout, Shape, Tensor, Variadic, shape_text
from tangra.shapes import Size, SizeTooComplex, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def reshape_shape(
    ctx: RuleContext, tensor: Tensor, goal: Sequence[Size], error: str, any_negative: bool = False
) -> Shape:
    """The shape of `tensor` reshaped to `goal`, of which one size may be -1 (in NumPy any negative int)."""
    unknown = [place for place, size in enumerate(goal) if isinstance(size, int) and size < 0]
    if len(unknown) > 1 or any(goal[place] != -1 for place in unknown if not any_negative):
        text = shape_text(goal)
        ctx.fail(Failure(RESHAPE, f"reshape to {text}: one size can be -1, no other can be negative", error))
    rest = prod(size for place, size in enumerate(goal) if place not in unknown)
    if tensor.dims is None:
        return _around(ctx, tensor, goal, unknown)
    total = prod(tensor.dims)
    failure = Failure(RESHAPE, lambda: _mismatch(tensor.dims or (), goal, total, rest, bool(unknown)), error)
    if not unknown:
        ctx.require(Equal(total, rest), failure)
        return tuple(goal)
    if ctx.truth(Equal(rest, 0)):
        ctx.fail(failure)
    ctx.require(Multiple(total, rest), failure)
    try:
        inferred: Size = total // rest
    except (SizeTooComplex, ZeroDivisionError):
        inferred = ctx.fresh("inferred")
    return tuple(inferred if place in unknown else size for place, size in enumerate(goal))


def reshaped(old: Tensor, new: Tensor) -> Tensor:
    """The tensor `new`, made of the elements of `old` in their order, which remembers the axes merged from several."""
    return new.with_(merged=_merged(old.dims or (), new.dims or ()))


def _merged(old: Sequence[Size], new: Sequence[Size]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """The axes of `new` that are several neighbouring axes of `old` in one, with their sizes, from the left to the
    first size that is not a number."""
    found: list[tuple[int, tuple[int, ...]]] = []
    left = iter(old)
    rest = 1  # of what was taken of `old`, and is not in an axis yet
    for axis, size in enumerate(new):
        if type(size) is not int:
            if rest != 1 or next(left, None) != size:
                break
            continue
        factors = [rest]
        while rest < size:
            factor = next(left, None)
            if type(factor) is not int or factor < 1:
                return tuple(found)
            rest *= factor
            factors.append(factor)
        if size < 1 or rest % size:
            break
        factors = [factor for factor in factors if factor != 1]
        if rest == size and len(factors) > 1:
            found.append((axis, tuple(factors)))
        rest //= size
    return tuple(found)


def _mismatch(shape: Shape, goal: Sequence[Size], total: Size, rest: Size, inferring: bool) -> str:
    wanted = f"a multiple of {rest}" if inferring else f"which has {rest}"
    return f"an array of shape {shape_text(shape)} has {total} elements and can't become {shape_text(goal)}, {wanted}"


def _around(ctx: RuleContext, tensor: Tensor, goal: Sequence[Size], unknown: Sequence[int]) -> Shape:
    """The result where the number of elements isn't known."""
    return tuple(ctx.fresh("inferred") if place in unknown else size for place, size in enumerate(goal))


def contiguous_strides(dims: Sequence[Size]) -> tuple[Size, ...]:
    """The strides of an array of this shape that lies in order."""
    strides: list[Size] = []
    step: Size = 1
    for size in reversed(dims):
        strides.append(step)
        step = step * size
    return tuple(reversed(strides))


def strides_of(tensor: Tensor) -> tuple[Size, ...] | None:
    """The strides of a torch tensor, if they are known."""
    dims = tensor.dims
    if dims is None or tensor.layout is None:
        return None
    return contiguous_strides(dims) if tensor.layout == "contiguous" else tensor.layout


def layout_from(dims: Shape | None, strides: tuple[Size, ...] | None) -> Layout:
    """The layout of a tensor with these strides."""
    if strides is None or dims is None or any(isinstance(item, Variadic) for item in dims):
        return None
    sizes = [item for item in dims if not isinstance(item, Variadic)]
    if 0 in sizes:
        return "contiguous"
    ordered = contiguous_strides(sizes)
    same = all(size == 1 or a == b for size, a, b in zip(sizes, strides, ordered, strict=True))
    return "contiguous" if same else strides


def copied_layout(tensor: Tensor) -> Layout:
    """The layout of a copy. A tensor that lies without gaps or repetitions, in whatever order, is copied as it lies."""
    strides, dims = strides_of(tensor), tensor.dims
    if strides is None or dims is None or tensor.layout == "contiguous":
        return tensor.layout
    rest = [(size, stride) for size, stride in zip(dims, strides, strict=True) if size != 1]
    step: Size = 1
    while rest:
        found = next((place for place, (_, stride) in enumerate(rest) if stride == step), None)
        if found is None:
            return None
        step = step * rest.pop(found)[0]
    return strides


def require_viewable(ctx: RuleContext, tensor: Tensor, goal: Shape) -> None:
    """Require that a torch tensor can be viewed in another shape without a copy: where two neighbouring axes can't
    be merged in memory, the new shape must have a border too."""
    strides, dims = strides_of(tensor), tensor.dims
    if strides is None or dims is None or tensor.layout == "contiguous" or 0 in dims:
        return
    borders: list[Size] = [1]
    for item in goal:
        if not isinstance(item, Variadic):
            borders.append(borders[-1] * item)
    kept = [(size, stride) for size, stride in zip(dims, strides, strict=True) if size != 1]
    before: Size = 1
    for (size, stride), (following, inner) in itertools.pairwise(kept):
        before = before * size
        ways: list[Condition] = [Equal(stride, inner * following), Equal(size, 1), Equal(following, 1)]
        ways += [Equal(before, border) for border in borders]
        failure = Failure(
            STRIDE,
            lambda: (
                f"view() of a tensor whose axes are not in order in memory (after transpose, permute or expand) "
                f"from {shape_text(dims)} to {shape_text(goal)}"
            ),
            "RuntimeError",
            fix="use reshape(), or contiguous() before view()",
        )
        ctx.require(AnyOf(tuple(ways)), failure)


def require_nonnegative(ctx: RuleContext, goal: Sequence[Size], error: str) -> None:
    """Fail for a negative size."""
    for size in goal:
        ctx.require(AtLeast(0, size), Failure(RESHAPE, f"a size can't be {size}", error))
