"""NumPy's broadcasting and matrix-product rules over symbolic shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tangra.shapes.deciding import Judge
from tangra.shapes.dims import Size
from tangra.shapes.errors import BroadcastError, MatmulError, Shape, Undecided, shape_text
from tangra.shapes.facts import EMPTY, Facts
from tangra.shapes.prover import known_eq


@dataclass(frozen=True, slots=True)
class Broadcast:
    """`shape` of the result; `expanded[i]`: the axes of the result along which operand i is repeated (it has size 1
    there, or no such axis, and the result's size is not 1)."""

    shape: Shape
    expanded: tuple[tuple[int, ...], ...]


def broadcast_shapes(*shapes: Shape, facts: Facts = EMPTY, undecided: Undecided | None = None) -> Shape:
    """The shape of an elementwise operation on arrays of `shapes`.

    Raises BroadcastError where two sizes are different and neither can be 1. Where a size may or may not be 1 or equal
    to another, `undecided(a, b, what)` is asked.
    """
    if shapes and all(shape == shapes[0] for shape in shapes):
        return shapes[0]
    judge = Judge(facts, undecided, shapes)
    rank = max((len(shape) for shape in shapes), default=0)
    return tuple(_broadcast_axis(judge, axis, axis - rank) for axis in range(rank))


def broadcast(*shapes: Shape, facts: Facts = EMPTY, undecided: Undecided | None = None) -> Broadcast:
    """As `broadcast_shapes`, also telling which axes of which operand are repeated."""
    result = broadcast_shapes(*shapes, facts=facts, undecided=undecided)
    rank = len(result)
    expanded = tuple(
        tuple(
            axis
            for axis in range(rank)
            if _is_one(_size_at(shape, axis - rank), facts) and not _is_one(result[axis], facts)
        )
        for shape in shapes
    )
    return Broadcast(result, expanded)


def _size_at(shape: Shape, place: int) -> Size:
    """The size at a negative place; 1 before the first."""
    return shape[place] if -place <= len(shape) else 1


def _is_one(size: Size, facts: Facts) -> bool:
    return size == 1 if isinstance(size, int) else known_eq(size, 1, facts) is True


def _broadcast_axis(judge: Judge, axis: int, place: int) -> Size:
    result: Size = 1
    for shape in judge.shapes:
        size = _size_at(shape, place)
        if size == result or _is_one(size, judge.facts):
            continue
        result = size if _is_one(result, judge.facts) else _join(judge, result, size, axis)
    return result


def _join(judge: Judge, left: Size, right: Size, axis: int) -> Size:
    """The size of two operands of which neither is known to be 1."""
    facts = judge.facts

    def mismatch() -> BroadcastError:
        return BroadcastError(
            f"shapes {' and '.join(map(shape_text, judge.shapes))} don't broadcast: axis {axis} is {left} in one "
            f"and {right} in the other",
            axis=axis,
            left=left,
            right=right,
            shapes=judge.shapes,
        )

    what = f"broadcast, axis {axis}"
    if known_eq(left, right, facts) is False:
        left_is_one, right_is_one = known_eq(left, 1, facts), known_eq(right, 1, facts)
        if left_is_one is None and right_is_one is False:
            judge.ask(left, 1, what, axis)
            return right
        if right_is_one is None and left_is_one is False:
            judge.ask(right, 1, what, axis)
            return left
        if left_is_one is None:
            return judge.ask(left, right, what, axis)
    return judge.equal(left, right, what, mismatch, axis)


def matmul_shape(a: Shape, b: Shape, facts: Facts = EMPTY, undecided: Undecided | None = None) -> Shape:
    """The shape of `a @ b`: 1-D operands lose their axis, leading axes broadcast.

    Raises MatmulError for 0-d operands and inner sizes that differ, BroadcastError for leading ones.
    """
    shapes = (a, b)
    if not a or not b:
        raise MatmulError(
            f"@ needs arrays of at least 1 dimension; the {'left' if not a else 'right'} one is 0-d", shapes=shapes
        )
    left, right = a[-1], b[-2] if len(b) > 1 else b[0]

    def mismatch() -> MatmulError:
        return MatmulError(
            f"shapes {shape_text(a)} and {shape_text(b)} don't fit @: the left one has {left} columns, "
            f"the right one {right} rows"
            if len(a) > 1 and len(b) > 1
            else f"shapes {shape_text(a)} and {shape_text(b)} don't fit @: inner sizes {left} and {right} differ",
            axis=len(a) - 1,
            left=left,
            right=right,
            shapes=shapes,
        )

    Judge(facts, undecided, shapes).equal(left, right, "@, inner size", mismatch, len(a) - 1)
    batch = broadcast_shapes(a[:-2], b[:-2], facts=facts, undecided=undecided)
    return batch + a[-2:-1] + (b[-1:] if len(b) > 1 else ())


def broadcast_to_shape(
    shape: Shape, target: Sequence[Size], facts: Facts = EMPTY, undecided: Undecided | None = None
) -> Shape:
    """`target`, if an array of `shape` broadcasts to it; raises BroadcastError where the target would have to grow."""
    goal = tuple(target)
    shapes = (shape, goal)
    judge = Judge(facts, undecided, shapes)
    if len(shape) > len(goal):
        raise BroadcastError(
            f"shape {shape_text(shape)} has more dimensions than {shape_text(goal)}, to which it should broadcast",
            shapes=shapes,
        )
    for place in range(-len(shape), 0):
        size, wanted = shape[place], goal[place]
        if not _is_one(size, facts):
            axis = len(goal) + place

            def mismatch(size: Size = size, wanted: Size = wanted, axis: int = axis) -> BroadcastError:
                return BroadcastError(
                    f"shape {shape_text(shape)} does not broadcast to {shape_text(goal)}: axis {axis} is {size}, "
                    f"not {wanted} or 1",
                    axis=axis,
                    left=size,
                    right=wanted,
                    shapes=shapes,
                )

            if known_eq(size, wanted, facts) is False and known_eq(size, 1, facts) is None:
                judge.ask(size, 1, f"broadcast, axis {axis}", axis)
            else:
                judge.equal(size, wanted, f"broadcast, axis {axis}", mismatch, axis)
    return goal
