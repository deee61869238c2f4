"""`raise` and `assert`: run-time failures with the exception and the message that Python would have."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.values import AbstractValue, Const, InstanceValue, Scalar
from tangra.frontend import conversion
from tangra.frontend.heap import PathEnds
from tangra.ir import Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@dataclass(frozen=True)
class ExceptionSpec:
    """How to make the exception of a failure: its class and arguments, `MESSAGE` being the formatted message."""

    cls: type[BaseException]
    args: tuple[Any, ...]


MESSAGE = object()
"""Stands for the formatted message among the arguments of an exception."""


@dataclass(frozen=True)
class NumberArgument:
    """Stands for the number that the message is the text of."""

    type: type

    def read(self, text: str) -> Any:
        """The number."""
        return self.type(text == "True" if self.type in (bool, np.bool_) else text)


def exception_arguments(spec: ExceptionSpec, text: str) -> list[Any]:
    """The arguments of an exception whose message is `text`."""
    return [text if a is MESSAGE else a.read(text) if isinstance(a, NumberArgument) else a for a in spec.args]


def fail(ev: Evaluator, name: str, message: list[ast.expr] | None, unless: AbstractValue) -> None:
    """Fail with an exception unless a truth value holds; the message is evaluated only for the failure."""
    text, payload = "", list[Value]()
    cond = ev.b("not", unless.value) if isinstance(unless, Scalar) else ev.b.bool(True)
    kind = name
    if message:
        kind, text, payload = _arguments(ev, AssertionError, name, message)
    ev.fail_if(cond, kind, text, payload)
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
    kind, text, payload = _arguments(ev, cls, cls.__name__, arguments)
    ev.fail_if(ev.b.bool(True), kind, text, payload)
    end_path(ev)


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


def _arguments(
    ev: Evaluator, cls: type[BaseException], name: str, nodes: list[ast.expr]
) -> tuple[str, str, list[Value]]:
    """Kind, message template and payload of an exception made from argument expressions."""
    text, payload, args = "", list[Value](), []
    for node in nodes:
        if isinstance(node, (ast.JoinedStr, ast.BinOp)) and text == "":
            found = _template(ev, node)
            if found is not None:
                text, payload = found
                args.append(MESSAGE)
                continue
        value = ev.eval(node)
        try:
            plain = conversion.plain(ev, value)
        except conversion.NotPlain:
            if text or payload or not isinstance(value, Scalar) or len(value.kinds) > 1:
                ev.unsupported(
                    "an exception with run-time arguments other than one message", "put the numbers into an f-string"
                )
            text, payload = "{}", [value.value]
            args.append(NumberArgument(value.kinds[0].type))
            continue
        if isinstance(plain, str) and not text and len(nodes) == 1:
            text = plain.replace("{", "{{").replace("}", "}}")
            args.append(MESSAGE)
        else:
            args.append(plain)
    return register(ev, cls, tuple(args)), text, payload


def _template(ev: Evaluator, node: ast.expr) -> tuple[str, list[Value]] | None:
    """An f-string with run-time numbers, or a sum of strings, as a format string and its payload."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("{", "{{").replace("}", "}}"), []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _template(ev, node.left), _template(ev, node.right)
        if left is None or right is None:
            return None
        return left[0] + right[0], left[1] + right[1]
    if not isinstance(node, ast.JoinedStr):
        return None
    text, payload = "", []
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value).replace("{", "{{").replace("}", "}}")
            continue
        assert isinstance(part, ast.FormattedValue)
        piece, value = _placeholder(ev, part)
        text += piece
        payload += [value] if value is not None else []
    return text, payload


def _placeholder(ev: Evaluator, part: ast.FormattedValue) -> tuple[str, Value | None]:
    value = ev.eval(part.value)
    spec = "" if part.format_spec is None else ev.static(ev.eval(part.format_spec), "a format specification")
    try:
        plain = conversion.plain(ev, value)
    except conversion.NotPlain:
        if not isinstance(value, Scalar) or len(value.kinds) > 1:
            ev.unsupported("an array or object in the message of an error", "put numbers into it, such as x.shape[0]")
        mark = "" if part.conversion == -1 else chr(part.conversion)
        if mark in ("r", "a") and not value.kinds[0].python:
            if spec or value.kinds[0].type is np.bool_:
                ev.unsupported("the repr of a NumPy scalar in the message of an error", "leave out the !r")
            return f"np.{value.kinds[0].type.__name__}({{}})", value.value
        return "{" + (f"!{mark}" if mark else "") + (f":{spec}" if spec else "") + "}", value.value
    if part.conversion != -1:
        plain = converted(chr(part.conversion), plain)
    return format(plain, spec).replace("{", "{{").replace("}", "}}"), None


def converted(mark: str, value: Any) -> str:
    """`!s`, `!r` or `!a` of a format string."""
    return str(value) if mark == "s" else repr(value) if mark == "r" else ascii(value)
