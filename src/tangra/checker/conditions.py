"""Whether a value is true, and what a condition's being true or false says about names and sizes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tangra.checker.alternatives import agreed, attempt
from tangra.checker.attributes import call_method
from tangra.checker.dispatch import evaluate
from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import Cell, ClassCell, DictCell, FunctionCell, Instance, ListCell, Native, OneOf, Value
from tangra.checker.names import store_name
from tangra.checker.structure import calls_made, names_read
from tangra.shape_rules.values import Tensor, Unknown
from tangra.shapes import Dim, Size, SizeTooComplex, known_eq

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def truth(ev: Evaluator, value: Value) -> bool | None:
    """Whether `value` counts as true; None if nobody knows."""
    if value is None or type(value) is bool:
        return bool(value)
    if isinstance(value, Unknown):
        return None
    if isinstance(value, OneOf):
        return agreed(value, lambda one: truth(ev, one))
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
    for name in ("__bool__", "__len__"):
        if value.cls.find(name) is not None:
            return truth(ev, call_method(ev, value, name))
    return True if value.cls.complete else None


def assuming(ev: Evaluator, test: ast.expr, wanted: bool, narrows: bool) -> None:
    """Learn what follows from `test` being `wanted`: `x is None`, equal sizes, bounds, divisibility.

    Only with `narrows` do names lose alternatives: the statements that follow have to be those that run then.
    """
    if narrows:
        _narrow(ev, test, wanted)
    _assume(ev, test, wanted, narrows)


def _assume(ev: Evaluator, test: ast.expr, wanted: bool, narrows: bool) -> None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        _assume(ev, test.operand, not wanted, narrows)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is wanted:
        for part in test.values:
            _assume(ev, part, wanted, narrows)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        _assume_comparison(ev, test.left, test.ops[0], test.comparators[0], wanted, narrows)


def _narrow(ev: Evaluator, test: ast.expr, wanted: bool) -> None:
    """Names and attributes in `test` keep the alternatives with which it may be `wanted`."""
    called = calls_made(test)
    if called is None or not called <= HARMLESS | QUESTIONS:
        return
    places = dict(_places(ev, test))
    if not any(type(value) is OneOf for value in places.values()):
        return
    for (cell, name), value in places.items():
        if isinstance(value, OneOf):
            kept = tuple(one for one in value.options if _may_be(ev, test, wanted, cell, name, one))
            if kept and len(kept) < len(value.options):
                ev.write(cell, name, kept[0] if len(kept) == 1 else OneOf(kept))


def _places(ev: Evaluator, test: ast.expr) -> Iterator[tuple[tuple[Cell, str], Value]]:
    """The local names, and attributes of objects that they name, that a condition reads."""
    frame = ev.frame
    for part in names_read(test):
        if isinstance(part, ast.Name):
            if part.id in frame.scope.fields:
                yield (frame.scope, part.id), frame.scope.fields[part.id]
        else:
            owner = ev.peek(part.value, frame)
            if isinstance(owner, Instance) and part.attr in owner.fields:
                yield (owner, part.attr), owner.fields[part.attr]


def _may_be(ev: Evaluator, test: ast.expr, wanted: bool, cell: Cell, name: str, option: Value) -> bool:
    """Whether `test` can be `wanted` if the field holds `option`."""
    mark, facts = ev.journal.open(), ev.ctx.facts
    try:
        ev.journal.write(cell, name, option)
        with ev.silence():
            return attempt(ev, lambda: truth(ev, evaluate(ev, test))) is not (not wanted)
    except PythonRaise:
        return False
    finally:
        ev.journal.undo(mark)
        ev.journal.close()
        ev.ctx.restore(facts)


def _assume_comparison(
    ev: Evaluator, left: ast.expr, op: ast.cmpop, right: ast.expr, wanted: bool, narrows: bool
) -> None:
    if isinstance(op, ast.Is | ast.IsNot):
        is_none = isinstance(right, ast.Constant) and right.value is None and isinstance(op, ast.Is) is wanted
        if is_none and narrows and isinstance(left, ast.Name):
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
QUESTIONS = frozenset({"isinstance", "hasattr", "callable", "is_tensor", "type", "ndimension", "is_floating_point"})
"""The same for what tells alternatives apart."""


def _sizes(ev: Evaluator, node: ast.expr) -> tuple[Size, ...] | None:
    """The sizes that an expression without effects gives (a tuple for a shape), found again without reports."""
    called = calls_made(node)
    if called is None or not called <= HARMLESS:
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


def _size(ev: Evaluator, node: ast.expr) -> Size | None:
    """The one size that an expression gives."""
    found = _sizes(ev, node)
    return found[0] if found is not None and len(found) == 1 else None
