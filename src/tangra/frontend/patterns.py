"""`match` statements: constants, captures, sequences, mappings and classes whose structure is known at compile time.

A pattern binds its names when all of it matches, not before: in front of the guard, which may fail.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from tangra.api import builtins
from tangra.api.values import (
    AbstractValue,
    Const,
    DictValue,
    InstanceValue,
    ListValue,
    RangeValue,
    Scalar,
    TupleValue,
)
from tangra.frontend import attributes, branches, conditions, containers, conversion, names, operators, optional
from tangra.frontend.heap import MaybeNone
from tangra.frontend.sameness import same

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
"""Classes whose patterns have one positional part, for the object itself."""
Captures = dict[str, AbstractValue]
"""What the names in a pattern are bound to if it matches."""


def match_statement(ev: Evaluator, node: ast.Match) -> None:
    """The first case that matches, of a subject that may be None on some paths: on those, and on the others."""
    subject = optional.evaluate(ev, node.subject)
    if not isinstance(subject, MaybeNone):
        _cases(ev, node, subject, node.cases)
        return
    value = subject.value
    is_none = optional.is_none(ev, subject)
    assert isinstance(is_none, Scalar)
    branches.branch(
        ev,
        is_none.value,
        lambda: _cases(ev, node, Const(None), node.cases),
        lambda: _cases(ev, node, conversion.slot(ev, value, "the subject"), node.cases),
        branches.live_names(ev, node),
    )


def _cases(ev: Evaluator, node: ast.Match, subject: AbstractValue, cases: list[ast.match_case]) -> None:
    if not cases:
        return
    case = cases[0]
    captures: Captures = {}
    with ev.at(case.pattern):
        cond = matches(ev, case.pattern, subject, captures)

    def taken() -> None:
        _bind(ev, captures)
        branches.exec_block(ev, case.body)

    if case.guard is not None:
        cond = _guarded(ev, cond, captures, case.guard)
    if isinstance(cond, Const):
        if cond.value:
            taken()
        else:
            _cases(ev, node, subject, cases[1:])
        return
    assert isinstance(cond, Scalar)
    live = branches.live_names(ev, node)
    branches.branch(ev, cond.value, taken, lambda: _cases(ev, node, subject, cases[1:]), live)


def _bind(ev: Evaluator, captures: Captures) -> None:
    for name, v in captures.items():
        names.store(ev, name, v)


def _guarded(ev: Evaluator, cond: AbstractValue, captures: Captures, guard: ast.expr) -> AbstractValue:
    """Whether a pattern matches and its guard holds, which is evaluated with the names of the pattern bound."""

    def holds() -> AbstractValue:
        _bind(ev, captures)
        return conditions.evaluate(ev, guard)

    if isinstance(cond, Const):
        return holds() if cond.value else cond
    assert isinstance(cond, Scalar)
    return branches.both(ev, "and", cond, cond, holds)


def matches(ev: Evaluator, pattern: ast.pattern, v: AbstractValue, captures: Captures) -> AbstractValue:
    """Whether a value matches, as a truth value; `captures` gets what the pattern binds then."""
    if isinstance(pattern, ast.MatchValue):
        return ev.truth(operators.binary(ev, "==", v, ev.eval(pattern.value)))
    if isinstance(pattern, ast.MatchSingleton):
        return operators.is_test(ev, v, Const(pattern.value))
    if isinstance(pattern, ast.MatchAs):
        found = Const(True) if pattern.pattern is None else matches(ev, pattern.pattern, v, captures)
        if pattern.name is not None:
            captures[pattern.name] = v
        return found
    if isinstance(pattern, ast.MatchOr):
        return _either(ev, pattern.patterns, v, captures)
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(ev, pattern, v, captures)
    if isinstance(pattern, ast.MatchClass):
        return _class(ev, pattern, v, captures)
    if isinstance(pattern, ast.MatchMapping):
        return _mapping(ev, pattern, v, captures)
    ev.policy.unsupported(ev, pattern)


def _either(ev: Evaluator, patterns: list[ast.pattern], v: AbstractValue, captures: Captures) -> AbstractValue:
    """The first of several patterns that matches, all of which bind the same names."""
    mine: Captures = {}
    found = matches(ev, patterns[0], v, mine)
    if len(patterns) == 1 or (isinstance(found, Const) and found.value):
        captures.update(mine)
        return found
    if isinstance(found, Const):
        return _either(ev, patterns[1:], v, captures)
    assert isinstance(found, Scalar)
    theirs: Captures = {}
    rest = _either(ev, patterns[1:], v, theirs)
    if isinstance(rest, Const) and not rest.value:
        captures.update(mine)
        return found
    for name, other in theirs.items():
        captures[name] = other if same(mine[name], other) else ev.choose(found, mine[name], other)
    return branches.both(ev, "or", found, found, lambda: rest)


def _all(ev: Evaluator, pairs: list[tuple[ast.pattern, AbstractValue]], captures: Captures) -> AbstractValue:
    result: AbstractValue = Const(True)
    for pattern, item in pairs:
        found = matches(ev, pattern, item, captures)
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


def _sequence(ev: Evaluator, pattern: ast.MatchSequence, v: AbstractValue, captures: Captures) -> AbstractValue:
    if not isinstance(v, (TupleValue, ListValue, RangeValue)):
        return Const(False)
    items = containers.own_items(ev, v, "a sequence pattern")
    star = next((k for k, p in enumerate(pattern.patterns) if isinstance(p, ast.MatchStar)), None)
    if star is None:
        if len(items) != len(pattern.patterns):
            return Const(False)
        return _all(ev, list(zip(pattern.patterns, items, strict=True)), captures)
    after = len(pattern.patterns) - star - 1
    if len(items) < star + after:
        return Const(False)
    starred = pattern.patterns[star]
    assert isinstance(starred, ast.MatchStar)
    if starred.name is not None:
        captures[starred.name] = containers.new_list(ev, items[star : len(items) - after])
    return _all(
        ev,
        [
            *zip(pattern.patterns[:star], items[:star], strict=True),
            *zip(pattern.patterns[star + 1 :], items[len(items) - after :], strict=True),
        ],
        captures,
    )


def _class(ev: Evaluator, pattern: ast.MatchClass, v: AbstractValue, captures: Captures) -> AbstractValue:
    cls = ev.eval(pattern.cls)
    inside = builtins.isinstance_(ev, v, cls)
    if isinstance(inside, Const) and not inside.value:
        return inside
    pairs: list[tuple[ast.pattern, AbstractValue]] = []
    places: tuple[str, ...] = ()
    if pattern.patterns:
        python_class = ev.static(cls, "the class of a pattern")
        places = _positions(ev, python_class, len(pattern.patterns))
        if not places:
            pairs.append((pattern.patterns[0], v))
    named = [*zip(places, pattern.patterns, strict=False), *zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)]
    for name, part in named:
        found = attributes.find(ev, v, name) if isinstance(v, (InstanceValue, TupleValue)) else None
        if found is None:
            return Const(False)
        pairs.append((part, found))
    rest = _all(ev, pairs, captures)
    if isinstance(inside, Scalar):
        return branches.both(ev, "and", inside, inside, lambda: rest)
    return rest


def _positions(ev: Evaluator, cls: Any, count: int) -> tuple[str, ...]:
    """The attributes that positional parts of a class pattern are for; none where the one part is for the object."""
    own = not hasattr(cls, "__match_args__") and issubclass(cls, WHOLE)
    names: tuple[str, ...] = getattr(cls, "__match_args__", ())
    takes = 1 if own else len(names)
    if count > takes:
        parts = f"sub-pattern{'' if takes == 1 else 's'}"
        ev.python_error("TypeError", f"{cls.__name__}() accepts {takes} positional {parts} ({count} given)")
    return () if own else names


def _mapping(ev: Evaluator, pattern: ast.MatchMapping, v: AbstractValue, captures: Captures) -> AbstractValue:
    if not isinstance(v, DictValue):
        return Const(False)
    pairs: list[tuple[ast.pattern, AbstractValue]] = []
    used = []
    for key_node, part in zip(pattern.keys, pattern.patterns, strict=True):
        key = ev.eval(key_node)
        if not ev.static(operators.contains(ev, key, v), "whether a dict has a key"):
            return Const(False)
        used.append(conversion.static_key(ev, key))
        pairs.append((part, containers.getitem(ev, v, key)))
    if pattern.rest is not None:
        rest = [(k, x) for k, x in containers.pairs_of(ev, v) if k not in used]
        captures[pattern.rest] = containers.new_dict(ev, [k for k, _ in rest], [x for _, x in rest])
    return _all(ev, pairs, captures)
