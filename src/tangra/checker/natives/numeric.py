"""Builtins for numbers: sum, extrema, rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.checker.heap import (
    Value,
)
from tangra.checker.iteration import elements, one_element
from tangra.checker.library import array_operation
from tangra.checker.natives.table import Run, native
from tangra.shape_rules import registry
from tangra.shape_rules.operators import CLASSES
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown
from tangra.shapes import Dim, dmax, dmin, known_le

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


@native("builtins.sum")
def sum_(ev: Evaluator, call: Call) -> Value:
    import ast

    from tangra.checker.operators import binary

    items = elements(ev, call.args[0], call.node)
    if items is None:
        one = one_element(ev, call.args[0], call.node)
        return one if isinstance(one, Tensor) else UNKNOWN
    total: Value = call.get(1, "start", 0)
    for item in items:
        total = (
            item
            if total == 0 and isinstance(item, Tensor)
            else binary(ev, ast.Add(), total, item, call.node or ast.Pass())
        )
    return total


def extremum(largest: bool) -> Run:
    """`max` and `min` of numbers and sizes."""

    def run(ev: Evaluator, call: Call) -> Value:
        items = list(call.args) if len(call.args) > 1 else elements(ev, call.args[0], call.node) if call.args else None
        if items is None or call.open or "key" in call.kwargs:
            return UNKNOWN
        if not items:
            return call.kwargs.get("default", UNKNOWN)
        if all(isinstance(item, int | float) for item in items):
            return max(items) if largest else min(items)
        if all(isinstance(item, int | Dim) for item in items):
            return _symbolic_extremum(ev, items, largest)
        return _of_scalars(items)

    return run


def _of_scalars(items: list[Value]) -> Value:
    """What is one of some numbers and arrays without axes: `max(1, mask.sum())` divides as either does."""
    arrays = [item for item in items if isinstance(item, Tensor)]
    numbers = all(isinstance(item, Tensor | int | float | Dim) for item in items)
    if not arrays or not numbers or any(array.shape != () for array in arrays):
        return UNKNOWN
    return Tensor(arrays[0].library, (), arrays[0].dtype if len({array.dtype for array in arrays}) == 1 else None)


def _symbolic_extremum(ev: Evaluator, items: list[int | Dim], largest: bool) -> Value:
    best = items[0]
    for item in items[1:]:
        below = known_le(best, item, ev.ctx.facts)
        if below is None:
            best = dmax(best, item) if largest else dmin(best, item)
        elif below is largest:
            best = item
    return best


native("builtins.max")(extremum(True))
native("builtins.min")(extremum(False))


@native("builtins.abs")
def abs_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0]
    if isinstance(value, int | float | complex):
        return abs(value)
    if isinstance(value, Dim):
        return value if known_le(0, value, ev.ctx.facts) else dmax(value, -value)
    return value if isinstance(value, Tensor | Unknown) else UNKNOWN


@native("builtins.round")
def round_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0]
    if isinstance(value, int | float) and all(isinstance(arg, int) for arg in call.args[1:]):
        try:
            return round(value, *call.args[1:])
        except (ValueError, OverflowError):
            return UNKNOWN
    if isinstance(value, Tensor):
        method = registry.find_method(CLASSES[value.library], "round")
        return array_operation(ev, call.node, lambda array: method(ev.ctx, array), (value,)) if method else UNKNOWN
    return ev.ctx.opaque_int() if len(call.args) == 1 else Unknown("float")


@native("builtins.divmod")
def divmod_(ev: Evaluator, call: Call) -> Value:
    import ast

    from tangra.checker.operators import binary

    node = call.node or ast.Pass()
    left, right = call.args[0], call.args[1]
    return binary(ev, ast.FloorDiv(), left, right, node), binary(ev, ast.Mod(), left, right, node)


@native("builtins.pow")
def pow_(ev: Evaluator, call: Call) -> Value:
    import ast

    from tangra.checker.operators import binary

    return (
        binary(ev, ast.Pow(), call.args[0], call.args[1], call.node or ast.Pass()) if len(call.args) == 2 else UNKNOWN
    )
