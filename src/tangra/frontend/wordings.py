"""Messages of errors with run-time numbers in them, as format strings that are filled in at the end of the run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.elementwise import as_kind
from tangra.api.kinds import Kind
from tangra.api.values import AbstractValue, Const, InstanceValue, Scalar
from tangra.frontend import conversion
from tangra.frontend.exceptions import NUMBER, NumberArgument
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


IN_TEXT = "a number in a text"


def needs_run(ev: Evaluator, v: AbstractValue) -> bool:
    """Whether the text of a value is only known at run time. Ints that arguments or loops decide can be constants."""
    try:
        conversion.plain(ev, v)
        return False
    except conversion.NotPlain:
        found = conversion.run_time_leaves(ev, v)
    ints = all(kind.dtype.is_integer for leaf in found for kind in leaf.kinds)
    return not found or not ints or any(conversion.sources_of(ev, leaf) is None for leaf in found)


def literal(text: str) -> Wording:
    return Wording(text.replace("{", "{{").replace("}", "}}"))


def template(ev: Evaluator, node: ast.expr) -> list[Wording] | None:
    """A text with run-time numbers as wordings: an f-string, `text % numbers`, `str(x)`, a sum of texts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [literal(node.value)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _sum(ev, node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _percent(ev, node)
    if isinstance(node, ast.Call):
        return _text_of(ev, node)
    if not isinstance(node, ast.JoinedStr):
        return None
    found = [Wording()]
    for part in node.values:
        if isinstance(part, ast.Constant):
            found = _joined(ev, found, [literal(str(part.value))])
        else:
            assert isinstance(part, ast.FormattedValue)
            spec = "" if part.format_spec is None else ev.static(ev.eval(part.format_spec), "a format specification")
            mark = "" if part.conversion == -1 else chr(part.conversion)
            found = _joined(ev, found, _placeholder(ev, ev.eval(part.value), mark, spec))
    return found


def _sum(ev: Evaluator, node: ast.BinOp) -> list[Wording] | None:
    sides = [template(ev, side) for side in (node.left, node.right)]
    if all(side is None for side in sides):
        return None
    for k, side in enumerate((node.left, node.right)):
        if sides[k] is None:
            value = ev.eval(side)
            sides[k] = [literal(value.value)] if isinstance(value, Const) and isinstance(value.value, str) else None
    left, right = sides
    return None if left is None or right is None else _joined(ev, left, right)


def _text_of(ev: Evaluator, node: ast.Call) -> list[Wording] | None:
    """`str(x)` and `repr(x)`."""
    if len(node.args) != 1 or node.keywords or not isinstance(node.func, ast.Name):
        return None
    function = ev.eval(node.func)
    mark = {str: "s", repr: "r"}.get(function.value) if isinstance(function, Const) else None
    return None if mark is None else _placeholder(ev, ev.eval(node.args[0]), mark, "")


_PERCENT = re.compile(r"%(?:%|(?P<flags>[-+ #0]*)(?P<width>\d*)(?P<precision>\.\d+)?(?P<form>[diouxXeEfFgGsr]))")


def _percent(ev: Evaluator, node: ast.BinOp) -> list[Wording] | None:
    """`"…%d…" % numbers`."""
    if not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)):
        return None
    text = node.left.value
    found, at = [Wording()], 0
    places = list(_PERCENT.finditer(text))
    values = [ev.eval(v) for v in (node.right.elts if isinstance(node.right, ast.Tuple) else [node.right])]
    if len(values) != sum(place["form"] is not None for place in places) or "%" in _PERCENT.sub("", text):
        return None
    for place in places:
        found = _joined(ev, found, [literal(text[at : place.start()])])
        at = place.end()
        found = _joined(ev, found, [literal("%")] if place["form"] is None else _formatted(ev, values.pop(0), place))
    return _joined(ev, found, [literal(text[at:])])


def _formatted(ev: Evaluator, value: AbstractValue, place: re.Match[str]) -> list[Wording]:
    """One number in the form that `%` asks for."""
    try:
        return [literal(place.group() % (conversion.plain(ev, value),))]
    except conversion.NotPlain:
        pass
    flags, form = place["flags"], place["form"]
    whole = isinstance(value, Scalar) and not any(kind.dtype.is_float for kind in value.kinds)
    if form in "diouxX" and not whole:
        ev.unsupported(f"%{form} of a number that may be a float", "convert it with int(...)")
    signs = "".join(c for c in "+ " if c in flags)[:1] + ("#" if "#" in flags else "")
    side = "<" if "-" in flags else "" if "0" in flags else ">"
    width = ("0" if "0" in flags and "-" not in flags else "") + place["width"]
    if form in "sr":
        return _placeholder(ev, value, form, (side or ">") + place["width"] + (place["precision"] or ""))
    if place["precision"] and form in "diouxX":
        ev.unsupported("a precision of an integer in a text", "put the numbers into an f-string")
    spec = side + signs + width + (place["precision"] or "") + ("d" if form in "diu" else form)
    return _placeholder(ev, value, "", spec)


def _joined(ev: Evaluator, left: list[Wording], right: list[Wording]) -> list[Wording]:
    """Every wording of one side followed by every one of the other."""
    if len(left) * len(right) > MAX_WORDINGS:
        ev.unsupported(
            "a message of an error with many numbers that may be ints or floats", "convert them with float()"
        )
    return [Wording(a.text + b.text, [*a.payload, *b.payload], (*a.when, *b.when)) for a in left for b in right]


def by_kind(
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


def _placeholder(ev: Evaluator, value: AbstractValue, mark: str, spec: str) -> list[Wording]:
    """A value in a text: `mark` is the conversion, s, r or a."""
    try:
        plain = conversion.plain(ev, value)
    except conversion.NotPlain:
        if isinstance(value, InstanceValue):
            return [literal(_of_object(ev, value, mark, spec))]
        if not isinstance(value, Scalar):
            ev.unsupported("an array or object in the message of an error", "put numbers into it, such as x.shape[0]")

        def text(kind: Kind) -> str:
            if mark in ("r", "a") and not kind.python:
                if spec.strip("<>") or kind.type is np.bool_:
                    ev.unsupported("the repr of a NumPy scalar in the message of an error", "leave out the !r")
                return f"np.{kind.type.__name__}({{!s}})"
            return "{" + (f"!{mark}" if mark else "") + (f":{spec}" if spec else "") + "}"

        return [wording for _, wording in by_kind(ev, value, text)]
    return [literal(format(converted(mark, plain) if mark else plain, spec))]


def _of_object(ev: Evaluator, value: InstanceValue, mark: str, spec: str) -> str:
    from tangra.frontend import texts

    try:
        return texts.text_of(ev, value, mark, spec)
    except conversion.NotPlain:
        ev.unsupported("an array or object in the message of an error", "put numbers into it, such as x.shape[0]")


def converted(mark: str, value: Any) -> str:
    """`!s`, `!r` or `!a` of a format string."""
    return str(value) if mark == "s" else repr(value) if mark == "r" else ascii(value)
