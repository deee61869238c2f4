"""`raise` and `assert`: run-time failures with the exception and the message that Python would have."""

from __future__ import annotations

import ast
import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, Const, InstanceValue, Scalar
from tangra.frontend import conversion, wordings
from tangra.frontend.exceptions import MESSAGE, NUMBER, ExceptionSpec
from tangra.frontend.heap import PathEnds
from tangra.frontend.wordings import Wording
from tangra.ir import Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def fail(ev: Evaluator, name: str, message: list[ast.expr] | None, unless: AbstractValue) -> None:
    """Fail with an exception unless a truth value holds; the message is evaluated only for the failure."""
    cond = ev.b("not", unless.value) if isinstance(unless, Scalar) else ev.b.bool(True)
    if message:
        _emit(ev, cond, _arguments(ev, AssertionError, message))
    else:
        ev.fail_if(cond, name, "")
    if not isinstance(unless, Scalar):
        end_path(ev)


def end_path(ev: Evaluator) -> None:
    """Nothing after this place is reached."""
    ev.state.dead = True
    raise PathEnds


def raise_statement(ev: Evaluator, node: ast.Raise) -> None:
    """`raise Cls`, `raise Cls(args)`."""
    if node.exc is None:
        ev.unsupported("a bare raise", "name the exception")
    call = node.exc
    arguments: list[ast.expr] = []
    if isinstance(call, ast.Call):
        function = ev.eval(call.func)
        if call.keywords or any(isinstance(a, ast.Starred) for a in call.args):
            ev.unsupported("keyword or starred arguments of an exception", "pass them by position")
        arguments = call.args
    else:
        function = ev.eval(call)
    if isinstance(function, Const) and isinstance(function.value, BaseException):
        obj = function.value
        ev.fail_if(ev.b.bool(True), register(ev, type(obj), obj.args), "")
        end_path(ev)
    if not (
        isinstance(function, Const) and isinstance(function.value, type) and issubclass(function.value, BaseException)
    ):
        what = conversion.describe(ev, function)
        if isinstance(function, InstanceValue):
            what = function.cls.__name__
        ev.python_error("TypeError", f"exceptions must derive from BaseException, not {what}")
    cls = function.value
    _emit(ev, ev.b.bool(True), _arguments(ev, cls, arguments))
    end_path(ev)


def _emit(ev: Evaluator, cond: Value, failures: list[tuple[str, Wording]]) -> None:
    """Fail if `cond`: with the failure for the kinds that the numbers in its message have at run time."""
    *special, (kind, last) = failures
    for other, wording in special:
        ev.fail_if(
            functools.reduce(lambda a, b: ev.b("and", a, b), wording.when, cond), other, wording.text, wording.payload
        )
    ev.fail_if(cond, kind, last.text, last.payload)


def register(ev: Evaluator, cls: type[BaseException], args: tuple[Any, ...]) -> str:
    """The name under which a failure finds its exception again."""
    spec = ExceptionSpec(cls, args)
    name = cls.__name__
    k = 1
    while name in ev.exceptions and ev.exceptions[name] != spec:
        k += 1
        name = f"{cls.__name__}#{k}"
    ev.exceptions[name] = spec
    return name


def _arguments(ev: Evaluator, cls: type[BaseException], nodes: list[ast.expr]) -> list[tuple[str, Wording]]:
    """The exception made from argument expressions: what it is registered as and its message, which may be different
    ones for different kinds of the numbers in it."""
    found: list[Wording] | None = None
    args: list[Any] = []
    for node in nodes:
        if isinstance(node, (ast.JoinedStr, ast.BinOp, ast.Call)) and found is None:
            found = wordings.template(ev, node)
            if found is not None:
                args.append(MESSAGE)
                continue
        value = ev.eval(node)
        try:
            plain = conversion.plain(ev, value)
        except conversion.NotPlain:
            if found is not None or not isinstance(value, Scalar):
                ev.unsupported(
                    "an exception with run-time arguments other than one message", "put the numbers into an f-string"
                )
            found = [replace(w, kind=k) for k, w in wordings.by_kind(ev, value, lambda kind: "{}", apart=True)]
            args.append(NUMBER)
            continue
        if isinstance(plain, str) and found is None and len(nodes) == 1:
            found = [wordings.literal(plain)]
            args.append(MESSAGE)
        else:
            args.append(plain)
    return [(register(ev, cls, tuple(map(w.argument, args))), w) for w in found or [Wording()]]
