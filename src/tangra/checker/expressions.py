"""Evaluation of expressions, one function per kind of node."""

from __future__ import annotations

import ast

from tangra.checker.alternatives import distribute, options
from tangra.checker.attributes import get_attribute
from tangra.checker.calls import call_node
from tangra.checker.comprehensions import comprehension
from tangra.checker.conditions import assuming, truth
from tangra.checker.dispatch import EXPRESSIONS, evaluate
from tangra.checker.evaluator import Evaluator, PythonRaise
from tangra.checker.heap import DictCell, FunctionCell, LibraryName, ListCell, OneOf, Scope, Value
from tangra.checker.iteration import elements
from tangra.checker.joining import join, merge
from tangra.checker.library import resolve
from tangra.checker.names import lookup, store_name
from tangra.checker.operators import binary, compare, unary
from tangra.checker.subscripts import get_item, make_slice
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown


def _name(ev: Evaluator, node: ast.Name) -> Value:
    scope = ev.frames[-1].scope
    if node.id in scope.fields and not scope.outer_names and type(scope) is Scope:
        return scope.fields[node.id]
    return lookup(ev, node.id)


def _attribute(ev: Evaluator, node: ast.Attribute) -> Value:
    owner = evaluate(ev, node.value)
    if type(owner) is LibraryName:
        return resolve(ev, f"{owner.dotted}.{node.attr}")
    return get_attribute(ev, owner, node.attr, node)


def items_of(ev: Evaluator, nodes: list[ast.expr]) -> list[Value] | None:
    """The values of a display's elements, with `*starred` ones spread; None if their number is not known."""
    found: list[Value] | None = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            spread = elements(ev, evaluate(ev, node.value))
            if spread is None:
                found = None
            elif found is not None:
                found += spread
        else:
            value = evaluate(ev, node)
            if found is not None:
                found.append(value)
    return found


def _tuple(ev: Evaluator, node: ast.Tuple) -> Value:
    items = items_of(ev, node.elts)
    return UNKNOWN if items is None else tuple(items)


def _list(ev: Evaluator, node: ast.List) -> Value:
    return ListCell(items_of(ev, node.elts))


def _set(ev: Evaluator, node: ast.Set) -> Value:
    return ListCell(items_of(ev, node.elts), "set")


def _dict(ev: Evaluator, node: ast.Dict) -> Value:
    entries: dict[Value, Value] | None = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(ev, value_node)
        if key_node is None:
            more = value.entries if isinstance(value, DictCell) else None
            entries = None if entries is None or more is None else {**entries, **more}
            continue
        key = evaluate(ev, key_node)
        if entries is not None:
            entries = None if not is_key(key) else {**entries, key: value}
    return DictCell(entries)


def is_key(value: Value) -> bool:
    """Whether the value can be told from other keys of a dict."""
    if isinstance(value, Unknown | Tensor | OneOf):
        return False
    if isinstance(value, tuple):
        return all(map(is_key, value))
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _binary(ev: Evaluator, node: ast.BinOp) -> Value:
    left = evaluate(ev, node.left)
    right = evaluate(ev, node.right)
    return binary(ev, node.op, left, right, node)


def _unary(ev: Evaluator, node: ast.UnaryOp) -> Value:
    operand = evaluate(ev, node.operand)
    if isinstance(node.op, ast.Not):
        known = truth(ev, operand)
        return Unknown("bool") if known is None else not known
    return unary(ev, node.op, operand, node)


def _bool(ev: Evaluator, node: ast.BoolOp) -> Value:
    """`and` and `or`: the first operand that decides. Behind an unknown one everything is guarded."""
    deciding = isinstance(node.op, ast.Or)
    joined: list[Value] = []
    facts, guards = ev.ctx.facts, ev.guards
    try:
        for number, part in enumerate(node.values):
            if deciding and number < len(node.values) - 1 and _are_arguments(ev, part):
                continue
            try:
                value = evaluate(ev, part)
            except PythonRaise:
                if not joined:
                    raise
                break  # only the ways on which an operand before it decided go on
            known = truth(ev, value)
            if value is deciding and joined:
                return deciding  # whatever the operands before it are, this is how the condition ends
            if known is deciding or number == len(node.values) - 1:
                joined.append(value)
                break
            if known is None:
                joined += [one for one in options(value) if truth(ev, one) is not (not deciding)]
                ev.guards += 1
            assuming(ev, part, not deciding, narrows=False)
    finally:
        ev.guards = guards
        ev.ctx.restore(facts)
    result = joined[0]
    for value in joined[1:]:
        result = join(result, value, ev.joined_size)
    return result


def _are_arguments(ev: Evaluator, part: ast.expr) -> bool:
    """Whether an expression is `sys.argv[1:]`: as with argparse, a script is presumed to run without arguments."""
    if not isinstance(part, ast.Subscript) or not isinstance(part.slice, ast.Slice) or part.slice.lower is None:
        return False
    found = evaluate(ev, part.value) if isinstance(part.value, ast.Attribute | ast.Name) else None
    return isinstance(found, LibraryName) and found.dotted == "sys.argv"


def _compare(ev: Evaluator, node: ast.Compare) -> Value:
    left = evaluate(ev, node.left)
    answers = []
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(ev, right_node)
        answers.append(compare(ev, op, left, right, node))
        left = right
    if len(answers) == 1:
        return answers[0]
    known = [truth(ev, answer) for answer in answers]
    return False if False in known else Unknown("bool") if None in known else True


def _conditional(ev: Evaluator, node: ast.IfExp) -> Value:
    known = truth(ev, evaluate(ev, node.test))
    if known is not None:
        return evaluate(ev, node.body if known else node.orelse)
    values, deltas = [], []
    for side, wanted in ((node.body, True), (node.orelse, False)):
        mark = ev.journal.open()
        try:
            with ev.guarded():
                assuming(ev, node.test, wanted, narrows=True)
                values.append(evaluate(ev, side))
            deltas.append(ev.journal.delta(mark))
        except PythonRaise:
            continue
        finally:
            ev.journal.undo(mark)
            ev.journal.close()
    if not values:
        return UNKNOWN
    merge(ev.journal, deltas, ev.joined_size)
    return values[0] if len(values) == 1 else join(values[0], values[1], ev.joined_size)


def _lambda(ev: Evaluator, node: ast.Lambda) -> Value:
    return make_function(ev, "<lambda>", node)


def make_function(ev: Evaluator, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> FunctionCell:
    """A function object with its defaults evaluated."""
    defaults = [evaluate(ev, default) for default in node.args.defaults]
    kw_defaults = [None if default is None else evaluate(ev, default) for default in node.args.kw_defaults]
    return FunctionCell(name, node, ev.frame.scope, defaults, kw_defaults)


def _joined_string(ev: Evaluator, node: ast.JoinedStr) -> Value:
    values: list[Value] = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = evaluate(ev, part.value)
            plain = part.conversion in (-1, 115) and part.format_spec is None
            values.append(value if plain else Unknown("str"))
        else:
            values.append(part.value if isinstance(part, ast.Constant) else Unknown("str"))
    return distribute(ev, values, _text)


def _text(*parts: Value) -> Value:
    known = all(isinstance(part, str | int | float) for part in parts)
    return "".join(map(str, parts)) if known else Unknown("str")


def _named(ev: Evaluator, node: ast.NamedExpr) -> Value:
    value = evaluate(ev, node.value)
    store_name(ev, node.target.id, value, node)
    return value


def _subscript(ev: Evaluator, node: ast.Subscript) -> Value:
    owner = evaluate(ev, node.value)
    return get_item(ev, owner, evaluate(ev, node.slice), node)


def _slice(ev: Evaluator, node: ast.Slice) -> Value:
    parts = [None if part is None else evaluate(ev, part) for part in (node.lower, node.upper, node.step)]
    return make_slice(*parts)


def _comprehension(ev: Evaluator, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
    return comprehension(ev, node)


def _await(ev: Evaluator, node: ast.Await) -> Value:
    return evaluate(ev, node.value)


def _yield(ev: Evaluator, node: ast.Yield) -> Value:
    value = None if node.value is None else evaluate(ev, node.value)
    if ev.frame.yields is not None:
        ev.frame.yields.append(value)
        if ev.guards or len(ev.frame.yields) > 4096:
            ev.frame.yields_known = False
    return UNKNOWN


def _yield_from(ev: Evaluator, node: ast.YieldFrom) -> Value:
    found = elements(ev, evaluate(ev, node.value))
    if ev.frame.yields is not None:
        ev.frame.yields += found or []
        ev.frame.yields_known = ev.frame.yields_known and found is not None
    return UNKNOWN


EXPRESSIONS |= {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _bool,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Lambda: _lambda,
    ast.JoinedStr: _joined_string,
    ast.NamedExpr: _named,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Call: call_node,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
