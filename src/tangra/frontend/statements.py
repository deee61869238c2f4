"""Statements other than assignments and `if`: loops, exits, failures, inner functions, `match`, imports."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue, Const, Scalar
from tangra.frontend import (
    assignment,
    branches,
    calls,
    conditions,
    failures,
    iteration,
    loops,
    names,
    optional,
    patterns,
    symbols,
)
from tangra.frontend.dispatch import statement
from tangra.frontend.heap import BROKEN, CONTINUED, RESULT, RETURNED, STOPPED
from tangra.frontend.liveness import Live, only
from tangra.frontend.loop_parts import Loop
from tangra.frontend.paths import Path
from tangra.frontend.scope import assigned_in

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@statement(ast.Expr)
def expression_statement(ev: Evaluator, node: ast.Expr) -> None:
    if not isinstance(node.value, ast.Constant):
        ev.eval(node.value)


@statement(ast.Pass, ast.Global, ast.Nonlocal)
def nothing(ev: Evaluator, node: ast.stmt) -> None:
    """No effect of their own."""


@statement(ast.Return)
def return_(ev: Evaluator, node: ast.Return) -> None:
    value = Const(None) if node.value is None else optional.evaluate(ev, node.value)
    ev.state.env[RESULT] = value
    ev.state.env[RETURNED] = Const(True)


@statement(ast.Break)
def break_(ev: Evaluator, node: ast.Break) -> None:
    ev.state.env[BROKEN] = Const(True)


@statement(ast.Continue)
def continue_(ev: Evaluator, node: ast.Continue) -> None:
    ev.state.env[CONTINUED] = Const(True)


@statement(ast.For)
def for_(ev: Evaluator, node: ast.For) -> None:
    """`for target in iterable`."""
    iterable = ev.eval(node.iter)
    live = branches.live_names(ev, node)
    name = node.target.id if isinstance(node.target, ast.Name) else "i"

    def body(item: AbstractValue) -> None:
        with ev.at(node.target):
            assignment.assign(ev, node.target, item)
        branches.exec_block(ev, node.body)

    broken = iteration.for_each(
        ev,
        iterable,
        body,
        key=node,
        assigned=assigned_in(node),
        live_header=live.header if live else None,
        live_after=live.after if live else None,
        name=name,
    )
    _else(ev, node.orelse, broken)


@statement(ast.While)
def while_(ev: Evaluator, node: ast.While) -> None:
    """`while test`: each trip tests first, and the one where the test fails does nothing."""
    live = branches.live_names(ev, node)

    def trip(then: Callable[[], None], after: Live | None) -> None:
        def run() -> None:
            branches.exec_block(ev, node.body)
            then()

        cond = conditions.evaluate(ev, node.test)
        if isinstance(cond, Const):
            run() if cond.value else stop()
            return
        assert isinstance(cond, Scalar)
        branches.branch(ev, cond.value, run, stop, after)

    def body(index: AbstractValue | None) -> None:
        trip(lambda: None, only(None if live is None else live.after | live.header))

    def first(then: Callable[[], None]) -> None:
        trip(then, only(None if live is None else live.after))

    def stop() -> None:
        ev.state.env[STOPPED] = Const(True)

    def never() -> bool:
        cond = conditions.evaluate(ev, node.test)
        return isinstance(cond, Const) and not cond.value

    loop = Loop(
        node,
        None,
        body,
        assigned_in(node),
        live.header if live else None,
        live.after if live else None,
        first=first,
        never=never,
    )
    broken = loops.run_loop(ev, loop)
    _else(ev, node.orelse, broken)


def _else(ev: Evaluator, orelse: list[ast.stmt], broken: AbstractValue) -> None:
    """The `else` of a loop: run unless it was left by `break` or `return`. Without `break` those that don't run it
    have returned."""
    if not orelse:
        return
    returned = ev.state.env.get(RETURNED, Const(False))
    flags = [f for f in (broken, returned) if isinstance(f, Scalar)]
    if any(isinstance(f, Const) and f.value for f in (broken, returned)):
        return
    if not flags:
        branches.exec_block(ev, orelse)
        return
    left = flags[0].value
    for other in flags[1:]:
        left = ev.b("or", left, other.value)

    def run() -> None:
        if flags[-1] is returned:
            ev.state.env[RETURNED] = Const(False)
            ev.state.env.pop(RESULT, None)  # that of the other side
        branches.exec_block(ev, orelse)

    def leave() -> None:
        if flags == [returned]:
            ev.state.env[RETURNED] = Const(True)

    branches.branch(ev, left, leave, run, None)


@statement(ast.Assert)
def assert_(ev: Evaluator, node: ast.Assert) -> None:
    """An `assert`, which Python does not run with -O."""
    if not __debug__:
        return
    cond = conditions.evaluate(ev, node.test)
    if isinstance(cond, Const) and cond.value:
        return
    failures.assertion(ev, [] if node.msg is None else [node.msg], unless=cond)
    assert isinstance(cond, Scalar)
    symbols.assume(ev, cond.value, True)


@statement(ast.Raise)
def raise_(ev: Evaluator, node: ast.Raise) -> None:
    failures.raise_statement(ev, node)


@statement(ast.FunctionDef)
def function_definition(ev: Evaluator, node: ast.FunctionDef) -> None:
    """An inner function, with its decorators applied."""
    decorators = [ev.eval(decorator) for decorator in node.decorator_list]
    value: AbstractValue = calls.make_function(ev, node, node.name)
    for decorator in reversed(decorators):
        value = ev.call(decorator, [value], {})
    names.store(ev, node.name, value)


@statement(ast.Import)
def import_(ev: Evaluator, node: ast.Import) -> None:
    """An import inside a function: the module is loaded now."""
    for alias in node.names:
        module = importlib.import_module(alias.name)
        if alias.asname is None:
            module = importlib.import_module(alias.name.partition(".")[0])
        ev.live.reads.module(module)
        names.store(ev, alias.asname or alias.name.partition(".")[0], Const(module))


@statement(ast.ImportFrom)
def import_from(ev: Evaluator, node: ast.ImportFrom) -> None:
    """`from module import name` inside a function."""
    assert ev.frame is not None
    package = ev.frame.definition.globals.get("__package__") or ""
    module = importlib.import_module("." * node.level + (node.module or ""), package if node.level else None)
    ev.live.reads.module(module)
    for alias in node.names:
        ev.live.reads.attribute(module, alias.name)
        if not hasattr(module, alias.name):
            ev.python_error("ImportError", f"cannot import name '{alias.name}' from '{module.__name__}'")
        value = ev.live.lift(getattr(module, alias.name), Path(module, (("attr", alias.name),), alias.name))
        names.store(ev, alias.asname or alias.name, value)


@statement(ast.Match)
def match_(ev: Evaluator, node: ast.Match) -> None:
    patterns.match_statement(ev, node)


@statement(ast.If)
def if_(ev: Evaluator, node: ast.If) -> None:
    """An `if` that is the only statement looked at."""
    branches.exec_if(ev, node, [])


@statement(ast.With)
def with_(ev: Evaluator, node: ast.With) -> None:
    """Only `with np.errstate(...)`, which has no effect: warnings are not reproduced."""
    for item in node.items:
        if not _is_quiet_errstate(ev, item):
            ev.policy.unsupported(ev, node)
    branches.exec_block(ev, node.body)


def _is_quiet_errstate(ev: Evaluator, item: ast.withitem) -> bool:
    import numpy as np

    call = item.context_expr
    if not isinstance(call, ast.Call) or item.optional_vars is not None:
        return False
    function = ev.eval(call.func)
    if not (isinstance(function, Const) and function.value is np.errstate):
        return False
    for keyword in call.keywords:
        mode = ev.static(ev.eval(keyword.value), "a mode of np.errstate")
        if mode not in ("ignore", "warn", "print"):
            ev.unsupported(f"np.errstate with {mode!r}", "test for nan or inf with an if and raise")
    return True
