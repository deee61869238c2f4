"""Python's slices over symbolic sizes."""

from __future__ import annotations

from tangra.shapes.atoms import Max, Min
from tangra.shapes.dims import Dim, Size, ceil_div
from tangra.shapes.errors import SliceError, UndecidedError
from tangra.shapes.extrema import dmax, dmin
from tangra.shapes.facts import EMPTY, Facts
from tangra.shapes.prover import known_eq, known_le, simplify


def slice_length(
    start: Size | None, stop: Size | None, step: Size | None, dim: Size, facts: Facts = EMPTY
) -> tuple[Size, Size]:
    """(start, length) of `x[start:stop:step]` along an axis of size `dim`, as Python's slice.indices clips them.

    Exact for all values of the symbols the facts allow (and dim >= 0): where no sign or order is proved, the result is
    an expression with max and min that decides it at run time. Raises SliceError for step 0 and UndecidedError for a
    step whose sign isn't known.
    """
    if step is None:
        step = 1
    if isinstance(dim, int) and not any(isinstance(part, Dim) for part in (start, stop, step)):
        if step == 0:
            raise SliceError("slice step is 0", left=step, right=0)
        chosen = range(*slice(start, stop, step).indices(dim))
        return chosen.start, len(chosen)
    facts = facts.with_dims(dim)
    clip = _forward if _is_forward(step, facts) else _backward
    return clip(start, stop, step, dim, facts)


def _is_forward(step: Size, facts: Facts) -> bool:
    if known_le(1, step, facts):
        return True
    if known_le(step, -1, facts):
        return False
    if known_eq(step, 0, facts):
        raise SliceError(f"slice step {step} is 0", left=step, right=0)
    raise UndecidedError(
        f"slice step {step} may be positive or negative: the slice's length depends on which", left=step, right=0
    )


def _forward(start: Size | None, stop: Size | None, step: Size, dim: Size, facts: Facts) -> tuple[Size, Size]:
    first: Size = 0 if start is None else _from_front(start, dim, facts)
    last = dim if stop is None else dmin(_from_front(stop, dim, facts), dim)
    low_first, low_last = dmax(first, 0), dmax(simplify(last, facts), 0)
    begin = simplify(dmin(low_first, dim), facts)
    # min(start, dim) can stay start here: past the end the difference is not positive either way
    length = _count(_minus(simplify(low_last, facts), simplify(low_first, facts)), step, facts)
    return begin, length


def _backward(start: Size | None, stop: Size | None, step: Size, dim: Size, facts: Facts) -> tuple[Size, Size]:
    end = dim - 1
    first = end if start is None else dmin(_from_front(start, dim, facts), end)
    last: Size = -1 if stop is None else dmax(_from_front(stop, dim, facts), -1)
    begin = simplify(dmax(simplify(first, facts), -1), facts)
    # min(stop, dim - 1) can stay stop here, by the same argument
    return begin, _count(_minus(begin, simplify(last, facts)), -step, facts)


def _from_front(place: Size, dim: Size, facts: Facts) -> Size:
    """`place + dim` if `place` is negative, else `place`; where the sign isn't known min(1, max(0, -place)) tells."""
    if known_le(0, place, facts):
        return place
    if known_le(place, -1, facts):
        return place + dim
    return place + dim * dmin(1, dmax(0, -place))


def _minus(a: Size, b: Size) -> Size:
    """`a - b` with one maximum or minimum moved outermost: `N - max(0, N - k)` is `min(N, k)`."""
    inner = b.single_atom if isinstance(b, Dim) else None
    if isinstance(inner, Max):
        return dmin(*(a - arg for arg in inner.args))
    if isinstance(inner, Min):
        return dmax(*(a - arg for arg in inner.args))
    outer = a.single_atom if isinstance(a, Dim) else None
    if isinstance(outer, Max):
        return dmax(*(arg - b for arg in outer.args))
    return dmin(*(arg - b for arg in outer.args)) if isinstance(outer, Min) else a - b


def _count(distance: Size, step: Size, facts: Facts) -> Size:
    """Steps of size `step` >= 1 that start before `distance` is used up; none if it is negative."""
    distance = simplify(dmax(0, simplify(distance, facts)), facts)
    return simplify(ceil_div(distance, step), facts)
