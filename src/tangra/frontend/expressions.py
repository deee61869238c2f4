"""Expressions: constants, operators, containers, subscripts, conditional expressions, lambdas."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, Const, Scalar, SliceValue, TupleValue
from tangra.frontend import (
    branches,
    calls,
    conditions,
    container_methods,
    containers,
    conversion,
    names,
    operators,
    optional,
    texts,
)
from tangra.frontend.dispatch import expression
from tangra.frontend.heap import MaybeNone

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not"}


@expression(ast.Constant)
def constant(ev: Evaluator, node: ast.Constant) -> AbstractValue:
    if isinstance(node.value, complex):
        ev.unsupported("complex numbers", "keep real and imaginary parts in two variables")
    return Const(node.value, ev.span)


@expression(ast.BinOp)
def binary(ev: Evaluator, node: ast.BinOp) -> AbstractValue:
    left = ev.eval(node.left)
    return operators.binary(ev, BINARY[type(node.op)], left, ev.eval(node.right))


@expression(ast.UnaryOp)
def unary(ev: Evaluator, node: ast.UnaryOp) -> AbstractValue:
    return operators.unary(ev, UNARY[type(node.op)], ev.eval(node.operand))


@expression(ast.BoolOp)
def bool_op(ev: Evaluator, node: ast.BoolOp) -> AbstractValue:
    """`and`, `or`: the value is one of the operands, and those after it are not evaluated."""
    return _bool_op(ev, "and" if isinstance(node.op, ast.And) else "or", node.values)


def _bool_op(ev: Evaluator, operator: str, values: list[ast.expr]) -> AbstractValue:
    left = ev.eval(values[0])
    if len(values) == 1:
        return left
    cond = ev.truth(left)
    if isinstance(cond, Const):
        return left if bool(cond.value) is (operator == "or") else _bool_op(ev, operator, values[1:])
    assert isinstance(cond, Scalar)
    return branches.both(ev, operator, cond, left, lambda: _bool_op(ev, operator, values[1:]))


@expression(ast.Compare)
def compare(ev: Evaluator, node: ast.Compare) -> AbstractValue:
    """A comparison, possibly chained: each operand is evaluated once, the rest only while it holds."""
    op, other = node.ops[0], node.comparators[0]
    if len(node.ops) == 1 and isinstance(op, (ast.Is, ast.IsNot)) and isinstance(other, ast.Constant):
        left = optional.evaluate(ev, node.left)
        if isinstance(left, MaybeNone) and other.value is None:
            found = optional.is_none(ev, left)
            return found if isinstance(op, ast.Is) else operators.negate(ev, found)
        return compare_values(ev, op, conversion.slot(ev, left, "the operand"), ev.eval(other))
    return _chain(ev, ev.eval(node.left), node.ops, node.comparators)


def _chain(ev: Evaluator, left: AbstractValue, ops: list[ast.cmpop], rest: list[ast.expr]) -> AbstractValue:
    right = ev.eval(rest[0])
    result = compare_values(ev, ops[0], left, right)
    if len(ops) == 1:
        return result
    cond = ev.truth(result)
    if isinstance(cond, Const):
        return _chain(ev, right, ops[1:], rest[1:]) if cond.value else result
    assert isinstance(cond, Scalar)
    return branches.both(ev, "and", cond, result, lambda: _chain(ev, right, ops[1:], rest[1:]))


def compare_values(ev: Evaluator, op: ast.cmpop, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    """One comparison."""
    if isinstance(op, (ast.Is, ast.IsNot)):
        same = operators.is_test(ev, left, right)
        return same if isinstance(op, ast.Is) else operators.negate(ev, same)
    if isinstance(op, (ast.In, ast.NotIn)):
        inside = operators.contains(ev, left, right)
        return inside if isinstance(op, ast.In) else operators.negate(ev, inside)
    return operators.binary(ev, COMPARE[type(op)], left, right)


@expression(ast.IfExp)
def conditional(ev: Evaluator, node: ast.IfExp) -> AbstractValue:
    cond = conditions.evaluate(ev, node.test)
    return branches.choose(ev, cond, lambda: ev.eval(node.body), lambda: ev.eval(node.orelse))


@expression(ast.Tuple)
def tuple_(ev: Evaluator, node: ast.Tuple) -> AbstractValue:
    return TupleValue(tuple(_elements(ev, node.elts)))


@expression(ast.List)
def list_(ev: Evaluator, node: ast.List) -> AbstractValue:
    if not any(isinstance(part, ast.Starred) for part in node.elts):
        return containers.new_list(ev, [ev.eval(part) for part in node.elts])
    made = containers.new_list(ev, [])
    for part in node.elts:
        if isinstance(part, ast.Starred):
            container_methods.extend(ev, made, ev.eval(part.value))
        else:
            container_methods.append(ev, made, ev.eval(part))
    return made


def _elements(ev: Evaluator, nodes: list[ast.expr]) -> list[AbstractValue]:
    found: list[AbstractValue] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            found += containers.as_items(ev, ev.eval(node.value), "a display with *")
        else:
            found.append(ev.eval(node))
    return found


@expression(ast.Dict)
def dict_(ev: Evaluator, node: ast.Dict) -> AbstractValue:
    keys, values = [], []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            for k, v in containers.pairs_of(ev, ev.eval(value)):
                keys.append(k)
                values.append(v)
        else:
            keys.append(conversion.static_key(ev, ev.eval(key)))
            values.append(ev.eval(value))
    return containers.new_dict(ev, keys, values)


@expression(ast.Subscript)
def subscript(ev: Evaluator, node: ast.Subscript) -> AbstractValue:
    target = ev.eval(node.value)
    return operators.getitem(ev, target, ev.eval(node.slice))


@expression(ast.Slice)
def slice_(ev: Evaluator, node: ast.Slice) -> AbstractValue:
    parts = [Const(None) if p is None else ev.eval(p) for p in (node.lower, node.upper, node.step)]
    return SliceValue(*parts)


@expression(ast.Lambda)
def lambda_(ev: Evaluator, node: ast.Lambda) -> AbstractValue:
    return calls.make_function(ev, node, "<lambda>")


@expression(ast.NamedExpr)
def walrus(ev: Evaluator, node: ast.NamedExpr) -> AbstractValue:
    value = ev.eval(node.value)
    names.store(ev, node.target.id, value)
    return value


@expression(ast.JoinedStr)
def f_string(ev: Evaluator, node: ast.JoinedStr) -> AbstractValue:
    """An f-string of constants. Where it has run-time numbers it can only be the message of an error."""
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
            continue
        assert isinstance(part, ast.FormattedValue)
        value = ev.eval(part.value)
        spec = ev.eval(part.format_spec) if part.format_spec is not None else Const("")
        given = str(ev.static(spec, "a format specification"))
        try:
            parts.append(texts.text_of(ev, value, "" if part.conversion == -1 else chr(part.conversion), given))
        except conversion.NotPlain:
            ev.policy.unsupported(ev, node)
    return Const("".join(parts))
