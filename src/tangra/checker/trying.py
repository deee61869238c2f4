"""`try`: failures that the program catches are control flow; its handlers may run whenever something unknown did."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.dispatch import Flow, evaluate, execute
from tangra.checker.evaluator import PythonRaise, TryState
from tangra.checker.heap import ClassCell, LibraryName, Raised, Value
from tangra.checker.names import store_name
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "PackageNotFoundError"})


OF_TYPES = frozenset({"TypeError", "AttributeError", "NameError", "UnboundLocalError", "NotImplementedError"})
"""Errors that no number in an array decides: where all that is called is known, so is whether they happen."""


def _subclasses(name: str) -> frozenset[str]:
    """The name of a builtin exception and of all that derive from it."""
    base = getattr(builtins, name, None)
    if not (isinstance(base, type) and issubclass(base, BaseException)):
        return frozenset({name})
    return frozenset(
        each
        for each, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException) and issubclass(value, base)
    )


def handler_names(ev: Evaluator, handler: ast.ExceptHandler) -> frozenset[str] | None:
    """The exceptions that a handler catches; None for all or for ones nobody knows."""
    if handler.type is None:
        return None
    value = evaluate(ev, handler.type)
    found: frozenset[str] = frozenset()
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, ClassCell):
            name = each.name
        elif isinstance(each, LibraryName):
            name = each.dotted.rpartition(".")[2]
        else:
            return None
        if name in ("Exception", "BaseException"):
            return None
        found |= _subclasses(name)
    return found


def catching(ev: Evaluator, catches: frozenset[str] | None, run: Callable[[], Flow]) -> tuple[Flow, Raised | None]:
    """Run a protected body; how it ended, and what it certainly raised that `catches` names."""
    state = TryState(catches, depth=len(ev.frames))
    ev.tries.append(state)
    try:
        return run(), None
    except PythonRaise as error:
        if catches is None or error.value.kind in catches:
            return Flow.NORMAL, error.value
        raise
    finally:
        ev.tries.remove(state)


def run_try(ev: Evaluator, node: ast.Try) -> Flow:
    """Execute a `try` statement."""
    try:
        flow = _protected(ev, node)
    except PythonRaise:
        if node.finalbody:
            execute(ev, node.finalbody)
        raise
    if node.finalbody:
        last = execute(ev, node.finalbody)
        if last is not Flow.NORMAL:
            return last
    return flow


def _protected(ev: Evaluator, node: ast.Try) -> Flow:
    from tangra.checker.statements import branch

    if not node.handlers:
        return execute(ev, node.body)
    names = [handler_names(ev, handler) for handler in node.handlers]
    every: frozenset[str] | None = frozenset()
    for each in names:
        every = None if every is None or each is None else every | each
    if every is not None and every <= IMPORT_ERRORS:
        return _importing(ev, node, every)
    mark, unknowns = ev.journal.open(), (ev.wild if every is not None and every <= OF_TYPES else ev.unknowns)
    try:
        flow, raised = catching(ev, every, lambda: execute(ev, node.body))
        if raised is not None:
            return _handle(ev, node, names, raised)
        if unknowns == (ev.wild if every is not None and every <= OF_TYPES else ev.unknowns):
            # everything that could raise one of these is known, and did not
            return execute(ev, node.orelse) if flow is Flow.NORMAL else flow
        before = ev.journal.delta(mark)
        ev.journal.undo(mark)
    finally:
        ev.journal.close()

    def body(mark: int) -> Flow:
        ev.journal.apply(before)
        if flow is Flow.NORMAL and node.orelse:
            return execute(ev, node.orelse)
        return flow

    def handle(handler: ast.ExceptHandler) -> Callable[[int], Flow]:
        return lambda mark: _run_handler(ev, handler, Raised("Exception"))

    guards = ev.guards
    flow = branch(ev, [body, *map(handle, node.handlers)])
    if not ev.frame.returns:
        ev.guards = guards
    return flow


def _importing(ev: Evaluator, node: ast.Try, names: frozenset[str]) -> Flow:
    """`try: import … except ImportError: …`: a library that rules are known for is there, others may not be."""
    from tangra.checker.imports import is_known_import
    from tangra.checker.statements import branch

    imports = [part for part in ast.walk(node) if isinstance(part, ast.Import | ast.ImportFrom)]
    inside = [part for part in imports if any(part in ast.walk(statement) for statement in node.body)]
    if all(is_known_import(ev, part) for part in inside):
        flow, raised = catching(ev, names, lambda: execute(ev, node.body))
        if raised is None:
            return execute(ev, node.orelse) if flow is Flow.NORMAL else flow
        return _handle(ev, node, [names] * len(node.handlers), raised)

    def handle(handler: ast.ExceptHandler) -> Callable[[int], Flow]:
        return lambda mark: _run_handler(ev, handler, Raised("ImportError"))

    arms: list[Callable[[int], Flow]] = [lambda mark: execute(ev, [*node.body, *node.orelse])]
    arms += map(handle, node.handlers)
    return branch(ev, arms)


def _handle(ev: Evaluator, node: ast.Try, names: list[frozenset[str] | None], raised: Raised) -> Flow:
    """The body certainly raised: the first handler that catches it runs, from the state at that point."""
    for handler, caught in zip(node.handlers, names, strict=True):
        if caught is None or raised.kind in caught:
            return _run_handler(ev, handler, raised)
    raise PythonRaise(raised)


def _run_handler(ev: Evaluator, handler: ast.ExceptHandler, raised: Raised) -> Flow:
    if handler.name:
        store_name(ev, handler.name, UNKNOWN, handler)
    del raised
    return execute(ev, handler.body)


def is_exception(value: Value) -> bool:
    """Whether the value is an exception's class."""
    return isinstance(value, ClassCell) and value.derives_from("builtins.Exception")
