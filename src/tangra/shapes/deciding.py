"""How a shape rule asks for two sizes to be equal or in order: proved, refused, left to the caller, or an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tangra.shapes.dims import Size
from tangra.shapes.errors import Shape, ShapeError, Undecided, UndecidedError
from tangra.shapes.extrema import dmax
from tangra.shapes.facts import EMPTY, Facts
from tangra.shapes.prover import known_eq, known_le


@dataclass(frozen=True, slots=True)
class Judge:
    """What one application of a rule decides with: the facts, the caller's callback, and the shapes for messages."""

    facts: Facts = EMPTY
    undecided: Undecided | None = None
    shapes: Sequence[Shape] = ()

    def equal(self, a: Size, b: Size, what: str, wrong: Callable[[], ShapeError], axis: int | None = None) -> Size:
        """The common size of `a` and `b`: the plainer one if they are proved equal; `wrong()` if proved different;
        else what the callback says. Without a callback raises UndecidedError."""
        known = known_eq(a, b, self.facts)
        if known:
            return plainer(a, b)
        if known is False:
            raise wrong()
        return self.ask(a, b, what, axis)

    def ask(self, a: Size, b: Size, what: str, axis: int | None = None) -> Size:
        """Leave a == b to the callback; without one raise UndecidedError."""
        if self.undecided is not None:
            return self.undecided(a, b, what)
        raise UndecidedError(
            f"{what}: {a} and {b} have to be equal, and nothing says that they are",
            axis=axis,
            left=a,
            right=b,
            shapes=self.shapes,
        )

    def at_least(self, low: Size, size: Size, what: str, wrong: Callable[[], ShapeError]) -> None:
        """Require low <= size. Undecided, the callback is asked for max(low, size) == size; without one it passes:
        callers that run code give a callback, and for others every size is presumed to make sense."""
        known = known_le(low, size, self.facts)
        if known is False:
            raise wrong()
        if known is None and self.undecided is not None:
            self.undecided(dmax(low, size), size, what)


def plainer(a: Size, b: Size) -> Size:
    """Of two equal sizes the int, else the shorter to read, else the first."""
    if isinstance(a, int) or isinstance(b, int):
        return a if isinstance(a, int) else b
    return a if len(str(a)) <= len(str(b)) else b
