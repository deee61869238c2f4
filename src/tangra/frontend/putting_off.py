"""Errors in trials of a loop's body, whose state may not be yet what the trips after the first begin with.

In `if k > 0: y += previous[-1]` the first trial knows an empty list, and Python would be certain to raise. A branch in
which that is found counts as one that ends, and the trial goes on: it finds that the list grows, or what a name holds
that was None, and the next one reads the list. What is still an error when nothing new turns up any more is raised
then, by one more trial that puts nothing off; code of a trial that did is never kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tangra.errors import ShapeMismatchError, TangraError, TypeMismatchError

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

UNSETTLED = (TypeMismatchError, ShapeMismatchError)
"""What may be an error because of what a value is before a loop."""


def put_off(ev: Evaluator, error: TangraError) -> None:
    """End the path being evaluated at an error, if it may be none in a later trial; else raise it."""
    if ev.put_off is None:
        raise error
    ev.put_off.append(error)
    ev.state.dead = True


@contextmanager
def trial(ev: Evaluator, strict: bool) -> Iterator[list[TangraError]]:
    """Evaluate a loop's body; the errors that were put off. A trial within one that puts off does so always."""
    outer = ev.put_off
    found: list[TangraError] = []
    ev.put_off = None if strict and outer is None else found
    try:
        yield found
    finally:
        ev.put_off = outer


@contextmanager
def nothing(ev: Evaluator) -> Iterator[None]:
    """Evaluate what is kept for other calls."""
    outer, ev.put_off = ev.put_off, None
    try:
        yield
    finally:
        ev.put_off = outer
