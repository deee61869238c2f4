"""Lists that grow in run-time loops: stored as one array per number or array in an item, with a count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.api.values import ArrayValue, ListValue
from tangra.frontend.heap import StackState, State
from tangra.frontend.templates import Plan

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.loops import Loop


def as_array(ev: Evaluator, v: ListValue, state: StackState) -> ArrayValue:
    """The array of a grown list of numbers or arrays."""
    raise AssertionError


def grow(ev: Evaluator, loop: Loop, base: State, end: State, found: Plan, at_least_once: bool) -> State | None:
    """The state before a loop with the lists that grow in it made stacks; None if there are none."""
    return None
