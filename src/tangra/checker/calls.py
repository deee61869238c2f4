"""Calls: which callable it is, the arguments bound to parameters, the callee evaluated for this call alone."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.alternatives import distribute, has_alternatives
from tangra.checker.annotations import Generic, annotated_parameters
from tangra.checker.binding import bind
from tangra.checker.classes import current_super, instantiate
from tangra.checker.dispatch import CALLS, Call, Flow, call, evaluate, execute
from tangra.checker.evaluator import Frame, PythonRaise
from tangra.checker.flax_modules import set_up
from tangra.checker.heap import (
    BoundMethod,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    Native,
    OneOf,
    Partial,
    Raised,
    Scope,
    Value,
    Wrapped,
)
from tangra.checker.hooks import after_call, before_call
from tangra.checker.iteration import elements
from tangra.checker.joining import join_all, merge
from tangra.checker.library import BoundRule, Transformed, call_layer, call_library, call_rule, layer_rule, rebind
from tangra.checker.sharing import havoc, is_module_level
from tangra.checker.structure import has_stars, is_generator
from tangra.shape_rules.registry import Rule
from tangra.shape_rules.values import UNKNOWN, Unknown

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_RECURSION = 12
"""Runs of one function inside each other, where everything that decides is known."""
VAGUE_RECURSION = 2
"""The same inside loops and branches that nobody knows: each level would multiply the work."""


def call_node(ev: Evaluator, node: ast.Call) -> Value:
    """The value of a call expression."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return current_super(ev)
    function = evaluate(ev, node.func)
    if not has_stars(node):
        args = [evaluate(ev, arg) for arg in node.args]
        return call(ev, function, args, {part.arg: evaluate(ev, part.value) for part in node.keywords}, node)  # type: ignore[misc]
    given = [evaluate(ev, arg.value if isinstance(arg, ast.Starred) else arg) for arg in node.args]
    named = [
        evaluate(ev, keyword.value) if keyword.arg is not None else _told_apart(evaluate(ev, keyword.value))
        for keyword in node.keywords
    ]
    spread = [value for arg, value in zip(node.args, given, strict=True) if isinstance(arg, ast.Starred)]
    spread += [value for keyword, value in zip(node.keywords, named, strict=True) if keyword.arg is None]
    if not any(type(value) is OneOf for value in spread):
        return _call_spread(ev, function, given, named, node)
    choices = tuple(dict.fromkeys(value for value in spread if type(value) is OneOf))

    def chosen(*picked: Value) -> Value:
        pick = dict(zip(choices, picked, strict=True))
        stars = [pick.get(value, value) if type(value) is OneOf else value for value in (*given, *named)]
        return _call_spread(ev, function, stars[: len(given)], stars[len(given) :], node)

    return distribute(ev, choices, chosen)


def _told_apart(value: Value) -> Value:
    """A dict of which branches left a few possibilities, as one of a few dicts."""
    if isinstance(value, DictCell) and len(value.variants) > 1:
        return OneOf(tuple(DictCell(entries) for entries in value.variants))
    return value


def _call_spread(ev: Evaluator, function: Value, given: list[Value], named: list[Value], node: ast.Call) -> Value:
    """Call with evaluated arguments, those behind `*` and `**` taken apart."""
    from tangra.checker.natives.builtin import pairs_of

    args: list[Value] = []
    kwargs: dict[str, Value] = {}
    is_open = False
    for arg, value in zip(node.args, given, strict=True):
        if isinstance(arg, ast.Starred):
            spread = elements(ev, value, arg)
            is_open = is_open or spread is None
            args += spread or []
        elif not is_open:
            args.append(value)
    for keyword, value in zip(node.keywords, named, strict=True):
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif (pairs := pairs_of(ev, value)) is not None:
            kwargs.update({key: item for key, item in pairs.items() if isinstance(key, str)})
        else:
            is_open = True
    return call(ev, function, args, kwargs, node, is_open)


def _call_bound(ev: Evaluator, method: BoundMethod, given: Call) -> Value:
    given.args.insert(0, method.receiver)
    function = method.function
    if type(function) is FunctionCell:
        return call_function(ev, function, given)
    return call(ev, function, given.args, given.kwargs, given.node, given.open)


def _call_alternatives(ev: Evaluator, function: OneOf, given: Call) -> Value:
    return distribute(ev, (function,), lambda one: call(ev, one, given.args, given.kwargs, given.node, given.open))


def _call_class(ev: Evaluator, cls: ClassCell, given: Call) -> Value:
    return (
        instantiate(ev, cls, given) if cls.rule is None else _for_each(ev, given, lambda one: instantiate(ev, cls, one))
    )


def _call_native(ev: Evaluator, function: Native, given: Call) -> Value:
    if given.open and not function.takes_open:
        havoc(ev, [*given.args, *given.kwargs.values()])
        return UNKNOWN
    return _for_each(ev, given, lambda one: function.run(ev, one))


def _call_partial(ev: Evaluator, function: Partial, given: Call) -> Value:
    args, kwargs = [*function.args, *given.args], {**function.kwargs, **given.kwargs}
    return call(ev, function.function, args, kwargs, given.node, given.open)


def _call_wrapped(ev: Evaluator, function: Wrapped, given: Call) -> Value:
    return call(ev, function.function, given.args, given.kwargs, given.node, given.open)


def _call_other(ev: Evaluator, function: Value, given: Call) -> Value:
    return _for_each(ev, given, lambda one: _call_library_value(ev, function, one))


def _for_each(ev: Evaluator, given: Call, run: Callable[[Call], Value]) -> Value:
    """The value for arguments that may hold alternatives."""
    if not has_alternatives(given.args, given.kwargs):
        return run(given)
    return distribute(
        ev, (given.args, given.kwargs), lambda args, kwargs: run(Call(list(args), dict(kwargs), given.node, given.open))
    )


def _call_library_value(ev: Evaluator, function: Value, given: Call) -> Value:
    node = given.node
    if isinstance(function, BoundRule):
        if given.open:
            return UNKNOWN
        value = call_rule(ev, function.rule, [function.receiver, *given.args], given.kwargs, node)
        if function.rule.inplace and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            rebind(ev, node.func.value, value)
            if function.rule.library == "numpy":  # whose methods that change the array return None
                return None
        elif node is not None:
            ev.library_answer(node, function.rule.name, value)
        return value
    if isinstance(function, LibraryName):
        if given.open:
            havoc(ev, given.args)
            return UNKNOWN
        return call_library(ev, function, given.args, given.kwargs, node)
    if isinstance(function, Transformed):
        from tangra.checker.higher_order import call_transformed

        return call_transformed(ev, function, given.args, given.kwargs, node)
    if isinstance(function, Rule):
        return call_rule(ev, function, given.args, given.kwargs, node)
    if isinstance(function, Generic) and function.made_by is not None:
        return call(ev, function.made_by, given.args, given.kwargs, node, given.open)
    ev.wild += 1
    havoc(ev, [*given.args, *given.kwargs.values()])
    return UNKNOWN


def call_instance(ev: Evaluator, instance: Instance, given: Call) -> Value:
    """`instance(...)`: `__call__` of the program's class, or `forward` of a layer, between its hooks."""
    before_call(ev, instance, given)
    return after_call(ev, instance, given, _call_instance(ev, instance, given))


def _call_instance(ev: Evaluator, instance: Instance, given: Call) -> Value:
    found = instance.cls.find("__call__")
    forward = instance.cls.find("forward")
    rule = layer_rule(instance.cls, "forward") or layer_rule(instance.cls, "__call__")
    if "$jitted" in instance.fields:
        return call(ev, instance.fields["$jitted"], given.args, given.kwargs, given.node, given.open)
    if rule is not None and (forward is None or forward[0].dotted == "torch.nn.Module" or forward[0].rule is not None):
        return UNKNOWN if given.open else call_layer(ev, instance, rule, given.args, given.kwargs, given.node)
    own = instance.fields.get("forward")
    if own is not None and instance.cls.derives_from("torch.nn.Module"):
        return call(ev, own, given.args, given.kwargs, given.node, given.open)
    if found is not None:
        if instance.cls.derives_from("flax.linen.Module"):
            set_up(ev, instance)
        return call(ev, found[1], [instance, *given.args], given.kwargs, given.node, given.open)
    if instance.cls.complete and not given.open:
        return UNKNOWN
    havoc(ev, [*given.args, *given.kwargs.values()])
    return UNKNOWN


def call_function(ev: Evaluator, function: FunctionCell, given: Call) -> Value:
    """Evaluate a function of the program for this call, unless a summary says what came of one like it."""
    if "docstring" in function.name:
        return only_documents(given)
    plain = is_module_level(function.scope) and not any(isinstance(arg, Instance) for arg in given.args)
    if not plain:
        return _call_function(ev, function, given)
    return ev.summaries.call(function, given, lambda: _call_function(ev, function, given))


def _call_function(ev: Evaluator, function: FunctionCell, given: Call) -> Value:
    running = sum(1 for frame in ev.frames if frame.function is not None and frame.function.node is function.node)
    if len(ev.frames) >= ev.max_depth or running >= (VAGUE_RECURSION if ev.vague or ev.guards else MAX_RECURSION):
        ev.taints += 1
        havoc(ev, [*given.args, *given.kwargs.values()])
        return UNKNOWN
    scope = Scope(function.scope)
    if not bind(ev, function, given, scope):
        return UNKNOWN
    return run_function(ev, function, scope, given.node)


def only_documents(given: Call) -> Value:
    """What a function that writes docstrings, going by its name, returns: what it got to document, or a decorator."""
    if len(given.args) == 1 and isinstance(given.args[0], FunctionCell | ClassCell | Wrapped):
        return given.args[0]
    return Native("decorator", lambda ev, call: call.args[0] if call.args else UNKNOWN, takes_open=True)


def run_function(ev: Evaluator, function: FunctionCell, scope: Scope, node: ast.AST | None) -> Value:
    """Evaluate a body whose parameters are bound in `scope`; the value returned, or an iterator for a generator."""
    body = function.node
    ev.entered.add(body)
    ev.runs[body] = ev.runs.get(body, 0) + 1
    ev.entered_since.append(body)
    frame = Frame(function, scope, function.module.file, node, owner=function.owner)
    generator = is_generator(body)
    frame.yields = [] if generator else None
    facts, guards = ev.ctx.facts, ev.guards
    bindings = annotated_parameters(ev, function, scope, node)
    frame.mark = ev.journal.open()
    ev.frames.append(frame)
    if ev.observer is not None:
        ev.observer.entered(ev, frame)
    ev.deepest = max(ev.deepest, len(ev.frames))
    try:
        if isinstance(body, ast.Lambda):
            return evaluate(ev, body.body)
        frame.bindings = bindings
        value = None
        try:
            flow = execute(ev, body.body)
        except PythonRaise:
            if not frame.returns:
                raise
            flow = Flow.RAISE
        if flow is Flow.RETURN:
            value = frame.value
        result = _joined_returns(ev, frame, flow, value)
        return _generated(frame) if generator else result
    finally:
        ev.frames.pop()
        ev.journal.close()
        ev.guards = guards
        if frame.returns:
            ev.ctx.restore(facts)


def _joined_returns(ev: Evaluator, frame: Frame, flow: Value, value: Value) -> Value:
    """The joined value and state of all ways out of a function."""
    if not frame.returns:
        return value
    values = [value for value, _ in frame.returns]
    deltas = [delta for _, delta in frame.returns]
    if flow is not Flow.RAISE:
        values.append(value)
        deltas.append(ev.journal.delta(frame.mark))
    ev.journal.undo(frame.mark)
    merge(ev.journal, deltas, ev.joined_size)
    return join_all(values, ev.joined_size)


def _generated(frame: Frame) -> ListCell:
    yields = frame.yields or []
    if frame.yields_known:
        return ListCell(yields, "iterator")
    element = yields[0] if len(yields) == 1 else UNKNOWN
    return ListCell(None, "iterator", element)


def raise_type_error() -> None:
    """A call whose arguments don't fit the parameters."""
    raise PythonRaise(Raised("TypeError"))


CALLS |= {
    BoundMethod: _call_bound,
    FunctionCell: call_function,
    OneOf: _call_alternatives,
    ClassCell: _call_class,
    Native: _call_native,
    Instance: call_instance,
    Partial: _call_partial,
    Wrapped: _call_wrapped,
    object: _call_other,
}

__all__ = ["Call", "Unknown", "call", "call_function", "call_instance", "call_node", "havoc"]
