"""Values that are None on some paths and something else on others: `best = None`, `return None`.

Names, attributes and results hold them as `MaybeNone`. `x is None` reads the flag; in a branch on it, every place that
holds the value is narrowed to what it is there (`narrowing`). Any other use before such a test is refused.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.api.kinds import PYBOOL
from tangra.api.values import AbstractValue, InstanceValue, Scalar, TupleValue
from tangra.frontend import attributes, branches, calls, classes, conditions, names
from tangra.frontend.heap import (
    MaybeNone,
    Result,
)

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def evaluate(ev: Evaluator, node: ast.expr) -> Result:
    """The value of an expression, which may be None on some paths."""
    with ev.at(node):
        if isinstance(node, ast.Name):
            return names.load_slot(ev, node.id)
        if isinstance(node, ast.Call):
            return calls.call_slot(ev, node)
        if isinstance(node, ast.Attribute):
            return _attribute(ev, node)
        if isinstance(node, ast.IfExp):
            cond = conditions.evaluate(ev, node.test)
            return branches.choose_slot(ev, cond, lambda: evaluate(ev, node.body), lambda: evaluate(ev, node.orelse))
        if isinstance(node, ast.Tuple) and not any(isinstance(part, ast.Starred) for part in node.elts):
            return TupleValue(tuple(evaluate(ev, part) for part in node.elts))  # type: ignore[misc]
        if isinstance(node, ast.NamedExpr):
            value = evaluate(ev, node.value)
            names.store(ev, node.target.id, value)
            return value
    return ev.eval(node)


def _attribute(ev: Evaluator, node: ast.Attribute) -> Result:
    owner = ev.eval(node.value)
    if isinstance(owner, InstanceValue):
        held = classes.own_slot(ev, owner, node.attr)
        if held is not None:
            return held
    return attributes.get(ev, owner, node.attr)


def is_none(ev: Evaluator, value: MaybeNone) -> AbstractValue:
    """`value is None`; branches on it will know."""
    ev.symbols.flags.add(value.there)
    return Scalar(ev.b("not", value.there), (PYBOOL,))
