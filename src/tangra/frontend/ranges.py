"""Items and parts of ranges of which only the run knows the ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.api import builtins
from tangra.api.elementwise import is_number, kinds_of
from tangra.api.kinds import PYBOOL
from tangra.api.numbers import by_python
from tangra.api.values import AbstractValue, Const, RangeValue, SliceValue
from tangra.frontend import branches, containers, conversion

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NO_STEP = "range() arg 3 must not be zero"


def check_step(ev: Evaluator, step: AbstractValue) -> None:
    """Python's check of the step, when the range is made."""
    zero = ev.truth(ev.binary("==", step, Const(0)))
    if not isinstance(zero, Const):
        ev.fail_if(ev.number(zero).value, "ValueError", NO_STEP)
    elif zero.value:
        ev.python_error("ValueError", NO_STEP)


def item(ev: Evaluator, r: RangeValue, index: AbstractValue) -> AbstractValue:
    """`r[index]`, a Python int of whatever kind the index is; of a slice a range."""
    try:
        known, place = conversion.plain(ev, r), conversion.plain(ev, index)
    except conversion.NotPlain:
        pass
    else:
        return ev.live.constant(by_python(ev, lambda: known[place]))
    count = containers.length(ev, r)
    if isinstance(index, SliceValue):
        return _part(ev, r, index, count)
    at = _from_front(ev, _whole(ev, index), count)
    for outside in (ev.binary("<", at, Const(0)), ev.binary(">=", at, count)):
        ev.fail_if(ev.number(outside).value, "IndexError", "range object index out of range")
    return _at(ev, r, at)


def _whole(ev: Evaluator, index: AbstractValue) -> AbstractValue:
    """`operator.index(index)`."""
    if not is_number(index) or not all(k.dtype.is_integer or k == PYBOOL for k in kinds_of(index)):
        kind = conversion.describe(ev, index)
        ev.python_error("TypeError", f"range indices must be integers or slices, not {kind}")
    return builtins.int_(ev, index)


def _at(ev: Evaluator, r: RangeValue, place: AbstractValue) -> AbstractValue:
    return ev.binary("+", r.start, ev.binary("*", place, r.step))


def _from_front(ev: Evaluator, place: AbstractValue, count: AbstractValue) -> AbstractValue:
    negative = ev.truth(ev.binary("<", place, Const(0)))
    return branches.choose(ev, negative, lambda: ev.binary("+", place, count), lambda: place)


def _part(ev: Evaluator, r: RangeValue, index: SliceValue, count: AbstractValue) -> AbstractValue:
    """`r[start:stop:step]`: the places that Python's `slice.indices` gives, and what the range has there."""
    step = conversion.static_step(ev, index, "the step of a slice of a range")
    least, most = Const(0), count
    if step < 0:
        least, most = Const(-1), ev.binary("-", count, Const(1))
    first, last = (least, most) if step > 0 else (most, least)
    ends = [_end(ev, v, d, least, most, count) for v, d in ((index.start, first), (index.stop, last))]
    return RangeValue(_at(ev, r, ends[0]), _at(ev, r, ends[1]), ev.binary("*", r.step, Const(step)))


def _end(
    ev: Evaluator,
    v: AbstractValue,
    default: AbstractValue,
    least: AbstractValue,
    most: AbstractValue,
    count: AbstractValue,
) -> AbstractValue:
    """A place that a slice begins or ends at, from the front and clipped."""
    if isinstance(v, Const) and v.value is None:
        return default
    place = _from_front(ev, _whole(ev, v), count)
    below = ev.truth(ev.binary("<", place, least))
    place = branches.choose(ev, below, lambda: least, lambda: place)
    above = ev.truth(ev.binary(">", place, most))
    return branches.choose(ev, above, lambda: most, lambda: place)
