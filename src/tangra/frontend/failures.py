"""`raise` and `assert`: run-time failures with the exception and the message that Python would have."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.elementwise import as_kind
from tangra.api.kinds import Kind
from tangra.api.values import AbstractValue, Const, InstanceValue, Scalar
from tangra.frontend import conversion
from tangra.frontend.exceptions import MESSAGE, NUMBER, ExceptionSpec, NumberArgument
from tangra.frontend.heap import PathEnds
from tangra.ir import Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


MAX_WORDINGS = 16


@dataclass(frozen=True)
class Wording:
    """A message as a format string and the run-time numbers in it, for the kinds of numbers of which `when` is true.

    `kind` is that of a number which is the exception's argument itself.
    """

    text: str = ""
    payload: list[Value] = field(default_factory=list)
    when: tuple[Value, ...] = ()
    kind: Kind | None = None

    def argument(self, value: Any) -> Any:
        """An argument of the exception with this message."""
        return NumberArgument(self.kind.type) if value is NUMBER and self.kind is not None else value


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
    wordings: list[Wording] | None = None
    args: list[Any] = []
    for node in nodes:
        if isinstance(node, (ast.JoinedStr, ast.BinOp)) and wordings is None:
            wordings = _template(ev, node)
            if wordings is not None:
                args.append(MESSAGE)
                continue
        value = ev.eval(node)
        try:
            plain = conversion.plain(ev, value)
        except conversion.NotPlain:
            if wordings is not None or not isinstance(value, Scalar):
                ev.unsupported(
                    "an exception with run-time arguments other than one message", "put the numbers into an f-string"
                )
            wordings = [replace(w, kind=k) for k, w in _by_kind(ev, value, lambda kind: "{}", apart=True)]
            args.append(NUMBER)
            continue
        if isinstance(plain, str) and wordings is None and len(nodes) == 1:
            wordings = [_literal(plain)]
            args.append(MESSAGE)
        else:
            args.append(plain)
    return [(register(ev, cls, tuple(map(w.argument, args))), w) for w in wordings or [Wording()]]


def _literal(text: str) -> Wording:
    return Wording(text.replace("{", "{{").replace("}", "}}"))


def _template(ev: Evaluator, node: ast.expr) -> list[Wording] | None:
    """An f-string with run-time numbers, or a sum of strings, as wordings."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [_literal(node.value)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _template(ev, node.left), _template(ev, node.right)
        return None if left is None or right is None else _joined(ev, left, right)
    if not isinstance(node, ast.JoinedStr):
        return None
    found = [Wording()]
    for part in node.values:
        if isinstance(part, ast.Constant):
            found = _joined(ev, found, [_literal(str(part.value))])
        else:
            assert isinstance(part, ast.FormattedValue)
            found = _joined(ev, found, _placeholder(ev, part))
    return found


def _joined(ev: Evaluator, left: list[Wording], right: list[Wording]) -> list[Wording]:
    """Every wording of one side followed by every one of the other."""
    if len(left) * len(right) > MAX_WORDINGS:
        ev.unsupported(
            "a message of an error with many numbers that may be ints or floats", "convert them with float()"
        )
    return [Wording(a.text + b.text, [*a.payload, *b.payload], (*a.when, *b.when)) for a in left for b in right]


def _by_kind(
    ev: Evaluator, value: Scalar, text: Callable[[Kind], str], apart: bool = False
) -> list[tuple[Kind, Wording]]:
    """A number's text for each kind that it may have; kinds that print alike are one, unless they are kept apart."""
    found: dict[Any, tuple[Kind, Wording]] = {}
    for k, kind in enumerate(value.kinds):
        number = as_kind(ev, value, kind)
        alike = (text(kind), number.value.dtype, kind if apart else None)
        when: tuple[Value, ...] = () if value.tag is None else (ev.b("eq", value.tag, ev.b.int(k)),)
        if alike in found:
            other = found.pop(alike)[1]
            when = tuple(ev.b("or", a, b) for a, b in zip(other.when, when, strict=True))
        found[alike] = kind, Wording(text(kind), [number.value], when)
    return list(found.values())


def _placeholder(ev: Evaluator, part: ast.FormattedValue) -> list[Wording]:
    value = ev.eval(part.value)
    spec = "" if part.format_spec is None else ev.static(ev.eval(part.format_spec), "a format specification")
    try:
        plain = conversion.plain(ev, value)
    except conversion.NotPlain:
        if not isinstance(value, Scalar):
            ev.unsupported("an array or object in the message of an error", "put numbers into it, such as x.shape[0]")
        mark = "" if part.conversion == -1 else chr(part.conversion)

        def text(kind: Kind) -> str:
            if mark in ("r", "a") and not kind.python:
                if spec or kind.type is np.bool_:
                    ev.unsupported("the repr of a NumPy scalar in the message of an error", "leave out the !r")
                return f"np.{kind.type.__name__}({{}})"
            return "{" + (f"!{mark}" if mark else "") + (f":{spec}" if spec else "") + "}"

        return [wording for _, wording in _by_kind(ev, value, text)]
    if part.conversion != -1:
        plain = converted(chr(part.conversion), plain)
    return [_literal(format(plain, spec))]


def converted(mark: str, value: Any) -> str:
    """`!s`, `!r` or `!a` of a format string."""
    return str(value) if mark == "s" else repr(value) if mark == "r" else ascii(value)
