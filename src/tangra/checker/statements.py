"""Execution of statements: each says how control goes on; ways that leave early under unknown conditions are kept as
states and joined where they arrive."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from tangra.checker import checks, loops
from tangra.checker.annotations import check_local, check_return
from tangra.checker.assignment import assign, augment, delete
from tangra.checker.attributes import call_method
from tangra.checker.classes import define_class
from tangra.checker.conditions import assuming, truth
from tangra.checker.decorators import decorate
from tangra.checker.deferred import defer_imports, is_type_checking, replaces_itself
from tangra.checker.dispatch import STATEMENTS, Flow, evaluate, execute
from tangra.checker.evaluator import Evaluator, PythonRaise
from tangra.checker.expressions import make_function
from tangra.checker.heap import ClassCell, Delta, Instance, LibraryName, Raised, Value
from tangra.checker.imports import run_import, run_import_from
from tangra.checker.joining import merge
from tangra.checker.names import declare_outer, store_name
from tangra.checker.own_rules import standing_for
from tangra.checker.ranks import learn_count
from tangra.checker.stated import bind_stated
from tangra.shape_rules.values import UNKNOWN, Unknown


def leave(ev: Evaluator, flow: Flow) -> None:
    """Keep the present state as one that leaves by `flow`, to be joined where it arrives."""
    frame = ev.frame
    if flow is Flow.RETURN:
        frame.returns.append((frame.value, ev.journal.delta(frame.mark)))
    elif flow is Flow.BREAK and frame.loops:
        frame.loops[-1].breaks.append(ev.journal.delta(frame.loops[-1].mark))
    elif flow is Flow.CONTINUE and frame.loops:
        frame.loops[-1].continues.append(ev.journal.delta(frame.loops[-1].trip_mark))


def branch(ev: Evaluator, arms: Sequence[Callable[[int], Flow]]) -> Flow:
    """Execute alternatives of which nobody knows which one runs, each from the present state, and join those that go
    on. An arm gets the journal's mark."""
    normal: list[Delta] = []
    last = Flow.RAISE
    outcomes: list[tuple[Flow, Delta]] = []
    for arm in arms:
        mark = ev.journal.open()
        try:
            with ev.guarded():
                try:
                    flow = arm(mark)
                except PythonRaise:
                    flow = Flow.RAISE
            delta = ev.journal.delta(mark)
            if flow is Flow.NORMAL:
                normal.append(delta)
            elif flow is not Flow.RAISE:
                outcomes.append((flow, delta))
                leave(ev, flow)
        finally:
            ev.journal.undo(mark)
            ev.journal.close()
    if normal:
        merge(ev.journal, normal, ev.joined_size)
        if any(flow is not Flow.RAISE for flow, _ in outcomes):
            ev.guards += 1  # what follows runs only on some ways; the function's end takes this back
        return Flow.NORMAL
    if outcomes:
        last = outcomes[-1][0]
        ev.journal.apply(outcomes[-1][1])
        if last is Flow.RETURN:
            ev.frame.value = ev.frame.returns.pop()[0]
        elif ev.frame.loops:
            state = ev.frame.loops[-1]
            (state.breaks if last is Flow.BREAK else state.continues).pop()
    return last


def _if(ev: Evaluator, node: ast.If) -> Flow:
    if is_type_checking(node.test):
        defer_imports(ev, node.body)
        if replaces_itself(node.orelse):
            return Flow.NORMAL
    known = truth(ev, evaluate(ev, node.test))
    if known is not None:
        chosen = node.body if known else node.orelse
        checks.remember(ev, node.test, chosen)
        return execute(ev, chosen) if chosen else Flow.NORMAL
    facts = ev.ctx.facts

    def arm(body: list[ast.stmt], wanted: bool) -> Callable[[int], Flow]:
        def run(mark: int) -> Flow:
            assuming(ev, node.test, wanted, narrows=True)
            return execute(ev, body)

        return run

    guards = ev.guards
    flow = branch(ev, [arm(node.body, True), arm(node.orelse, False)])
    ev.ctx.restore(facts)
    if flow is Flow.NORMAL and _always_leaves(node.body):
        assuming(ev, node.test, False, narrows=True)
        if _only_raises(node.body):
            ev.guards = guards
    return flow


def _always_leaves(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise | ast.Return | ast.Continue | ast.Break)


def _only_raises(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)


def _return(ev: Evaluator, node: ast.Return) -> Flow:
    ev.frame.value = check_return(ev, None if node.value is None else evaluate(ev, node.value), node)
    return Flow.RETURN


def _raise(ev: Evaluator, node: ast.Raise) -> Flow:
    value = UNKNOWN if node.exc is None else evaluate(ev, node.exc)
    raised = as_raised(value)
    checks.failed(ev, ev.tests.get(node), node, raised.kind)
    raise PythonRaise(raised)


def as_raised(value: Value) -> Raised:
    """What is raised."""
    if isinstance(value, Raised):
        return value
    if isinstance(value, Instance | ClassCell):
        return Raised(value.name if isinstance(value, ClassCell) else value.cls.name)
    if isinstance(value, LibraryName):
        return Raised(value.dotted.rpartition(".")[2])
    return Raised("Exception")


def _assert(ev: Evaluator, node: ast.Assert) -> Flow:
    known = truth(ev, evaluate(ev, node.test))
    if known is False:
        checks.failed(ev, node.test, node, "AssertionError")
        raise PythonRaise(Raised("AssertionError"))
    if known is None:
        assuming(ev, node.test, True, narrows=True)
    return Flow.NORMAL


def _expression(ev: Evaluator, node: ast.Expr) -> None:
    evaluate(ev, node.value)


def _learn_counts(ev: Evaluator, node: ast.Assign) -> None:
    """What taking a shape apart says of an argument of unknown rank."""
    taken, value = None, node.value
    if isinstance(value, ast.Attribute) and value.attr == "shape":
        taken = value.value
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "size":
        taken = None if value.args or value.keywords else value.func.value
    if taken is not None:
        learn_count(ev, ev.peek(taken, ev.frame), node.targets[0])


def _assign(ev: Evaluator, node: ast.Assign) -> None:
    value = evaluate(ev, node.value)
    if ev.asked:
        _learn_counts(ev, node)
    for target in node.targets:
        assign(ev, target, value)
    bind_stated(ev, node)


def _annotated(ev: Evaluator, node: ast.AnnAssign) -> None:
    if node.value is not None:
        assign(ev, node.target, check_local(ev, node, evaluate(ev, node.value)))
    bind_stated(ev, node)


def _augmented(ev: Evaluator, node: ast.AugAssign) -> None:
    augment(ev, node)


def _delete(ev: Evaluator, node: ast.Delete) -> None:
    for target in node.targets:
        delete(ev, target)


def _function(ev: Evaluator, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    function = make_function(ev, node.name, node)
    if ev.frame.file is not None:
        ev.functions.append(function)
        ev.taints += 1
    function.owner = ev.frame.owner if ev.frame.scope.is_class else None
    store_name(ev, node.name, standing_for(ev, node.name, decorate(ev, function, node)), node)


def _class(ev: Evaluator, node: ast.ClassDef) -> None:
    value = define_class(ev, node)
    store_name(ev, node.name, standing_for(ev, node.name, decorate(ev, value, node)), node)


def _global(ev: Evaluator, node: ast.Global) -> None:
    declare_outer(ev, node.names, everywhere=True)


def _nonlocal(ev: Evaluator, node: ast.Nonlocal) -> None:
    declare_outer(ev, node.names, everywhere=False)


def _with(ev: Evaluator, node: ast.With | ast.AsyncWith) -> Flow:
    from tangra.checker.trying import catching

    expects_error = False
    for item in node.items:
        value = evaluate(ev, item.context_expr)
        expects_error = expects_error or _expects_error(ev, item.context_expr)
        entered = _enter(ev, value, node)
        if item.optional_vars is not None:
            assign(ev, item.optional_vars, entered)
    if not expects_error:
        return execute(ev, node.body)
    return catching(ev, None, lambda: execute(ev, node.body))[0]


def _expects_error(ev: Evaluator, node: ast.expr) -> bool:
    """`pytest.raises(...)`, `self.assertRaises(...)`, `contextlib.suppress(...)`."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in ("raises", "assertRaises", "assertRaisesRegex", "suppress")


def _enter(ev: Evaluator, value: Value, node: ast.AST) -> Value:
    if isinstance(value, Instance) and value.cls.find("__enter__") is not None:
        return call_method(ev, value, "__enter__", node=node)
    return UNKNOWN if isinstance(value, Unknown) else value


def _try(ev: Evaluator, node: ast.Try) -> Flow:
    from tangra.checker.trying import run_try

    return run_try(ev, node)


def _match(ev: Evaluator, node: ast.Match) -> Flow:
    from tangra.checker.matching import run_match

    return run_match(ev, node)


STATEMENTS |= {
    ast.If: _if,
    ast.For: loops.run_for,
    ast.AsyncFor: loops.run_for,
    ast.While: loops.run_while,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Match: _match,
    ast.Import: run_import,
    ast.ImportFrom: run_import_from,
    ast.Break: lambda ev, node: Flow.BREAK,
    ast.Continue: lambda ev, node: Flow.CONTINUE,
}
