"""Expressions of which only the truth is asked: tests of `if`, `while`, `assert`, conditional expressions, filters.

`items and items[0] > x` has a list or a bool for its value, which compiled code can't hold; its truth is a bool.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, Const, Scalar
from tangra.frontend import branches, operators

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def evaluate(ev: Evaluator, node: ast.expr) -> AbstractValue:
    """`bool(node)` as a Const or a pybool Scalar."""
    if isinstance(node, ast.BoolOp):
        with ev.at(node):
            return _all_or_any(ev, "and" if isinstance(node.op, ast.And) else "or", node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        with ev.at(node):
            return operators.negate(ev, evaluate(ev, node.operand))
    return ev.truth(ev.eval(node))


def _all_or_any(ev: Evaluator, operator: str, values: list[ast.expr]) -> AbstractValue:
    cond = evaluate(ev, values[0])
    if len(values) == 1:
        return cond
    if isinstance(cond, Const):
        return cond if bool(cond.value) is (operator == "or") else _all_or_any(ev, operator, values[1:])
    assert isinstance(cond, Scalar)
    return branches.both(ev, operator, cond, cond, lambda: _all_or_any(ev, operator, values[1:]))
