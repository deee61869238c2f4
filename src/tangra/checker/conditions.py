"""Whether a value is true, and what a condition's being true or false says about names and sizes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.heap import ClassCell, DictCell, FunctionCell, Instance, ListCell, Native, Value
from tangra.checker.names import store_name
from tangra.shape_rules.values import Tensor, Unknown
from tangra.shapes import Dim, Size, SizeTooComplex, known_eq

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def truth(ev: Evaluator, value: Value) -> bool | None:
    """Whether `value` counts as true; None if nobody knows."""
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Dim):
        known = known_eq(value, 0, ev.ctx.facts)
        return None if known is None else not known
    if isinstance(value, Tensor):
        if value.elements is not None and len(value.elements) == 1 and not isinstance(value.elements[0], Unknown | Dim):
            return bool(value.elements[0])
        return None
    if isinstance(value, ListCell):
        return None if value.items is None or value.kind == "iterator" else bool(value.items)
    if isinstance(value, DictCell):
        return None if value.entries is None else bool(value.entries)
    if isinstance(value, Instance):
        return _instance_truth(ev, value)
    if isinstance(value, ClassCell | FunctionCell | Native):
        return True
    if isinstance(value, tuple | str | bytes | int | float | complex) or value is None:
        return bool(value)
    return True


def _instance_truth(ev: Evaluator, value: Instance) -> bool | None:
    from tangra.checker.calls import call_method

    for name in ("__bool__", "__len__"):
        if value.cls.find(name) is not None:
            return truth(ev, call_method(ev, value, name))
    return True if value.cls.complete else None


def assuming(ev: Evaluator, test: ast.expr, wanted: bool, mark: int | None) -> None:
    """Learn what follows from `test` being `wanted`: `x is None`, equal sizes, bounds, divisibility.

    Narrowing of names is only done with a `mark`, that is inside a journal that the caller takes back.
    """
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        assuming(ev, test.operand, not wanted, mark)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is wanted:
        for part in test.values:
            assuming(ev, part, wanted, mark)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        _assume_comparison(ev, test.left, test.ops[0], test.comparators[0], wanted, mark)
    elif isinstance(test, ast.Name) and not wanted and mark is None:
        return


def _assume_comparison(
    ev: Evaluator, left: ast.expr, op: ast.cmpop, right: ast.expr, wanted: bool, mark: int | None
) -> None:
    if isinstance(op, ast.Is | ast.IsNot):
        is_none = isinstance(right, ast.Constant) and right.value is None and isinstance(op, ast.Is) is wanted
        if is_none and mark is not None and isinstance(left, ast.Name):
            store_name(ev, left.id, None, left)
        return
    a, b = _sizes(ev, left), _sizes(ev, right)
    if a is None or b is None or len(a) != len(b):
        _assume_divides(ev, left, op, right, wanted)
        return
    if len(a) > 1 and not isinstance(op, ast.Eq if wanted else ast.NotEq):
        return  # that shapes differ somewhere says nothing about any one axis
    try:
        for one, other in zip(a, b, strict=True):
            _learn(ev, one, op, other, wanted)
    except SizeTooComplex:
        return


def _learn(ev: Evaluator, a: Size, op: ast.cmpop, b: Size, wanted: bool) -> None:
    facts = ev.ctx.facts
    if isinstance(op, ast.Eq if wanted else ast.NotEq):
        if known_eq(a, b, facts) is None:
            ev.ctx.learn(facts.with_equal(a, b))
    elif isinstance(op, ast.Lt if wanted else ast.GtE):
        ev.ctx.learn(facts.with_lt(a, b))
    elif isinstance(op, ast.LtE if wanted else ast.Gt):
        ev.ctx.learn(facts.with_le(a, b))
    elif isinstance(op, ast.Gt if wanted else ast.LtE):
        ev.ctx.learn(facts.with_lt(b, a))
    elif isinstance(op, ast.GtE if wanted else ast.Lt):
        ev.ctx.learn(facts.with_le(b, a))


def _assume_divides(ev: Evaluator, left: ast.expr, op: ast.cmpop, right: ast.expr, wanted: bool) -> None:
    """`size % divisor == 0`, also where the remainder itself has no simple form."""
    if not (isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mod) and isinstance(right, ast.Constant)):
        return
    size, divisor = _size(ev, left.left), _size(ev, left.right)
    if (
        size is not None
        and divisor is not None
        and right.value == 0
        and isinstance(op, ast.Eq if wanted else ast.NotEq)
    ):
        ev.ctx.learn(ev.ctx.facts.with_divisible(size, divisor))


HARMLESS = frozenset({"size", "dim", "numel", "len"})
"""Calls that conditions may make and that can be made again."""


def _sizes(ev: Evaluator, node: ast.expr) -> tuple[Size, ...] | None:
    """The sizes that an expression without effects gives (a tuple for a shape), found again without reports."""
    from tangra.checker.evaluator import PythonRaise
    from tangra.checker.expressions import evaluate

    if any(_has_effects(part) for part in ast.walk(node)):
        return None
    with ev.silence():
        try:
            found = evaluate(ev, node)
        except PythonRaise:
            return None
    parts = tuple(found) if isinstance(found, tuple) else (found,)
    if not all(isinstance(part, int | Dim) and not isinstance(part, bool) for part in parts):
        return None
    return None if isinstance(found, Dim) and " % " in str(found) else parts


def _has_effects(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name not in HARMLESS
    return isinstance(node, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await)


def _size(ev: Evaluator, node: ast.expr) -> Size | None:
    """The one size that an expression gives."""
    found = _sizes(ev, node)
    return found[0] if found is not None and len(found) == 1 else None
