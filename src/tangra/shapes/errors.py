"""Errors of the shape rules: one line in the user's words, and the same as fields for tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tangra.shapes.dims import Size

Shape = tuple[Size, ...]

Undecided = Callable[[Size, Size, str], Size]
"""Called with (a, b, what) where a rule needs a == b and can't decide it. Returns the size to go on with, after
emitting a run-time check that the two are equal, or raises."""


class ShapeError(ValueError):
    """Shapes that don't fit.

    Fields: `kind` (a fixed word per class or case), `axis` (of the offending dimension in the result or operand, None
    if there is none), `left` and `right` (the two sizes in conflict), `shapes` (all operand shapes).
    """

    kind = "shape"

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        axis: int | None = None,
        left: Size | None = None,
        right: Size | None = None,
        shapes: Sequence[Shape] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind or type(self).kind
        self.axis = axis
        self.left = left
        self.right = right
        self.shapes = tuple(shapes)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.message,), self.__dict__.copy()


class BroadcastError(ShapeError):
    """Two dimensions that neither agree nor are 1."""

    kind = "broadcast"


class ReshapeError(ShapeError):
    """A reshape to another number of elements, or with more than one -1."""

    kind = "reshape"


class MatmulError(ShapeError):
    """Inner dimensions of a product that differ, or a 0-d operand."""

    kind = "matmul"


class ConcatError(ShapeError):
    """Arrays to join that differ off the joined axis, in rank, or of which there are none."""

    kind = "concat"


class SliceError(ShapeError):
    """A slice with step 0, or with a step whose sign is not known."""

    kind = "slice"


class AxisError(ShapeError):
    """An axis outside the array, or one given twice."""

    kind = "axis"


class SqueezeError(ShapeError):
    """An axis to drop whose size is not 1."""

    kind = "squeeze"


class EinsumError(ShapeError):
    """Subscripts that don't parse, or don't fit the operands."""

    kind = "einsum"


class ConvError(ShapeError):
    """A window larger than its padded input, or a stride below 1."""

    kind = "conv"


class UndecidedError(ShapeError):
    """Two sizes that have to be equal and may or may not be: it depends on the run."""

    kind = "undecided"


class AnnotationError(ShapeError):
    """A shape that does not match its annotation."""

    kind = "annotation"


def shape_text(shape: Sequence[Size]) -> str:
    """A shape as Python writes a tuple: `(N, 3)`, `(N,)`, `()`."""
    return f"({', '.join(str(size) for size in shape)}{',' if len(shape) == 1 else ''})"
