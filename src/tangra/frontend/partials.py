"""What a `functools.partial` holds and what a call gives it, put in order."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, Const, PartialValue

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

PLACEHOLDER = Const(getattr(functools, "Placeholder", object()))
"""Stands for an argument that the call gives, since Python 3.14."""


def is_open(v: AbstractValue) -> bool:
    """Whether an argument that a partial holds is a place for one of the call."""
    return isinstance(v, Const) and v.value is PLACEHOLDER.value


def filled(held: Sequence[AbstractValue], given: Sequence[AbstractValue]) -> tuple[AbstractValue, ...]:
    """Positional arguments: those held with the first of those given in their open places, then the others given."""
    rest = iter(given)
    return (*(next(rest, PLACEHOLDER) if is_open(a) else a for a in held), *rest)


def arguments(ev: Evaluator, partial: PartialValue, given: Sequence[AbstractValue]) -> list[AbstractValue]:
    """The positional arguments of a call of a partial."""
    places = sum(map(is_open, partial.args))
    if len(given) < places:
        what = f"expected at least {places}, got {len(given)}"
        ev.python_error("TypeError", f"missing positional arguments in 'partial' call; {what}")
    return list(filled(partial.args, given))


def make(
    ev: Evaluator, function: AbstractValue, args: tuple[AbstractValue, ...], kwargs: dict[str, AbstractValue]
) -> PartialValue:
    """`functools.partial(function, *args, **kwargs)`; one around another counts as one."""
    if args and is_open(args[-1]):
        ev.python_error("TypeError", "trailing Placeholders are not allowed")
    if any(map(is_open, kwargs.values())):
        ev.python_error("TypeError", "Placeholder cannot be passed as a keyword argument")
    if not isinstance(function, PartialValue):
        return PartialValue(function, args, tuple(kwargs.items()))
    merged = {**dict(function.kwargs), **kwargs}
    return PartialValue(function.function, filled(function.args, args), tuple(merged.items()))
