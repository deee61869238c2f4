"""`match`: patterns over constants, sequences and names; others may or may not match."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.conditions import truth
from tangra.checker.dispatch import Flow, evaluate, execute
from tangra.checker.heap import Value
from tangra.checker.names import store_name
from tangra.checker.operators import equal
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def run_match(ev: Evaluator, node: ast.Match) -> Flow:
    """Execute a `match` statement."""
    from tangra.checker.statements import branch

    subject = evaluate(ev, node.subject)
    arms: list[Callable[[int], Flow]] = []
    for case in node.cases:
        known = matches(ev, case.pattern, subject)
        if known and case.guard is not None:
            known = truth(ev, evaluate(ev, case.guard))
        if known is False:
            continue
        if known and not arms:
            return execute(ev, case.body)
        arms.append(lambda mark, body=case.body: execute(ev, body))  # type: ignore[misc]
        if known:
            break
    else:
        arms.append(lambda mark: Flow.NORMAL)
    return branch(ev, arms)


def matches(ev: Evaluator, pattern: ast.pattern, subject: Value) -> bool | None:
    """Whether `subject` matches; names are bound on the way."""
    if isinstance(pattern, ast.MatchValue):
        return equal(ev, subject, evaluate(ev, pattern.value))
    if isinstance(pattern, ast.MatchSingleton):
        return equal(ev, subject, pattern.value)
    if isinstance(pattern, ast.MatchAs):
        inner = True if pattern.pattern is None else matches(ev, pattern.pattern, subject)
        if pattern.name:
            store_name(ev, pattern.name, subject, pattern)
        return inner
    if isinstance(pattern, ast.MatchOr):
        answers = [matches(ev, each, subject) for each in pattern.patterns]
        return True if True in answers else None if None in answers else False
    if isinstance(pattern, ast.MatchSequence) and isinstance(subject, tuple):
        if any(isinstance(each, ast.MatchStar) for each in pattern.patterns):
            _bind_all(ev, pattern)
            return None
        if len(pattern.patterns) != len(subject):
            return False
        answers = [matches(ev, each, item) for each, item in zip(pattern.patterns, subject, strict=True)]
        return False if False in answers else None if None in answers else True
    _bind_all(ev, pattern)
    plain = subject is None or isinstance(subject, int | float | str)
    return False if plain and isinstance(pattern, ast.MatchSequence | ast.MatchMapping) else None


def _bind_all(ev: Evaluator, pattern: ast.pattern) -> None:
    for part in ast.walk(pattern):
        name = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(name, str):
            store_name(ev, name, UNKNOWN, pattern)
