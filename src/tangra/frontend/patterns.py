"""`match` statements: constants, captures, sequences, mappings and classes whose structure is known at compile time."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.api import builtins
from tangra.api.values import AbstractValue, Const, DictValue, InstanceValue, ListValue, Scalar, TupleValue
from tangra.frontend import attributes, branches, conditions, containers, names, operators

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def match_statement(ev: Evaluator, node: ast.Match) -> None:
    """The first case that matches."""
    _cases(ev, node, ev.eval(node.subject), node.cases)


def _cases(ev: Evaluator, node: ast.Match, subject: AbstractValue, cases: list[ast.match_case]) -> None:
    if not cases:
        return
    case = cases[0]
    with ev.at(case.pattern):
        cond = matches(ev, case.pattern, subject)
    if isinstance(cond, Const) and cond.value and case.guard is not None:
        cond = conditions.evaluate(ev, case.guard)
    elif isinstance(cond, Scalar) and case.guard is not None:
        guard = case.guard
        cond = branches.both(ev, "and", cond, cond, lambda: conditions.evaluate(ev, guard))
    if isinstance(cond, Const):
        if cond.value:
            branches.exec_block(ev, case.body)
        else:
            _cases(ev, node, subject, cases[1:])
        return
    assert isinstance(cond, Scalar)
    branches.branch(
        ev,
        cond.value,
        lambda: branches.exec_block(ev, case.body),
        lambda: _cases(ev, node, subject, cases[1:]),
        branches.live_names(ev, node),
    )


def matches(ev: Evaluator, pattern: ast.pattern, v: AbstractValue) -> AbstractValue:
    """Whether a value matches, as a truth value; captures are bound."""
    if isinstance(pattern, ast.MatchValue):
        return ev.truth(operators.binary(ev, "==", v, ev.eval(pattern.value)))
    if isinstance(pattern, ast.MatchSingleton):
        return operators.is_test(ev, v, Const(pattern.value))
    if isinstance(pattern, ast.MatchAs):
        found = Const(True) if pattern.pattern is None else matches(ev, pattern.pattern, v)
        if pattern.name is not None and not (isinstance(found, Const) and not found.value):
            names.store(ev, pattern.name, v)
        return found
    if isinstance(pattern, ast.MatchOr):
        return _either(ev, pattern.patterns, v)
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(ev, pattern, v)
    if isinstance(pattern, ast.MatchClass):
        return _class(ev, pattern, v)
    if isinstance(pattern, ast.MatchMapping):
        return _mapping(ev, pattern, v)
    ev.policy.unsupported(ev, pattern)


def _either(ev: Evaluator, patterns: list[ast.pattern], v: AbstractValue) -> AbstractValue:
    found = matches(ev, patterns[0], v)
    if len(patterns) == 1 or (isinstance(found, Const) and found.value):
        return found
    rest = _either(ev, patterns[1:], v)
    if isinstance(found, Const):
        return rest
    assert isinstance(found, Scalar)
    return branches.both(ev, "or", found, found, lambda: rest)


def _all(ev: Evaluator, pairs: list[tuple[ast.pattern, AbstractValue]]) -> AbstractValue:
    result: AbstractValue = Const(True)
    for pattern, item in pairs:
        found = matches(ev, pattern, item)
        if isinstance(found, Const):
            if not found.value:
                return found
        elif isinstance(result, Const):
            result = found
        else:
            assert isinstance(result, Scalar)
            part = found
            result = branches.both(ev, "and", result, result, lambda part=part: part)  # type: ignore[misc]
    return result


def _sequence(ev: Evaluator, pattern: ast.MatchSequence, v: AbstractValue) -> AbstractValue:
    if not isinstance(v, (TupleValue, ListValue)):
        return Const(False)
    items = containers.as_items(ev, v, "a sequence pattern")
    star = next((k for k, p in enumerate(pattern.patterns) if isinstance(p, ast.MatchStar)), None)
    if star is None:
        if len(items) != len(pattern.patterns):
            return Const(False)
        return _all(ev, list(zip(pattern.patterns, items, strict=True)))
    after = len(pattern.patterns) - star - 1
    if len(items) < star + after:
        return Const(False)
    starred = pattern.patterns[star]
    assert isinstance(starred, ast.MatchStar)
    if starred.name is not None:
        names.store(ev, starred.name, containers.new_list(ev, items[star : len(items) - after]))
    return _all(
        ev,
        [
            *zip(pattern.patterns[:star], items[:star], strict=True),
            *zip(pattern.patterns[star + 1 :], items[len(items) - after :], strict=True),
        ],
    )


def _class(ev: Evaluator, pattern: ast.MatchClass, v: AbstractValue) -> AbstractValue:
    cls = ev.eval(pattern.cls)
    inside = builtins.isinstance_(ev, v, cls)
    if isinstance(inside, Const) and not inside.value:
        return inside
    pairs: list[tuple[ast.pattern, AbstractValue]] = []
    if pattern.patterns:
        python_class = ev.static(cls, "the class of a pattern")
        if python_class in (bool, int, float, str, tuple, list, dict):
            pairs.append((pattern.patterns[0], v))
        else:
            fields = getattr(python_class, "__match_args__", ())
            pairs += [(p, attributes.get(ev, v, f)) for p, f in zip(pattern.patterns, fields, strict=False)]
    for name, part in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        found = attributes.find(ev, v, name) if isinstance(v, (InstanceValue, TupleValue)) else None
        if found is None:
            return Const(False)
        pairs.append((part, found))
    rest = _all(ev, pairs)
    if isinstance(inside, Scalar):
        return branches.both(ev, "and", inside, inside, lambda: rest)
    return rest


def _mapping(ev: Evaluator, pattern: ast.MatchMapping, v: AbstractValue) -> AbstractValue:
    if not isinstance(v, DictValue):
        return Const(False)
    pairs: list[tuple[ast.pattern, AbstractValue]] = []
    used = []
    for key_node, part in zip(pattern.keys, pattern.patterns, strict=True):
        key = ev.eval(key_node)
        if not ev.static(operators.contains(ev, key, v), "whether a dict has a key"):
            return Const(False)
        used.append(ev.static(key, "a key of a dict"))
        pairs.append((part, containers.getitem(ev, v, key)))
    if pattern.rest is not None:
        rest = [(k, x) for k, x in containers.pairs_of(ev, v) if k not in used]
        names.store(ev, pattern.rest, containers.new_dict(ev, [k for k, _ in rest], [x for _, x in rest]))
    return _all(ev, pairs)
