"""`raise` and `assert`: run-time failures with the exception and the message that Python would have."""

from __future__ import annotations

import ast
import builtins
import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.values import AbstractValue, Const, InstanceValue, Scalar
from tangra.frontend import conversion, wordings
from tangra.frontend.exceptions import MESSAGE, NUMBER, ExceptionSpec
from tangra.frontend.heap import PathEnds
from tangra.frontend.sameness import same_object
from tangra.frontend.wordings import Wording
from tangra.ir import Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def assertion(ev: Evaluator, message: list[ast.expr], unless: AbstractValue) -> None:
    """Fail unless a truth value holds; the message is evaluated only for the failure."""
    cond = ev.b("not", unless.value) if isinstance(unless, Scalar) else ev.b.bool(True)
    _emit(ev, cond, _arguments(ev, AssertionError, message))
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
        ev.live.reads.this_process()
        ev.fail_if(ev.b.bool(True), _name_of(ev, ExceptionSpec(type(function.value), (), function.value)), "")
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
    return _name_of(ev, ExceptionSpec(cls, args))


def _name_of(ev: Evaluator, spec: ExceptionSpec) -> str:
    name = spec.cls.__name__
    k = 1
    while not _same(ev.exceptions.get(name) or _of_operations(name, spec), spec):
        k += 1
        name = f"{spec.cls.__name__}#{k}"
    ev.exceptions[name] = spec
    return name


def _of_operations(name: str, spec: ExceptionSpec) -> ExceptionSpec:
    """What a name stands for that is not registered: failures of operations have one of Python's exceptions, with
    their own message."""
    cls = {"LinAlgError": np.linalg.LinAlgError}.get(name) or getattr(builtins, name, None)
    return spec if cls is None else ExceptionSpec(cls, (MESSAGE,))


def _same(one: ExceptionSpec, other: ExceptionSpec) -> bool:
    """Whether two exceptions can't be told apart: their arguments are of the same kinds too."""
    return one.cls is other.cls and one.known is other.known and same_object(one.args, other.args)


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
