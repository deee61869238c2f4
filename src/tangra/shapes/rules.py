"""Result shapes of NumPy's structural operations over symbolic shapes.

Every rule raises a `ShapeError` for operands that never fit. Where that depends on the run, `undecided(a, b, what)` is
asked (see `tangra.shapes.errors`); without it an equality that can't be decided is an `UndecidedError`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tangra.shapes.deciding import Judge
from tangra.shapes.dims import Size, prod
from tangra.shapes.errors import (
    AxisError,
    ConcatError,
    ConvError,
    ReshapeError,
    Shape,
    SqueezeError,
    Undecided,
    UndecidedError,
    shape_text,
)
from tangra.shapes.facts import EMPTY, Facts
from tangra.shapes.prover import known_eq


def normalize_axis(axis: int, rank: int) -> int:
    """`axis` counted from the front, for an array of `rank` dimensions. Raises AxisError outside [-rank, rank)."""
    if not -rank <= axis < rank:
        count = "1 dimension" if rank == 1 else f"{rank} dimensions"
        raise AxisError(f"axis {axis} is out of range for an array with {count}", axis=axis)
    return axis % rank


def normalize_axes(axes: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """`axes` (None means all) counted from the front, in the order given. Raises AxisError for one given twice."""
    if axes is None:
        return tuple(range(rank))
    found = tuple(normalize_axis(axis, rank) for axis in ((axes,) if isinstance(axes, int) else axes))
    for axis in found:
        if found.count(axis) > 1:
            raise AxisError(f"axis {axis} is given twice", axis=axis)
    return found


def reduce_shape(shape: Shape, axes: int | Sequence[int] | None = None, keepdims: bool = False) -> Shape:
    """The shape of a reduction over `axes` (None means all). As in NumPy a 0-d array takes the axes 0 and -1 too."""
    gone = _axes_to_drop(axes, shape)
    if keepdims:
        return tuple(1 if axis in gone else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in gone)


def _axes_to_drop(axes: int | Sequence[int] | None, shape: Shape) -> tuple[int, ...]:
    return () if not shape and axes in (0, -1) else normalize_axes(axes, len(shape))


def transpose_shape(shape: Shape, axes: Sequence[int] | None = None) -> Shape:
    """The shape with its axes permuted; reversed without `axes`. Raises AxisError unless `axes` is a permutation."""
    if axes is None:
        return shape[::-1]
    order = normalize_axes(tuple(axes), len(shape))
    if len(order) != len(shape):
        raise AxisError(f"{len(order)} axes to permute an array with {len(shape)} dimensions", shapes=(shape,))
    return tuple(shape[axis] for axis in order)


def expand_dims_shape(shape: Shape, axis: int | Sequence[int]) -> Shape:
    """The shape with axes of size 1 inserted, at places counted in the result."""
    added = (axis,) if isinstance(axis, int) else tuple(axis)
    places = normalize_axes(added, len(shape) + len(added))
    rest = iter(shape)
    return tuple(1 if place in places else next(rest) for place in range(len(shape) + len(added)))


def squeeze_shape(
    shape: Shape,
    axis: int | Sequence[int] | None = None,
    facts: Facts = EMPTY,
    undecided: Undecided | None = None,
) -> Shape:
    """The shape without `axis`, whose size must be 1; without `axis`, without all axes of size 1.

    In the second case the number of dimensions depends on every size, so one that may or may not be 1 always raises
    UndecidedError.
    """
    if axis is None:
        return tuple(size for place, size in enumerate(shape) if not _squeezes(shape, place, facts))
    gone = _axes_to_drop(axis, shape)
    judge = Judge(facts, undecided, (shape,))
    for place in gone:
        size = shape[place]

        def wrong(size: Size = size, place: int = place) -> SqueezeError:
            return SqueezeError(
                f"axis {place} has size {size} and can't be squeezed; only axes of size 1 can",
                axis=place,
                left=size,
                right=1,
                shapes=(shape,),
            )

        judge.equal(size, 1, f"squeeze, axis {place}", wrong, place)
    return tuple(size for place, size in enumerate(shape) if place not in gone)


def _squeezes(shape: Shape, place: int, facts: Facts) -> bool:
    known = known_eq(shape[place], 1, facts)
    if known is None:
        raise UndecidedError(
            f"squeeze of {shape_text(shape)} keeps or drops axis {place} depending on whether {shape[place]} is 1; "
            "name the axes to squeeze",
            axis=place,
            left=shape[place],
            right=1,
            shapes=(shape,),
        )
    return known


def reshape_shape(
    shape: Shape, target: Size | Sequence[Size], facts: Facts = EMPTY, undecided: Undecided | None = None
) -> Shape:
    """The shape of `x.reshape(target)`; one entry of `target` may be -1 (NumPy takes any negative int for that).

    A size that may be negative at run time, and a -1 beside sizes whose product may be 0, are left to `undecided`;
    without it they pass.
    """
    goal = tuple(target) if isinstance(target, Sequence) else (target,)
    judge = Judge(facts, undecided, (shape, goal))
    unknown = [axis for axis, size in enumerate(goal) if isinstance(size, int) and size < 0]
    if len(unknown) > 1:
        raise ReshapeError(f"reshape to {shape_text(goal)}: only one size can be -1", shapes=judge.shapes)
    for axis, size in enumerate(goal):
        if axis not in unknown:
            _check_not_negative(judge, size, axis)
    total, rest = prod(shape), prod(size for axis, size in enumerate(goal) if axis not in unknown)

    def mismatch() -> ReshapeError:
        return ReshapeError(
            f"an array of shape {shape_text(shape)} has {total} elements and can't be reshaped to {shape_text(goal)}"
            + (f", a multiple of {rest}" if unknown else f", which has {rest}"),
            axis=unknown[0] if unknown else None,
            left=total,
            right=rest,
            shapes=judge.shapes,
        )

    if not unknown:
        judge.equal(total, rest, "reshape, number of elements", mismatch)
        return goal
    judge.at_least(1, rest, "reshape, product of the sizes beside -1", mismatch)
    inferred = total // rest
    judge.equal(total % rest, 0, "reshape, elements left over", mismatch, unknown[0])
    return tuple(inferred if axis in unknown else size for axis, size in enumerate(goal))


def _check_not_negative(judge: Judge, size: Size, axis: int) -> None:
    def wrong() -> ReshapeError:
        return ReshapeError(
            f"reshape to {shape_text(judge.shapes[1])}: axis {axis} has a negative size",
            axis=axis,
            left=size,
            right=0,
            shapes=judge.shapes,
        )

    judge.at_least(0, size, f"reshape, size of axis {axis}", wrong)


def concat_shape(
    shapes: Sequence[Shape], axis: int | None = 0, facts: Facts = EMPTY, undecided: Undecided | None = None
) -> Shape:
    """The shape of arrays joined along `axis`; flattened first if it is None."""
    shapes = tuple(shapes)
    if not shapes:
        raise ConcatError("nothing to concatenate")
    if axis is None:
        return (_total([prod(shape) for shape in shapes]),)
    first = shapes[0]
    if not first:
        raise ConcatError("0-d arrays can't be concatenated; stack joins them along a new axis", shapes=shapes)
    place = normalize_axis(axis, len(first))
    sides = _common_shape(shapes, "concatenate", place, Judge(facts, undecided, shapes))
    return (*sides[:place], _total([shape[place] for shape in shapes]), *sides[place + 1 :])


def _total(sizes: Sequence[Size]) -> Size:
    result: Size = 0
    for size in sizes:
        result = result + size
    return result


def stack_shape(
    shapes: Sequence[Shape], axis: int = 0, facts: Facts = EMPTY, undecided: Undecided | None = None
) -> Shape:
    """The shape of arrays of one shape joined along a new axis, whose place is counted in the result."""
    shapes = tuple(shapes)
    if not shapes:
        raise ConcatError("nothing to stack")
    place = normalize_axis(axis, len(shapes[0]) + 1)
    common = _common_shape(shapes, "stack", None, Judge(facts, undecided, shapes))
    return (*common[:place], len(shapes), *common[place:])


def _common_shape(shapes: Sequence[Shape], verb: str, free: int | None, judge: Judge) -> Shape:
    """The one shape all of `shapes` have, but for the axis `free`."""
    result = list(shapes[0])
    for number, shape in enumerate(shapes[1:], 1):
        if len(shape) != len(result):
            raise ConcatError(
                f"can't {verb} arrays with {len(result)} and {len(shape)} dimensions (array 0 and array {number})",
                left=len(result),
                right=len(shape),
                shapes=shapes,
            )
        for axis, (left, right) in enumerate(zip(result, shape, strict=True)):
            if axis == free or left == right:
                continue

            def wrong(left: Size = left, right: Size = right, axis: int = axis, number: int = number) -> ConcatError:
                return ConcatError(
                    f"can't {verb} arrays whose sizes differ: axis {axis} is {left} in array 0 and {right} in "
                    f"array {number}",
                    axis=axis,
                    left=left,
                    right=right,
                    shapes=shapes,
                )

            result[axis] = judge.equal(left, right, f"{verb}, axis {axis}", wrong, axis)
    return tuple(result)


def conv_size(
    n: Size,
    k: Size,
    stride: Size = 1,
    padding: Size | tuple[Size, Size] = 0,
    dilation: Size = 1,
    facts: Facts = EMPTY,
    undecided: Undecided | None = None,
) -> Size:
    """Places where a window of `k` fits on `n` elements: (n + before + after - dilation*(k - 1) - 1)//stride + 1.

    `padding` is the same on both sides or a pair (before, after). Raises ConvError for a window proved larger than the
    padded input and a stride or dilation proved below 1; where that can't be proved `undecided` is asked, if given.
    """
    before, after = padding if isinstance(padding, tuple) else (padding, padding)
    judge = Judge(facts, undecided, ((n,), (k,)))
    for word, value in (("stride", stride), ("dilation", dilation), ("window", k)):

        def low(word: str = word, value: Size = value) -> ConvError:
            return ConvError(f"{word} {value} is below 1", left=value, right=1)

        judge.at_least(1, value, word, low)
    padded, extent = n + before + after, dilation * (k - 1) + 1

    def too_large() -> ConvError:
        return ConvError(f"a window of {extent} is larger than its padded input of {padded}", left=padded, right=extent)

    judge.at_least(extent, padded, "window size", too_large)
    return (padded - extent) // stride + 1
